"use strict";
// The drawing: a list of steps, and the layers that they produce. Undo, redo, SVG and saving use the list.

/** Build an element: makeElement("button", {className: "x", textContent: "y"}, child, ...). */
function makeElement(tag, properties = {}, ...children) {
  const { attributes = {}, ...own } = properties;
  const element = Object.assign(document.createElement(tag), own);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button with the text of a key. */
function makeButton(key, onclick, properties = {}) {
  return makeElement("button", { type: "button", textContent: say(key), onclick, ...properties });
}

/** A labeled list of [value, text]; onchange gets the chosen value. */
function makeChoice(key, options, onchange = () => {}, chosen = options[0][0]) {
  const select = makeElement("select", { onchange: () => onchange(select.value) }, ...options.map(([value, textContent]) => makeElement("option", { value, textContent })));
  select.value = chosen;
  return makeElement("label", {}, `${say(key)} `, select);
}

/** A labeled checkbox; onchange gets its state. */
function makeCheck(key, onchange = () => {}, checked = false) {
  const box = makeElement("input", { type: "checkbox", checked, onchange: () => onchange(box.checked) });
  return makeElement("label", {}, box, ` ${say(key)}`);
}

/** A hidden canvas and its context. */
function makeLayer(width, height = width) {
  return makeElement("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
}

/** The RGBA bytes of a layer. */
function bytesOf(layer) {
  return layer.getImageData(0, 0, layer.canvas.width, layer.canvas.height).data;
}

/** The alpha channel of a layer. */
function alphaOf(layer) {
  const data = bytesOf(layer), values = new Uint8Array(data.length / 4);
  for (let i = 0; i < values.length; i += 1) values[i] = data[4 * i + 3];
  return values;
}

/** Black ink in the alpha channel, from values with 255 for a line. */
function asInk(values, side) {
  const image = new ImageData(side, side);
  values.forEach((value, i) => { image.data[4 * i + 3] = value; });
  return image;
}

/** The decoded image of a URL. */
async function decoded(url) {
  const image = makeElement("img", { src: url });
  await image.decode();
  return image;
}

/**
 * The drawing: `ink` and `colors` at several times the generator's resolution, `lines` (of an image or an example) at
 * exactly its resolution.
 *
 * A step is {kind: "stroke", tool, width, color, points: [x, y, x, y ...]}, {kind: "fill", at, color}, {kind: "clear"}
 * or {kind: "image", lines, colors}, the last two PNG URLs of that layer or null. Places are in stroke pixels.
 */
class Drawing {
  constructor(side, scale) {
    Object.assign(this, { side, scale, size: side * scale, steps: [], done: 0 });
    Object.assign(this, { pictures: new Map(), regions: new WeakMap() }); // of URLs; of fills
    [this.ink, this.colors, this.lines] = [makeLayer(this.size), makeLayer(this.size), makeLayer(side)];
  }

  get layers() { return [this.ink, this.colors, this.lines]; }
  get blank() { return ![this.ink, this.lines].some((layer) => alphaOf(layer).some(Boolean)); }
  /** Whether there is an image under the strokes, which has its own colors or coat, as in test.py. */
  get bringsColors() {
    return this.steps.slice(0, this.done).findLast(({ kind }) => kind === "image" || kind === "clear")?.kind === "image";
  }

  get colored() { return alphaOf(this.colors).some(Boolean); }

  /** Add a step and apply it, unless the layers already show it (a stroke). */
  add(step, applied = false) {
    this.steps.length = this.done;
    this.steps.push(step);
    this.done += 1;
    if (!applied) this.apply(step);
  }

  /** Load the images of a step so that it can be applied. */
  async prepare(step) {
    for (const url of [step.lines, step.colors]) if (url) this.pictures.set(url, await decoded(url));
    return step;
  }

  /** Show the first `count` steps. */
  goTo(count) {
    if (count < 0 || count > this.steps.length) return false;
    this.wipe();
    const from = this.steps.findLastIndex((step, i) => i < count && ["clear", "image"].includes(step.kind));
    for (const step of this.steps.slice(Math.max(0, from), count)) this.apply(step);
    this.done = count;
    return true;
  }

  wipe() { for (const layer of this.layers) layer.clearRect(0, 0, this.size, this.size); }

  apply(step) {
    if (step.kind === "stroke") {
      const { points } = step;
      for (let i = 0; i < points.length; i += 2) {
        const before = Math.max(0, i - 2);
        this.segment(step, points.slice(before, before + 2), points.slice(i, i + 2));
      }
    } else if (step.kind === "fill") {
      if (!this.regions.has(step)) this.regions.set(step, fillRegion(this.walls(), this.size, step.at));
      this.paint(this.regions.get(step), step.color);
    } else {
      this.wipe();
      if (step.lines) this.lines.drawImage(this.pictures.get(step.lines), 0, 0);
      this.colors.imageSmoothingEnabled = false;
      if (step.colors) this.colors.drawImage(this.pictures.get(step.colors), 0, 0, this.size, this.size);
    }
  }

  /** A straight segment of a stroke; from and to in stroke pixels. */
  segment({ tool, width, color }, from, to) {
    for (const layer of { pen: [this.ink], brush: [this.colors], eraser: this.layers }[tool]) {
      const factor = layer.canvas.width / this.size;
      layer.globalCompositeOperation = tool === "eraser" || color === null ? "destination-out" : "source-over";
      layer.strokeStyle = (tool === "brush" && color) || "#000";
      [layer.lineCap, layer.lineWidth] = ["round", width * factor];
      layer.beginPath();
      layer.moveTo(from[0] * factor, from[1] * factor);
      layer.lineTo(to[0] * factor, to[1] * factor);
      layer.stroke();
      layer.globalCompositeOperation = "source-over";
    }
  }

  /** The walls for the fill tool: 1 on lines (size * size). */
  walls() {
    const both = makeLayer(this.size);
    both.imageSmoothingEnabled = false;
    both.drawImage(this.lines.canvas, 0, 0, this.size, this.size);
    both.drawImage(this.ink.canvas, 0, 0);
    return maskOf(alphaOf(both), (alpha) => alpha > 96);
  }

  paint(region, color) {
    if (!region) return;
    const shape = makeLayer(this.size);
    shape.putImageData(asInk(region.map((value) => 255 * value), this.size), 0, 0);
    shape.globalCompositeOperation = "source-in";
    shape.fillStyle = color || "#000";
    shape.fillRect(0, 0, this.size, this.size);
    this.colors.globalCompositeOperation = color === null ? "destination-out" : "source-over";
    this.colors.drawImage(shape.canvas, 0, 0);
    this.colors.globalCompositeOperation = "source-over";
  }

  /** The drawing as one canvas, at its own resolution or another: paper, colors, lines. */
  sheet(paper = "#fff", size = this.size) {
    const sheet = makeLayer(size);
    sheet.fillStyle = paper || "transparent";
    sheet.fillRect(0, 0, size, size);
    sheet.imageSmoothingQuality = "high";
    sheet.drawImage(this.colors.canvas, 0, 0, size, size);
    sheet.drawImage(this.lines.canvas, 0, 0, size, size);
    sheet.drawImage(this.ink.canvas, 0, 0, size, size);
    return sheet.canvas;
  }

  /** The drawing as an SVG's text: strokes as paths, an image's lines and colors as images. */
  svg() {
    const { size } = this, image = (url) => `<image href="${url}" width="${size}" height="${size}"/>`;
    let lines = "", masks = 0;
    for (const step of this.steps.slice(0, this.done)) {
      if (step.kind === "clear" || step.kind === "image") lines = step.lines ? image(step.lines) : "";
      if (step.kind !== "stroke" || step.tool === "brush") continue;
      const { points, width } = step, path = `<path d="M${points.join(" ")}${points.length < 4 ? "h0" : ""}" `
        + `fill="none" stroke="#000" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
      lines = step.tool === "pen" ? lines + path
        : `<mask id="m${++masks}" maskUnits="userSpaceOnUse" x="0" y="0" width="${size}" height="${size}">`
          + `<rect width="${size}" height="${size}" fill="#fff"/>${path}</mask><g mask="url(#m${masks})">${lines}</g>`;
    }
    const colors = this.colored ? image(this.colors.canvas.toDataURL()) : "";
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}">`
      + `${colors}${lines}</svg>\n`;
  }
}

/** Number of steps over `free` (1) from given positions in a square to each position; Infinity above `most`. */
function stepsFrom(starts, free, size, most = Infinity) {
  const steps = new Float32Array(size * size).fill(Infinity);
  let front = starts.filter((i) => free[i]);
  for (const i of front) steps[i] = 0;
  for (let count = 1; count <= most && front.length; count += 1) {
    const next = [], visit = (i) => { if (free[i] && steps[i] === Infinity) { steps[i] = count; next.push(i); } };
    for (const i of front) {
      const x = i % size;
      if (x > 0) visit(i - 1);
      if (x < size - 1) visit(i + 1);
      visit(i - size); // nothing outside the square is free
      visit(i + size);
    }
    front = next;
  }
  return steps;
}

/** The positions of values for which test(value, position) holds. */
function every(values, test) {
  const found = [];
  for (let i = 0; i < values.length; i += 1) if (test(values[i], i)) found.push(i);
  return found;
}

/** A mask: 1 where test(value, position) holds. */
function maskOf(values, test) {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i += 1) if (test(values[i], i)) mask[i] = 1;
  return mask;
}

/** Positions on the edge of a square. */
function borderOf(size) {
  return Array.from({ length: size }, (_, i) => [i, i * size, i * size + size - 1, (size - 1) * size + i]).flat();
}

/**
 * The area that the fill tool fills from a point: up to the walls (1) and a little under them. Gaps of up to
 * about 2 * 7 pixels of 512 are closed. null if the area reaches the edge of the canvas.
 */
function fillRegion(walls, size, [x, y]) {
  const seed = Math.min(size - 1, Math.floor(y)) * size + Math.min(size - 1, Math.floor(x));
  const all = new Uint8Array(size * size).fill(1), most = Math.max(2, Math.round(size / 64));
  const away = stepsFrom(every(walls, Boolean), all, size, most);
  const radius = Math.max(0, Math.min(most, away[seed]) - 1);
  const core = stepsFrom([seed], maskOf(away, (steps) => steps > radius), size);
  if (core[seed] || borderOf(size).some((i) => core[i] < Infinity)) return null;
  const grown = stepsFrom(every(core, Number.isFinite), walls.map((value) => 1 - value), size, radius + 1);
  const under = stepsFrom(every(grown, Number.isFinite), all, size, Math.ceil(size / 170));
  return maskOf(under, Number.isFinite);
}
