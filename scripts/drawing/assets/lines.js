"use strict";
// data/edges/lineart.py, dots.py and thinning.py for the browser: from strokes to lines one pixel wide.

/** Otsu's threshold of Uint8 values. */
function otsu(values) {
  const counts = new Float64Array(256), total = values.length;
  for (const value of values) counts[value] += 1;
  let all = 0, below = 0, sum = 0, best = 0, level = 0;
  counts.forEach((count, value) => { all += count * value; });
  for (let value = 0; value < 256; value += 1) {
    below += counts[value];
    sum += counts[value] * value;
    if (!below || below === total) continue;
    const between = below * (total - below) * (sum / below - (all - sum) / (total - below)) ** 2;
    if (between > best) [best, level] = [between, value];
  }
  return level;
}

/** A quantile of numbers, interpolated as in numpy. */
function quantile(values, share) {
  const sorted = new Float32Array(values).sort(), place = share * (sorted.length - 1), low = Math.floor(place);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
}

/** The 99.9% quantile of ink's strength. Only the ink is sorted, because most of a drawing is empty. */
function peakOf(strength) {
  const ink = strength.filter(Boolean).sort(), place = 0.999 * (strength.length - 1) - (strength.length - ink.length), low = Math.floor(place);
  const [below, above] = [ink[low] || 0, ink[Math.min(low + 1, ink.length - 1)] || 0];
  return below + (above - below) * (place - low);
}

/** Ink (1) from its strength; all 0 without contrast. */
function inkMask(strength, peak = peakOf(strength)) {
  if (peak < 40) return new Uint8Array(strength.length);
  const level = otsu(new Uint8Array(strength.map((value) => Math.min(255, value))));
  const least = Math.min(Math.max(level, 0.25 * peak), 0.5 * peak);
  return maskOf(strength, (value) => value > least);
}

/** Guo and Hall's thinning (1989), algorithm A1, of a Uint8 mask (side * side). */
function thin(mask, side) {
  const shape = new Uint8Array((side + 2) ** 2), wide = side + 2; // with an empty border
  const at = (i) => (Math.floor(i / side) + 1) * wide + i % side + 1, places = every(mask, Boolean).map(at);
  for (const i of places) shape[i] = 1;
  for (let changed = true; changed;) {
    changed = false;
    for (const second of [false, true]) {
      const removed = places.filter((i) => {
        if (!shape[i]) return false;
        const n = shape[i - wide], ne = shape[i - wide + 1], e = shape[i + 1], se = shape[i + wide + 1];
        const s = shape[i + wide], sw = shape[i + wide - 1], w = shape[i - 1], nw = shape[i - wide - 1];
        const branches = (!n & (ne | e)) + (!e & (se | s)) + (!s & (sw | w)) + (!w & (nw | n));
        const pairs = Math.min((nw | n) + (ne | e) + (se | s) + (sw | w), (n | ne) + (e | se) + (s | sw) + (w | nw));
        return branches === 1 && pairs >= 2 && pairs <= 3 && !(second ? (s | sw | !nw) & w : (n | ne | !se) & e);
      });
      for (const i of removed) shape[i] = 0;
      changed = changed || removed.length > 0;
    }
  }
  return mask.map((_, i) => shape[at(i)]);
}

/** Squared distance from each pixel of a square to the nearest 0 of a mask, limited to most * most; the outside of the square does not count. */
function distances(mask, side, most) {
  const across = new Float32Array(mask.length).fill(most);
  for (let i = 0, run = most; i < mask.length; i += 1) {
    run = mask[i] ? Math.min(most, (i % side ? run : most) + 1) : 0;
    across[i] = run;
  }
  for (let i = mask.length - 1, run = most; i >= 0; i -= 1) {
    run = mask[i] ? Math.min(most, ((i + 1) % side ? run : most) + 1) : 0;
    across[i] = Math.min(across[i], run);
  }
  const found = new Float32Array(mask.length);
  for (let i = 0; i < mask.length; i += 1) {
    if (!mask[i]) continue;
    const row = Math.floor(i / side), last = Math.min(most, side - 1 - row);
    found[i] = most * most;
    for (let v = -Math.min(most, row); v <= last; v += 1) {
      found[i] = Math.min(found[i], across[i + v * side] * across[i + v * side] + v * v);
    }
  }
  return found;
}

/** Largest distance from a pixel of a piece to the nearest pixel outside the mask, from `distances`. */
function depth(piece, inside) {
  return Math.sqrt(piece.reduce((deepest, i) => Math.max(deepest, inside[i]), 0));
}

/** A mask eroded by a 3 x 3 square. Values beyond the border are `beyond`; undefined: the border is repeated. */
function eroded(mask, width, height, beyond) {
  return mask.map((value, i) => {
    const y = Math.floor(i / width), x = i % width;
    for (let v = y - 1; value && v <= y + 1; v += 1) for (let u = x - 1; u <= x + 1; u += 1) {
      if (u < 0 || v < 0 || u >= width || v >= height ? beyond === 0 : !mask[v * width + u]) return 0;
    }
    return value;
  });
}

/** Visit the pixels around a dot [row, column, radius] with their squared distance and offsets from it. */
function near([row, column, radius], side, visit) {
  for (let v = -radius - 2; v <= radius + 2; v += 1) for (let u = -radius - 2; u <= radius + 2; u += 1) {
    const y = row + v, x = column + u;
    if (y >= 0 && x >= 0 && y < side && x < side) visit(y * side + x, v * v + u * u, v, u);
  }
}

/** Solid dots [row, column, radius], including those that almost touch a line, as in dots.py. */
function inkDots(strength, peak, ink, side) {
  const full = 0.8 * peak, core = maskOf(strength, (value) => value > full), scale = (side / 256) ** 2, largest = 64 * scale;
  const most = Math.ceil(Math.sqrt(largest / Math.PI)) + 2;
  const [inCore, inInk] = [core, ink].map((mask) => distances(mask, side, most));
  return pieces(core, side).flatMap((piece) => {
    const area = piece.length;
    if (area < 0.6 * 10 * scale || area > largest) return [];
    const deep = depth(piece, inCore);
    if (deep < 2 || area >= 4.5 * deep * deep) return [];
    const mean = (of) => Math.round(piece.reduce((sum, i) => sum + of(i), 0) / area);
    const radius = Math.max(2, Math.round(Math.sqrt(area / Math.PI) + 0.5));
    const dot = [mean((i) => Math.floor(i / side)), mean((i) => i % side), radius];
    // A knot in a stroke or a crossing has more ink around it; the end of a line is as thick as the line.
    const around = [];
    near(dot, side, (i, squared) => {
      if (squared > radius * radius + radius && squared <= (radius + 2) ** 2) around.push(i);
    });
    const inked = around.filter((i) => ink[i]);
    return inked.length <= 0.28 * around.length && deep >= 1.25 * depth(inked, inInk) ? [dot] : [];
  });
}

/** Draw dots as circles in a map of lines (1), replacing lines there. */
function drawDots(lines, side, dots) {
  for (const dot of dots) near(dot, side, (i, squared) => { if (squared <= (dot[2] + 2) ** 2) lines[i] = 0; });
  for (const dot of dots) near(dot, side, (i, squared, v, u) => {
    const most = dot[2] * dot[2] + dot[2], farthest = (Math.abs(v) > Math.abs(u) ? Math.abs(v) : Math.abs(u)) * 2 + 1;
    if (squared <= most && squared + farthest > most) lines[i] = 1;
  });
}

/** Lines one pixel wide from the strength of ink. */
function thinLines(strength, side) {
  const peak = peakOf(strength), ink = inkMask(strength, peak), diagonal = Math.hypot(side, side);
  if (!ink.includes(1)) return ink;
  // Areas thicker than a stroke, and dots: everything covered by discs that fit into the ink.
  const radius = Math.max(2, 0.014 * diagonal), inside = distances(ink, side, Math.ceil(radius) + 8);
  const shell = maskOf(inside, (value) => value <= radius * radius);
  let filled = new Uint8Array(ink.length);
  if (shell.includes(0)) filled = maskOf(distances(shell, side, Math.ceil(radius) + 1), (value) => value <= radius * radius);
  for (const piece of pieces(ink, side)) {
    const deep = depth(piece, inside);
    if (deep >= 2 && piece.length < 6 * deep * deep) for (const i of piece) filled[i] = 1;
  }
  if (filled.includes(1)) {
    const away = distances(maskOf(filled, (value) => !value), side, 4);
    filled = maskOf(away, (value, i) => ink[i] && value <= 8);
  }
  const inner = eroded(filled, side, side), strokes = thin(maskOf(ink, (value, i) => value && !filled[i]), side);
  const lines = thin(maskOf(strokes, (value, i) => value || (filled[i] && !inner[i])), side);
  for (const piece of pieces(lines, side)) {
    if (piece.length < 0.006 * diagonal) for (const i of piece) lines[i] = 0;
  }
  drawDots(lines, side, inkDots(strength, peak, ink, side));
  return lines.map((value) => 255 * value);
}
