"use strict";
// The generator's input of an image in a browser, step by step as data/preprocess/pair.py and data/edges make it; the
// tests compare the two. Images are RGB bytes, width * height * 3.

/** RGB of RGBA bytes, laid on white. */
function onWhite(data) {
  return Uint8Array.from({ length: data.length / 4 * 3 }, (_, k) => {
    const i = Math.floor(k / 3), alpha = data[4 * i + 3] / 255;
    return Math.round(data[4 * i + k % 3] * alpha + 255 * (1 - alpha));
  });
}

const cubicKernel = (a) => (t) => (t < 1 ? (a + 2) * t ** 3 - (a + 3) * t * t + 1 : t < 2 ? a * (t ** 3 - 5 * t * t + 8 * t - 4) : 0);
// Reach and shape of OpenCV's INTER_LINEAR and INTER_CUBIC for enlarging, and of Pillow's BICUBIC.
const KERNELS = { linear: [1, (t) => 1 - t], cubic: [2, cubicKernel(-0.75)], pillow: [2, cubicKernel(-0.5)] };

/** Weights [position, weight] of the input's pixels for pixel i of the output, along one side; area: as INTER_AREA shrinks. */
function weightsOf(kind, from, to, i) {
  const scale = from / to, found = [];
  if (kind === "area") {
    const start = i * scale, end = Math.min(from, start + scale);
    for (let j = Math.floor(start); j < end - 1e-9; j += 1) found.push([j, (Math.min(end, j + 1) - Math.max(start, j)) / (end - start)]);
    return found;
  }
  const [reach, kernel] = KERNELS[kind], stretch = kind === "pillow" ? Math.max(1, scale) : 1, centre = (i + 0.5) * scale - 0.5;
  for (let j = Math.ceil(centre - reach * stretch); j <= centre + reach * stretch; j += 1) {
    const inside = Math.min(from - 1, Math.max(0, j)); // OpenCV repeats the border, Pillow leaves it out
    if (kind !== "pillow" || inside === j) found.push([inside, kernel(Math.abs(j - centre) / stretch)]);
  }
  const sum = found.reduce((total, [, weight]) => total + weight, 0);
  return found.map(([j, weight]) => [j, weight / sum]);
}

/** An image at another size. */
function resample(rgb, width, height, newWidth, newHeight, kind) {
  if (width === newWidth && height === newHeight) return rgb;
  const wide = new Float32Array(newWidth * height * 3), made = new Uint8ClampedArray(newWidth * newHeight * 3);
  for (let x = 0; x < newWidth; x += 1) for (const [j, weight] of weightsOf(kind, width, newWidth, x)) {
    for (let y = 0; y < height; y += 1) for (let c = 0; c < 3; c += 1) {
      wide[(y * newWidth + x) * 3 + c] += weight * rgb[(y * width + j) * 3 + c];
    }
  }
  const row = new Float32Array(newWidth * 3), across = kind === "pillow" ? new Uint8ClampedArray(wide) : wide; // as Pillow
  for (let y = 0; y < newHeight; y += 1) {
    row.fill(0);
    for (const [j, weight] of weightsOf(kind, height, newHeight, y)) {
      for (let k = 0; k < row.length; k += 1) row[k] += weight * across[j * row.length + k];
    }
    made.set(row, y * row.length);
  }
  return new Uint8Array(made.buffer);
}

/** An image in the middle of a square: its borders repeated, white, or (pad auto) repeated where they are plain. */
function padded(rgb, width, height, side, pad) {
  const square = new Uint8Array(side * side * 3), [top, left] = [(side - height) >> 1, (side - width) >> 1];
  const plain = (length, pixel) => [0, 1, 2].every((c) => {
    const values = Array.from({ length }, (_, i) => rgb[3 * pixel(i) + c]), mean = values.reduce((a, b) => a + b, 0) / length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length) <= 6;
  });
  const white = (length, pixel) => pad === "white" || (pad === "auto" && !plain(length, pixel));
  const above_ = white(width, (x) => x), below = white(width, (x) => (height - 1) * width + x);
  const before = white(height, (y) => y * width), after = white(height, (y) => y * width + width - 1);
  for (let y = 0; y < side; y += 1) for (let x = 0; x < side; x += 1) {
    const [v, u] = [y - top, x - left], at = 3 * (y * side + x);
    const blank = (v < 0 && above_) || (v >= height && below) || (u < 0 && before) || (u >= width && after);
    const from = 3 * (Math.min(height - 1, Math.max(0, v)) * width + Math.min(width - 1, Math.max(0, u)));
    for (let c = 0; c < 3; c += 1) square[at + c] = blank ? 255 : rgb[from + c];
  }
  return square;
}

/** A cut-out (RGB on white and alpha): what is opaque, in the middle of a white square with a margin. */
function cutOut(rgb, alpha, width, height, side) {
  const opaque = every(alpha, (value) => value >= 128), square = new Uint8Array(side * side * 3).fill(255);
  if (!opaque.length) return square;
  const ends = (of) => opaque.reduce(([low, high], i) => [Math.min(low, of(i)), Math.max(high, of(i))], [Infinity, 0]);
  const [[top, bottom], [left, right]] = [ends((i) => Math.floor(i / width)), ends((i) => i % width)];
  const [w, h] = [right - left + 1, bottom - top + 1], scale = 0.92 * side / Math.max(w, h);
  const [newW, newH] = [w, h].map((value) => Math.max(1, Math.round(value * scale)));
  const small = (of) => resample(Uint8Array.from({ length: w * h * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return of((top + Math.floor(pixel / w)) * width + left + pixel % w, i % 3);
  }), w, h, newW, newH, scale < 1 ? "area" : "cubic");
  const [colors, cover] = [small((i, c) => rgb[3 * i + c]), small((i) => alpha[i])];
  for (let y = 0; y < newH; y += 1) for (let x = 0; x < newW; x += 1) {
    const from = 3 * (y * newW + x), to = 3 * ((y + ((side - newH) >> 1)) * side + x + ((side - newW) >> 1));
    if (cover[from] >= 128) square.set(colors.subarray(from, from + 3), to);
  }
  return square;
}

const countOf = (mask) => mask.reduce((sum, value) => sum + (value ? 1 : 0), 0);

/** Whether an image is an edge map: black and white, the rarer of the two in lines of one or two pixels. */
function isEdgeMap(rgb, width, height) {
  const count = width * height, light = new Uint8Array(count);
  let middle = 0, colored = 0;
  for (let i = 0; i < count; i += 1) {
    const [r, g, b] = [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]], sum = r + g + b;
    light[i] = sum > 382 ? 1 : 0;
    middle += sum > 150 && sum < 615 ? 1 / count : 0;
    colored += Math.max(r, g, b) - Math.min(r, g, b) > 40 ? 1 / count : 0;
  }
  const lines = countOf(light) <= count / 2 ? light : light.map((value) => 1 - value), share = countOf(lines) / count;
  if (share === 0 || share >= 0.35 || middle > 0.05 + 0.5 * share || colored > 0.01) return false;
  return countOf(eroded(lines, width, height, 0)) < 0.03 * countOf(lines) && middle < 0.5 * share;
}

/** Whether most of an image is even paper, and the rest thin strokes or filled with one even ink. */
function isLineArt(rgb, width, height) {
  const scale = Math.min(1, 362 / Math.hypot(width, height)), [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const small = resample(rgb, width, height, w, h, "area"), count = w * h;
  const strength = inkStrength(small, w, h), ink = inkMask(strength), inked = countOf(ink);
  if (!inked || inked >= 0.4 * count) return false;
  const full = quantile(strength.filter((_, i) => ink[i]), 0.7), drawnOn = maskOf(strength, (value) => value > 0.15 * full);
  if (full < 80 || countOf(drawnOn) > 0.4 * count) return false;
  const means = Float32Array.from(strength, (_, i) => (small[3 * i] + small[3 * i + 1] + small[3 * i + 2]) / 3);
  const paper = quantile(means.filter((_, i) => !drawnOn[i]), 0.5);
  if (paper > 60 && paper < 150) return false;
  const shaded = eroded(maskOf(strength, (value, i) => drawnOn[i] && value < 0.75 * full), w, h, 0);
  if (countOf(shaded) > 0.05 * countOf(drawnOn)) return false;
  const deep = eroded(ink, w, h, 0);
  if (countOf(deep) < 0.58 * inked) return true;
  const spreads = [0, 1, 2].map((c) => {
    const values = strength.map((_, i) => small[3 * i + c]).filter((_, i) => deep[i]), middle = quantile(values, 0.5);
    return values.reduce((sum, value) => sum + Math.abs(value - middle), 0) / values.length;
  });
  return spreads[0] + spreads[1] + spreads[2] < 15;
}

/** photo, lineart or edges. */
function kindOf(rgb, width, height) {
  const step = Math.max(1, Math.floor(Math.max(width, height) / 1024)), [w, h] = [Math.ceil(width / step), Math.ceil(height / step)];
  const some = Uint8Array.from({ length: w * h * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return rgb[3 * (Math.floor(pixel / w) * step * width + pixel % w * step) + i % 3];
  });
  return isEdgeMap(some, w, h) ? "edges" : isLineArt(some, w, h) ? "lineart" : "photo";
}

/**
 * The input of an image, RGBA bytes: {kind, lines}; lines are Uint8 (side * side), null for a photo. `wanted` is a kind
 * of image, or auto.
 */
function prepared(data, width, height, wanted, { side, pad }) {
  const rgb = onWhite(data), kind = wanted === "auto" ? kindOf(rgb, width, height) : wanted, longest = Math.max(width, height);
  const alpha = data.filter((_, i) => i % 4 === 3);
  if (kind === "photo") return { kind, lines: null };
  if (kind === "lineart" && alpha.some((value) => value < 255)) {
    return { kind, lines: lineartLines(cutOut(rgb, alpha, width, height, side), side) };
  }
  const round = kind === "edges" ? Math.round : Math.floor;
  const [w, h] = [width, height].map((value) => Math.max(1, round(value * side / longest)));
  const small = resample(rgb, width, height, w, h, kind === "edges" ? "pillow" : longest > side ? "area" : "linear");
  if (kind === "lineart") return { kind, lines: lineartLines(padded(small, w, h, side, pad), side) };
  const lines = new Uint8Array(side * side), inverted = small.reduce((sum, value) => sum + value, 0) / small.length > 127.5;
  for (let y = 0; y < h; y += 1) for (let x = 0; x < w; x += 1) {
    const value = small[3 * (y * w + x)];
    lines[(y + ((side - h) >> 1)) * side + x + ((side - w) >> 1)] = inverted ? 255 - value : value;
  }
  return { kind, lines };
}
