"use strict";
// The generated images beside the canvas, with what can be saved. Shared like canvas.js.

/** Grey values (side * side) as a PNG's data URL. */
function greyToUrl(values, side) {
  const layer = makeLayer(side);
  const image = layer.createImageData(side, side);
  values.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  layer.putImageData(image, 0, 0);
  return layer.canvas.toDataURL("image/png");
}

/** Grey values (side * side) of an image that a URL names. */
async function urlToGrey(url, side) {
  const image = makeElement("img", { src: url });
  await image.decode();
  const layer = makeLayer(side);
  layer.drawImage(image, 0, 0);
  const { data } = layer.getImageData(0, 0, side, side);
  return Uint8Array.from({ length: side * side }, (_, i) => data[4 * i]);
}

/** A strip of example drawings; choosing one calls onChoose(url). */
function makeExamples(urls, onChoose) {
  const button = (url, i) => makeElement("button", { type: "button", onclick: () => onChoose(url) },
    makeElement("img", { src: url, alt: `Example ${i + 1}`, width: 56, height: 56 }));
  return makeElement("div", { className: "drawing-examples" }, ...urls.map(button));
}

class Results {
  constructor(root) {
    this.root = root;
    this.images = makeElement("div", { className: "result-images" });
    this.status = makeElement("p", { className: "result-status" });
    this.status.setAttribute("role", "status");
    this.saves = makeElement("p", { className: "result-saves", hidden: true });
    root.replaceChildren(this.images, this.status, this.saves);
    root.dataset.count = 0;
    this.say("Draw an animal: the image follows your strokes.");
  }

  /** Show images (URLs) for lines (a URL); since: performance.now() when the last stroke ended, or null. */
  async show(urls, lines, since) {
    const made = urls.map((src, i) => makeElement("img", { src, alt: `Generated image ${i + 1}` }));
    await Promise.all(made.map((image) => image.decode()));
    this.images.replaceChildren(...made);
    this.images.style.setProperty("--columns", Math.ceil(Math.sqrt(urls.length)));
    const link = (href, name, text) => makeElement("a", { href, download: name, textContent: text });
    const saves = urls.map((url, i) => link(url, `generated${urls.length > 1 ? i + 1 : ""}.png`,
      urls.length > 1 ? `image ${i + 1}` : "image"));
    this.saves.replaceChildren("Save ", ...saves.flatMap((one) => [one, " · "]), link(lines, "drawing.png", "drawing"));
    this.saves.hidden = false;
    const took = since === null ? null : performance.now() - since;
    this.say(took === null ? "" : `${Math.round(took)} ms from the end of the stroke`);
    this.root.dataset.ms = took ?? "";
    this.root.dataset.count = Number(this.root.dataset.count) + 1;
  }

  /** Show nothing but a message. */
  nothing(text) {
    this.images.replaceChildren();
    this.saves.hidden = true;
    this.say(text);
  }

  say(text) { this.status.textContent = text; }
}
