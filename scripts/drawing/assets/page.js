"use strict";
// The page: canvas, results and settings. The BACKEND is the server of draw.py or the visitor's browser.

class Page {
  constructor() {
    const { side, scale, colors } = SITE;
    document.documentElement.lang = LANGUAGE;
    document.title = SITE.title || say("title");
    document.querySelector("h1").textContent = document.title;
    document.querySelector("h1 + p").textContent = SITE.text ?? (BACKEND.own ? say("introWeb") : "");
    this.settings = { samples: 1, first: 0, epoch: SITE.epoch, thin: true, coat: true, dropout: true };
    this.latest = new Latest((since, signal) => this.generate(since, signal));
    this.canvas = new DrawingCanvas(document.querySelector(".drawing"), {
      side, scale, withColors: colors, onChange: (ended) => this.changed(ended),
    });
    this.results = new Results(document.querySelector(".results"), this.canvas.drawing, (i) => this.detail(i));
    this.sources();
    this.controls(document.querySelector(".controls"));
    this.drops();
  }

  get drawing() { return this.canvas.drawing; }

  /** Load the generator and restore the last drawing. */
  async start() {
    await this.restore();
    try {
      await BACKEND.start((text) => this.results.say(text));
    } catch (error) {
      return this.results.say(say("notLoaded", error.message));
    }
    document.documentElement.dataset.ready = "1";
    this.results.say(say("intro"));
    if (!this.drawing.blank) this.again();
  }

  // Generating.

  again() { this.latest.ask(performance.now()); }

  changed(ended) {
    if (ended) this.keep();
    this.latest.ask(ended ? performance.now() : null, ended);
  }

  async generate(since, signal) {
    if (!document.documentElement.dataset.ready) return;
    const input = inputOf(this.drawing, this.settings, SITE.side);
    if (!input) return this.results.nothing(say(this.drawing.blank ? "blank" : "short"));
    try {
      await this.results.show(await BACKEND.run(input, SITE.side, this.settings, signal), urlOf(input, SITE.side), since);
    } catch (error) {
      if (!signal.aborted) this.results.say(say("failed", error.message));
    }
  }

  /** Image i at twice the generator's size. */
  async detail(i) {
    const side = 2 * SITE.side, settings = { ...this.settings, first: this.settings.first + i, samples: 1 };
    const [url] = await BACKEND.run(inputOf(this.drawing, this.settings, side), side, settings);
    return drawn(await decoded(url));
  }

  // Keeping the drawing in the browser.

  get place() { return `drawing ${location.pathname} ${SITE.side}`; }

  keep() {
    const { steps, done } = this.drawing;
    try {
      localStorage.setItem(this.place, JSON.stringify({ steps, done }));
    } catch {
      this.canvas.tell(say("full"));
    }
  }

  async restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.place) || "null");
      if (!kept || !kept.done) return;
      for (const step of kept.steps) await this.drawing.prepare(step);
      this.drawing.steps = kept.steps;
      this.drawing.goTo(kept.done);
    } catch {
      return this.drawing.goTo(0); // saved by another version of the page
    }
    this.canvas.show();
    this.canvas.tell(makeElement("span", { textContent: say("back") }), makeButton("anew", () => this.canvas.add({ kind: "clear" })));
  }

  // Images as input.

  sources() {
    const input = (attributes) => makeElement("input", { type: "file", hidden: true, attributes,
      onchange: (event) => { this.take([...event.target.files]); event.target.value = ""; } });
    const accept = `image/*,.heic,.heif,.svg${BACKEND.own ? "" : ",.tif,.tiff"}`;
    const open = input({ accept, multiple: "" }), camera = input({ accept: "image/*", capture: "environment" });
    const example = ({ image, input }, i) => makeElement("button", { type: "button", attributes: { "aria-label": say("example", i + 1) },
      onclick: async () => this.canvas.add(await this.drawing.prepare(await stepOf(input, SITE.colors))) },
      makeElement("img", { src: image, alt: "", width: 56, height: 56 }));
    document.querySelector(".drawing").append(makeElement("div", { className: "drawing-sources" },
      makeButton("open", () => open.click()), makeButton("camera", () => camera.click(), { className: "touch-only" }), open, camera,
      makeElement("div", { className: "drawing-examples" }, ...SITE.examples.map(example))));
  }

  /** Accept dropped and pasted files anywhere on the page. */
  drops() {
    const sign = makeElement("div", { className: "drop-sign", textContent: say("drop"), hidden: true });
    document.body.append(sign);
    const over = (event, shown) => { event.preventDefault(); sign.hidden = !shown; };
    addEventListener("dragover", (event) => over(event, [...event.dataTransfer.types].includes("Files")));
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(event, false); });
    addEventListener("drop", async (event) => {
      over(event, false);
      this.take(await filesOf(event.dataTransfer));
    });
    addEventListener("paste", (event) => {
      const pasted = [...(event.clipboardData ? event.clipboardData.files : [])];
      if (pasted.length) { event.preventDefault(); this.take(pasted); }
    });
  }

  async take(files) {
    if (files.length > 1) return this.many(files);
    if (!files.length) return;
    this.canvas.tell(say("reading"));
    try {
      this.opened = await readImage(files[0]);
      await this.offer(this.opened.blob, this.opened.canvas);
    } catch (error) {
      this.canvas.tell(error.message);
    }
  }

  /** How an image file was read: {input (a URL), kind, colored (whether it may have colors), sheet, frame}. */
  async understand(blob, kind = "auto") {
    const found = await BACKEND.understand(blob, kind, (text) => this.canvas.tell(text));
    if (found.blank) throw Object.assign(new Error(say("noLines")), { kind: found.kind });
    return { ...found, colored: SITE.colors && found.kind !== "edges" };
  }

  /** Show how an image was read next to it; the user can crop it, change its kind, and remove short lines. */
  async offer(blob, canvas, kind = "auto") {
    const kinds = (chosen) => makeChoice("kind", BACKEND.kinds.map((value) => [value, say(value)]), (value) => this.offer(blob, canvas, value), chosen);
    this.canvas.tell(say("reading"));
    let found;
    try {
      found = await this.understand(blob, kind);
    } catch (error) {
      return this.canvas.tell(makeElement("p", { textContent: error.message }), error.kind ? kinds(error.kind) : "");
    }
    const kept = makeElement("input", { type: "range", min: -40, max: 0, value: 0, attributes: { "aria-label": say("keepLines") } });
    const original = canvas ? this.cropper(canvas, found, async (part) => {
      const some = drawn(canvas, 1e9, part);
      this.offer(await blobOf(some), some, found.kind);
    }) : "";
    const whole = makeButton("whole", () => this.offer(this.opened.blob, this.opened.canvas, found.kind));
    whole.hidden = blob === this.opened.blob;
    // The buttons come first: what is below them may lie below the window.
    const content = [original, makeElement("div", {},
      makeButton("use", () => this.canvas.quiet(), { className: "save" }), makeButton("cancel", () => this.canvas.step(-1)), whole,
      makeElement("p", { textContent: say(found.coat ? "coated" : "found") }), kinds(found.kind),
      makeElement("label", {}, `${say("keepLines")} `, kept))];
    const show = async () => this.canvas.offer(await stepOf(found.input, found.colored, -Number(kept.value)), ...content);
    kept.onchange = show;
    await show();
  }

  /** The original at a small size with its sheet and frame; dragging calls onPart([x, y, width, height]) in its pixels. */
  cropper(canvas, { sheet, frame }, onPart) {
    const small = drawn(canvas, 280), factor = canvas.width / small.width, paper = small.getContext("2d");
    Object.assign(small, { className: "crop", title: say("cropHint") });
    for (const [name, value] of [["role", "img"], ["aria-label", say("original")]]) small.setAttribute(name, value);
    const outline = (corners, color) => {
      if (!corners) return;
      paper.beginPath();
      for (const [x, y] of corners) paper.lineTo(x * small.width, y * small.height);
      paper.closePath();
      [paper.lineWidth, paper.strokeStyle] = [3, color];
      paper.stroke();
    };
    outline(sheet, "#2563eb");
    outline(frame, "#d97706");
    const plain = drawn(small), keys = [["sheet", sheet], ["frame", frame]].filter(([, corners]) => corners);
    const place = (event) => {
      const box = small.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((value) => Math.min(1, Math.max(0, value)));
    };
    let from = null, part = null;
    small.onpointerdown = (event) => { small.setPointerCapture(event.pointerId); from = place(event); };
    small.onpointermove = (event) => {
      if (!from) return;
      const [x, y] = place(event), [left, top] = [Math.min(x, from[0]), Math.min(y, from[1])];
      part = [left, top, Math.abs(x - from[0]), Math.abs(y - from[1])].map((share, i) => share * [small.width, small.height][i % 2]);
      paper.drawImage(plain, 0, 0);
      outline([[0, 0], [1, 0], [1, 1], [0, 1]].map(([u, v]) => [left + u * part[2] / small.width, top + v * part[3] / small.height]), "#dc2626");
    };
    small.onpointerup = () => {
      from = null;
      if (part && Math.min(part[2], part[3]) > 8) onPart(part.map((value) => value * factor));
    };
    return makeElement("div", { className: "original" }, small, ...keys.map(([key]) => makeElement("small", { className: key, textContent: say(key) })),
      makeElement("small", { textContent: say("cropHint") }));
  }

  /** Generate from many files and offer a gallery. */
  async many(files) {
    const rows = [], notUsed = [];
    let stopped = false;
    for (const [i, file] of files.entries()) {
      this.canvas.tellOn(makeElement("span", { textContent: say("many", i + 1, files.length, file.name) }),
        makeButton("cancel", () => { stopped = true; }));
      if (stopped) break;
      try {
        const { blob, canvas } = await readImage(file), { input, colored } = await this.understand(blob), one = new Drawing(SITE.side, SITE.scale);
        one.add(await one.prepare(await stepOf(input, colored)));
        const [image] = await BACKEND.run(inputOf(one, this.settings, SITE.side), SITE.side, { ...this.settings, samples: 1 });
        rows.push({ name: file.name.replace(/\.[^.]+$/, ""), drawing: canvas ? drawn(canvas, 512).toDataURL("image/jpeg", 0.9) : input, lines: input, image });
      } catch (error) {
        notUsed.push(`${file.name}: ${error.message}`);
      }
    }
    const page = new Blob([galleryPage(rows, notUsed)], { type: "text/html" }), url = URL.createObjectURL(page);
    const shown = () => { const view = open(url); view.onload = () => view.print(); };
    const buttons = [makeButton("openGallery", () => open(url), { className: "save" }), makeButton("print", shown),
      makeButton("saveGallery", () => download(page, fileName("gallery", "html")))];
    const close = makeButton("close", () => { this.canvas.stays = false; this.canvas.quiet(); });
    this.canvas.tellOn(makeElement("span", { textContent: say("ready", rows.length, files.length) }), ...(rows.length ? buttons : []), close,
      ...notUsed.map((line) => makeElement("p", { textContent: line })));
  }

  // Settings. Those without effect for this generator are hidden.

  controls(root) {
    const noise = Array.isArray(SITE.noise) ? SITE.noise.length > 0 : SITE.noise;
    const set = (key, value) => { this.settings[key] = value; this.again(); };
    const both = (values) => values.map((value) => [value, value]);
    const variants = makeElement("div", { className: "variants", hidden: !noise && !SITE.dropout },
      makeButton(noise ? "more" : "again", () => set("first", this.settings.first + this.settings.samples)),
      makeChoice("samples", both(BACKEND.samples), (value) => set("samples", Number(value))));
    const edgeMap = makeButton("lines", async () => {
      if (this.results.lines) download(await (await fetch(this.results.lines)).blob(), fileName("edges", "png"));
    });
    const advanced = [makeCheck("thin", (value) => set("thin", value), true),
      makeCheck("sees", (value) => { this.results.seen.hidden = !value; }, false), edgeMap];
    if (SITE.colors) advanced.push(makeCheck("coat", (value) => set("coat", value), true));
    if (SITE.dropout) {
      advanced.push(makeCheck("dropout", (value) => { set("dropout", value); variants.hidden = !noise && !value; }, true));
    }
    if (!noise) advanced.push(variants); // dropout hardly changes an image
    if ((SITE.epochs || []).length > 1) advanced.push(makeChoice("epoch", both(SITE.epochs), (value) => set("epoch", value), SITE.epoch));
    const link = makeButton("copyLink", async () => {
      try { await navigator.clipboard.writeText(location.href); this.canvas.tell(say("copied")); } catch { this.canvas.tell(location.href); }
    });
    link.hidden = !BACKEND.own;
    if (!BACKEND.own) advanced.push(makeElement("p", { textContent: say("publish", SITE.name) }));
    root.append(noise ? variants : "", link, makeElement("details", {}, makeElement("summary", { textContent: say("advanced") }), ...advanced));
  }
}

window.drawPage = new Page();
window.drawPage.start();
