"use strict";
// The generator's input of an image in a browser, step by step as data/preprocess/pair.py and data/edges make it; the
// tests compare the two. Images are RGB bytes, width * height * 3.

/** RGB of RGBA bytes, laid on white. */
function onWhite(data) {
  const rgb = new Uint8Array(data.length / 4 * 3);
  for (let i = 0; i < data.length / 4; i += 1) {
    const alpha = data[4 * i + 3] / 255;
    for (let c = 0; c < 3; c += 1) rgb[3 * i + c] = Math.round(data[4 * i + c] * alpha + 255 * (1 - alpha));
  }
  return rgb;
}

// Weights [position, weight] of the input's pixels for pixel i of the output, along one side.

/** OpenCV's INTER_AREA for shrinking. */
function areaWeights(from, to, i) {
  const scale = from / to, start = i * scale, end = Math.min(from, start + scale), found = [];
  for (let j = Math.floor(start); j < end - 1e-9; j += 1) found.push([j, (Math.min(end, j + 1) - Math.max(start, j)) / (end - start)]);
  return found;
}

/** OpenCV's INTER_LINEAR. */
function linearWeights(from, to, i) {
  const place = Math.min(from - 1, Math.max(0, (i + 0.5) * from / to - 0.5)), low = Math.floor(place);
  return [[low, 1 - place + low], [Math.min(from - 1, low + 1), place - low]];
}

/** OpenCV's INTER_CUBIC for enlarging. */
function opencvCubicWeights(from, to, i) {
  const place = (i + 0.5) * from / to - 0.5, low = Math.floor(place), x = place - low, a = -0.75;
  const near = (t) => (a + 2) * t ** 3 - (a + 3) * t * t + 1, far = (t) => a * (t ** 3 - 5 * t * t + 8 * t - 4);
  const weights = [far(x + 1), near(x), near(1 - x), far(2 - x)];
  return weights.map((weight, k) => [Math.min(from - 1, Math.max(0, low - 1 + k)), weight]);
}

/** Pillow's BICUBIC. */
function cubicWeights(from, to, i) {
  const scale = Math.max(1, from / to), centre = (i + 0.5) * from / to, found = [];
  const cubic = (x) => (x < 1 ? 1.5 * x ** 3 - 2.5 * x * x + 1 : x < 2 ? -0.5 * x ** 3 + 2.5 * x * x - 4 * x + 2 : 0);
  const first = Math.max(0, Math.floor(centre - 2 * scale + 0.5)), last = Math.min(from, Math.floor(centre + 2 * scale + 0.5));
  for (let j = first; j < last; j += 1) found.push([j, cubic(Math.abs((j + 0.5 - centre) / scale))]);
  const sum = found.reduce((total, [, weight]) => total + weight, 0);
  return found.map(([j, weight]) => [j, weight / sum]);
}

/** An image at another size. */
function resample(rgb, width, height, newWidth, newHeight, weights) {
  if (width === newWidth && height === newHeight) return rgb;
  const wide = new Float32Array(newWidth * height * 3), made = new Uint8ClampedArray(newWidth * newHeight * 3);
  for (let x = 0; x < newWidth; x += 1) {
    for (const [j, weight] of weights(width, newWidth, x)) {
      for (let y = 0; y < height; y += 1) for (let c = 0; c < 3; c += 1) {
        wide[(y * newWidth + x) * 3 + c] += weight * rgb[(y * width + j) * 3 + c];
      }
    }
  }
  const row = new Float32Array(newWidth * 3), across = weights === cubicWeights ? new Uint8ClampedArray(wide) : wide; // as Pillow
  for (let y = 0; y < newHeight; y += 1) {
    row.fill(0);
    for (const [j, weight] of weights(height, newHeight, y)) {
      for (let k = 0; k < row.length; k += 1) row[k] += weight * across[j * row.length + k];
    }
    made.set(row, y * row.length);
  }
  return new Uint8Array(made.buffer);
}

/** An image in the middle of a square: its borders repeated, white, or (pad auto) repeated where they are plain. */
function padded(rgb, width, height, side, pad) {
  const square = new Uint8Array(side * side * 3), [top, left] = [(side - height) >> 1, (side - width) >> 1];
  const plain = (pixels) => [0, 1, 2].every((c) => {
    const values = pixels.map((i) => rgb[3 * i + c]), mean = values.reduce((a, b) => a + b, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) <= 6;
  });
  const row = (y) => Array.from({ length: width }, (_, x) => y * width + x);
  const column = (x) => Array.from({ length: height }, (_, y) => y * width + x);
  const borders = { top: row(0), bottom: row(height - 1), left: column(0), right: column(width - 1) };
  const white = Object.fromEntries(Object.entries(borders).map(([key, pixels]) => [key,
    pad === "white" || (pad === "auto" && !plain(pixels))]));
  for (let y = 0; y < side; y += 1) for (let x = 0; x < side; x += 1) {
    const [v, u] = [y - top, x - left], at = 3 * (y * side + x);
    const blank = (v < 0 && white.top) || (v >= height && white.bottom) || (u < 0 && white.left) || (u >= width && white.right);
    const from = 3 * (Math.min(height - 1, Math.max(0, v)) * width + Math.min(width - 1, Math.max(0, u)));
    for (let c = 0; c < 3; c += 1) square[at + c] = blank ? 255 : rgb[from + c];
  }
  return square;
}

/** A cut-out (RGB on white and alpha): what is opaque, in the middle of a white square with a margin. */
function cutOut(rgb, alpha, width, height, side) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    if (alpha[y * width + x] < 128) continue;
    [top, bottom, left, right] = [Math.min(top, y), Math.max(bottom, y), Math.min(left, x), Math.max(right, x)];
  }
  const square = new Uint8Array(side * side * 3).fill(255), [w, h] = [right - left + 1, bottom - top + 1];
  if (bottom < 0) return square;
  const scale = 0.92 * side / Math.max(w, h), [newW, newH] = [w, h].map((value) => Math.max(1, Math.round(value * scale)));
  const box = (values, channels) => Uint8Array.from({ length: w * h * 3 }, (_, i) => {
    const [pixel, c] = [Math.floor(i / 3), i % 3], from = (top + Math.floor(pixel / w)) * width + left + pixel % w;
    return values[channels * from + (channels === 3 ? c : 0)];
  });
  const small = [box(rgb, 3), box(alpha, 1)].map((values) => resample(values, w, h, newW, newH, scale < 1 ? areaWeights : opencvCubicWeights));
  const [y0, x0] = [(side - newH) >> 1, (side - newW) >> 1];
  for (let y = 0; y < newH; y += 1) for (let x = 0; x < newW; x += 1) {
    const from = 3 * (y * newW + x), to = 3 * ((y + y0) * side + x + x0);
    if (small[1][from] >= 128) square.set(small[0].subarray(from, from + 3), to);
  }
  return square;
}

/** Where a 3 x 3 square fits into a mask; beyond the border nothing does. */
function eroded(mask, width, height) {
  return mask.map((value, i) => {
    const x = i % width, y = Math.floor(i / width);
    if (!value || x < 1 || y < 1 || x > width - 2 || y > height - 2) return 0;
    for (const d of [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1]) if (!mask[i + d]) return 0;
    return 1;
  });
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
  return countOf(eroded(lines, width, height)) < 0.03 * countOf(lines) && middle < 0.5 * share;
}

/** Whether most of an image is even paper, and the rest thin strokes or filled with one even ink. */
function isLineArt(rgb, width, height) {
  const scale = 362 / Math.hypot(width, height);
  if (scale < 1) {
    const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    rgb = resample(rgb, width, height, w, h, areaWeights);
    [width, height] = [w, h];
  }
  const count = width * height, strength = inkStrength(rgb, width, height), ink = inkMask(strength), inked = countOf(ink);
  if (!inked || inked >= 0.4 * count) return false;
  const full = quantile(strength.filter((_, i) => ink[i]), 0.7);
  const drawn_ = Uint8Array.from(strength, (value) => (value > 0.15 * full ? 1 : 0)), drawnCount = countOf(drawn_);
  if (full < 80 || drawnCount > 0.4 * count) return false;
  const means = Float32Array.from(strength, (_, i) => (rgb[3 * i] + rgb[3 * i + 1] + rgb[3 * i + 2]) / 3);
  const paper = quantile(means.filter((_, i) => !drawn_[i]), 0.5);
  if (paper > 60 && paper < 150) return false;
  const shaded = eroded(drawn_.map((value, i) => (value && strength[i] < 0.75 * full ? 1 : 0)), width, height);
  if (countOf(shaded) > 0.05 * drawnCount) return false;
  const deep = eroded(ink, width, height), deepCount = countOf(deep);
  if (deepCount < 0.58 * inked) return true;
  let spread = 0;
  for (let c = 0; c < 3; c += 1) {
    const values = Float32Array.from({ length: count }, (_, i) => rgb[3 * i + c]).filter((_, i) => deep[i]);
    const middle = quantile(values, 0.5);
    spread += values.reduce((sum, value) => sum + Math.abs(value - middle), 0) / (3 * deepCount);
  }
  return spread < 5;
}

/** photo, lineart or edges. */
function kindOf(rgb, width, height) {
  const step = Math.max(1, Math.floor(Math.max(width, height) / 1024));
  const [w, h] = [Math.ceil(width / step), Math.ceil(height / step)], some = new Uint8Array(w * h * 3);
  for (let y = 0; y < h; y += 1) for (let x = 0; x < w; x += 1) {
    for (let c = 0; c < 3; c += 1) some[3 * (y * w + x) + c] = rgb[3 * (y * step * width + x * step) + c];
  }
  return isEdgeMap(some, w, h) ? "edges" : isLineArt(some, w, h) ? "lineart" : "photo";
}

/**
 * The input of an image, RGBA bytes: {kind, lines}; lines are Uint8 (side * side), null for a photo. `wanted` is a kind
 * of image, or auto.
 */
function prepared(data, width, height, wanted, { side, pad }) {
  const rgb = onWhite(data), kind = wanted === "auto" ? kindOf(rgb, width, height) : wanted;
  const alpha = data.filter((_, i) => i % 4 === 3), opaque = alpha.every((value) => value === 255);
  if (kind === "lineart" && !opaque) return { kind, lines: lineartLines(cutOut(rgb, alpha, width, height, side), side) };
  return { kind, lines: linesOf(rgb, width, height, { side, pad, kind }) };
}

/** The lines of an opaque image, RGB bytes. */
function linesOf(rgb, width, height, { side, pad, kind }) {
  const longest = Math.max(width, height);
  if (kind === "edges") {
    const [w, h] = [width, height].map((value) => Math.max(1, Math.round(value * side / longest)));
    const small = resample(rgb, width, height, w, h, cubicWeights), lines = new Uint8Array(side * side);
    const inverted = small.reduce((sum, value) => sum + value, 0) / small.length > 127.5;
    for (let y = 0; y < h; y += 1) for (let x = 0; x < w; x += 1) {
      const value = small[3 * (y * w + x)];
      lines[(y + ((side - h) >> 1)) * side + x + ((side - w) >> 1)] = inverted ? 255 - value : value;
    }
    return lines;
  }
  if (kind !== "lineart") return null;
  const [w, h] = [width, height].map((value) => Math.max(1, Math.floor(value * side / longest)));
  const small = resample(rgb, width, height, w, h, longest > side ? areaWeights : linearWeights);
  return lineartLines(padded(small, w, h, side, pad), side);
}
