"use strict";
// data/edges/lineart.py and thinning.py for a browser: strokes to lines one pixel wide.

/** Otsu's threshold of Uint8 values. */
function otsu(values) {
  const counts = new Float64Array(256);
  for (const value of values) counts[value]++;
  const total = values.length;
  let all = 0, below = 0, sum = 0, best = 0, level = 0;
  counts.forEach((count, value) => { all += count * value; });
  for (let value = 0; value < 256; value++) {
    below += counts[value];
    sum += counts[value] * value;
    if (!below || below === total) continue;
    const between = below * (total - below) * (sum / below - (all - sum) / (total - below)) ** 2;
    if (between > best) [best, level] = [between, value];
  }
  return level;
}

/** The surface c0 + c1 x + c2 y + c3 x x + c4 x y + c5 y y, x and y from -1 to 1, that fits a tone at some places best. */
function fitSurface(tone, width, height, places) {
  const [a, b] = [2 / Math.max(1, width - 1), 2 / Math.max(1, height - 1)];
  const rows = Array.from({ length: 6 }, () => new Float64Array(7)), terms = new Float64Array(7);
  for (const i of places) {
    const x = a * (i % width) - 1, y = b * Math.floor(i / width) - 1;
    terms.set([1, x, y, x * x, x * y, y * y, tone[i]]);
    for (let r = 0; r < 6; r += 1) for (let c = 0; c < 7; c += 1) rows[r][c] += terms[r] * terms[c];
  }
  for (let k = 0; k < 6; k += 1) { // Gauss and Jordan
    let best = k;
    for (let r = k + 1; r < 6; r += 1) if (Math.abs(rows[r][k]) > Math.abs(rows[best][k])) best = r;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    if (Math.abs(rows[k][k]) < 1e-9) return null;
    for (let r = 0; r < 6; r += 1) {
      const factor = r === k ? 0 : rows[r][k] / rows[k][k];
      for (let c = k; factor && c < 7; c += 1) rows[r][c] -= factor * rows[k][c];
    }
  }
  const [c0, c1, c2, c3, c4, c5] = rows.map((row, k) => row[6] / row[k]), surface = new Float32Array(width * height);
  for (let i = 0, row = 0; row < height; row += 1) {
    const y = b * row - 1, [start, slope] = [c0 + c2 * y + c5 * y * y, c1 + c4 * y];
    for (let column = 0; column < width; column += 1, i += 1) {
      const x = a * column - 1;
      surface[i] = start + (slope + c3 * x) * x;
    }
  }
  return surface;
}

/** A quantile of numbers, between neighbours as numpy does. */
function quantile(values, share) {
  const sorted = new Float32Array(values).sort(), place = share * (sorted.length - 1), low = Math.floor(place);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
}

/** How far an image's pixels (RGB, width * height * 3) are from the paper's tone, its shading taken out. */
function inkStrength(rgb, width, height) {
  const count = width * height, sums = new Uint16Array(count), tone = new Float32Array(count);
  for (let i = 0; i < count; i += 1) sums[i] = rgb[3 * i] + rgb[3 * i + 1] + rgb[3 * i + 2];
  const dark = quantile(sums, 0.5) >= 382.5;
  for (let i = 0; i < count; i += 1) {
    const r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
    tone[i] = dark ? 255 - Math.min(r, g, b) : Math.max(r, g, b);
  }
  const step = Math.max(1, Math.floor(count / 5000));
  let paper = new Float32Array(count).fill(quantile(tone, 0.5));
  for (let round = 0; round < 3; round += 1) {
    const places = [];
    for (let i = 0, near = 0; i < count; i += 1) if (Math.abs(tone[i] - paper[i]) < 25 && near++ % step === 0) places.push(i);
    const fitted = places.length < 60 ? null : fitSurface(tone, width, height, places);
    if (!fitted) break;
    paper = fitted;
  }
  for (let i = 0; i < count; i += 1) tone[i] = Math.max(0, tone[i] - paper[i]);
  return tone;
}

/** A mask (1) of the values over a level. */
function above(values, level) {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i += 1) mask[i] = values[i] > level ? 1 : 0;
  return mask;
}

/** Ink (1) by its strength; all 0 without contrast. */
function inkMask(strength) {
  const peak = quantile(strength, 0.999);
  if (peak < 40) return new Uint8Array(strength.length);
  const level = Math.min(Math.max(otsu(new Uint8Array(strength.map((value) => Math.min(255, value)))), 0.25 * peak), 0.5 * peak);
  return above(strength, level);
}

/** Guo and Hall's thinning (1989), algorithm A1, of a Uint8 mask (side * side). */
function thin(mask, side) {
  const around = [[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]];
  const shape = new Uint8Array(mask);
  const at = (y, x) => (y < 0 || x < 0 || y >= side || x >= side ? 0 : shape[y * side + x]);
  for (let changed = true; changed;) {
    changed = false;
    for (const second of [false, true]) {
      const removed = [];
      for (let i = 0; i < shape.length; i++) {
        if (!shape[i]) continue;
        const y = Math.floor(i / side), x = i % side;
        const [n, ne, e, se, s, sw, w, nw] = around.map(([dy, dx]) => at(y + dy, x + dx));
        const branches = (!n & (ne | e)) + (!e & (se | s)) + (!s & (sw | w)) + (!w & (nw | n));
        const pairs = Math.min((nw | n) + (ne | e) + (se | s) + (sw | w), (n | ne) + (e | se) + (s | sw) + (w | nw));
        const side_ = second ? (s | sw | !nw) & w : (n | ne | !se) & e;
        if (branches === 1 && pairs >= 2 && pairs <= 3 && !side_) removed.push(i);
      }
      for (const i of removed) shape[i] = 0;
      changed = changed || removed.length > 0;
    }
  }
  return shape;
}

/** Where a disc of that radius fits entirely into the mask, and all that such discs cover. */
function opened(mask, side, radius) {
  const reach = Math.floor(radius), disc = [];
  for (let y = -reach; y <= reach; y++) for (let x = -reach; x <= reach; x++) {
    if (x * x + y * y <= radius * radius) disc.push([y, x]);
  }
  const covered = new Uint8Array(mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const y = Math.floor(i / side), x = i % side;
    // Beyond the border counts as ink, as for the distance transform.
    const fits = disc.every(([v, u]) => y + v < 0 || x + u < 0 || y + v >= side || x + u >= side
      || mask[(y + v) * side + x + u]);
    if (!fits) continue;
    for (const [v, u] of disc) {
      if (y + v >= 0 && x + u >= 0 && y + v < side && x + u < side) covered[(y + v) * side + x + u] = 1;
    }
  }
  return covered;
}

/** Greatest distance from inside a piece to the nearest pixel outside the mask, at most so many pixels. */
function depth(piece, mask, side, most = 8) {
  let deepest = 0;
  for (const i of piece) {
    const y = Math.floor(i / side), x = i % side;
    let nearest = most * most;
    for (let v = -most; v <= most; v++) for (let u = -most; u <= most; u++) {
      if (y + v < 0 || x + u < 0 || y + v >= side || x + u >= side || mask[(y + v) * side + x + u]) continue;
      nearest = Math.min(nearest, v * v + u * u);
    }
    deepest = Math.max(deepest, nearest);
  }
  return Math.sqrt(deepest);
}

/** A mask grown (by 1) or eroded (by -1) by a 3 x 3 square; the border repeats itself. */
function grow(mask, side, by) {
  return mask.map((value, i) => {
    const y = Math.floor(i / side), x = i % side;
    for (let v = Math.max(0, y - 1); v <= Math.min(side - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(side - 1, x + 1); u++) {
        if (mask[v * side + u] === (by > 0 ? 1 : 0)) return by > 0 ? 1 : 0;
      }
    }
    return by > 0 ? 0 : 1;
  });
}

/** Visit the pixels around a dot [row, column, radius] with their offsets from it. */
function near([row, column, radius], side, visit) {
  for (let v = -radius - 2; v <= radius + 2; v++) for (let u = -radius - 2; u <= radius + 2; u++) {
    const y = row + v, x = column + u;
    if (y >= 0 && x >= 0 && y < side && x < side) visit(y * side + x, v, u, radius);
  }
}

/** Solid dots [row, column, radius], even those that almost touch a line; dots.py says how. */
function inkDots(strength, ink, side) {
  const peak = quantile(strength, 0.999);
  const core = above(strength, 0.8 * peak);
  const scale = (side / 256) ** 2, smallest = 0.6 * 10 * scale, largest = 64 * scale;
  const most = Math.ceil(Math.sqrt(largest / Math.PI)) + 2;
  return pieces(core, side).flatMap((piece) => {
    const area = piece.length;
    if (area < smallest || area > largest) return [];
    const deep = depth(piece, core, side, most);
    if (deep < 2 || area >= 4.5 * deep * deep) return [];
    const mean = (of) => Math.round(piece.reduce((sum, i) => sum + of(i), 0) / area);
    const radius = Math.max(2, Math.round(Math.sqrt(area / Math.PI) + 0.5));
    const dot = [mean((i) => Math.floor(i / side)), mean((i) => i % side), radius];
    // More ink than that is around a knot in a stroke, or where two cross; as thick as the line is its end.
    const inked = [];
    let around = 0;
    near(dot, side, (i, v, u) => {
      const squared = v * v + u * u;
      if (squared <= radius * radius + radius || squared > (radius + 2) ** 2) return;
      around += 1;
      if (ink[i]) inked.push(i);
    });
    return inked.length <= 0.28 * around && deep >= 1.25 * depth(inked, ink, side, most) ? [dot] : [];
  });
}

/** Draw dots as circles into lines (1), in place of the lines there. */
function drawDots(lines, side, dots) {
  const each = (visit) => dots.forEach((dot) => near(dot, side, visit));
  each((i, v, u, radius) => { if (v * v + u * u <= (radius + 2) ** 2) lines[i] = 0; });
  each((i, v, u, radius) => {
    const inside = (y, x) => y * y + x * x <= radius * radius + radius;
    const edge = !inside(v - 1, u) || !inside(v + 1, u) || !inside(v, u - 1) || !inside(v, u + 1);
    if (inside(v, u) && edge) lines[i] = 1;
  });
}

/** Lines one pixel wide of a drawing, RGB (side * side * 3) -> Uint8 (side * side) with 255 for a line. */
function lineartLines(rgb, side) {
  const strength = inkStrength(rgb, side, side), ink = inkMask(strength), diagonal = Math.hypot(side, side);
  if (!ink.includes(1)) return ink;
  let filled = opened(ink, side, Math.max(2, 0.014 * diagonal));
  for (const piece of pieces(ink, side)) {
    if (piece.length > 6 * 64) continue;
    const deep = depth(piece, ink, side);
    if (deep >= 2 && piece.length < 6 * deep * deep) for (const i of piece) filled[i] = 1;
  }
  if (filled.some((value) => value)) filled = grow(grow(filled, side, 1), side, 1).map((value, i) => value & ink[i]);
  const inner = grow(filled, side, -1);
  const strokes = thin(ink.map((value, i) => value & (1 - filled[i])), side);
  const lines = thin(strokes.map((value, i) => value | (filled[i] & (1 - inner[i]))), side);
  for (const piece of pieces(lines, side)) {
    if (piece.length < 0.006 * diagonal) for (const i of piece) lines[i] = 0;
  }
  drawDots(lines, side, inkDots(strength, ink, side));
  return lines.map((value) => 255 * value);
}
