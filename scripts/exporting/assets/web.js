"use strict";
// The generator in the visitor's browser: strokes to lines to image. SITE comes from site.js.

/** Fetch the files of the generator and its runtime, saying how far they are; bytes of each. */
async function fetchAll(files, tell) {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let size = 0;
  return Promise.all(files.map(async ({ name }) => {
    const response = await fetch(name), parts = [];
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      size += value.length;
      tell(say("loading", Math.min(100, Math.round(100 * size / total))));
    }
    const packed = new Blob(parts), start = new Uint8Array(await packed.slice(0, 2).arrayBuffer());
    if (start[0] !== 0x1f || start[1] !== 0x8b) return packed.arrayBuffer(); // a server has unpacked it
    return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }));
}

/** The ink of a canvas at the generator's size as RGB on white paper. */
function inkOf(drawing) {
  const { side, scale, size } = drawing, alpha = alphaOf(drawing.ink), rgb = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y += 1) for (let x = 0; x < side; x += 1) {
    let sum = 0;
    for (let i = 0; i < scale; i += 1) for (let j = 0; j < scale; j += 1) sum += 255 - alpha[(y * scale + i) * size + x * scale + j];
    rgb.fill(Math.round(sum / scale ** 2), 3 * (y * side + x), 3 * (y * side + x) + 3);
  }
  return rgb;
}

/** RGBA bytes (side * side) as a PNG's URL. */
function urlOf(data, side) {
  const layer = makeLayer(side);
  layer.putImageData(new ImageData(data, side, side), 0, 0);
  return layer.canvas.toDataURL();
}

/** The generator's input, RGBA: colors darkened, black ground, lines on top. */
function composed(lines, colors, side) {
  const data = new Uint8ClampedArray(4 * side * side);
  for (let i = 0; i < side * side; i += 1) {
    const painted = colors && colors[4 * i + 3] > 127;
    for (let c = 0; c < 3; c += 1) data[4 * i + c] = Math.max(lines[i], painted ? Math.round(14 + 0.32 * colors[4 * i + c]) : 0);
    data[4 * i + 3] = 255;
  }
  return data;
}

const BACKEND = {
  own: true,
  kinds: ["lineart", "edges"],
  samples: [1, 2, 4],
  session: null,
  reads: () => false,

  async start(tell) {
    if (location.protocol === "file:") throw new Error(say("fromFile"));
    const [wasm, model] = await fetchAll(SITE.files, tell);
    tell(say("starting"));
    Object.assign(ort.env.wasm, {
      wasmPaths: new URL("./ort/", location.href).href, wasmBinary: wasm,
      // Threads need headers that few web spaces send; one thread needs none.
      numThreads: self.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency || 1) : 1,
      proxy: true, // in a worker, so that the pen does not stutter
    });
    this.session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  },

  async understand(blob, kind) {
    const canvas = drawn(await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" }), 1e9);
    const { side } = SITE, { kind: found, lines } = prepared(bytesOf(canvas.getContext("2d")), canvas.width, canvas.height, kind, SITE);
    if (!lines) throw new Error(say("photoWeb"));
    return { input: urlOf(composed(lines, null, side), side), kind: found, blank: !lines.some(Boolean) };
  },

  async generate(drawing, { samples, first, thin }) {
    const { side } = drawing, { noise } = SITE, rgb = inkOf(drawing), ready = alphaOf(drawing.lines);
    const strokes = thin ? lineartLines(rgb, side) : Uint8Array.from(ready, (_, i) => 255 - rgb[3 * i]);
    const lines = strokes.map((value, i) => Math.max(value, ready[i]));
    if (!lines.some(Boolean)) return { images: [], lines: null };
    const colors = SITE.colors && drawing.colored ? bytesOf(drawn(drawing.colors.canvas, side).getContext("2d")) : null;
    const input = composed(lines, colors, side), images = [];
    for (let i = 0; i < samples; i += 1) images.push(await this.run(input, side, noise.length ? noise[(first + i) % noise.length] : null));
    return { images, lines: urlOf(input, side) };
  },

  /** The image (a URL) of an input, RGBA, and noise. */
  async run(input, side, noise) {
    const { channels, outputs } = SITE, area = side * side, values = new Float32Array(channels * area);
    for (let c = 0; c < channels; c += 1) for (let i = 0; i < area; i += 1) values[c * area + i] = input[4 * i + c] / 127.5 - 1;
    const feeds = { real_A: new ort.Tensor("float32", values, [1, channels, side, side]) };
    if (noise) feeds.z = new ort.Tensor("float32", Float32Array.from(noise), [1, noise.length]);
    const { fake_B } = await this.session.run(feeds), data = new Uint8ClampedArray(4 * area).fill(255);
    for (let i = 0; i < area; i += 1) for (let c = 0; c < 3; c += 1) {
      data[4 * i + c] = Math.round((fake_B.data[(outputs === 1 ? 0 : c) * area + i] + 1) * 127.5);
    }
    return urlOf(data, side);
  },
};
