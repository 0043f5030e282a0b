"use strict";
// What ties canvas and results to the server of scripts/draw.py.

/** Post to the server; its JSON, or an Error with the line that it answers. */
async function ask(address, type, body) {
  let response, answer;
  try {
    response = await fetch(address, { method: "POST", headers: { "Content-Type": type }, body });
  } catch {
    throw new Error("the server does not answer: is draw.py still running?");
  }
  try { answer = await response.json(); } catch { answer = {}; }
  if (!response.ok) throw new Error(answer.error || `the server answered ${response.status}`);
  return answer;
}

function startDrawing(element, { side, scale, examples, epoch }) {
  const root = element.querySelector(".drawing");
  const results = new Results(element.querySelector(".results"));
  const settings = { samples: 1, first: 0, epoch, thin: true, dropout: true };

  const latest = new Latest(async (since) => {
    const ink = canvas.inkValues(), lines = canvas.lineValues();
    if (!ink.some((value) => value < 255) && !lines.some((value) => value)) {
      return results.nothing("The canvas is blank: there is nothing to generate from.");
    }
    try {
      const drawing = { ink: greyToUrl(ink, side * scale), lines: lines.some((value) => value) ? greyToUrl(lines, side) : null };
      const made = await ask("draw/generate", "application/json", JSON.stringify({ ...settings, ...drawing }));
      if (made.images.length) await results.show(made.images, made.lines, since);
      else results.nothing("The lines are too short to generate from: go on drawing.");
    } catch (error) {
      results.say(error.message);
    }
  });

  const takeImage = async (file, at_once) => {
    if (file.size > 8 * 2 ** 20) return canvas.tell("The image has more than 8 MB: choose a smaller one.");
    canvas.tell("Looking for lines …");
    try {
      const found = await ask("draw/lines", "application/octet-stream", file);
      const values = await urlToGrey(found.lines, side);
      if (found.blank) canvas.tell("No lines were found in this image.");
      else if (at_once) canvas.take(values);
      else canvas.offer(values, `Lines found: ${found.note}.`);
    } catch (error) {
      canvas.tell(error.message);
    }
  };

  const canvas = new DrawingCanvas(root, {
    side, scale,
    onChange: (ended) => latest.ask(ended ? performance.now() : null),
    onImage: (file) => takeImage(file, false),
  });
  if (examples.length) {
    root.append(makeExamples(examples, async (url) => takeImage(await (await fetch(url)).blob(), true)));
  }
  window.drawPage = {
    canvas,
    set(name, value) {
      if (value === null || value === settings[name]) return;
      settings[name] = value;
      latest.ask(performance.now());
    },
  };
}
