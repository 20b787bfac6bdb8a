// Clipboard: parts of a graph as JSON text, between tabs too; where the browser forbids that, within this origin.

import { partOf, pastePart } from "./placing.js";

const KEPT = "layerloom.clipboard";

/** Copy the selection; on a clipboard event through its data, from the menu through the browser's clipboard. */
export function copySelection(canvas, event) {
  const { graph, selected } = canvas;
  if (!selected.size) return;
  const part = partOf(graph.view, selected);
  if (!part) canvas.copying = graph.do({ edit: "copy", ids: [...selected] }); // what is inside a model the server has to say
  put(canvas, JSON.stringify(part ?? { awaited: canvas.copying }), event);
  const count = selected.size;
  canvas.tell(count === 1 ? canvas.say("Copied 1 layer.") : canvas.say("Copied {count} layers.", { count }));
}

/** The server has said what the layers copied last are made of. */
export function receiveCopy(canvas, { n, part }) {
  if (n !== canvas.copying) return;
  canvas.copying = null;
  put(canvas, JSON.stringify(part));
}

function put(canvas, text, event) {
  canvas.kept = text;
  try {
    localStorage.setItem(KEPT, text);
  } catch {
    // storage may be closed to this page: then this canvas alone has it
  }
  if (event?.clipboardData) event.clipboardData.setData("text/plain", text);
  else navigator.clipboard?.writeText(text).catch(() => {});
}

function kept(canvas) {
  try {
    return localStorage.getItem(KEPT) ?? canvas.kept ?? "";
  } catch {
    return canvas.kept ?? "";
  }
}

export function cutSelection(canvas, event) {
  copySelection(canvas, event);
  const ids = [...canvas.selected];
  canvas.select([]);
  canvas.do({ edit: "delete_nodes", ids });
}

/** Paste from the menu, where no clipboard event brings the text along. */
export async function pasteFromMenu(canvas) {
  const text = await navigator.clipboard?.readText().catch(() => "");
  pasteText(canvas, text || "");
}

/** Paste a text; what is no part of a graph is refused with a sentence. */
function pasteText(canvas, text) {
  const known = !text || isAwaited(text) ? kept(canvas) : text;
  const part = partFrom(known);
  if (part) return pastePart(canvas, part);
  const { say } = canvas;
  if (isAwaited(known)) return canvas.refuse(say("What was copied is still on its way; paste it again in a moment."));
  return canvas.refuse(say("Only layers copied from a canvas can be pasted here; copy some first."));
}

/** Whether the text only stands for a copy that the server has yet to send. */
const isAwaited = (text) => /^\{"awaited":\d+\}$/.test(text);

function partFrom(text) {
  try {
    const { layers, nodes, positions } = JSON.parse(text);
    const known = new Set(nodes.map(([id, layer]) => (layer in layers ? id : null)));
    const inner = nodes.map(([id, layer, inputs]) => [id, layer, inputs.filter((input) => known.has(input.split(":")[0]))]);
    return nodes.length && !known.has(null) ? { layers, nodes: inner, outputs: [], positions: positions ?? {} } : null;
  } catch {
    return null;
  }
}

/** Listen to the page's clipboard events while the canvas has the focus; returns how to stop. */
export function listenToClipboard(canvas) {
  const focused = () => canvas.stage.getRootNode().activeElement === canvas.stage;
  const take = (act) => (event) => {
    if (!focused() || !event.clipboardData) return;
    act(event);
    event.preventDefault();
  };
  const listeners = {
    copy: take((event) => copySelection(canvas, event)),
    cut: take((event) => cutSelection(canvas, event)),
    paste: take((event) => pasteText(canvas, event.clipboardData.getData("text/plain"))),
  };
  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener);
  return () => Object.entries(listeners).forEach(([name, listener]) => document.removeEventListener(name, listener));
}
