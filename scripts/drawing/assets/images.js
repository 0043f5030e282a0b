"use strict";
// Reading and writing image files: shrinking, cropping, names, transparent background, enlarging.

// Camera images are first shrunk to this longest side, which is far larger than any generator's image.
const MOST_PX = 2048;
const MOST_BYTES = 8 * 2 ** 20;

/** An image or canvas, or a part [x, y, width, height] of it, on a canvas with a limited longest side. */
function drawn(image, most = MOST_PX, part = [0, 0, image.naturalWidth || image.width, image.naturalHeight || image.height]) {
  const factor = Math.min(1, most / Math.max(part[2], part[3]));
  const [width, height] = part.slice(2).map((side) => Math.max(1, Math.round(side * factor)));
  const layer = makeLayer(width, height);
  layer.imageSmoothingQuality = "high";
  layer.drawImage(image, ...part, 0, 0, width, height);
  return layer.canvas;
}

function blobOf(canvas, type = "image/png") {
  return new Promise((resolve) => { canvas.toBlob(resolve, type, 0.95); });
}

/** An SVG's image on white, 1024 pixels at its longest side. */
async function drawnSvg(file) {
  const url = URL.createObjectURL(file);
  try {
    const image = await decoded(url), [width, height] = [image.naturalWidth || 1024, image.naturalHeight || 1024];
    const factor = 1024 / Math.max(width, height), layer = makeLayer(width * factor, height * factor);
    layer.fillStyle = "#fff";
    layer.fillRect(0, 0, layer.canvas.width, layer.canvas.height);
    layer.drawImage(image, 0, 0, layer.canvas.width, layer.canvas.height);
    return layer.canvas;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Read a file: {blob, canvas}. The blob is the file itself unless it is large or in a format that only
 * browsers read; the canvas shows it, or is null for a file that only the server may be able to read. Error
 * messages say what to do.
 */
async function readImage(file) {
  const name = (file.name || "").toLowerCase(), { type } = file;
  if (type === "application/pdf" || name.endsWith(".pdf")) throw new Error(say("pdf"));
  const heic = /hei[cf]$/.test(type) || /\.hei[cf]$/.test(name), svg = type.startsWith("image/svg") || name.endsWith(".svg");
  let canvas;
  try {
    if (svg) canvas = await drawnSvg(file);
    else canvas = drawn(await createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" }), 1e9);
  } catch {
    if (BACKEND.reads(file)) return { blob: file, canvas: null };
    if (heic) throw new Error(say("heic"));
    throw new Error(say("unreadable"));
  }
  if (!svg && !heic && file.size <= MOST_BYTES && Math.max(canvas.width, canvas.height) <= MOST_PX) return { blob: file, canvas };
  canvas = drawn(canvas);
  return { blob: await blobOf(canvas, svg ? "image/png" : "image/jpeg"), canvas };
}

/** All dropped image files, including those in folders. */
async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = [];
  const walk = async (entry) => {
    if (entry.isFile) return found.push(await new Promise((resolve, reject) => { entry.file(resolve, reject); }));
    const reader = entry.createReader();
    for (let some; (some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); })).length;) {
      for (const inner of some) await walk(inner);
    }
  };
  for (const entry of entries) await walk(entry);
  return found.filter((file) => !file.name.startsWith(".")).sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

/** The grain of color hints at a pixel, as data/hints.py gives it. */
function grainOf(i) {
  let x = Math.imul(i, 2654435761) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 2246822519) >>> 0;
  return ((x ^ (x >>> 13)) >>> 0) % 13 - 6;
}

/** A step of `Drawing` from the generator's input (a URL), the inverse of `inputOf`; smaller pieces are left out. */
async function stepOf(url, withColors, leaveOut = 0) {
  const image = await decoded(url), side = image.width, layer = makeLayer(side), colors = makeLayer(side);
  layer.drawImage(image, 0, 0);
  const data = bytesOf(layer), painted = colors.createImageData(side, side), lines = new Uint8Array(side * side);
  for (let i = 0; i < lines.length; i += 1) {
    const rgb = data.subarray(4 * i, 4 * i + 3);
    if (!withColors || Math.min(...rgb) > 110) lines[i] = rgb[0];
    else if (rgb.some(Boolean)) painted.data.set([...[...rgb].map((value) => Math.round((value - grainOf(i) - 14) / 0.32)), 255], 4 * i);
  }
  for (const piece of pieces(lines, side)) if (piece.length < leaveOut) for (const i of piece) lines[i] = 0;
  layer.putImageData(asInk(lines, side), 0, 0);
  colors.putImageData(painted, 0, 0);
  return { kind: "image", lines: layer.canvas.toDataURL(), colors: painted.data.some(Boolean) ? colors.canvas.toDataURL() : null };
}

/** The generator's input from lines (side * side) and colors (RGBA), as RGBA: white lines, colors 14 + 0.32 c, black background. */
function composed(lines, colors, side) {
  const data = new Uint8ClampedArray(4 * side * side);
  for (let i = 0; i < side * side; i += 1) {
    const painted = colors && colors[4 * i + 3] > 127;
    for (let c = 0; c < 3; c += 1) data[4 * i + c] = Math.max(lines[i], painted ? Math.round(14 + 0.32 * colors[4 * i + c]) + grainOf(i) : 0);
    data[4 * i + 3] = 255;
  }
  return data;
}

/**
 * The generator's input of a drawing, RGBA at a side; null without lines. Settings: `thin`: strokes become
 * lines one pixel wide; `coat`: test.py's coat color, without shading, where the animal has no color.
 */
function inputOf(drawing, settings, side) {
  const { size } = drawing, scale = size / side, alpha = alphaOf(drawing.ink), larger = side > drawing.side;
  const ready = alphaOf(scaled(drawing.lines.canvas, side).getContext("2d")), ink = new Float32Array(side * side);
  for (let i = 0; i < alpha.length; i += 1) {
    if (alpha[i]) ink[Math.floor(Math.floor(i / size) / scale) * side + Math.floor(i % size / scale)] += alpha[i] / scale ** 2;
  }
  if (larger) ready.forEach((value, i) => { ink[i] = Math.max(ink[i], value); });
  const strokes = settings.thin || larger ? thinLines(ink, side) : Uint8Array.from(ink, Math.round);
  const lines = larger ? strokes : strokes.map((value, i) => Math.max(value, ready[i]));
  if (!lines.some(Boolean)) return null;
  const colors = SITE.colors ? drawn(drawing.colors.canvas, side).getContext("2d") : null;
  if (colors && settings.coat && !drawing.bringsColors) {
    const shape = makeLayer(side);
    shape.putImageData(asInk(insideOf(maskOf(lines, Boolean), side).map((value) => 255 * value), side), 0, 0);
    shape.globalCompositeOperation = "source-in";
    shape.fillStyle = SITE.coat;
    shape.fillRect(0, 0, side, side);
    colors.globalCompositeOperation = "destination-over";
    colors.drawImage(shape.canvas, 0, 0);
  }
  return composed(lines, colors && bytesOf(colors), side);
}

/** RGBA bytes (side * side) as a PNG's URL. */
function urlOf(data, side) {
  const layer = makeLayer(side);
  layer.putImageData(new ImageData(data, side, side), 0, 0);
  return layer.canvas.toDataURL();
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

/** The area enclosed by walls (1) in a square, with small gaps closed: 1 inside. */
function insideOf(walls, size) {
  const gap = Math.round(size / 100), all = new Uint8Array(size * size).fill(1);
  const away = stepsFrom(every(walls, Boolean), all, size, gap);
  const outside = stepsFrom(borderOf(size), maskOf(away, (steps) => steps === Infinity), size);
  const grown = stepsFrom(every(outside, Number.isFinite), walls.map((value) => 1 - value), size, gap);
  return maskOf(grown, (steps) => steps === Infinity);
}

/**
 * A copy of an image with a transparent background: pixels like the border and connected to it; shadows get alpha
 * by depth. Areas enclosed by the drawing's lines stay; if the border is not plain, only these stay.
 */
function withoutGround(canvas, drawing) {
  const copy = drawn(canvas), layer = copy.getContext("2d"), side = copy.width, border = borderOf(side);
  const image = layer.getImageData(0, 0, side, side), { data } = image, shape = makeLayer(drawing.size);
  shape.putImageData(asInk(insideOf(drawing.walls(), drawing.size).map((value) => 255 * value), drawing.size), 0, 0);
  const inside = alphaOf(scaled(shape.canvas, side).getContext("2d"));
  const ground = [0, 1, 2].map((c) => border.map((i) => data[4 * i + c]).sort((a, b) => a - b)[border.length >> 1]);
  const distance = (i) => Math.max(...ground.map((value, c) => Math.abs(data[4 * i + c] - value)));
  const plain = border.filter((i) => distance(i) < 40).length > 0.6 * border.length;
  const near = maskOf(inside, (value, i) => value < 128 && (!plain || distance(i) < 60));
  for (const i of every(stepsFrom(border, near, side), Number.isFinite)) {
    const alpha = plain ? Math.min(1, Math.max(0, distance(i) - 8) / 52) : 0;
    for (let c = 0; c < 3; c += 1) data[4 * i + c] = alpha ? ground[c] + (data[4 * i + c] - ground[c]) / alpha : 0;
    data[4 * i + 3] = Math.round(255 * alpha);
  }
  layer.putImageData(image, 0, 0);
  return copy;
}

/** A canvas or image resized to another side. */
function scaled(image, side) {
  const layer = makeLayer(side);
  layer.imageSmoothingQuality = "high";
  layer.drawImage(image, 0, 0, side, side);
  return layer.canvas;
}

/** A larger image: the colors and shapes of `image`, with the fine detail of `detail`, which the generator made at that size. */
function finer(image, detail) {
  const side = detail.width, layer = detail.getContext("2d"), made = layer.getImageData(0, 0, side, side), { data } = made;
  const [wanted, found] = [image, detail].map((canvas) => bytesOf(scaled(scaled(canvas, side / 8), side).getContext("2d")));
  for (let i = 0; i < data.length; i += 1) {
    if (i % 4 < 3) data[i] = wanted[i] + Math.max(-60, Math.min(60, data[i] - found[i]));
  }
  layer.putImageData(made, 0, 0);
  return detail;
}

/** Two canvases side by side, each a square of a given size. */
function sideBySide(left, right, size) {
  const layer = makeLayer(2 * size, size);
  layer.drawImage(scaled(left, size), 0, 0);
  layer.drawImage(scaled(right, size), size, 0);
  return layer.canvas;
}

/** A descriptive file name: animals-image-20261128-1503.png. */
function fileName(what, extension) {
  const local = new Date(Date.now() - 60_000 * new Date().getTimezoneOffset()).toISOString().replace(/[-:]/g, "");
  return `${SITE.name}-${what}-${local.slice(0, 8)}-${local.slice(9, 13)}.${extension}`;
}

/** Save a blob as a file. */
function download(blob, name) {
  const url = URL.createObjectURL(blob);
  makeElement("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
