"use strict";
// data/edges/lineart.py and thinning.py for a browser: strokes to lines one pixel wide.

/** Means over blocks of scale * scale: Uint8 (size * size) -> Uint8 (side * side). */
function shrinkGrey(values, size, scale) {
  const side = size / scale, small = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
    let sum = 0;
    for (let i = 0; i < scale; i++) for (let j = 0; j < scale; j++) sum += values[(y * scale + i) * size + x * scale + j];
    small[y * side + x] = Math.round(sum / scale ** 2);
  }
  return small;
}

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

/** How far grey values are from even paper, and the strength of its blackest ink. */
function inkStrength(grey) {
  const sorted = Uint8Array.from(grey).sort(), paper = sorted[sorted.length >> 1];
  const strength = grey.map((value) => Math.max(0, paper > 127 ? paper - value : value - paper));
  const place = 0.999 * (strength.length - 1), order = Uint8Array.from(strength).sort();
  const [low, high] = [order[Math.floor(place)], order[Math.ceil(place)]];
  return { strength, peak: low + (high - low) * (place - Math.floor(place)) };
}

/** Ink (1) of grey values on even paper, dark ink on light paper or the reverse; all 0 without contrast. */
function inkMask(grey) {
  const { strength, peak } = inkStrength(grey);
  if (peak < 40) return new Uint8Array(grey.length);
  const level = Math.min(Math.max(otsu(strength), 0.25 * peak), 0.5 * peak);
  return strength.map((value) => (value > level ? 1 : 0));
}

/** Guo and Hall's thinning (1989), algorithm A1, of a Uint8 mask (side * side). */
function thin(mask, side) {
  const around = [[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]];
  const shape = Uint8Array.from(mask, (value) => (value ? 1 : 0));
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

/** The 8-connected pieces of a mask, as arrays of positions. */
function pieces(mask, side) {
  const seen = new Uint8Array(mask.length), found = [];
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || seen[start]) continue;
    const piece = [start];
    seen[start] = 1;
    for (let next = 0; next < piece.length; next++) {
      const y = Math.floor(piece[next] / side), x = piece[next] % side;
      for (let v = Math.max(0, y - 1); v <= Math.min(side - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(side - 1, x + 1); u++) {
          const i = v * side + u;
          if (mask[i] && !seen[i]) { seen[i] = 1; piece.push(i); }
        }
      }
    }
    found.push(piece);
  }
  return found;
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
function inkDots(grey, ink, side) {
  const { strength, peak } = inkStrength(grey);
  if (peak < 40) return [];
  const core = strength.map((value) => (value > 0.8 * peak ? 1 : 0));
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

/** Lines one pixel wide of a drawing, Uint8 (side * side) -> Uint8 with 255 for a line. */
function lineartLines(grey, side) {
  const ink = inkMask(grey), diagonal = Math.hypot(side, side);
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
  drawDots(lines, side, inkDots(grey, ink, side));
  return lines.map((value) => 255 * value);
}
