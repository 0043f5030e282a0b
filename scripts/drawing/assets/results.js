"use strict";
// The generated images beside the canvas, saving and sharing.

class Results {
  constructor(root, drawing) {
    Object.assign(this, { root, drawing, made: [], lines: null });
    this.images = makeElement("div", { className: "result-images" });
    this.status = makeElement("p", { className: "result-status", attributes: { role: "status" } });
    this.seen = makeElement("img", { className: "result-seen", hidden: true, alt: say("sees") });
    this.saves = this.buildSaves();
    root.replaceChildren(this.images, makeElement("div", { className: "result-side" }, this.status, this.saves), this.seen);
    root.dataset.count = 0;
    this.say(say("intro"));
  }

  buildSaves() {
    const choice = (label, options) => {
      const select = makeElement("select", {}, ...options.map(([value, text]) => makeElement("option", { value, textContent: text })));
      return [select, makeElement("label", {}, `${label} `, select)];
    };
    const sizes = [1, 2, 4].map((times) => times * SITE.side).map((px) => [px, say(px === SITE.side ? "asMade" : "enlarged", px)]);
    const kinds = ["image", "drawing", "both", "svg"].map((key) => [key, say(key)]);
    const [what, whatLabel] = choice(say("what"), kinds), [size, sizeLabel] = choice(say("size"), sizes);
    this.clear = makeElement("input", { type: "checkbox" });
    Object.assign(this, { what, size });
    const clearLabel = makeElement("label", {}, this.clear, ` ${say("clearGround")}`);
    what.onchange = () => { clearLabel.hidden = what.value === "svg"; sizeLabel.hidden = ["svg", "drawing"].includes(what.value); };
    const save = makeElement("button", { type: "button", className: "save", textContent: say("save"), onclick: () => this.save() });
    const share = makeElement("button", { type: "button", textContent: say("share"), onclick: () => this.save(true) });
    share.hidden = !navigator.canShare || !navigator.canShare({ files: [new File(["x"], "x.png", { type: "image/png" })] });
    return makeElement("div", { className: "result-saves", hidden: true }, save, share,
      makeElement("details", {}, makeElement("summary", { textContent: say("as") }), whatLabel, sizeLabel, clearLabel));
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

  /** Show nothing but a message. */
  nothing(text) {
    this.made = [];
    this.images.replaceChildren();
    this.saves.hidden = true;
    this.say(text);
  }

  say(text) { this.status.textContent = text; }

  /** What the visitor chose to save: [blob, file name] of each file. */
  async files() {
    const what = this.what.value, size = Number(this.size.value), clear = this.clear.checked;
    if (what === "svg") return [[new Blob([this.drawing.svg()], { type: "image/svg+xml" }), fileName("drawing", "svg")]];
    const sheet = (px) => this.drawing.sheet(clear ? null : "#fff", px);
    if (what === "drawing") return [[await blobOf(sheet(this.drawing.size)), fileName("drawing", "png")]];
    const files = [];
    for (const [i, image] of this.made.entries()) {
      const base = drawn(image), large = await enlarge(clear ? withoutGround(base, this.drawing) : base, size);
      const canvas = what === "both" ? sideBySide(sheet(size), large, size) : large;
      const number = this.made.length > 1 ? `-${i + 1}` : "";
      files.push([await blobOf(canvas), fileName(`${what === "both" ? "drawing-and-image" : "image"}${number}`, "png")]);
    }
    return files;
  }

  async save(share = false) {
    const before = this.status.textContent;
    if (Number(this.size.value) > SITE.side) this.say(say("enlarging"));
    const files = await this.files();
    this.say(before);
    if (!share) return files.forEach(([blob, name]) => download(blob, name));
    const shared = files.map(([blob, name]) => new File([blob], name, { type: blob.type }));
    await navigator.share({ files: shared, title: document.title }).catch(() => {});
  }
}

/** A square image at another size. */
async function enlarge(canvas, size) {
  const layer = makeLayer(size);
  layer.imageSmoothingQuality = "high";
  layer.drawImage(canvas, 0, 0, size, size);
  return layer.canvas;
}

/** A page of several drawings and their images, in one file: rows of {name, drawing, lines, image} (URLs). */
function galleryPage(rows, notUsed) {
  const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const title = say("galleryTitle", rows.length);
  const cell = (url, caption) => `<figure><img src="${url}" alt="${escaped(caption)}"><figcaption>${escaped(caption)}</figcaption></figure>`;
  const cards = rows.map((row) => `<article><h2>${escaped(row.name)}</h2><div>`
    + `${cell(row.drawing, say("drawing"))}${cell(row.lines, say("sees"))}${cell(row.image, say("image"))}</div></article>`);
  const style = "body{font:16px/1.5 system-ui,sans-serif;margin:24px;background:#fff;color:#1f2937}h1{margin:0 0 12px}"
    + "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:18px}"
    + "article{break-inside:avoid;border:1px solid #d1d5db;border-radius:8px;padding:10px}h2{font-size:17px;margin:0 0 6px}"
    + "article div{display:grid;grid-template-columns:repeat(3,1fr);gap:6px}figure{margin:0}img{width:100%;aspect-ratio:1;"
    + "object-fit:contain;background:#f3f4f6}figcaption{font-size:13px;color:#4b5563}@media print{body{margin:0}"
    + "main{grid-template-columns:1fr 1fr;gap:8px}@page{margin:12mm}}";
  const problems = notUsed.length ? `<p>${say("notUsed", escaped(notUsed.join("; ")))}</p>` : "";
  return `<!DOCTYPE html><html lang="${LANGUAGE}"><head><meta charset="utf-8"><meta name="viewport" `
    + `content="width=device-width, initial-scale=1"><title>${title}</title><style>${style}</style></head>`
    + `<body><h1>${title}</h1>${problems}<main>${cards.join("")}</main></body></html>\n`;
}
