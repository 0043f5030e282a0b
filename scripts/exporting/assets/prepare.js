"use strict";
// Makes the generator's input from an image in the browser, step by step like data/, with OpenCV's functions.
// It is a worker, so that the pen does not stutter. Images are OpenCV matrices of RGB bytes unless noted;
// masks are bytes, 0 or 1.

let kept = []; // OpenCV's memory is freed by hand

const keep = (made) => { kept.push(made); return made; };
/** The result of an OpenCV function on an image. */
const op = (name, image, ...rest) => { const made = keep(new cv.Mat()); cv[name](image, made, ...rest); return made; };
const get = (image) => (image.type() & 7 ? (image.type() & 7) === 4 ? image.data32S : image.data32F : image.data).slice();
const rint = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)); // as Python rounds
const sizeOf = (width, height) => new cv.Size(Math.max(1, width), Math.max(1, height));
const square = (side) => keep(cv.Mat.ones(side, side, cv.CV_8U));
const disc = (radius) => keep(cv.getStructuringElement(cv.MORPH_ELLIPSE, sizeOf(2 * radius + 1, 2 * radius + 1)));
/** The result of a function, with OpenCV's memory for it freed; not an OpenCV matrix. */
const freed = (make) => {
  const before = kept.length;
  try { return make(); } finally { for (const one of kept.splice(before)) one.delete(); }
};
const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);

/** A part of an image. */
function partOf(image, x, y, width, height) {
  const [part, made] = [keep(image.roi(new cv.Rect(x, y, width, height))), keep(new cv.Mat())];
  part.copyTo(made);
  return made;
}

/** A matrix of Uint8, Int16 or Float32 values. */
function matrix(values, width, channels = 1) {
  const [type, view] = values instanceof Float32Array ? ["CV_32F", "data32F"] : values instanceof Int16Array ? ["CV_16S", "data16S"] : ["CV_8U", "data"];
  const made = keep(new cv.Mat(values.length / width / channels, width, cv[`${type}C${channels}`]));
  made[view].set(values);
  return made;
}

/** The result of an OpenCV function on a mask. */
const onMask = (name, mask, width, ...rest) => get(op(name, matrix(mask, width), ...rest));
const grown = (mask, within, width, radius) => onMask("dilate", mask, width, disc(radius)).map((value, i) => value && within[i]);

function resized(image, width, height, how) { return op("resize", image, sizeOf(width, height), 0, 0, cv[`INTER_${how}`]); }

function shrunk(image, longest) {
  const scale = Math.min(1, longest / Math.max(image.cols, image.rows));
  return resized(image, rint(image.cols * scale), rint(image.rows * scale), "AREA");
}

/** The 8- or 4-connected components of a mask: the label of each pixel, [left, top, width, height, area] of each label, and their centers. */
function labeled(mask, width, connectivity) {
  const [labels, stats, centers] = [0, 0, 0].map(() => keep(new cv.Mat()));
  cv.connectedComponentsWithStats(matrix(mask, width), labels, stats, centers, connectivity, cv.CV_32S);
  const flat = get(stats);
  return [get(labels), Array.from({ length: stats.rows }, (_, i) => flat.subarray(5 * i, 5 * i + 5)), centers.data64F.slice()];
}

function kmeans(samples, count, rounds) {
  const [labels, centers] = [keep(new cv.Mat()), keep(new cv.Mat())];
  cv.setRNGSeed(0);
  cv.kmeans(matrix(samples, 3), count, labels, new cv.TermCriteria(3, rounds, 0.5), 2, cv.KMEANS_PP_CENTERS, centers);
  return [get(labels), Array.from({ length: count }, (_, k) => get(centers).subarray(3 * k, 3 * k + 3))];
}

const apart = (values, i, color) => Math.hypot(values[3 * i] - color[0], values[3 * i + 1] - color[1], values[3 * i + 2] - color[2]);

// Kinds.

/** How far an image's pixels (RGB bytes) are from the paper's tone, with shading removed; and whether ink is dark. */
function inkStrength(rgb, width, height) {
  const count = width * height, sums = new Uint16Array(count), tone = new Float32Array(count);
  for (let i = 0; i < count; i += 1) sums[i] = rgb[3 * i] + rgb[3 * i + 1] + rgb[3 * i + 2];
  const isDark = quantile(sums, 0.5) >= 382.5, step = Math.max(1, Math.floor(count / 5000));
  for (let i = 0; i < count; i += 1) {
    const part = [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]];
    tone[i] = isDark ? 255 - Math.min(...part) : Math.max(...part);
  }
  const termsOf = (i) => {
    const x = 2 * (i % width) / Math.max(1, width - 1) - 1, y = 2 * Math.floor(i / width) / Math.max(1, height - 1) - 1;
    return [1, x, y, x * x, x * y, y * y];
  };
  const paper = new Float32Array(count).fill(quantile(tone, 0.5));
  for (let round = 0; round < 3; round += 1) {
    const sample = every(tone, (value, i) => Math.abs(value - paper[i]) < 25).filter((_, k) => k % step === 0), known = new Float64Array(36), wanted = new Float64Array(6);
    if (sample.length < 60) break;
    for (const i of sample) {
      const terms = termsOf(i);
      for (let r = 0; r < 6; r += 1) {
        wanted[r] += terms[r] * tone[i];
        for (let c = 0; c < 6; c += 1) known[6 * r + c] += terms[r] * terms[c];
      }
    }
    const surface = keep(new cv.Mat());
    cv.solve(keep(cv.matFromArray(6, 6, cv.CV_64F, known)), keep(cv.matFromArray(6, 1, cv.CV_64F, wanted)), surface, cv.DECOMP_SVD);
    const factors = surface.data64F.slice();
    for (let i = 0; i < count; i += 1) paper[i] = sumOf(termsOf(i).map((term, k) => factors[k] * term));
  }
  return [tone.map((value, i) => Math.max(0, value - paper[i])), isDark];
}

const countOf = (mask) => mask.reduce((sum, value) => sum + (value ? 1 : 0), 0);

/** Whether an image is an edge map: black and white, with the rarer of the two in lines of one or two pixels. */
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

/** Whether most of an image is uniform paper, and the rest thin strokes or areas of one uniform ink. */
function isLineArt(image) {
  const scale = Math.min(1, 362 / Math.hypot(image.cols, image.rows)), [w, h] = [image.cols, image.rows].map((side) => Math.max(1, rint(side * scale)));
  const small = get(scale < 1 ? resized(image, w, h, "AREA") : image), count = w * h;
  const [strength] = inkStrength(small, w, h), ink = inkMask(strength), inked = countOf(ink);
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
    return sumOf(values.map((value) => Math.abs(value - middle))) / values.length;
  });
  return spreads[0] + spreads[1] + spreads[2] < 15;
}

/** photo, lineart or edges. */
function kindOf(image) {
  const step = Math.max(1, Math.floor(Math.max(image.cols, image.rows) / 1024)), [w, h] = [image.cols, image.rows].map((side) => Math.ceil(side / step));
  const all = get(image), some = new Uint8Array(w * h * 3);
  for (let i = 0; i < some.length; i += 1) {
    const pixel = Math.floor(i / 3);
    some[i] = all[3 * (Math.floor(pixel / w) * step * image.cols + pixel % w * step) + i % 3];
  }
  return isEdgeMap(some, w, h) ? "edges" : isLineArt(matrix(some, w, 3)) ? "lineart" : "photo";
}

// The square of the generator's input.

/** The frame [left, top, side] of ink (1); null without ink, or, unless `always`, if no frame is needed. */
function frameOf(ink, width, height, always) {
  const boxOf = (mask) => cv.boundingRect(matrix(mask, width)), whole = boxOf(ink);
  if (!ink.includes(1) || (!always && Math.max(whole.width, whole.height) >= 0.72 * Math.max(width, height))) return null;
  const small = resized(matrix(ink.map((value) => 255 * value), width), ...[width, height].map((side) => rint(side * Math.min(1, 512 / Math.max(width, height)))), "AREA");
  const reach = Math.max(1, rint(0.035 * Math.max(small.cols, small.rows)));
  const [labels] = labeled(get(op("dilate", matrix(get(small).map((value) => (value ? 1 : 0)), small.cols), square(reach))), small.cols, 8);
  const label = (i) => labels[Math.floor(Math.floor(i / width) * small.rows / height) * small.cols + Math.floor(i % width * small.cols / width)];
  const inks = [];
  ink.forEach((value, i) => { if (value) inks[label(i)] = (inks[label(i)] || 0) + 1; });
  inks[0] = 0;
  const most = Math.max(...inks), own = inks.map((count) => count > 0 && count >= 0.01 * most);
  const { x, y, width: w, height: h } = boxOf(maskOf(ink, (value, i) => value && own[label(i)])), side = Math.max(w, h) / 0.9;
  return [x + (w - side) / 2, y + (h - side) / 2, side];
}

/** The part of an image in a frame. */
function cropped(image, [left, top, side], ground) {
  [left, top, side] = [rint(left), rint(top), Math.max(1, rint(side))];
  const by = [-top, top + side - image.rows, -left, left + side - image.cols].map((value) => Math.max(0, value));
  const larger = op("copyMakeBorder", image, ...by, cv.BORDER_CONSTANT, new cv.Scalar(ground, ground, ground, 0));
  return partOf(larger, left + by[2], top + by[0], side, side);
}

/** An image in the middle of a square, padded with its borders, with white, or (pad auto) with its borders if plain. */
function padded(image, side, pad, value = 255) {
  const { cols: width, rows: height } = image, [top, left] = [(side - height) >> 1, (side - width) >> 1], by = [top, side - height - top, left, side - width - left];
  const made = op("copyMakeBorder", image, ...by, pad === "white" ? cv.BORDER_CONSTANT : cv.BORDER_REPLICATE, new cv.Scalar(value, value, value, 0));
  if (pad !== "auto") return made;
  const strips = [[0, 0, width, 1], [0, height - 1, width, 1], [0, 0, 1, height], [width - 1, 0, 1, height]];
  const areas = [[0, 0, side, top], [0, side - by[1], side, by[1]], [0, 0, left, side], [side - by[3], 0, by[3], side]];
  strips.forEach((strip, k) => {
    const [mean, spread] = [keep(new cv.Mat()), keep(new cv.Mat())];
    cv.meanStdDev(keep(image.roi(new cv.Rect(...strip))), mean, spread);
    if (by[k] && Math.max(...spread.data64F) > 6) keep(made.roi(new cv.Rect(...areas[k]))).setTo(new cv.Scalar(255, 255, 255, 0));
  });
  return made;
}

/** A cut-out (RGB on white and alpha) in the middle of a white square, with a margin; and its mask. */
function cutOut(image, alpha, side) {
  const box = cv.boundingRect(matrix(alpha.map((value) => (value >= 128 ? 1 : 0)), image.cols));
  if (!box.width) return [matrix(new Uint8Array(3 * side * side).fill(255), side, 3), new Uint8Array(side * side)];
  const scale = 0.92 * side / Math.max(box.width, box.height);
  const [colors, cover] = [image, matrix(alpha, image.cols)].map((of, k) => padded(resized(partOf(of, box.x, box.y, box.width, box.height), rint(box.width * scale),
    rint(box.height * scale), scale < 1 ? "AREA" : "CUBIC"), side, "white", k ? 0 : 255));
  return [colors, maskOf(get(cover), (value) => value >= 128)];
}

// Separating the animal from its background, as in data/ground.py.

/** Number of rows at the start of a view that only repeat a row of the image, if it is not plain; at(row, column, channel). */
function repeated(rows, columns, at) {
  const first = Float64Array.from({ length: 3 * columns }, (_, k) => at(1, Math.floor(k / 3), k % 3)), of = (c) => first.filter((_, k) => k % 3 === c);
  const spread = (values) => { const mean = sumOf(values) / columns; return Math.sqrt(sumOf(values.map((value) => (value - mean) ** 2)) / columns); };
  if (Math.max(...[0, 1, 2].map((c) => spread(of(c)))) < 3) return 0;
  let strip = 0;
  for (let row = 2; row < rows && !strip; row += 1) {
    if (sumOf(first.map((value, k) => Math.abs(at(row, Math.floor(k / 3), k % 3) - value))) > 3 * first.length) strip = row;
  }
  return first.every((value, k) => k < 3 || Math.abs(value - first[k - 3]) <= 24) ? Math.max(0, strip - 4) : strip;
}

/** The background of an image, a mask; gaps in an outline of up to twice the given pixels are closed. */
function groundOf(image, gap) {
  const { cols: width, rows: height } = image, all = width * height, bgr = op("cvtColor", image, cv.COLOR_RGB2BGR);
  const smooth = op("cvtColor", op("bilateralFilter", bgr, 5, 12, 3), cv.COLOR_BGR2Lab), lab = get(smooth);
  const ring = maskOf(new Uint8Array(all), (_, i) => i % width < 2 || i % width >= width - 2 || i < 2 * width || i >= all - 2 * width);
  const border = every(ring, Boolean), [labels, centers] = kmeans(Float32Array.from(border.flatMap((i) => [lab[3 * i], lab[3 * i + 1], lab[3 * i + 2]])), 4, 20);
  const common = centers.filter((_, k) => labels.reduce((sum, label) => sum + (label === k), 0) >= 0.08 * border.length);
  const near = maskOf(ring, (_, i) => common.some((color) => apart(lab, i, color) < (color[0] <= 4 ? 8 : 14)));
  const [high, low] = ["dilate", "erode"].map((name) => get(op(name, bgr, square(3))));
  const free = maskOf(ring, (_, i) => [0, 1, 2].every((c) => high[3 * i + c] - low[3 * i + c] <= 24));
  const open = (mask) => {
    const wide = op("erode", op("copyMakeBorder", matrix(mask, width), gap, gap, gap, gap, cv.BORDER_REPLICATE), disc(gap));
    return get(partOf(wide, gap, gap, width, height));
  };
  const candidates = near.map((value, i) => value & free[i]), space = open(candidates), [pieceOf] = labeled(space, width, 4);
  const reached = new Set(border.filter((i) => space[i]).map((i) => pieceOf[i]));
  const ground = grown(maskOf(space, (value, i) => value && reached.has(pieceOf[i])), candidates, width, gap);
  const outerLines = (found) => grown(found, near.map((value, i) => value | found[i]), width, 1);
  if (common.every((color) => color[0] <= 4)) return outerLines(ground);
  // From there, background that changes slowly.
  const passable = open(free), filled = new Uint8Array(all), front = border.filter((i) => ground[i] && passable[i]);
  for (const i of front) filled[i] = 1;
  for (const i of front) {
    const x = i % width;
    for (const j of [x ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width]) {
      if (j < 0 || j >= all || filled[j] || !passable[j] || [0, 1, 2].some((c) => Math.abs(lab[3 * i + c] - lab[3 * j + c]) > 3)) continue;
      filled[j] = 1;
      front.push(j);
    }
  }
  const slow = grown(filled, free, width, gap);
  return outerLines(ground.map((value, i) => value | slow[i]));
}

/** Pixels in runs of ten, level runs of the first mask and upright runs of the second. */
function inRuns(across, down, width) {
  const [level, upright] = [[across, 10, 1], [down, 1, 10]].map(([mask, w, h]) => onMask("morphologyEx", mask, width, cv.MORPH_OPEN, keep(cv.Mat.ones(h, w, cv.CV_8U))));
  return level.map((value, i) => value | upright[i]);
}

/** A mask without blocks of even color and streaks, if their sides are its outline. */
function withoutBlocks(image, animal) {
  const { cols: width, rows: height } = image, rgb = get(image), inner = onMask("erode", animal, width, square(3));
  const outline = maskOf(animal, (value, i) => value && !inner[i] && i % width >= 2 && i % width < width - 2 && i >= 2 * width && i < width * (height - 2));
  if (countOf(inRuns(outline, outline, width)) <= 0.3 * countOf(outline)) return animal;
  const steady = (i, j) => [0, 1, 2].every((c) => Math.abs(rgb[3 * i + c] - rgb[3 * j + c]) <= 3);
  const even = inRuns(maskOf(animal, (_, i) => i % width && steady(i, i - 1)), maskOf(animal, (_, i) => i >= width && steady(i, i - width)), width);
  const textured = onMask("morphologyEx", maskOf(animal, (value, i) => value && !even[i]), width, cv.MORPH_OPEN, square(3));
  const closed = onMask("morphologyEx", textured, width, cv.MORPH_CLOSE, disc(4)), [labels] = labeled(maskOf(closed, (value) => !value), width, 4);
  const open = new Set(labels.filter((_, i) => !animal[i]));
  const found = subjectOf(maskOf(closed, (value, i) => !value && open.has(labels[i])), width);
  return countOf(found) >= 0.6 * countOf(animal) ? found : animal;
}

/** Everything that is not background, without specks. */
function subjectOf(ground, width) {
  const mask = onMask("morphologyEx", ground.map((value) => 1 - value), width, cv.MORPH_CLOSE, square(3)), [labels, stats] = labeled(mask, width, 8);
  return maskOf(labels, (label) => label && stats[label][4] >= 0.003 * ground.length);
}

/** A mask of the animal in a square image; null if it would fill nearly all or nearly nothing. */
function animalMask(image) {
  const small = shrunk(image, 256), { cols: width, rows: height } = small, values = get(small), at = (y, x, c) => values[3 * (y * width + x) + c];
  const [top, bottom] = [repeated(height, width, at), repeated(height, width, (y, x, c) => at(height - 1 - y, x, c))];
  const [left, right] = [repeated(width, height, (x, y, c) => at(y, x, c)), repeated(width, height, (x, y, c) => at(y, width - 1 - x, c))];
  const [w, h] = [width - left - right, height - top - bottom];
  if (Math.min(w, h) < 8) return null;
  const inner = partOf(small, left, top, w, h);
  const [first, closer] = [2, 5].map((gap) => subjectOf(groundOf(inner, gap), w));
  const animal = withoutBlocks(inner, countOf(closer) > 1.3 * countOf(first) ? closer : first);
  const share = countOf(animal) / (width * height), whole = new Float32Array(width * height);
  if (share <= 0.01 || share >= 0.97) return null;
  animal.forEach((value, i) => { whole[(top + Math.floor(i / w)) * width + left + i % w] = value; });
  return maskOf(get(resized(matrix(whole, width), image.cols, image.rows, "LINEAR")), (value) => value > 0.5);
}

/** A mask without enclosed parts of a light or black, even background. */
function withoutGaps(image, mask) {
  const rgb = get(image), width = image.cols, outside = every(mask, (value) => !value);
  const ground = [0, 1, 2].map((c) => (outside.length ? quantile(outside.map((i) => rgb[3 * i + c]), 0.5) : 0));
  if (Math.min(...ground) < 240 && Math.max(...ground) > 5) return mask;
  const away = Float32Array.from(mask, (_, i) => Math.max(...ground.map((value, c) => Math.abs(rgb[3 * i + c] - value))));
  const even = onMask("morphologyEx", maskOf(away, (value, i) => value <= 5 && mask[i]), width, cv.MORPH_OPEN, square(3)), [labels, stats] = labeled(even, width, 4);
  const gaps = maskOf(labels, (label) => label && stats[label][4] >= 0.002 * mask.length);
  if (countOf(gaps) > 0.25 * countOf(mask)) return mask;
  const gone = grown(gaps, maskOf(away, (value) => value <= 20), width, 1);
  return mask.map((value, i) => (gone[i] ? 0 : value));
}

// Lines of photos and of drawings with tones, as in data/edges.

const plane = (values, width) => matrix(Float32Array.from(values), width);

/** Derivatives in x and y of a plane at a Gaussian's width, per width. */
function derivatives(image, sigma) {
  const radius = Math.max(1, Math.ceil(2.5 * sigma)), x = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius), bell = x.map((v) => Math.exp(-v * v / (2 * sigma * sigma)));
  const smooth = bell.map((v) => v / sumOf(bell)), scale = sumOf(x.map((v, i) => v * v * smooth[i])), slope = x.map((v, i) => sigma * v * smooth[i] / scale);
  const [flat, steep] = [smooth, slope].map((values) => plane(values, values.length));
  return [[steep, flat], [flat, steep]].map((kernels) => get(op("sepFilter2D", image, cv.CV_32F, ...kernels, new cv.Point(-1, -1), 0, cv.BORDER_REFLECT)));
}

/** Sums xx, xy, yy of products of derivatives [x, y] over planes. */
const tensor = (pairs) => [[0, 0], [0, 1], [1, 1]].map(([a, b]) => pairs[0][0].map((_, i) => pairs.reduce((sum, pair) => sum + pair[a][i] * pair[b][i], 0)));

/** The square roots of the largest and the smallest gradient of a tensor. */
function strengths([xx, xy, yy], width) {
  const root = (sign) => plane(xx.map((_, i) => Math.sqrt(Math.sqrt(Math.max(0, xx[i] + yy[i] + sign * Math.sqrt((xx[i] - yy[i]) ** 2 + 4 * xy[i] * xy[i])) / 2))), width);
  return [root(1), root(-1)];
}

const blurred = (image, sigma) => op("GaussianBlur", image, new cv.Size(0, 0), sigma, 0, cv.BORDER_REFLECT);

function halved(image) {
  const mean = get(op("blur", image, new cv.Size(2, 2), new cv.Point(0, 0), cv.BORDER_REFLECT)), [w, h] = [image.cols + 1 >> 1, image.rows + 1 >> 1];
  return plane(Float32Array.from({ length: w * h }, (_, i) => mean[2 * Math.floor(i / w) * image.cols + 2 * (i % w)]), w);
}

/** The log odds that a person would draw a line through each pixel of an image, and its planes' width. */
function boundaryLogit(image) {
  const scale = Math.min(1, 362 / Math.hypot(image.cols, image.rows) + 1e-3);
  const lab = get(op("cvtColor", scale < 1 ? resized(image, rint(image.cols * scale), rint(image.rows * scale), "AREA") : image, cv.COLOR_RGB2Lab));
  const width = scale < 1 ? rint(image.cols * scale) : image.cols, count = lab.length / 3;
  const planes = [0, 1, 2].map((c) => plane(Float32Array.from({ length: count }, (_, i) => (c ? 0.01 * lab[3 * i + c] - 1.28 : lab[3 * i] / 255)), width));
  const gradients = planes.map((one) => derivatives(one, 1)), [bright, chroma] = [tensor(gradients.slice(0, 1)), tensor(gradients.slice(1))];
  const full = [strengths(bright, width)[0], strengths(chroma, width)[0]];
  const energy = bright.map((values, k) => get(blurred(halved(plane(values.map((value, i) => value + chroma[k][i]), width)), 1.5))), halfWidth = width + 1 >> 1;
  const halves = planes.map((one) => get(halved(one))), signed = halves.map((values) => values.map((value) => Math.sign(value) * Math.sqrt(Math.abs(value))));
  const bins = (values, low, high, n) => Array.from({ length: n }, (_, k) => {
    const step = (high - low) / (n - 1);
    return values.map((value) => Math.max(0, 1 - Math.abs(value - low - k * step) / step));
  });
  const [dx, dy] = gradients[0], smooth = get(blurred(planes[0], 2)), root = (values) => values.map((value) => Math.sqrt(Math.max(0, value)));
  const oriented = [dx, dy, dx.map((value, i) => 0.7 * (value + dy[i])), dx.map((value, i) => 0.7 * (value - dy[i]))];
  const channels = [...bins(halves[0], 0, 1, 6), ...bins(signed[1], -0.7, 0.7, 5), ...bins(signed[2], -0.7, 0.7, 5),
    ...oriented.map((values) => root(get(halved(plane(values.map(Math.abs), width))))),
    get(halved(plane(get(planes[0]).map((value, i) => Math.sqrt(Math.abs(value - smooth[i]))), width)))].map((values) => plane(values, halfWidth));
  const contrasts = (grid, sigma) => {
    const pairs = grid.map((one) => derivatives(one, sigma));
    return [[0, 6], [6, 16], [16, pairs.length]].map(([from, to]) => strengths(tensor(pairs.slice(from, to)), grid[0].cols)[0]);
  };
  const half = [...strengths(energy, halfWidth), ...contrasts(channels, 1.5)], quarters = channels.map(halved);
  const quarter = [...contrasts(quarters, 1.5), ...contrasts(quarters, 3), blurred(halved(halved(full[0])), 2.5), blurred(quarters.at(-1), 1.5)];
  const { weights, bias, outputs, output } = SITE.boundary, sums = [full, half, quarter].map((group) => group.map(get));
  const logit = new Float32Array(count).fill(output);
  weights.forEach((row, k) => {
    const mixed = (planesOf, from, size) => Float32Array.from({ length: size }, (_, i) => sumOf(planesOf.map((values, j) => row[from + j] * values[i])));
    const onto = (values, widthOf, target) => get(resized(plane(values, widthOf), target.cols, target.rows, "LINEAR"));
    const coarse = onto(mixed(sums[2], 7, sums[2][0].length).map((value) => value + bias[k]), quarters[0].cols, half[0]);
    const middle = onto(mixed(sums[1], 2, coarse.length).map((value, i) => value + coarse[i]), halfWidth, full[0]);
    mixed(sums[0], 0, count).forEach((value, i) => { logit[i] += outputs[k] * Math.max(0, value + middle[i]); });
  });
  return plane(logit, width);
}

const canny = (dx, dy, width, low, high) => {
  const edges = keep(new cv.Mat());
  cv.Canny1(...[dx, dy].map((values) => matrix(Int16Array.from(values), width)), edges, low, high, true);
  return maskOf(get(edges), Boolean);
};

/** Thinned lines (1) without short ones. */
function thinned(lines, side, least) {
  const made = thin(lines, side);
  for (const piece of pieces(made, side)) if (piece.length < least) for (const i of piece) made[i] = 0;
  return made;
}

function contour(image) {
  const side = image.cols, small = boundaryLogit(image), enlargement = side / small.cols, [lowest, highest, steps] = [-6, 14, 750];
  const busy = 1 / (1 + Math.exp(-quantile(get(small), 0.85))), threshold = Math.min(0.45, Math.max(busy, 0.45 * 0.2));
  const large = enlargement > 1 ? resized(small, side, side, "CUBIC") : small, logit = get(op("GaussianBlur", large, new cv.Size(0, 0), 0.5 * enlargement));
  const likely = logit.map((value) => 1 / (1 + Math.exp(-value))), strongest = get(op("dilate", plane(likely, side), square(2 * rint(3 * enlargement) + 1)));
  const height = logit.map((value, i) => Math.min(highest, Math.max(lowest, likely[i] < 0.5 * strongest[i] ? lowest : value)) - lowest);
  const smooth = op("GaussianBlur", plane(height, side), new cv.Size(0, 0), 1.5 * enlargement);
  const [xx, yy, xy] = [[2, 0], [0, 2], [1, 1]].map((order) => get(op("Sobel", smooth, cv.CV_32F, ...order)));
  const along = (f) => height.map((value, i) => steps * value * f(0.5 * Math.atan2(-2 * xy[i], yy[i] - xx[i])));
  const [low, high] = [0.65 * threshold, threshold].map((share) => steps * (Math.min(highest, Math.max(lowest, Math.log(Math.max(1e-12, share / (1 - share))))) - lowest));
  return thinned(canny(along(Math.cos), along(Math.sin), side, low, high), side, Math.max(4, 0.01 * Math.hypot(side, side)));
}

/** Round dots [row, column, radius] of an image. */
function dotsOf(image) {
  const large = resized(op("cvtColor", image, cv.COLOR_RGB2GRAY), ...[image.cols, image.rows].map((side) => rint(side * 512 / image.cols)), image.cols < 512 ? "CUBIC" : "AREA");
  const detector = keep(new cv.SimpleBlobDetector()), wanted = keep(detector.getParams()), found = keep(new cv.KeyPointVector());
  Object.assign(wanted, { minThreshold: 10, maxThreshold: 245, thresholdStep: 12, minRepeatability: 3, minDistBetweenBlobs: 6, filterByColor: false, minArea: 40,
    maxArea: 256, filterByCircularity: true, minCircularity: 0.7, filterByInertia: true, minInertiaRatio: 0.3, filterByConvexity: true, minConvexity: 0.85 });
  detector.setParams(wanted);
  detector.detect(large, found);
  const scale = 512 / image.cols;
  return Array.from({ length: found.size() }, (_, i) => found.get(i)).map(({ pt, size }) => [
    ...[pt.y, pt.x].map((value) => Math.floor((value + 0.5) / scale)), Math.max(2, Math.floor(size / 2 / scale + 0.5))]);
}

function detail(image) {
  const side = image.cols, lines = contour(image), floats = Float32Array.from(get(image));
  const smooth = op("GaussianBlur", matrix(floats, side, 3), new cv.Size(0, 0), 0.6);
  const [dx, dy] = [[1, 0], [0, 1]].map((order) => get(op("Sobel", smooth, cv.CV_32F, ...order)));
  // The channel that changes most, with blue first.
  const best = lines.map((_, i) => [2, 1, 0].reduce((a, b) => (dx[3 * i + b] ** 2 + dy[3 * i + b] ** 2 > dx[3 * i + a] ** 2 + dy[3 * i + a] ** 2 ? b : a)));
  const strong = (of) => Float32Array.from(lines, (_, i) => of[3 * i + best[i]]), taken = onMask("dilate", lines, side, square(5));
  const fine = thinned(canny(strong(dx), strong(dy), side, 60, 160).map((value, i) => (taken[i] ? 0 : value)), side, 4);
  const both = lines.map((value, i) => value | fine[i]);
  drawDots(both, side, dotsOf(image));
  return both;
}

function autoCanny(image, sigma) {
  const smooth = op("GaussianBlur", op("cvtColor", image, cv.COLOR_RGB2GRAY), new cv.Size(3, 3), 0), median = quantile(get(smooth), 0.5);
  return maskOf(get(op("Canny", smooth, ...[Math.max(0, (1 - sigma) * median), Math.min(255, (1 + sigma) * median)].map(Math.floor))), Boolean);
}

// Colors under the lines, as in data/hints.py.

/** An animal's simplified flat colors as RGBA bytes; transparent on the background. */
function flatColors(rgb, mask, side) {
  const made = new Uint8ClampedArray(4 * side * side), blurredBy = (values, size, channels = 1) => get(op("blur", matrix(values, side, channels), new cv.Size(size, size)));
  const weight = blurredBy(Float32Array.from(mask), 3), sums = blurredBy(Float32Array.from(rgb, (value, i) => value * mask[Math.floor(i / 3)]), 3, 3);
  const lab = get(op("cvtColor", matrix(Uint8Array.from(sums, (value, i) => Math.min(255, value / Math.max(1e-3, weight[Math.floor(i / 3)]))), side, 3), cv.COLOR_RGB2Lab));
  const places = every(mask, Boolean), step = Math.max(1, Math.floor(places.length / 5000)), some = places.filter((_, k) => k % step === 0);
  if (!some.length) return made;
  const count = Math.min(32, some.length), [, centers] = kmeans(Float32Array.from(some.flatMap((i) => [...lab.subarray(3 * i, 3 * i + 3)])), count, 15);
  const nearest = new Int8Array(side * side).fill(-1);
  for (const i of places) nearest[i] = centers.reduce((best, color, k) => (apart(lab, i, color) < apart(lab, i, centers[best]) ? k : best), 0);
  const votes = centers.map((_, k) => blurredBy(Float32Array.from(nearest, (label) => (label === k ? 1 : 0)), 3));
  const palette = get(op("cvtColor", matrix(Uint8Array.from(centers.flatMap((color) => [...color])), count, 3), cv.COLOR_Lab2RGB));
  for (const i of places) {
    const label = votes.reduce((best, values, k) => (values[i] > votes[best][i] ? k : best), 0);
    made.set([...palette.subarray(3 * label, 3 * label + 3), 255], 4 * i);
  }
  return made;
}

const clip = (value, low, high) => Math.min(high, Math.max(low, value));

/** The light on a round body, lit from above and creased at lines (1). */
function shade(mask, lines, side) {
  const far = (of) => get(op("distanceTransform", of, cv.DIST_L2, 5)), soft = (values, sigma) => get(op("GaussianBlur", plane(values, side), new cv.Size(0, 0), sigma));
  const wide = far(op("copyMakeBorder", matrix(mask, side), 1, 1, 1, 1, cv.BORDER_CONSTANT, new cv.Scalar(0))), crease = far(matrix(lines.map((value) => 1 - value), side));
  const height = soft(crease.map((value, i) => {
    const inward = Math.min(1, wide[(Math.floor(i / side) + 1) * (side + 2) + i % side + 1] * 9 / side);
    return Math.sqrt(1 - (1 - inward) ** 2) * side / 9 + 1.3 * Math.min(value, side / 32);
  }), side / 130);
  const inked = soft(lines.map((value, i) => value && mask[i]), side / 40), animal = soft(mask, side / 40), rows = every(mask, Boolean).map((i) => Math.floor(i / side));
  const patches = get(resized(plane(SITE.patches, 24), side, side, "CUBIC")), [first, last] = [rows[0], rows.at(-1)];
  const slope = (i, by, place) => (height[place < side - 1 ? i + by : i] - height[place ? i - by : i]) / (place && place < side - 1 ? 2 : 1);
  return Float64Array.from(mask, (_, i) => {
    const y = Math.floor(i / side), down = slope(i, side, y), right = slope(i, 1, i % side), low = (y - first) / Math.max(1, last - first);
    const light = (0.25 * right + 0.75 * down + 0.6) / Math.sqrt(down * down + right * right + 1), share = inked[i] / Math.max(0.05, animal[i]);
    return 0.58 + 0.62 * light + patches[i] - 0.1 * low - 0.3 * clip((low - 0.72) / 0.28, 0, 1) - 0.35 * clip(share / 0.3 - 0.35, 0, 1);
  });
}

/** RGB bytes of a shaded coat, darker at the lines within the animal. */
function shadedCoat(mask, lines, side) {
  const inner = onMask("erode", mask, side, disc(side >> 6)), ink = get(op("GaussianBlur", plane(lines.map((value, i) => value && inner[i]), side), new cv.Size(0, 0), side / 128));
  const light = shade(mask, lines, side).map((value, i) => value - Math.min(1, 7.5 * ink[i])), color = [1, 3, 5].map((at) => parseInt(SITE.coat.slice(at, at + 2), 16)), cream = [232, 214, 184];
  return Uint8Array.from({ length: 3 * side * side }, (_, k) => {
    const value = light[Math.floor(k / 3)], c = k % 3, middle = color[c] * (0.22 + 0.78 * clip(value, 0.1, 1));
    return clip(middle + (cream[c] - color[c]) * clip((value - 1) / 0.55, 0, 1), 8, 245);
  });
}

/** RGB bytes of a drawing whose evenly colored areas are shaded. */
function shadeFlatAreas(rgb, mask, lines, side) {
  const box = (values) => get(op("blur", plane(values, side), new cv.Size(side >> 3, side >> 3))), light = shade(mask, lines, side);
  const smooth = op("blur", op("cvtColor", matrix(rgb, side, 3), cv.COLOR_RGB2GRAY), new cv.Size(5, 5));
  const [high, low] = ["dilate", "erode"].map((name) => get(op(name, smooth, square(5)))), near = onMask("dilate", lines, side, square(7));
  const inside = mask.map((value, i) => value && !near[i]), even = box(inside.map((value, i) => value && high[i] - low[i] <= 5)), all = box(inside);
  const strength = even.map((value, i) => 0.8 * clip(value / Math.max(1e-3, all[i]) / 0.4 - 1, 0, 1));
  return Uint8Array.from(rgb, (value, k) => {
    const i = Math.floor(k / 3), color = Math.max(value, strength[i] * [68, 61, 56][k % 3]) * (1 - 0.78 * strength[i] * clip(1 - light[i], 0, 0.9));
    return color + (Math.max(color, Math.min(1.6 * color + 60, 235)) - color) * strength[i] * clip((light[i] - 1) / 0.55, 0, 1);
  });
}

const lightest = (rgb, i) => Math.max(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
const isSilhouette = (rgb, mask) => every(mask, (value, i) => value && lightest(rgb, i) < 96).length > 0.5 * countOf(mask);

/** Whether a drawing has filled areas: a silhouette, or colors. */
function hasFills(rgb, mask, side) {
  const light = (i) => lightest(rgb, i), dark = (i) => Math.min(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
  const colored = maskOf(mask, (value, i) => value && dark(i) < 225 && (light(i) >= 96 || light(i) - dark(i) > 40));
  return isSilhouette(rgb, mask) || countOf(onMask("morphologyEx", colored, side, cv.MORPH_OPEN, square(9))) > 0.02 * countOf(mask);
}

// The whole conversion.

/** Pillow's bicubic resampling of RGB bytes along rows; returns them transposed, so that applying it twice scales an image. */
function bicubic(rgb, width, height, newWidth) {
  const made = new Uint8ClampedArray(newWidth * height * 3), scale = width / newWidth, stretch = Math.max(1, scale);
  const kernel = (t) => (t < 1 ? 1.5 * t ** 3 - 2.5 * t * t + 1 : t < 2 ? -0.5 * (t ** 3 - 5 * t * t + 8 * t - 4) : 0);
  for (let x = 0; x < newWidth; x += 1) {
    const center = (x + 0.5) * scale - 0.5, from = Math.max(0, Math.ceil(center - 2 * stretch)), to = Math.min(width - 1, Math.floor(center + 2 * stretch));
    const weights = Array.from({ length: to - from + 1 }, (_, j) => kernel(Math.abs(from + j - center) / stretch)), total = sumOf(weights);
    for (let y = 0; y < height; y += 1) for (let c = 0; c < 3; c += 1) {
      made[3 * (x * height + y) + c] = weights.reduce((sum, weight, j) => sum + weight * rgb[3 * (y * width + from + j) + c], 0) / total;
    }
  }
  return made;
}

/** An unchanged edge map in a square; lines are 255. */
function edgeMap(rgb, width, height, side) {
  const longest = Math.max(width, height), [w, h] = [width, height].map((value) => Math.max(1, rint(value * side / longest)));
  const small = w === width && h === height ? rgb : bicubic(bicubic(rgb, width, height, w), height, w, h), inverted = sumOf(small) / small.length > 127.5;
  const lines = new Uint8Array(side * side);
  for (let i = 0; i < w * h; i += 1) lines[(Math.floor(i / w) + ((side - h) >> 1)) * side + i % w + ((side - w) >> 1)] = inverted ? 255 - small[3 * i] : small[3 * i];
  return lines;
}

/** RGB of RGBA bytes over white. */
function onWhite(data) {
  const rgb = new Uint8Array(data.length / 4 * 3);
  for (let k = 0; k < rgb.length; k += 1) {
    const i = Math.floor(k / 3), alpha = data[4 * i + 3] / 255;
    rgb[k] = Math.round(data[4 * i + k % 3] * alpha + 255 * (1 - alpha));
  }
  return rgb;
}

/** Whether no color is common in an image: a drawing program's background is one color to the last bit, a camera's never. */
function isFromCamera(rgb, width, height) {
  const step = Math.max(1, Math.floor(Math.max(width, height) / 256)), counts = new Map();
  let total = 0, most = 0;
  for (let y = 0; y < height; y += step) for (let x = 0; x < width; x += step, total += 1) {
    const i = 3 * (y * width + x), color = rgb[i] << 16 | rgb[i + 1] << 8 | rgb[i + 2], count = (counts.get(color) || 0) + 1;
    counts.set(color, count);
    most = Math.max(most, count);
  }
  return most <= 0.15 * total;
}

/** A drawing on paper in its frame: [lines on white, colors, both of a side; the frame's corners in the photo]. */
function framedPaper({ ink, colors, toPhoto, width, height }, side) {
  const longest = Math.max(width, height), [left, top, size] = frameOf(ink, width, height, true) || [(width - longest) / 2, (height - longest) / 2, longest];
  const lines = cropped(matrix(Uint8Array.from({ length: 3 * ink.length }, (_, i) => (ink[Math.floor(i / 3)] ? 0 : 255)), width, 3), [left, top, size], 255);
  const how = lines.cols > side ? "AREA" : "LINEAR", [strokes, painted] = [lines, cropped(colors, [left, top, size], 255)].map((image) => resized(image, side, side, how));
  const covered = op("dilate", matrix(get(strokes).filter((_, i) => i % 3 === 0).map((value) => (value < 247 ? 1 : 0)), side), square(3)), between = keep(new cv.Mat());
  cv.inpaint(painted, covered, between, 3, cv.INPAINT_TELEA);
  const shift = size / side / 2 - 0.5, corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([u, v]) => mapped(toPhoto, [left + u * size + shift, top + v * size + shift]));
  return { lines, painted, between, corners };
}

/** Whether the areas between the lines of a drawing on paper are colored in. */
function isColoredIn(between, mask) {
  const lab = get(op("cvtColor", between, cv.COLOR_RGB2Lab)), colored = (i) => Math.hypot(lab[3 * i + 1] - 128, lab[3 * i + 2] - 128) > 16 || lab[3 * i] < 165;
  return every(mask, (value, i) => value && colored(i)).length >= 0.08 * countOf(mask);
}

/** An opaque image in a square, and the mask of the animal or null. */
function squared(image, side, isPhoto) {
  const { settings } = SITE, longest = Math.max(image.cols, image.rows), how = longest > side && (!isPhoto || settings.resize === "area") ? "AREA" : "LINEAR";
  const made = padded(resized(image, ...[image.cols, image.rows].map((value) => Math.floor(value * side / longest)), how), side, settings.pad);
  const mask = settings.ground === "white" || settings.hints === "color" ? animalMask(made) : null;
  return [made, mask && (isPhoto || isSilhouette(get(made), mask)) ? withoutGaps(made, mask) : mask];
}

/**
 * The input of an image, RGBA bytes: {kind, lines, colors, coat, sheet, frame}; lines with 255 and colors (RGBA or null) of a
 * side. `wanted` is a kind of image, or auto; sheet and frame are corners in the image's pixels, or null.
 */
function prepared(data, width, height, wanted) {
  try {
    const { side, settings } = SITE, rgb = onWhite(data);
    let image = matrix(rgb, width, 3), kind = wanted === "auto" ? kindOf(image) : wanted, paper = null, sheet = null, frame = null, colors = null, coat = false;
    if (kind === "edges") return { kind, lines: edgeMap(rgb, width, height, side), colors, coat, sheet, frame };
    const alpha = new Uint8Array(width * height).map((_, i) => data[4 * i + 3]), opaque = alpha.every((value) => value === 255);
    if (wanted === "auto" && opaque && isPaper(image)) kind = "paper";
    const isPhoto = kind === "photo";
    if (kind === "paper") {
      const drawing = fromPaper(image);
      paper = framedPaper(drawing, side);
      [image, sheet, frame] = [paper.lines, drawing.corners, paper.corners];
    } else if (kind === "lineart" && opaque) {
      const [strength, isDark] = inkStrength(rgb, width, height), found = frameOf(inkMask(strength), width, height);
      if (found) {
        image = cropped(image, found, isDark ? 255 : 0);
        frame = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([u, v]) => [found[0] + u * found[2], found[1] + v * found[2]]);
      }
    }
    const [made, mask] = opaque || paper ? squared(image, side, isPhoto) : cutOut(image, alpha, side);
    const plain = get(made).map((value, i) => (!mask || mask[Math.floor(i / 3)] ? value : 255)), ground = matrix(plain, side, 3);
    let lines = isPhoto ? { detail, contour, auto_canny: autoCanny }[settings.edges](ground, settings.sigma) : maskOf(thinLines(inkStrength(plain, side, side)[0], side), Boolean);
    if (mask && isPhoto) {
      const [outer, inner] = [3, 5].map((size) => onMask("erode", mask, side, square(size), new cv.Point(-1, -1), 1, cv.BORDER_CONSTANT, new cv.Scalar(0)));
      lines = lines.map((value, i) => (value & inner[i]) | (mask[i] & ~outer[i]));
    }
    if (settings.hints === "color" && mask) {
      const isHatched = countOf(lines.map((value, i) => value && mask[i])) > 0.085 * countOf(mask);
      coat = !mask.includes(1) || !(isPhoto || (paper ? isColoredIn(paper.between, mask) : hasFills(plain, mask, side)));
      const added = () => (isHatched ? get(soft(paper ? paper.painted : ground, side / 128)) : shadedCoat(mask, lines, side));
      colors = flatColors(coat ? added() : shadeFlatAreas(paper ? get(paper.between) : plain, mask, lines, side), mask, side);
    }
    return { kind, lines: lines.map((value) => 255 * value), colors, coat, sheet, frame };
  } finally {
    for (const one of kept) one.delete();
    kept = [];
  }
}

/** The worker's messages: the first one brings SITE and OpenCV's script (a URL), the others bring images. */
self.onmessage = async ({ data: { site, script, image } }) => {
  try {
    if (site) {
      self.SITE = site;
      importScripts("drawing.js", "images.js", "lines.js", "paper.js", script);
      self.cv = await self.cv;
    }
    postMessage({ found: image ? prepared(...image) : null });
  } catch (error) {
    postMessage({ error: String(error.message || error) });
  }
};
