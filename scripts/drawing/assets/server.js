"use strict";
// The generator behind the server of scripts/draw.py.

/** Post to the server; returns its JSON, or throws an Error with its message. */
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

const BACKEND = {
  own: false,
  kinds: SITE.kinds,
  samples: [1, 2, 4, 8],
  async start() {},
  reads: (file) => /tiff?$/i.test(file.name || file.type) || (SITE.heic && /hei[cf]$/i.test(file.name || file.type)),
  understand: (blob, kind) => ask(`draw/lines?kind=${kind}`, "application/octet-stream", blob),
  /** Generate images (URLs) from an input, RGBA. */
  async run(input, side, { samples, first, epoch, dropout }, signal) {
    const body = JSON.stringify({ input: urlOf(input, side), samples, first, epoch, dropout });
    return (await ask("draw/generate", "application/json", body, signal)).images;
  },
};
