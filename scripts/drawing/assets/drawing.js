"use strict";
// What is drawn: a list of steps, and the layers that they make. Undo, redo, SVG and keeping all come from the list.

/** Build an element: makeElement("button", {className: "x", textContent: "y"}, child, ...). */
function makeElement(tag, properties = {}, ...children) {
  const { attributes = {}, ...own } = properties;
  const element = Object.assign(document.createElement(tag), own);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A canvas that is not shown, and its context. */
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

/** A decoded image of a URL. */
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
  static SNAPSHOT_EVERY = 12;
  static MOST_SNAPSHOTS = 8;

  constructor(side, scale) {
    Object.assign(this, { side, scale, size: side * scale, steps: [], done: 0, pictures: new Map() });
    this.snapshots = new Map();
    [this.ink, this.colors, this.lines] = [makeLayer(this.size), makeLayer(this.size), makeLayer(side)];
  }

  get layers() { return [this.ink, this.colors, this.lines]; }
  get blank() { return ![this.ink, this.lines].some((layer) => alphaOf(layer).some(Boolean)); }
  get colored() { return alphaOf(this.colors).some(Boolean); }

  /** Add a step whose effect the layers show already (a stroke), or apply it. */
  add(step, applied = false) {
    this.steps.length = this.done;
    for (const at of this.snapshots.keys()) if (at > this.done) this.snapshots.delete(at);
    this.steps.push(step);
    this.done += 1;
    if (!applied) this.apply(step);
    this.keepSnapshot();
  }

  /** Load the images of a step, so that it can be applied. */
  async prepare(step) {
    for (const url of [step.lines, step.colors]) if (url) this.pictures.set(url, await decoded(url));
    return step;
  }

  /** Show the first `count` steps. */
  goTo(count) {
    if (count < 0 || count > this.steps.length) return false;
    const from = Math.max(0, ...[...this.snapshots.keys()].filter((at) => at <= count));
    this.layers.forEach((layer, i) => {
      layer.clearRect(0, 0, this.size, this.size);
      if (from) layer.drawImage(this.snapshots.get(from)[i], 0, 0);
    });
    for (this.done = from; this.done < count; this.done += 1) this.apply(this.steps[this.done]);
    return true;
  }

  keepSnapshot() {
    if (this.done % Drawing.SNAPSHOT_EVERY) return;
    this.snapshots.set(this.done, this.layers.map((layer) => {
      const copy = makeElement("canvas", { width: layer.canvas.width, height: layer.canvas.width });
      copy.getContext("2d").drawImage(layer.canvas, 0, 0);
      return copy;
    }));
    const oldest = this.snapshots.keys().next().value;
    if (this.snapshots.size > Drawing.MOST_SNAPSHOTS) this.snapshots.delete(oldest);
  }

  apply(step) {
    if (step.kind === "stroke") {
      const { points } = step;
      for (let i = 0; i < points.length; i += 2) {
        const before = Math.max(0, i - 2);
        this.segment(step, points.slice(before, before + 2), points.slice(i, i + 2));
      }
    } else if (step.kind === "fill") {
      this.paint(fillRegion(this.walls(), this.size, step.at), step.color);
    } else {
      for (const layer of this.layers) layer.clearRect(0, 0, this.size, this.size);
      if (step.lines) this.lines.drawImage(this.pictures.get(step.lines), 0, 0);
      this.colors.imageSmoothingEnabled = false;
      if (step.colors) this.colors.drawImage(this.pictures.get(step.colors), 0, 0, this.size, this.size);
    }
  }

  /** A straight piece of a stroke, from and to in stroke pixels. */
  segment({ tool, width, color }, from, to) {
    const erases = tool === "eraser" || color === null;
    const layers = { pen: [this.ink], brush: [this.colors], eraser: this.layers }[tool];
    for (const layer of layers) {
      const factor = layer.canvas.width / this.size;
      layer.save();
      layer.globalCompositeOperation = erases ? "destination-out" : "source-over";
      layer.strokeStyle = (tool === "brush" && color) || "#000";
      [layer.lineCap, layer.lineWidth] = ["round", width * factor];
      layer.beginPath();
      layer.moveTo(from[0] * factor, from[1] * factor);
      layer.lineTo(to[0] * factor, to[1] * factor);
      layer.stroke();
      layer.restore();
    }
  }

  /** Where lines stop the bucket: 1 (size * size). */
  walls() {
    const both = makeLayer(this.size);
    both.imageSmoothingEnabled = false;
    both.drawImage(this.lines.canvas, 0, 0, this.size, this.size);
    both.drawImage(this.ink.canvas, 0, 0);
    return alphaOf(both).map((alpha) => (alpha > 96 ? 1 : 0));
  }

  paint(region, color) {
    if (!region) return;
    const shape = makeLayer(this.size);
    shape.putImageData(asInk(region.map((value) => 255 * value), this.size), 0, 0);
    this.colors.globalCompositeOperation = color === null ? "destination-out" : "source-over";
    if (color !== null) {
      shape.globalCompositeOperation = "source-in";
      shape.fillStyle = color;
      shape.fillRect(0, 0, this.size, this.size);
    }
    this.colors.drawImage(shape.canvas, 0, 0);
    this.colors.globalCompositeOperation = "source-over";
  }

  /** The drawing as one canvas, at its own resolution or another: paper, colors, lines. */
  sheet(paper = "#fff", size = this.size) {
    const sheet = makeLayer(size);
    if (paper) {
      sheet.fillStyle = paper;
      sheet.fillRect(0, 0, size, size);
    }
    sheet.imageSmoothingQuality = "high";
    sheet.drawImage(this.colors.canvas, 0, 0, size, size);
    sheet.imageSmoothingEnabled = false;
    sheet.drawImage(this.lines.canvas, 0, 0, size, size);
    sheet.imageSmoothingEnabled = true;
    sheet.drawImage(this.ink.canvas, 0, 0, size, size);
    return sheet.canvas;
  }

  /** The drawing as an SVG's text: strokes as paths, an image's lines and the colors as they are. */
  svg() {
    const { size } = this, image = (url) => `<image href="${url}" width="${size}" height="${size}"/>`;
    let lines = "", masks = 0;
    for (const step of this.steps.slice(0, this.done)) {
      if (step.kind === "clear" || step.kind === "image") lines = step.lines ? image(step.lines) : "";
      if (step.kind !== "stroke" || step.tool === "brush") continue;
      const { points, width } = step, pairs = [];
      for (let i = 0; i < points.length; i += 2) pairs.push(`${points[i]} ${points[i + 1]}`);
      const look = `fill="none" stroke="#000" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"`;
      const path = `<path d="M${pairs.join("L")}${pairs.length < 2 ? "h0" : ""}" ${look}/>`;
      if (step.tool === "pen") lines += path;
      else {
        const white = `<rect width="${size}" height="${size}" fill="#fff"/>`;
        lines = `<mask id="m${++masks}" maskUnits="userSpaceOnUse" x="0" y="0" width="${size}" height="${size}">`
          + `${white}${path}</mask><g mask="url(#m${masks})">${lines}</g>`;
      }
    }
    const colors = this.colored ? image(this.colors.canvas.toDataURL()) : "";
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}">`
      + `${colors}${lines}</svg>\n`;
  }
}

/** Positions next to i in a square. */
function neighbours(i, size) {
  const x = i % size, found = [];
  if (x > 0) found.push(i - 1);
  if (x < size - 1) found.push(i + 1);
  if (i >= size) found.push(i - size);
  if (i < size * (size - 1)) found.push(i + size);
  return found;
}

/** Steps from the nearest 1 of a mask, at most so many. */
function stepsFrom(mask, size, most) {
  const steps = mask.map((value) => (value ? 0 : most));
  let front = [];
  mask.forEach((value, i) => { if (value) front.push(i); });
  for (let step = 1; step < most && front.length; step += 1) {
    const next = [];
    for (const i of front) for (const j of neighbours(i, size)) {
      if (steps[j] > step) { steps[j] = step; next.push(j); }
    }
    front = next;
  }
  return steps;
}

/** All of `free` (1) that is reached from some positions within so many steps. */
function reached(free, size, starts, most = Infinity) {
  const seen = new Uint8Array(free.length);
  let front = starts.filter((i) => free[i]);
  for (const i of front) seen[i] = 1;
  for (let step = 0; step < most && front.length; step += 1) {
    const next = [];
    for (const i of front) for (const j of neighbours(i, size)) {
      if (free[j] && !seen[j]) { seen[j] = 1; next.push(j); }
    }
    front = next;
  }
  return seen;
}

/**
 * What the bucket fills from a place: up to the walls (1) and a little under them. Gaps of up to about 2 * 7 pixels
 * of 512 are closed. null where the area reaches the canvas's edge.
 */
function fillRegion(walls, size, [x, y]) {
  const seed = Math.min(size - 1, Math.floor(y)) * size + Math.min(size - 1, Math.floor(x));
  const most = Math.max(2, Math.round(size / 64)), away = stepsFrom(walls, size, most);
  const radius = Math.max(0, Math.min(most, away[seed]) - 1);
  const every = (mask) => mask.reduce((found, value, i) => { if (value) found.push(i); return found; }, []);
  const core = every(reached(away.map((steps) => (steps > radius ? 1 : 0)), size, [seed]));
  const edge = (i) => i % size === 0 || i % size === size - 1 || i < size || i >= size * (size - 1);
  if (!core.length || core.some(edge)) return null;
  const grown = every(reached(walls.map((value) => 1 - value), size, core, radius + 1));
  return reached(new Uint8Array(walls.length).fill(1), size, grown, Math.ceil(size / 170));
}
