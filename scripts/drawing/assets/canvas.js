"use strict";
// The square to draw on. scripts/draw.py and the pages of scripts/export_web.py share this file.

/** Build an element: makeElement("button", {className: "x", textContent: "y"}, child, ...). */
function makeElement(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(properties.attributes || {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A canvas that is not shown, and its context. */
function makeLayer(side) {
  const canvas = makeElement("canvas", { width: side, height: side });
  return canvas.getContext("2d", { willReadFrequently: true });
}

/**
 * Two layers under one pen: strokes at several times the generator's resolution, and ready-made lines
 * (of an image or an example) at exactly its resolution. Both are ink in the alpha channel.
 *
 * side: the generator's image side in pixels; scale: stroke pixels for each of them.
 * onChange(ended): the drawing changed; ended is false in the middle of a stroke.
 * onImage(file): an image was chosen, dropped or pasted.
 */
class DrawingCanvas {
  static MOST_UNDO = 24;
  static ACCEPT = "image/png,image/jpeg,image/webp,image/bmp,image/gif,image/tiff";

  constructor(root, { side, scale, onChange, onImage }) {
    Object.assign(this, { root, side, scale, onChange, onImage });
    this.size = side * scale;
    [this.ink, this.lines] = [makeLayer(this.size), makeLayer(side)];
    [this.tool, this.history, this.stroke, this.offered] = ["pen", [], null, null];
    this.build();
    this.listen();
    this.show();
  }

  build() {
    const button = (name, title, act) => {
      const made = makeElement("button", { type: "button", textContent: name, title, onclick: act });
      made.dataset.tool = name.toLowerCase();
      return made;
    };
    const file = makeElement("input", { type: "file", accept: DrawingCanvas.ACCEPT, hidden: true });
    file.onchange = () => { if (file.files[0]) this.onImage(file.files[0]); file.value = ""; };
    this.width = makeElement("input", { type: "range", min: 1, max: 8, step: 0.5, value: 2, title: "Pen width" });
    this.width.setAttribute("aria-label", "Pen width");
    this.bar = makeElement("div", { className: "drawing-bar" },
      button("Pen", "Draw lines", () => this.choose("pen")),
      button("Eraser", "Take lines away", () => this.choose("eraser")),
      makeElement("label", { className: "drawing-width" }, "Width", this.width),
      button("Undo", "Take back the last step (Ctrl+Z)", () => this.undo()),
      button("Clear", "Start with a blank canvas", () => this.clear()),
      button("Image", "Take the lines of an image; dropping or pasting one does the same", () => file.click()),
      file);
    this.view = makeElement("canvas", { width: this.size, height: this.size, className: "drawing-paper" });
    this.view.setAttribute("role", "img");
    this.view.setAttribute("aria-label", "Canvas to draw on");
    this.note = makeElement("div", { className: "drawing-note", hidden: true });
    this.note.setAttribute("role", "status");
    this.root.replaceChildren(this.bar, this.view, this.note);
    this.choose("pen");
  }

  listen() {
    const view = this.view;
    view.addEventListener("pointerdown", (event) => this.begin(event));
    view.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) view.addEventListener(name, () => this.end());
    view.addEventListener("dragover", (event) => event.preventDefault());
    view.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files[0]) this.onImage(event.dataTransfer.files[0]);
    });
    document.addEventListener("paste", (event) => {
      const pasted = event.clipboardData && event.clipboardData.files[0];
      if (pasted) { event.preventDefault(); this.onImage(pasted); }
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches && event.target.matches("input:not([type=range]), textarea");
      if ((event.ctrlKey || event.metaKey) && event.key === "z" && !typing) { event.preventDefault(); this.undo(); }
    });
  }

  choose(tool) {
    this.tool = tool;
    for (const button of this.bar.querySelectorAll("button")) {
      const pressed = button.dataset.tool === tool;
      if (["pen", "eraser"].includes(button.dataset.tool)) button.setAttribute("aria-pressed", pressed);
    }
  }

  place(event) {
    const box = this.view.getBoundingClientRect();
    const factor = this.size / box.width;
    return [(event.clientX - box.left) * factor, (event.clientY - box.top) * factor];
  }

  begin(event) {
    if (event.button || this.stroke) return;
    event.preventDefault();
    this.dismiss();
    this.view.setPointerCapture(event.pointerId);
    this.remember();
    this.stroke = { id: event.pointerId, at: this.place(event) };
    this.line(this.stroke.at, this.stroke.at);
    this.show();
  }

  move(event) {
    if (!this.stroke || event.pointerId !== this.stroke.id) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of events.length ? events : [event]) {
      const at = this.place(one);
      this.line(this.stroke.at, at);
      this.stroke.at = at;
    }
    this.show();
    this.onChange(false);
  }

  end() {
    if (!this.stroke) return;
    this.stroke = null;
    this.onChange(true);
  }

  /** A straight piece of a stroke on the layers that the tool works on, from and to in stroke pixels. */
  line(from, to) {
    const erases = this.tool === "eraser";
    const width = Number(this.width.value) * this.size / 256 * (erases ? 4 : 1);
    for (const layer of erases ? [this.ink, this.lines] : [this.ink]) {
      const factor = layer.canvas.width / this.size;
      layer.save();
      layer.globalCompositeOperation = erases ? "destination-out" : "source-over";
      layer.lineCap = "round";
      layer.lineWidth = width * factor;
      layer.beginPath();
      layer.moveTo(from[0] * factor, from[1] * factor);
      layer.lineTo(to[0] * factor, to[1] * factor);
      layer.stroke();
      layer.restore();
    }
  }

  /** Draw paper, lines and strokes, or the lines that are offered. */
  show() {
    const paper = this.view.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, this.size, this.size);
    paper.imageSmoothingEnabled = false;
    const lines = this.offered ? this.offered.layer : this.lines;
    paper.drawImage(lines.canvas, 0, 0, this.size, this.size);
    if (!this.offered) paper.drawImage(this.ink.canvas, 0, 0);
  }

  remember() {
    const both = [this.ink, this.lines].map((layer) => layer.getImageData(0, 0, layer.canvas.width, layer.canvas.width));
    this.history.push(both);
    if (this.history.length > DrawingCanvas.MOST_UNDO) this.history.shift();
  }

  undo() {
    if (this.offered) return this.dismiss();
    const both = this.history.pop();
    if (!both) return;
    [this.ink, this.lines].forEach((layer, i) => layer.putImageData(both[i], 0, 0));
    this.show();
    this.onChange(true);
  }

  clear() {
    this.dismiss();
    this.remember();
    for (const layer of [this.ink, this.lines]) layer.clearRect(0, 0, this.size, this.size);
    this.show();
    this.onChange(true);
  }

  /** Take lines, Uint8 values (side * side) with 255 for a line, in place of the drawing. */
  take(values) {
    this.dismiss();
    this.remember();
    for (const layer of [this.ink, this.lines]) layer.clearRect(0, 0, this.size, this.size);
    this.lines.putImageData(this.asInk(values), 0, 0);
    this.show();
    this.onChange(true);
  }

  /** Show lines that were found in an image; they are taken when the visitor says so. */
  offer(values, text) {
    const layer = makeLayer(this.side);
    layer.putImageData(this.asInk(values), 0, 0);
    this.offered = { layer, values };
    this.tell(text,
      makeElement("button", { type: "button", textContent: "Use these lines", onclick: () => this.take(values) }),
      makeElement("button", { type: "button", textContent: "Cancel", onclick: () => this.dismiss() }));
    this.show();
  }

  /** Withdraw an offer or a message. */
  dismiss() {
    this.offered = null;
    this.note.hidden = true;
    this.show();
  }

  /** Say something under the canvas. */
  tell(text, ...buttons) {
    this.note.replaceChildren(makeElement("span", { textContent: text }), ...buttons);
    this.note.hidden = false;
  }

  asInk(values) {
    const image = new ImageData(this.side, this.side);
    values.forEach((value, i) => { image.data[4 * i + 3] = value; });
    return image;
  }

  /** The strokes as grey values, Uint8 (size * size), 0 ink on 255 paper. */
  inkValues() {
    const { data } = this.ink.getImageData(0, 0, this.size, this.size);
    return Uint8Array.from({ length: this.size ** 2 }, (_, i) => 255 - data[4 * i + 3]);
  }

  /** The ready-made lines, Uint8 (side * side), 255 for a line. */
  lineValues() {
    const { data } = this.lines.getImageData(0, 0, this.side, this.side);
    return Uint8Array.from({ length: this.side ** 2 }, (_, i) => data[4 * i + 3]);
  }
}

/** Runs a task for the newest input alone: what came while one was running is skipped but for the last. */
class Latest {
  constructor(task) { Object.assign(this, { task, waiting: null, running: false }); }

  async ask(input) {
    this.waiting = { input };
    if (this.running) return;
    this.running = true;
    while (this.waiting) {
      const { input: newest } = this.waiting;
      this.waiting = null;
      await this.task(newest);
    }
    this.running = false;
  }
}
