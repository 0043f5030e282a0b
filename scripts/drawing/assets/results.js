"use strict";
// The generated images next to the canvas, saving and sharing; galleries of several drawings.

class Results {
  /** detail(i): a canvas with image i, generated at twice the generator's size. */
  constructor(root, drawing, detail) {
    Object.assign(this, { root, drawing, detail, made: [], lines: null });
    this.images = makeElement("div", { className: "result-images" });
    this.status = makeElement("p", { className: "result-status", attributes: { role: "status" } });
    this.seen = makeElement("img", { className: "result-seen", hidden: true, alt: say("sees") });
    this.saves = this.buildSaves();
    root.replaceChildren(this.images, makeElement("div", { className: "result-side" }, this.status, this.saves), this.seen);
    root.dataset.count = 0;
    this.say(say("intro"));
  }

  buildSaves() {
    const kinds = ["image", "drawing", "both", "svg"].map((key) => [key, say(key)]);
    const sizes = [[1, "asMade"], [2, "finer"], [4, "enlarged"]].map(([times, key]) => [times * SITE.side, say(key, times * SITE.side)]);
    const what = makeChoice("what", kinds, (value) => { clear.hidden = value === "svg"; size.hidden = ["svg", "drawing"].includes(value); });
    const size = makeChoice("size", sizes), clear = makeCheck("clearGround");
    [this.what, this.size, this.clear] = [what, size, clear].map((label) => label.querySelector("select, input"));
    const share = makeButton("share", () => this.save(true));
    share.hidden = !navigator.canShare || !navigator.canShare({ files: [new File(["x"], "x.png", { type: "image/png" })] });
    const as = makeElement("details", {}, makeElement("summary", { textContent: say("as") }), makeElement("div", {}, what, size, clear));
    addEventListener("pointerdown", (event) => { if (!as.contains(event.target)) as.open = false; });
    return makeElement("div", { className: "result-saves", hidden: true }, makeButton("save", () => this.save(), { className: "save" }), share, as);
  }

  /** Show images (URLs) for the generator's input (a URL); since: performance.now() when the last stroke ended, or null. */
  async show(urls, lines, since) {
    const made = await Promise.all(urls.map(decoded));
    made.forEach((image, i) => { image.alt = say("generated", i + 1); });
    [this.made, this.lines, this.seen.src] = [made, lines, lines];
    this.images.replaceChildren(...made);
    this.images.style.setProperty("--columns", Math.ceil(Math.sqrt(urls.length)));
    this.saves.hidden = false;
    this.say("");
    this.root.dataset.ms = since === null ? "" : performance.now() - since;
    this.root.dataset.count = Number(this.root.dataset.count) + 1;
  }

  /** Show only a message. */
  nothing(text) {
    this.made = [];
    this.images.replaceChildren();
    this.saves.hidden = true;
    this.say(text);
  }

  say(text) { this.status.textContent = text; }

  /** The visitor's choice of files to save: [blob, file name] of each. */
  async files() {
    const what = this.what.value, size = Number(this.size.value), clear = this.clear.checked;
    if (what === "svg") return [[new Blob([this.drawing.svg()], { type: "image/svg+xml" }), fileName("drawing", "svg")]];
    const sheet = (px) => this.drawing.sheet(clear ? null : "#fff", px);
    if (what === "drawing") return [[await blobOf(sheet(this.drawing.size)), fileName("drawing", "png")]];
    const files = [];
    for (const [i, image] of this.made.entries()) {
      let canvas = size > SITE.side ? finer(image, await this.detail(i)) : drawn(image);
      canvas = scaled(clear ? withoutGround(canvas, this.drawing) : canvas, size);
      if (what === "both") canvas = sideBySide(sheet(size), canvas, size);
      const number = this.made.length > 1 ? `-${i + 1}` : "";
      files.push([await blobOf(canvas), fileName(`${what === "both" ? "drawing-and-image" : "image"}${number}`, "png")]);
    }
    return files;
  }

  async save(share = false) {
    const before = this.status.textContent;
    if (Number(this.size.value) > SITE.side) this.say(say("enlarging"));
    try {
      const files = await this.files();
      this.say(before);
      if (!share) return files.forEach(([blob, name]) => download(blob, name));
      const shared = files.map(([blob, name]) => new File([blob], name, { type: blob.type }));
      await navigator.share({ files: shared, title: document.title }).catch(() => {});
    } catch (error) {
      this.say(say("failed", error.message));
    }
  }
}

/** A page with several drawings and their images in one file: rows of {name, drawing, lines, image} (URLs). */
function galleryPage(rows, notUsed) {
  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const title = say("galleryTitle", rows.length);
  const cell = (url, caption) => `<figure><img src="${url}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`;
  const cards = rows.map((row) => `<article><h2 contenteditable>${escaped(row.name)}</h2><div>`
    + `${cell(row.drawing, say("drawing"))}${cell(row.lines, say("input"))}${cell(row.image, say("image"))}</div></article>`);
  const style = "body{font:16px/1.5 system-ui,sans-serif;margin:24px;background:#fff;color:#1f2937}h1{margin:0 0 12px}"
    + "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:18px}"
    + "article{break-inside:avoid;border:1px solid #d1d5db;border-radius:8px;padding:10px}h2{font-size:17px;margin:0 0 6px}"
    + "article div{display:grid;grid-template-columns:repeat(3,1fr);gap:6px}figure{margin:0}img{width:100%;aspect-ratio:1;"
    + "object-fit:contain;background:#f3f4f6}figcaption{font-size:13px;color:#4b5563}@media print{body{margin:0}.hint{display:none}"
    + "main{grid-template-columns:1fr 1fr;gap:8px}@page{margin:12mm}}";
  const problems = notUsed.length ? `<p>${say("notUsed", escaped(notUsed.join("; ")))}</p>` : "";
  return `<!DOCTYPE html><html lang="${LANGUAGE}"><head><meta charset="utf-8"><meta name="viewport" `
    + `content="width=device-width, initial-scale=1"><title>${title}</title><style>${style}</style></head>`
    + `<body><h1 contenteditable>${title}</h1><p class="hint">${say("editable")}</p>${problems}<main>${cards.join("")}</main></body></html>\n`;
}
