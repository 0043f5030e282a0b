"use strict";
// The canvas: tools, palette, two-finger zoom, keyboard. All pages share this file.

// Coat colors by name: colors of real animals rather than pure colors.
const COATS = {
  white: "#f2efe9", cream: "#e6d2ac", golden: "#c9974a", fox: "#a9572a", chestnut: "#7b4428", bay: "#54341f",
  black: "#26221f", gray: "#8d8b88", orange: "#e07b2c", green: "#5d7f3c", teal: "#3f8f88", blue: "#5f7794",
};

/**
 * A canvas for editing a `Drawing`.
 *
 * onChange(ended): the drawing changed; ended is false in the middle of a stroke.
 * withColors: whether the generator supports colors.
 */
class DrawingCanvas {
  constructor(root, { side, scale, withColors, onChange }) {
    Object.assign(this, { root, onChange, withColors, drawing: new Drawing(side, scale) });
    [this.tool, this.color, this.stroke, this.offered] = ["pen", COATS.chestnut, null, null];
    [this.fingers, this.zoom] = [new Map(), { scale: 1, x: 0, y: 0 }];
    this.build();
    this.listen();
    if (withColors) this.chooseColor(this.color);
    this.choose("pen");
    this.show();
  }

  build() {
    const { size } = this.drawing;
    if (this.withColors) document.body.classList.add("with-colors");
    const tools = ["pen", "eraser", ...(this.withColors ? ["brush", "bucket"] : [])];
    this.width = makeElement("input", { type: "range", min: 1, max: 8, step: 0.5, value: 2,
      attributes: { "aria-label": say("width") } });
    const arrow = (name, by, sign, keys) => makeButton(name, () => this.step(by),
      { title: `${say(name)} (${keys})`, textContent: sign, ariaLabel: say(name), className: "arrow" });
    this.undoButton = arrow("undo", -1, "↶", "Ctrl+Z");
    this.redoButton = arrow("redo", 1, "↷", "Ctrl+Shift+Z");
    this.bar = makeElement("div", { className: "drawing-bar" },
      ...tools.map((tool) => makeButton(tool, () => this.choose(tool), { value: tool })),
      makeElement("label", { className: "drawing-width" }, say("width"), this.width),
      this.undoButton, this.redoButton, makeButton("clear", () => this.add({ kind: "clear" })));
    this.view = makeElement("canvas", { width: size, height: size, className: "drawing-paper",
      attributes: { role: "img", "aria-label": say("canvas") } });
    this.fitButton = makeButton("fit", () => this.zoomTo(1, 0, 0), { className: "drawing-fit", hidden: true });
    this.frame = makeElement("div", { className: "drawing-frame" }, this.view, this.fitButton);
    this.note = makeElement("div", { className: "drawing-note", hidden: true, attributes: { role: "status" } });
    this.root.replaceChildren(this.bar, this.frame, this.note, ...(this.withColors ? [this.palette()] : []));
  }

  palette() {
    const swatch = (name, color) => makeButton(name, () => this.chooseColor(color), { title: say(name), ariaLabel: say(name),
      textContent: "", className: "swatch", value: color ?? "none", attributes: { style: color ? `background: ${color}` : "" } });
    this.any = makeElement("input", { type: "color", value: this.color, title: say("anyColor"), className: "swatch",
      ariaLabel: say("anyColor"), oninput: () => this.chooseColor(this.any.value) });
    return makeElement("div", { className: "drawing-palette", attributes: { role: "group", "aria-label": say("colors") } },
      ...Object.entries(COATS).map(([name, color]) => swatch(name, color)), swatch("noColor", null), this.any);
  }

  listen() {
    const { frame } = this;
    frame.addEventListener("pointerdown", (event) => this.down(event));
    frame.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, (event) => this.up(event));
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches && event.target.matches("input:not([type=range], [type=checkbox]), textarea");
      const key = event.key.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || typing || !["z", "y"].includes(key)) return;
      event.preventDefault();
      this.step(key === "y" || event.shiftKey ? 1 : -1);
    });
  }

  choose(tool) {
    this.tool = tool;
    for (const button of this.bar.querySelectorAll("button[value]")) button.ariaPressed = button.value === tool;
  }

  chooseColor(color) {
    this.color = color;
    const swatches = [...this.root.querySelectorAll("button.swatch")];
    for (const swatch of swatches) swatch.ariaPressed = swatch.value === (color ?? "none");
    this.any.classList.toggle("chosen", !swatches.some((swatch) => swatch.ariaPressed === "true"));
    if (!["brush", "bucket"].includes(this.tool)) this.choose("bucket");
  }

  place(event) {
    const box = this.view.getBoundingClientRect(), factor = this.drawing.size / box.width;
    return [event.clientX - box.left, event.clientY - box.top].map((value) => Math.round(4 * value * factor) / 4);
  }

  down(event) {
    if (event.button || event.target === this.fitButton) return;
    event.preventDefault();
    this.frame.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.fingers.size > 1) return this.abandon();
    const at = this.place(event);
    if (this.tool === "bucket") return this.fill(at);
    const wide = { pen: 1, eraser: 4, brush: 6 }[this.tool];
    const width = Number(this.width.value) * this.drawing.size / 256 * wide;
    this.stroke = { kind: "stroke", tool: this.tool, width, points: at };
    if (this.tool === "brush") this.stroke.color = this.color;
    this.drawing.segment(this.stroke, at, at);
    this.show();
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.fingers.size > 1) return this.pinch(event.pointerId, before);
    if (!this.stroke) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of events.length ? events : [event]) {
      const at = this.place(one);
      this.drawing.segment(this.stroke, this.stroke.points.slice(-2), at);
      this.stroke.points.push(...at);
    }
    this.show();
    this.onChange(false);
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    if (!this.stroke) return;
    const step = this.stroke;
    this.stroke = null;
    this.quiet();
    this.drawing.add(step, true);
    this.changed();
  }

  /** A second finger came down: discard what the first one drew. */
  abandon() {
    if (!this.stroke) return;
    this.stroke = null;
    this.drawing.goTo(this.drawing.done);
    this.show();
    this.onChange(false);
  }

  /** Zoom and pan with two fingers, one of which has moved. */
  pinch(id, before) {
    const [moved, other] = [this.fingers.get(id), [...this.fingers].find(([key]) => key !== id)[1]];
    const spread = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    this.zoom.x += (moved[0] - before[0]) / 2;
    this.zoom.y += (moved[1] - before[1]) / 2;
    this.zoomAt(spread(moved, other) / Math.max(1, spread(before, other)),
      (moved[0] + other[0]) / 2, (moved[1] + other[1]) / 2);
  }

  /** Zoom by a factor around a point of the window. */
  zoomAt(factor, clientX, clientY) {
    const box = this.frame.getBoundingClientRect(), { scale, x, y } = this.zoom;
    const next = Math.min(8, Math.max(1, scale * factor)), [u, v] = [clientX - box.left, clientY - box.top];
    this.zoomTo(next, u - (u - x) * next / scale, v - (v - y) * next / scale);
  }

  zoomTo(scale, x, y) {
    const least = this.frame.clientWidth * (1 - scale), within = (value) => Math.min(0, Math.max(least, value));
    this.zoom = { scale, x: within(x), y: within(y) };
    this.view.style.transform = `translate(${this.zoom.x}px, ${this.zoom.y}px) scale(${scale})`;
    this.fitButton.hidden = scale === 1;
  }

  fill(at) {
    if (this.color !== null && !fillRegion(this.drawing.walls(), this.drawing.size, at)) return this.tell(say("openArea"));
    this.add({ kind: "fill", at, color: this.color });
  }

  /** Add a step to the drawing and show it. */
  add(step) {
    this.quiet();
    this.drawing.add(step);
    this.changed();
  }

  /** Go back or forward by steps. */
  step(by) {
    this.quiet();
    if (this.drawing.goTo(this.drawing.done + by)) this.changed();
  }

  changed() {
    this.show();
    this.onChange(true);
  }

  /** Draw paper, colors, lines and strokes. */
  show() {
    const paper = this.view.getContext("2d"), { size } = this.drawing;
    paper.imageSmoothingEnabled = false;
    paper.drawImage(this.drawing.sheet(), 0, 0, size, size);
    this.undoButton.disabled = this.drawing.done === 0;
    this.redoButton.disabled = this.drawing.done === this.drawing.steps.length;
  }

  /** Add an image's step, in place of the one offered before, with a note about it; the next step accepts it. */
  async offer(step, ...content) {
    await this.drawing.prepare(step);
    if (this.offered) this.drawing.goTo(this.drawing.done - 1);
    this.add(step);
    this.tell(...content);
    this.offered = step;
    this.note.querySelector("button").scrollIntoView({ block: "nearest" });
  }

  /** Hide a message or the note about an offer, unless it stays until it is closed. */
  quiet() {
    this.offered = null;
    if (!this.stays) this.note.hidden = true;
  }

  /** Show a message under the canvas until the next step. */
  tell(...content) {
    this.note.replaceChildren(...content);
    [this.note.hidden, this.stays] = [false, false];
  }

  /** Show a message until it is closed. */
  tellOn(...content) {
    this.tell(...content);
    this.stays = true;
  }
}

/**
 * Runs task(input, signal) for the newest input only: of the inputs that arrive during a run, only the last
 * is used. An urgent input does not wait: it aborts the signal of the running task.
 */
class Latest {
  constructor(task) { Object.assign(this, { task, waiting: null, running: null }); }

  async ask(input, urgent) {
    this.waiting = { input };
    if (this.running) {
      if (urgent) this.running.abort();
      return;
    }
    while (this.waiting) {
      const { input: newest } = this.waiting;
      [this.waiting, this.running] = [null, new AbortController()];
      await this.task(newest, this.running.signal);
    }
    this.running = null;
  }
}
