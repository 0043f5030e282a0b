"use strict";
// The static page: strokes to lines to image, all in the visitor's browser. SITE comes from site.js.

const { side, scale, noise, examples, channels, outputs } = SITE;
const results = new Results(document.querySelector(".results"));

/** Load the weights, saying how far it is. */
async function loadModel() {
  ort.env.wasm.wasmPaths = new URL("./ort/", location.href).href;
  // Threads need headers that few web spaces send; one thread needs none.
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency || 1) : 1;
  ort.env.wasm.proxy = true; // in a worker, so that the pen does not stutter
  const response = await fetch("model.onnx");
  if (!response.ok) throw new Error(`model.onnx: the server answered ${response.status}`);
  const total = Number(response.headers.get("content-length")) || SITE.bytes, parts = [];
  let size = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    results.say(`Loading the generator: ${Math.min(100, Math.round(100 * size / total))} %`);
  }
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
}

/** An image (URL) of lines, Uint8 (side * side); sample is the number of the noise. */
async function generate(session, lines, sample) {
  const area = side * side, values = new Float32Array(channels * area);
  for (let c = 0; c < channels; c++) for (let i = 0; i < area; i++) values[c * area + i] = lines[i] / 127.5 - 1;
  const feeds = { real_A: new ort.Tensor("float32", values, [1, channels, side, side]) };
  if (noise.length) feeds.z = new ort.Tensor("float32", Float32Array.from(noise[sample]), [1, noise[0].length]);
  const { fake_B } = await session.run(feeds);
  const layer = makeLayer(side), image = layer.createImageData(side, side);
  for (let i = 0; i < area; i++) for (let c = 0; c < 4; c++) {
    const value = c === 3 ? 255 : (fake_B.data[(outputs === 1 ? 0 : c) * area + i] + 1) * 127.5;
    image.data[4 * i + c] = Math.round(value);
  }
  layer.putImageData(image, 0, 0);
  return layer.canvas.toDataURL("image/png");
}

/** An image file as grey values at the generator's size, in the middle of its own paper. */
async function readImage(file) {
  if (file.size > 8 * 2 ** 20) throw new Error("The image has more than 8 MB: choose a smaller one.");
  let image;
  try { image = await createImageBitmap(file); } catch { throw new Error("This is no image that the browser can read."); }
  if (image.width * image.height > 24e6) throw new Error("The image has more than 24 million pixels.");
  const size = side * scale, layer = makeLayer(size), factor = size / Math.max(image.width, image.height);
  const [width, height] = [image.width * factor, image.height * factor];
  layer.fillStyle = "#fff";
  layer.fillRect(0, 0, size, size);
  layer.imageSmoothingQuality = "high";
  layer.drawImage(image, (size - width) / 2, (size - height) / 2, width, height);
  const { data } = layer.getImageData(0, 0, size, size);
  const darkest = Uint8Array.from({ length: size * size }, (_, i) => Math.min(data[4 * i], data[4 * i + 1], data[4 * i + 2]));
  return shrinkGrey(darkest, size, scale);
}

const thinBox = document.querySelector("#thin"), another = document.querySelector("#another");
const samplesBox = document.querySelector("#samples");
let session = null, first = 0;

const latest = new Latest(async (since) => {
  if (!session) return;
  const ink = shrinkGrey(canvas.inkValues(), side * scale, scale), ready = canvas.lineValues();
  const strokes = thinBox.checked ? lineartLines(ink, side) : ink.map((value) => 255 - value);
  const lines = strokes.map((value, i) => Math.max(value, ready[i]));
  if (!lines.some((value) => value)) {
    return results.nothing("The canvas is blank: there is nothing to generate from.");
  }
  try {
    const urls = [];
    for (let i = 0; i < Number(samplesBox.value); i++) {
      urls.push(await generate(session, lines, noise.length ? (first + i) % noise.length : 0));
    }
    await results.show(urls, greyToUrl(lines, side), since);
  } catch (error) {
    results.say(`This failed: ${error.message}`);
  }
});

async function takeImage(file, at_once) {
  try {
    const lines = lineartLines(await readImage(file), side);
    if (!lines.some((value) => value)) canvas.tell("No lines were found in this image.");
    else if (at_once) canvas.take(lines);
    else canvas.offer(lines, "Lines of the drawing; a photograph's need scripts/draw.py.");
  } catch (error) {
    canvas.tell(error.message);
  }
}

const canvas = new DrawingCanvas(document.querySelector(".drawing"), {
  side, scale,
  onChange: (ended) => latest.ask(ended ? performance.now() : null),
  onImage: (file) => takeImage(file, false),
});
canvas.root.append(makeExamples(examples, async (url) => takeImage(await (await fetch(url)).blob(), true)));
thinBox.onchange = samplesBox.onchange = () => latest.ask(performance.now());
another.onclick = () => { first += 1; latest.ask(performance.now()); };

if (location.protocol === "file:") {
  results.say("Browsers load no model from a file: serve this folder, for example by 'python -m http.server'.");
} else {
  loadModel().then((loaded) => {
    session = loaded;
    document.documentElement.dataset.ready = "1";
    results.say("Draw an animal: the image follows your strokes.");
    if (canvas.history.length) latest.ask(performance.now());
  }).catch((error) => results.say(`The generator cannot be loaded: ${error.message}`));
}
