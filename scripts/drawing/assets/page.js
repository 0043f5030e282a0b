"use strict";
// The page: canvas, results and settings around a BACKEND, which is the server of draw.py or the visitor's browser.

class Page {
  constructor() {
    const { side, scale, colors } = SITE;
    document.documentElement.lang = LANGUAGE;
    document.title = SITE.title || say("title");
    document.querySelector("h1").textContent = document.title;
    document.querySelector("h1 + p").textContent = SITE.text ?? (BACKEND.own ? say("introWeb") : "");
    this.settings = { samples: 1, first: 0, epoch: SITE.epoch, thin: true, dropout: true };
    this.latest = new Latest((since, signal) => this.generate(since, signal));
    this.canvas = new DrawingCanvas(document.querySelector(".drawing"), {
      side, scale, withColors: colors, onChange: (ended) => this.changed(ended),
    });
    this.results = new Results(document.querySelector(".results"), this.canvas.drawing);
    this.sources();
    this.controls(document.querySelector(".controls"));
    this.drops();
  }

  get drawing() { return this.canvas.drawing; }

  /** Load the generator, bring the last drawing back. */
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
    if (this.drawing.blank) return this.results.nothing(say("blank"));
    try {
      const { images, lines } = await BACKEND.generate(this.drawing, this.settings, signal);
      if (images.length) await this.results.show(images, lines, since);
      else this.results.nothing(say("short"));
    } catch (error) {
      if (!signal.aborted) this.results.say(say("failed", error.message));
    }
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
      return this.drawing.goTo(0); // of another version of the page
    }
    this.canvas.show();
    this.canvas.tell(makeElement("span", { textContent: say("back") }), this.button("anew", () => this.canvas.add({ kind: "clear" })));
  }

  // Images as input.

  button(key, onclick) { return makeElement("button", { type: "button", textContent: say(key), onclick }); }

  sources() {
    const input = (attributes) => makeElement("input", { type: "file", hidden: true, attributes,
      onchange: (event) => { this.take([...event.target.files]); event.target.value = ""; } });
    const accept = `image/*,.heic,.heif,.svg${BACKEND.own ? "" : ",.tif,.tiff"}`;
    const open = input({ accept, multiple: "" }), camera = input({ accept: "image/*", capture: "environment" });
    const cameraButton = this.button("camera", () => camera.click());
    cameraButton.classList.add("touch-only");
    const example = (url, i) => makeElement("button", { type: "button", attributes: { "aria-label": say("example", i + 1) },
      onclick: async () => this.use(await this.understand(await (await fetch(url)).blob())) },
      makeElement("img", { src: url, alt: "", width: 56, height: 56 }));
    document.querySelector(".drawing").append(makeElement("div", { className: "drawing-sources" },
      this.button("open", () => open.click()), cameraButton, open, camera,
      makeElement("div", { className: "drawing-examples" }, ...SITE.examples.map(example))));
  }

  /** The whole page takes drops, and pastes. */
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
      const { blob, canvas } = await readImage(files[0]);
      await this.offer(await this.understand(blob), { blob, canvas });
    } catch (error) {
      this.canvas.tell(error.message);
    }
  }

  /** What an image's file shows, as the generator's input (a URL), and the kind of image that was recognised. */
  async understand(blob, kind = "auto") {
    const found = await BACKEND.understand(blob, kind);
    if (found.blank) throw new Error(say("noLines"));
    return found;
  }

  async use(found) { this.canvas.add(await this.drawing.prepare(await stepOf(found.input, SITE.colors))); }

  /** Show what was understood beside the original; it can be cropped, be taken for another kind, lose short lines. */
  async offer(found, { blob, canvas }) {
    const kinds = makeElement("select", {}, ...BACKEND.kinds.map((value) => makeElement("option",
      { value, textContent: say(value), selected: value === found.kind })));
    const least = makeElement("input", { type: "range", min: 0, max: 40, value: 0, attributes: { "aria-label": say("keepLines") } });
    const original = canvas ? this.cropper(canvas, async (part) => {
      const some = await blobOf(drawn(canvas, MOST_PX, part), "image/png");
      renew(some, kinds.value);
    }) : "";
    const renew = async (some, kind) => {
      try {
        this.offer(await this.understand(some, kind), { blob: some, canvas });
      } catch (error) {
        this.canvas.tell(error.message);
      }
    };
    kinds.onchange = () => renew(blob, kinds.value);
    const show = async () => this.canvas.offer(await stepOf(found.input, SITE.colors, Number(least.value)), original,
      makeElement("div", {}, makeElement("p", { textContent: say("found", say(found.kind)) }),
        this.button("use", () => this.canvas.offered.use()), this.button("cancel", () => this.canvas.quiet()),
        makeElement("label", {}, `${say("kind")} `, kinds), makeElement("label", {}, `${say("keepLines")} `, least)));
    least.onchange = show;
    await show();
  }

  /** The original, small; dragging over it calls onPart([x, y, width, height]) in its pixels. */
  cropper(canvas, onPart) {
    const small = drawn(canvas, 280), factor = canvas.width / small.width;
    Object.assign(small, { className: "crop", title: say("cropHint") });
    for (const [name, value] of [["role", "img"], ["aria-label", say("original")]]) small.setAttribute(name, value);
    const plain = drawn(small), paper = small.getContext("2d");
    const place = (event) => {
      const box = small.getBoundingClientRect();
      return [(event.clientX - box.left) * small.width / box.width, (event.clientY - box.top) * small.height / box.height];
    };
    let from = null, part = null;
    small.onpointerdown = (event) => { small.setPointerCapture(event.pointerId); from = place(event); };
    small.onpointermove = (event) => {
      if (!from) return;
      const to = place(event).map((value, i) => Math.min(i ? small.height : small.width, Math.max(0, value)));
      part = [...[0, 1].map((i) => Math.min(from[i], to[i])), ...[0, 1].map((i) => Math.abs(from[i] - to[i]))];
      paper.drawImage(plain, 0, 0);
      paper.lineWidth = 2;
      paper.strokeStyle = "#2563eb";
      paper.strokeRect(...part);
    };
    small.onpointerup = () => {
      from = null;
      if (part && Math.min(part[2], part[3]) > 8) onPart(part.map((value) => value * factor));
    };
    return makeElement("div", {}, small, makeElement("small", { textContent: say("cropHint") }));
  }

  /** Generate from many files, and give a gallery back. */
  async many(files) {
    const rows = [], notUsed = [];
    let stopped = false;
    for (const [i, file] of files.entries()) {
      this.canvas.tell(makeElement("span", { textContent: say("many", i + 1, files.length, file.name) }),
        this.button("cancel", () => { stopped = true; }));
      if (stopped) break;
      try {
        const { blob, canvas } = await readImage(file), found = await this.understand(blob);
        const one = new Drawing(SITE.side, SITE.scale);
        one.add(await one.prepare(await stepOf(found.input, SITE.colors)));
        const { images, lines } = await BACKEND.generate(one, { ...this.settings, samples: 1 });
        const drawing = canvas ? drawn(canvas, 512).toDataURL("image/jpeg", 0.9) : lines;
        rows.push({ name: file.name.replace(/\.[^.]+$/, ""), drawing, lines, image: images[0] });
      } catch (error) {
        notUsed.push(`${file.name}: ${error.message}`);
      }
    }
    const page = new Blob([galleryPage(rows, notUsed)], { type: "text/html" }), url = URL.createObjectURL(page);
    this.canvas.tell(makeElement("span", { textContent: say("ready", rows.length, files.length) }),
      this.button("openGallery", () => open(url)), this.button("saveGallery", () => download(page, fileName("gallery", "html"))),
      ...notUsed.map((line) => makeElement("small", { textContent: line })));
  }

  // Settings. What does nothing for this generator is not there.

  controls(root) {
    const noise = Array.isArray(SITE.noise) ? SITE.noise.length > 0 : SITE.noise;
    const set = (key, value) => { this.settings[key] = value; this.again(); };
    const check = (key, onchange, checked) => makeElement("label", {}, makeElement("input",
      { type: "checkbox", checked, onchange: (event) => onchange(event.target.checked) }), ` ${say(key)}`);
    const choice = (key, values, onchange, chosen) => makeElement("label", {}, `${say(key)} `, makeElement("select",
      { onchange: (event) => onchange(event.target.value) },
      ...values.map((value) => makeElement("option", { value, textContent: value, selected: value === chosen }))));
    const more = this.button(noise ? "more" : "again", () => set("first", this.settings.first + this.settings.samples));
    const samples = choice("samples", BACKEND.samples, (value) => set("samples", Number(value)), 1);
    const variants = makeElement("div", { className: "variants", hidden: !noise && !SITE.dropout }, more, samples);
    const edgeMap = makeElement("button", { type: "button", textContent: say("lines"),
      onclick: async () => { if (this.results.lines) download(await (await fetch(this.results.lines)).blob(), fileName("edges", "png")); } });
    const advanced = [check("thin", (value) => set("thin", value), true),
      check("sees", (value) => { this.results.seen.hidden = !value; }, false), edgeMap];
    if (SITE.dropout) {
      advanced.push(check("dropout", (value) => { set("dropout", value); variants.hidden = !noise && !value; }, true));
    }
    if ((SITE.epochs || []).length > 1) advanced.push(choice("epoch", SITE.epochs, (value) => set("epoch", value), SITE.epoch));
    root.append(variants, makeElement("details", {}, makeElement("summary", { textContent: say("advanced") }), ...advanced));
  }
}

window.drawPage = new Page();
window.drawPage.start();
