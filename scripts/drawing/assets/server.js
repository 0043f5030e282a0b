"use strict";
// The generator behind the server of scripts/draw.py.

/** Post to the server; its JSON, or an Error with the line that it answers. */
async function ask(address, type, body, signal) {
  let response, answer;
  try {
    response = await fetch(address, { method: "POST", headers: { "Content-Type": type }, body, signal });
  } catch {
    throw new Error(say("noServer"));
  }
  try { answer = await response.json(); } catch { answer = {}; }
  if (!response.ok) throw new Error(say("serverSaid", answer.error || response.status));
  return answer;
}

/** A layer at the generator's side as a PNG's URL; null if nothing is on it. */
function layerUrl(layer, side) {
  return alphaOf(layer).some(Boolean) ? drawn(layer.canvas, side).toDataURL() : null;
}

const BACKEND = {
  own: false,
  kinds: SITE.kinds,
  samples: [1, 2, 4, 8],
  async start() {},
  reads: (file) => /tiff?$/i.test(file.name || file.type) || (SITE.heic && /hei[cf]$/i.test(file.name || file.type)),
  understand: (blob, kind) => ask(`draw/lines?kind=${kind}`, "application/octet-stream", blob),
  async generate(drawing, settings, signal) {
    const { side } = drawing, ink = drawn(drawing.ink.canvas);
    const paper = makeLayer(drawing.size);
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, drawing.size, drawing.size);
    paper.drawImage(ink, 0, 0);
    const body = { ...settings, ink: paper.canvas.toDataURL(), lines: layerUrl(drawing.lines, side), colors: layerUrl(drawing.colors, side) };
    return ask("draw/generate", "application/json", JSON.stringify(body), signal);
  },
};
