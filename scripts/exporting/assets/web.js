"use strict";
// The generator in the visitor's browser: strokes to lines to image. SITE comes from site.js.

/** Fetch the files of the generator and its runtime, reporting progress; returns the bytes of each. */
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
    if (start[0] !== 0x1f || start[1] !== 0x8b) return packed.arrayBuffer(); // the server has decompressed it
    return new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }));
}

const BACKEND = {
  own: true,
  kinds: ["photo", "lineart", "edges", "paper"],
  samples: [1, 2, 4],
  session: null,
  reader: null,
  reads: () => false,

  async start(tell) {
    if (location.protocol === "file:") throw new Error(say("fromFile"));
    const [wasm, model] = await fetchAll(SITE.files, tell);
    tell(say("starting"));
    Object.assign(ort.env.wasm, {
      wasmPaths: new URL("./ort/", location.href).href, wasmBinary: wasm,
      // Threads need headers that few web hosts send; a single thread needs none.
      numThreads: self.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency || 1) : 1,
      proxy: true, // in a worker, so that the pen does not stutter
    });
    this.session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  },

  /** Send a request to the worker that reads images. */
  ask(message, transfer = []) {
    return new Promise((resolve, reject) => {
      this.reader.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.found));
      this.reader.onerror = ({ message: text }) => reject(new Error(text));
      this.reader.postMessage(message, transfer);
    });
  },

  async understand(blob, kind, tell) {
    if (!this.reader) {
      const [script] = await fetchAll([SITE.opencv], tell);
      this.reader = new Worker("prepare.js");
      tell(say("reading"));
      await this.ask({ site: SITE, script: URL.createObjectURL(new Blob([script], { type: "text/javascript" })) });
    }
    const canvas = drawn(await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" }), 1e9), { width, height } = canvas;
    const data = bytesOf(canvas.getContext("2d")), { side } = SITE, found = await this.ask({ image: [data, width, height, kind] }, [data.buffer]);
    const shares = (corners) => corners && corners.map(([x, y]) => [x / width, y / height]);
    return { ...found, input: urlOf(composed(found.lines, found.colors, side), side), blank: !found.lines.some(Boolean),
      sheet: shares(found.sheet), frame: shares(found.frame) };
  },

  /** Generate images (URLs) from an input, RGBA. */
  async run(input, side, { samples, first }) {
    const { noise } = SITE, urls = [];
    for (let i = first; i < first + samples; i += 1) {
      const made = await this.tiles(input, side, noise.length ? noise[i % noise.length] : null);
      urls.push(urlOf(made, side));
    }
    return urls;
  },

  /** The image (RGBA) for an input that may be larger than the generator's, from overlapping tiles. */
  async tiles(input, side, noise) {
    const tile = SITE.side, sum = new Float32Array(4 * side * side), weights = new Float32Array(side * side);
    for (let top = 0; top <= side - tile; top += tile / 2) for (let left = 0; left <= side - tile; left += tile / 2) {
      const at = (y, x) => (top + y) * side + left + x, part = new Uint8ClampedArray(4 * tile * tile);
      for (let y = 0; y < tile; y += 1) part.set(input.subarray(4 * at(y, 0), 4 * at(y, tile)), 4 * y * tile);
      const made = await this.image(part, noise);
      for (let y = 0; y < tile; y += 1) for (let x = 0; x < tile; x += 1) {
        const weight = Math.min(y + 1, tile - y) * Math.min(x + 1, tile - x);
        weights[at(y, x)] += weight;
        for (let c = 0; c < 4; c += 1) sum[4 * at(y, x) + c] += weight * made[4 * (y * tile + x) + c];
      }
    }
    return Uint8ClampedArray.from(sum, (value, i) => value / weights[i >> 2]);
  },

  /** The image (RGBA) for an input of the generator's size. */
  async image(input, noise) {
    const { side, channels, outputs } = SITE, area = side * side, values = new Float32Array(channels * area);
    for (let c = 0; c < channels; c += 1) for (let i = 0; i < area; i += 1) values[c * area + i] = input[4 * i + c] / 127.5 - 1;
    const feeds = { real_A: new ort.Tensor("float32", values, [1, channels, side, side]) };
    if (noise) feeds.z = new ort.Tensor("float32", Float32Array.from(noise), [1, noise.length]);
    const { fake_B } = await this.session.run(feeds), data = new Uint8ClampedArray(4 * area).fill(255);
    for (let i = 0; i < area; i += 1) for (let c = 0; c < 3; c += 1) {
      data[4 * i + c] = Math.round((fake_B.data[(outputs === 1 ? 0 : c) * area + i] + 1) * 127.5);
    }
    return data;
  },
};
