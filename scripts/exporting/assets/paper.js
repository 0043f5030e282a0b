"use strict";
// Photographs of drawings on paper, as in data/paper: finds the sheet, removes its light, shadows and ruling, and finds
// the ink. Part of the worker of prepare.js, whose functions it uses.

const shareOf = (values, test) => values.reduce((sum, value, i) => sum + (test(value, i) ? 1 : 0), 0) / values.length;
const channel = (image, c) => matrix(get(image).filter((_, i) => i % 3 === c), image.cols);
const highest = (image) => { const all = get(image); return new Uint8Array(all.length / 3).map((_, i) => Math.max(all[3 * i], all[3 * i + 1], all[3 * i + 2])); };
const soft = (image, sigma) => op("GaussianBlur", image, new cv.Size(0, 0), sigma);
const mapped = (matrix3, [x, y]) => { const m = matrix3.data64F, w = m[6] * x + m[7] * y + m[8]; return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w]; };
const rectangleOf = (width, height) => [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]];
const middleOf = ({ cols, rows }) => [cols >> 2, rows >> 2, cols - (cols >> 2) - Math.ceil(cols / 4), rows - (rows >> 2) - Math.ceil(rows / 4)];
const lengthOf = ([x, y], [u, v]) => Math.hypot(u - x, v - y);
const areaOf = (quad) => 0.5 * Math.abs(sumOf(quad.map(([x, y], k) => x * quad[(k + 1) % 4][1] - y * quad[(k + 1) % 4][0])));

// The sheet, as in sheet.py.

/** The long lines [a, b, c], a x + b y = c, of edges: the roughly horizontal ones and the roughly vertical ones. */
function linesOf(edges) {
  const { cols: width, rows: height } = edges, found = op("HoughLines", edges, 1, Math.PI / 360, Math.floor(0.2 * Math.min(width, height)));
  const families = [[], []];
  const apart = (a, b) => {
    const k = Math.abs(a[1]) > Math.abs(a[0]) ? 0 : 1, at = (line, end) => (line[2] - line[k] * end) / line[1 - k];
    return [0, k ? height : width].reduce((sum, end) => sum + Math.abs(at(a, end) - at(b, end)) / 2, 0);
  };
  for (let i = 0; i < Math.min(400, found.data32F.length / 2); i += 1) {
    const [rho, theta] = found.data32F.slice(2 * i, 2 * i + 2), line = [Math.cos(theta), Math.sin(theta), rho];
    const family = Math.abs(theta - Math.PI / 2) < 0.45 ? families[0] : Math.min(theta, Math.PI - theta) < 0.45 ? families[1] : null;
    if (family && family.length < 14 && family.every((other) => apart(line, other) > 4)) family.push(line);
  }
  families[0].push([0, 1, 0], [0, 1, height - 1]);
  families[1].push([1, 0, 0], [1, 0, width - 1]);
  return families;
}

/** All large quadrilaterals of two horizontal and two vertical lines. */
function quadsOf([level, upright], width, height) {
  const pairs = (lines, k, size) => {
    const at = lines.map((line) => (line[2] - line[1 - k] * size / 2) / line[k]), order = lines.map((_, i) => i).sort((a, b) => at[a] - at[b]);
    return order.flatMap((a, i) => order.slice(i + 1).map((b) => [lines[a], lines[b]]));
  };
  const cross = (l, r) => { const scale = l[0] * r[1] - l[1] * r[0]; return [(l[2] * r[1] - l[1] * r[2]) / scale, (l[0] * r[2] - l[2] * r[0]) / scale]; };
  const sides = pairs(upright, 0, height), outside = 0.03 * Math.max(width, height);
  const inside = ([x, y]) => x > -outside && y > -outside && x < width + outside && y < height + outside;
  return pairs(level, 1, width).flatMap(([top, bottom]) => sides.map(([west, east]) => [cross(top, west), cross(top, east), cross(bottom, east), cross(bottom, west)]))
    .filter((quad) => areaOf(quad) > 0.15 * width * height && quad.every(inside));
}

/** A function that scores quadrilaterals by size and by how much of their sides divides sheet and table. */
function scoring(edges, lab) {
  const { cols: width, rows: height } = edges, near = get(op("dilate", edges, square(5))), blurredLab = soft(lab, 2), tone = get(blurredLab);
  const middle = partOf(blurredLab, ...middleOf(lab)), paper = [0, 1, 2].map((c) => quantile(get(channel(middle, c)), 0.5));
  const clip = (value, high) => Math.min(high, Math.max(0, rint(value)));
  const place = (x, y) => clip(y, height - 1) * width + clip(x, width - 1);
  return (quad) => {
    const shares = quad.map((from, k) => {
      const to = quad[(k + 1) % 4], length = Math.max(1, lengthOf(from, to)), [u, v] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
      let like = 0, rim = 0, border = true;
      for (let s = 0; s < 48; s += 1) {
        const t = (s + 0.5) / 48, x = from[0] * (1 - t) + to[0] * t, y = from[1] * (1 - t) + to[1] * t;
        const i = 3 * place(x - 7 * v, y + 7 * u), o = 3 * place(x + 7 * v, y - 7 * u);
        const isLike = Math.abs(tone[i + 1] - paper[1]) < 14 && Math.abs(tone[i + 2] - paper[2]) < 14 && tone[i] > 0.45 * paper[0];
        const differs = 0.5 * Math.abs(tone[i] - tone[o]) + Math.abs(tone[i + 1] - tone[o + 1]) + Math.abs(tone[i + 2] - tone[o + 2]) > 8;
        like += isLike;
        rim += near[place(x, y)] && isLike && differs ? 1 : 0;
        border &&= x < 4 || y < 4 || x > width - 5 || y > height - 5;
      }
      return [(border ? 0.55 * like : rim) / 48, lengthOf(from, to)];
    });
    const mean = sumOf(shares.map(([share, length]) => share * length)) / sumOf(shares.map(([, length]) => length));
    return (mean + 0.5 * Math.min(...shares.map(([share]) => share))) * (areaOf(quad) / (width * height)) ** 0.25;
  };
}

/** The corners of a sheet or board, clockwise from the top left; null if there is no rim. */
function findSheet(image) {
  const scale = Math.min(1, 640 / Math.max(image.cols, image.rows));
  const small = resized(image, ...[image.cols, image.rows].map((side) => Math.max(8, rint(side * scale))), "AREA"), { cols: width, rows: height } = small;
  const isLight = quantile(highest(partOf(small, ...middleOf(small))), 0.5) > 110;
  const lab = op("cvtColor", op("morphologyEx", small, isLight ? cv.MORPH_CLOSE : cv.MORPH_OPEN, disc(4)), cv.COLOR_RGB2Lab), smooth = soft(lab, 1.2);
  const found = [[20, 50], [10, 24], [10, 24]].map((limits, c) => get(op("Canny", channel(smooth, c), ...limits)));
  const edges = matrix(found[0].map((value, i) => value | found[1][i] | found[2][i]), width), score = scoring(edges, lab);
  let [best, most] = [null, -Infinity];
  for (const quad of quadsOf(linesOf(edges), width, height)) {
    const value = score(quad);
    if (value > most) [best, most] = [quad, value];
  }
  const whole = rectangleOf(width, height);
  if (!best || best.every((corner, k) => corner.every((value, c) => Math.abs(value - whole[k][c]) < 3))) return null;
  return best.map((corner) => corner.map((value) => (value + 0.5) / scale - 0.5));
}

/** The rectified sheet, and the homography from its pixels to the photo's pixels. Photos have at most 2048 pixels per side. */
function rectified(image, corners) {
  const points = (quad) => keep(cv.matFromArray(4, 1, cv.CV_32FC2, quad.flat())), [cx, cy] = [0, 1].map((c) => corners && sumOf(corners.map((corner) => corner[c])) / 4);
  const seen = corners ? corners.map(([x, y]) => [cx + (x - cx) * 0.988, cy + (y - cy) * 0.988]) : rectangleOf(image.cols, image.rows);
  const sides = seen.map((corner, k) => lengthOf(corner, seen[(k + 1) % 4])), scale = Math.min(1, 2048 / (Math.max(sides[0] + sides[2], sides[1] + sides[3]) / 2 + 1));
  const [w, h] = [0, 1].map((k) => Math.max(8, rint((sides[k] + sides[k + 2]) / 2 * scale + scale)));
  const toPhoto = keep(cv.getPerspectiveTransform(points(rectangleOf(w, h)), points(seen)));
  return [op("warpPerspective", image, toPhoto, new cv.Size(w, h), cv.INTER_LINEAR | cv.WARP_INVERSE_MAP, cv.BORDER_REPLICATE), toPhoto];
}

// Light, as in flatten.py.

const inverse = (image) => matrix(get(image).map((value) => 255 - value), image.cols, 3);

/** Whether a sheet is a dark board with light strokes. */
function isBoard(sheet) {
  const gray = highest(resized(sheet, 256, 256, "AREA")), ground = get(op("medianBlur", matrix(gray, 256), 31));
  const over = (sign) => gray.reduce((sum, value, i) => sum + (sign * (value - ground[i]) > 12 ? sign * (value - ground[i]) : 0), 0);
  return quantile(gray, 0.5) < 135 && over(1) > over(-1);
}

/** How much darker than the paper around it each pixel is: 0 on paper, 1 for black ink. */
function sheetInk(sheet) {
  const { cols: width, rows: height } = sheet, small = soft(shrunk(sheet, 1024), 1), reach = Math.max(3, rint(0.022 * Math.max(small.cols, small.rows))) | 1;
  const closed = (image, side, ...rest) => op("morphologyEx", image, cv.MORPH_CLOSE, disc(side >> 1), ...rest);
  const bright = soft(op("medianBlur", closed(small, reach, new cv.Point(-1, -1), 1, cv.BORDER_REPLICATE, cv.morphologyDefaultBorderValue()), 5), 2);
  const wide = resized(soft(closed(resized(bright, 128, 128, "AREA"), 33), 4), bright.cols, bright.rows, "LINEAR"), least = get(wide).map((value) => rint(0.5 * value));
  const around = get(resized(matrix(get(bright).map((value, i) => Math.max(value, least[i])), bright.cols, 3), width, height, "LINEAR")), smooth = get(soft(sheet, 0.9));
  return new Float32Array(width * height).map((_, i) => Math.max(0, 1 - sumOf([0.3, 0.55, 0.15].map((weight, c) => weight * smooth[3 * i + c] / Math.max(16, around[3 * i + c])))));
}

/** A sheet divided by the light on its paper, so that the paper is white and ink has the pen's color. */
function whitened(sheet, strength) {
  const small = shrunk(sheet, 256), { cols: width } = small, faint = get(shrunk(plane(strength, sheet.cols), 256)), lab = get(op("cvtColor", small, cv.COLOR_RGB2Lab)), rgb = get(small);
  let blank = maskOf(faint, (value) => value < 0.06);
  if (blank.includes(1)) {
    const usual = [1, 2].map((c) => quantile(every(blank, Boolean).map((i) => lab[3 * i + c]), 0.5));
    blank = maskOf(blank, (value, i) => value && usual.every((tone, c) => Math.abs(lab[3 * i + c + 1] - tone) < 9));
  }
  if (countOf(blank) < 0.05 * blank.length) blank.fill(1);
  const weights = plane(blank, width), light = matrix(Float32Array.from(rgb, (value, i) => value * blank[Math.floor(i / 3)]), width, 3), total = new Float32Array(rgb.length);
  [40, 12, 4].forEach((sigma, round) => { // the nearest paper gets the largest weight
    const near = get(soft(weights, sigma)), mean = get(soft(light, sigma));
    for (let k = 0; k < total.length; k += 1) {
      const i = Math.floor(k / 3), value = mean[k] / Math.max(1e-4, near[i]), sure = round ? Math.min(1, 3 * near[i]) : 1;
      total[k] = value * sure + total[k] * (1 - sure);
    }
  });
  const all = get(resized(matrix(total, width, 3), sheet.cols, sheet.rows, "LINEAR"));
  return all.every((value) => value > 0) ? matrix(get(sheet).map((value, i) => Math.min(255, rint(255 * value / all[i]))), sheet.cols, 3) : sheet;
}

// Ruling, as in ruling.py.

const ANGLES = Array.from({ length: 25 }, (_, i) => (i - 12) * Math.PI / 180);

/** Which of the 6 x 6 tiles of a sheet contain pixels for which a test holds. */
function tilesOf(values, width, test) {
  const found = new Uint8Array(36), height = values.length / width;
  const place = (side) => Array.from({ length: side }, (_, v) => [1, 2, 3, 4, 5].filter((k) => v >= Math.floor(side * k / 6)).length), [columns, rows] = [place(width), place(height)];
  values.forEach((value, i) => { if (test(value)) found[6 * rows[Math.floor(i / width)] + columns[i % width]] = 1; });
  return countOf(found) / 36;
}

/** The minimum of bytes over a horizontal run of an odd length around each; far faster than OpenCV's function in a browser. */
function leastAlong(values, width, length) {
  const half = length >> 1, wide = width + 2 * half, height = values.length / width, all = new Uint8Array(wide * height).fill(255), made = new Uint8Array(values.length);
  for (let y = 0; y < height; y += 1) all.set(values.subarray(y * width, (y + 1) * width), y * wide + half);
  for (let done = 1, step; done < length; done += step) {
    step = Math.min(done, length - done);
    for (let i = 0; i + step < all.length; i += 1) if (all[i + step] < all[i]) all[i] = all[i + step];
  }
  for (let y = 0; y < height; y += 1) made.set(all.subarray(y * wide, y * wide + width), y * width);
  return made;
}

const mostAlong = (values, ...run) => leastAlong(values.map((value) => 255 - value), ...run).map((value) => 255 - value);

/** The bytes of an image opened with a straight run at an angle from the horizontal, with a length given as a share of the longest side. */
function straightRuns(levels, angle, length) {
  const { cols: width, rows: height } = levels, slope = Math.tan(angle), pad = Math.ceil(Math.abs(slope) * width);
  const shear = keep(cv.matFromArray(2, 3, cv.CV_32F, [1, 0, 0, -slope, 1, slope > 0 ? pad : 0])), gap = Math.max(3, rint(0.008 * width)) | 1;
  const sheared = op("dilate", op("warpAffine", levels, shear, new cv.Size(width, height + pad), cv.INTER_LINEAR), keep(cv.Mat.ones(2, 1, cv.CV_8U)));
  const reach = Math.max(5, rint(length * Math.max(width, height))) | 1, joined = leastAlong(mostAlong(get(sheared), width, gap), width, gap);
  const runs = mostAlong(leastAlong(joined, width, reach), width, reach);
  return get(op("warpAffine", matrix(runs, width), shear, sizeOf(width, height), cv.INTER_LINEAR | cv.WARP_INVERSE_MAP));
}

/** The length and the angles of the horizontal runs of a ruling or of single long lines. */
function runsOf(levels) {
  for (const [length, least] of [[0.09, 0.6], [0.42, 1e-9]]) {
    const union = new Uint8Array(levels.cols * levels.rows), masses = ANGLES.map((angle) => {
      const runs = freed(() => straightRuns(levels, angle, length));
      runs.forEach((value, i) => { if (value > 255 * 0.025) union[i] = 1; });
      return runs.reduce((sum, value) => sum + (value > 255 * 0.025 ? 1 : 0), 0);
    });
    if (tilesOf(union, levels.cols, Boolean) >= least) return [length, ANGLES.filter((_, k) => masses[k] > 0.2 * Math.max(...masses))];
  }
  return [0.09, []];
}

/** The strength of a printed ruling at each pixel; 0 without a ruling. */
function rulingOf(strength, width, height) {
  const levels = shrunk(matrix(Uint8Array.from(strength, (value) => 255 * value), width), 1024), small = shrunk(levels, 512);
  let found = new Uint8Array(levels.cols * levels.rows);
  for (const view of [(image) => image, (image) => op("transpose", image)]) {
    const [length, angles] = runsOf(view(small)), flipped = view(levels), runs = new Uint8Array(found.length);
    for (const angle of angles) freed(() => straightRuns(flipped, angle, length)).forEach((value, i) => { runs[i] = Math.max(runs[i], value); });
    const seen = runs.filter((value) => value > 255 * 0.025);
    if (!seen.length) continue;
    const most = rint(1.35 * quantile(seen, 0.75)), back = get(view(matrix(runs.map((value) => Math.min(most, value)), flipped.cols)));
    found = found.map((value, i) => Math.max(value, back[i]));
  }
  return get(resized(op("dilate", matrix(found, levels.cols), square(3)), width, height, "LINEAR"));
}

// Ink, as in ink.py.

function withoutRuling(strength, width, height) {
  const printed = rulingOf(strength, width, height);
  return strength.map((value, i) => (value > printed[i] / 255 + (printed[i] > 0.02 * 255 ? 0.06 : 0) ? value : 0));
}

/** The strength of ink without printed dots and without anything in the sheet's rim, whose usual width is multiplied by `rim`. */
function withoutPrints(strength, width, height, rim) {
  const longest = Math.max(width, height), [labels, stats, centers] = labeled(maskOf(strength, (value) => value > 0.12), width, 8);
  const gone = stats.map(([x, y, w, h]) => [[0.055, longest], [0.13, 2]].some(([share, far]) => {
    const reach = share * rim * longest;
    return (x + w < reach && x < far) || (y + h < reach && y < far) || (x > width - reach && x + w > width - far) || (y > height - reach && y + h > height - far);
  }));
  const small = every(stats, ([, , w, h], k) => Math.max(w, h) < 0.006 * longest && !gone[k]);
  if (small.length >= 80) {
    const dots = new Uint8Array(width * height), usual = quantile(small.map((k) => stats[k][4]), 0.5);
    for (const k of small) dots[Math.floor(centers[2 * k + 1]) * width + Math.floor(centers[2 * k])] = 1;
    if (tilesOf(dots, width, Boolean) >= 0.6) for (const k of small) if (stats[k][4] <= 2.5 * usual) gone[k] = true;
  }
  gone[0] = false;
  return strength.map((value, i) => (gone[labels[i]] ? 0 : value));
}

/** Ink (1), without paper and colored areas. */
function binarised(strength, width, height) {
  const visible = strength.filter((value) => value > 0.12);
  if (visible.length < 50) return new Uint8Array(strength.length);
  const level = otsu(Uint8Array.from(visible, (value) => 255 * value)), usual = quantile(visible.filter((value) => value > 0.6 * level / 255), 0.9);
  const across = Math.max(15, rint(0.03 * Math.max(width, height))) | 1, around = get(op("blur", plane(strength, width), new cv.Size(across, across)));
  const ink = maskOf(strength, (value, i) => value > 0.25 * usual + 0.6 * around[i]), [labels, stats] = labeled(ink, width, 8), kept = new Uint8Array(stats.length);
  strength.forEach((value, i) => { if (value > 0.5 * usual && labels[i] && stats[labels[i]][4] >= 1.2e-5 * ink.length) kept[labels[i]] = 1; });
  return maskOf(labels, (label) => kept[label]);
}

// The drawing, as in read.py.

/** A photographed drawing: its ink (1) and colors on the rectified sheet, the homography to the photo, and the sheet's corners or null. */
function fromPaper(image) {
  const corners = findSheet(image), [sheet, toPhoto] = rectified(image, corners), { cols: width, rows: height } = sheet, board = isBoard(sheet);
  const light = board ? inverse(sheet) : sheet, strength = sheetInk(light);
  const ink = binarised(withoutPrints(withoutRuling(strength, width, height), width, height, corners ? 1 : 0.4), width, height);
  const chalk = (value, i) => 255 + (value - 255) * Math.min(1, 2 * strength[Math.floor(i / 3)]);
  return { ink, colors: board ? matrix(Uint8Array.from(get(sheet), chalk), width, 3) : whitened(light, strength), toPhoto, corners, width, height };
}

/** Whether an image is a photograph of a drawing on paper or on a board. */
function isPaper(image) {
  if (!isFromCamera(get(image), image.cols, image.rows)) return false;
  const small = shrunk(image, 640), corners = findSheet(small), [sheet] = rectified(small, corners), board = isBoard(sheet), light = board ? inverse(sheet) : sheet;
  const tone = quantile(highest(light), 0.5), share = corners ? areaOf(corners) / (small.cols * small.rows) : 1;
  if (share < (board ? 0.45 : 0.3) || Math.min(sheet.cols, sheet.rows) < 32 || (!corners && !(tone > 140 && tone < 240))) return false;
  return isEvenlyLit(light) && isThinlyDrawn(sheetInk(light), sheet.cols, sheet.rows, board ? 0.2 : 0.08);
}

/** Whether the blank parts of a sheet have one color, and light and shadows change slowly. */
function isEvenlyLit(sheet) {
  const light = soft(op("morphologyEx", resized(sheet, 256, 256, "AREA"), cv.MORPH_CLOSE, disc(3)), 1.5), lab = get(op("cvtColor", light, cv.COLOR_RGB2Lab));
  const [bright, a, b] = [0, 1, 2].map((c) => lab.filter((_, i) => i % 3 === c)), usual = [a, b].map((values) => quantile(values, 0.5));
  if (Math.hypot(usual[0] - 128, usual[1] - 128) > 30) return false;
  if (shareOf(a, (value, i) => Math.max(Math.abs(value - usual[0]), Math.abs(b[i] - usual[1])) < 6) < 0.8) return false;
  const [dx, dy] = [[1, 0], [0, 1]].map((order) => get(op("Sobel", plane(bright, 256), cv.CV_32F, ...order)));
  return shareOf(dx, (value, i) => Math.hypot(value, dy[i]) < 8) > 0.6 && shareOf(get(op("Canny", light, 20, 50)), Boolean) < 0.035;
}

/** Whether a sheet is mostly blank and its ink is thin and, at the median, at least of the given strength. */
function isThinlyDrawn(sheetStrength, width, height, least) {
  const strength = withoutRuling(sheetStrength, width, height), ink = binarised(strength, width, height), share = countOf(ink) / ink.length;
  const blank = strength.filter((value) => value < 0.08);
  if (blank.length < 0.7 * strength.length || share <= 0.001 || share >= 0.16) return false;
  if (quantile(strength.filter((_, i) => ink[i]), 0.5) < least || quantile(blank, 0.5) > 0.02) return false;
  const radius = Math.max(1, rint(0.012 * Math.max(width, height)));
  return countOf(onMask("erode", ink, width, square(2 * radius + 1))) < 0.1 * countOf(ink);
}
