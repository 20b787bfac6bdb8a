// Sheets: the keys on one page, and the graph in words.

import { actsOf } from "./acts.js";
import { sentenceOf } from "./aria.js";
import { html, icon } from "./elements.js";
import { shown } from "./toolbar.js";

const MOUSE = [
  ["Drag the ground", "Move the view"],
  ["Wheel", "Move the view; with Ctrl zoom"],
  ["Shift and drag", "Select what the frame touches"],
  ["Shift and click", "Add to the selection"],
  ["Drag from the lower dot", "Connect; dropped on nothing, add a layer"],
  ["Double click", "Open a model"],
  ["Alt and drag", "Move without lining up"],
];

export class Sheets {
  constructor(canvas) {
    this.canvas = canvas;
    this.element = html("dialog", { class: "sheet" });
    this.element.addEventListener("close", () => canvas.stage.focus({ preventScroll: true }));
    this.element.addEventListener("click", (event) => event.target === this.element && this.element.close());
  }

  /** The cheat sheet, made from the acts themselves. */
  keys() {
    const { say } = this.canvas;
    const groups = Map.groupBy(actsOf(this.canvas).filter((act) => act.keys.length), (act) => act.group);
    const tables = [...groups].map(([group, acts]) => table(say(group), acts.map((act) => [keysOf(act), say(act.label)])));
    const mouse = MOUSE.map(([hand, deed]) => [html("span", {}, say(hand)), say(deed)]);
    this.open(say("Keys"), html("div", { class: "tables" }, ...tables, table(say("Mouse"), mouse)));
  }

  /** Every layer in a sentence, in order. */
  describe() {
    const { graph, say } = this.canvas;
    const lines = [...graph.view.nodes.keys()].map((id) => html("li", {}, sentenceOf(graph, id, say)));
    const summary = html("p", {}, graph.view.summary ?? "");
    this.open(say("The graph in words"), html("div", { class: "words" }, summary, html("ol", {}, ...lines)));
  }

  open(title, content) {
    const shut = { "aria-label": this.canvas.say("Close"), onclick: () => this.element.close() };
    const close = html("button", { type: "button", class: "plain", ...shut }, icon("close"));
    this.element.setAttribute("aria-label", title);
    this.element.replaceChildren(html("div", { class: "head" }, html("h2", {}, title), close), content);
    content.setAttribute("tabindex", "0");
    this.element.showModal();
  }
}

function keysOf({ keys }) {
  const few = keys.length > 4 ? [keys[0], keys.at(-1)] : keys.length > 3 ? [keys[0].replace("Up", "s")] : keys;
  const between = keys.length > 4 ? "–" : " ";
  return html("span", { class: "chords" }, ...few.flatMap((chord, index) => [index ? between : "", html("kbd", {}, shown(chord))]));
}

function table(title, rows) {
  const body = rows.map(([keys, words]) => html("tr", {}, html("td", {}, keys), html("td", {}, words)));
  return html("section", {}, html("h3", {}, title), html("table", {}, html("tbody", {}, ...body)));
}
