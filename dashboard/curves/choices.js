// Choices: which quantities are shown, and how: logarithmic, smoothed, all epochs again.

import { html, symbol } from "./elements.js";
import { title } from "./words.js";

const ROOM = 250; // pixels that a chart has at least, unless a person chose more of them

export class Choices {
  /** `view` is what all charts share; `changed` is called when something else is to be shown. */
  constructor({ say, view, changed }) {
    Object.assign(this, { say, view, changed });
    this.chosen = null; // a Set of names once a person chose
    this.boxes = new Map();
    this.list = html("fieldset", {}, html("legend", {}, say("Curves")));
    this.log = html("input", { type: "checkbox", onchange: () => this.toggleLog() });
    this.smooth = html("input", { type: "range", min: "0", max: "1", step: "0.05", value: String(view.smoothing) });
    this.smooth.addEventListener("input", () => this.changeSmoothing());
    const logLabel = html("label", {}, this.log, say("losses on a logarithmic scale"), html("kbd", {}, "L"));
    const smoothLabel = html("label", {}, say("smoothing"), this.smooth);
    this.menu = html("div", { class: "menu", popover: "auto" }, this.list, logLabel, smoothLabel);
    this.menu.addEventListener("beforetoggle", () => this.place());
    this.all = html("button", { type: "button", class: "bare", title: say("Show all epochs again (double click or 0)"), onclick: () => this.showAll() }, say("all epochs"));
    this.opener = html("button", { type: "button", class: "bare", title: say("Which curves, and how"), "aria-label": say("Which curves, and how"), "aria-haspopup": "true", onclick: () => this.menu.togglePopover() }, symbol("choices"));
    this.element = html("div", { class: "choices" }, this.all, this.opener, this.menu);
  }

  /** The menu is above all else on the page: its corner is put below the button that opens it. */
  place() {
    const { right, bottom } = this.opener.getBoundingClientRect();
    this.menu.style.right = `${document.documentElement.clientWidth - right}px`;
    this.menu.style.top = `${Math.max(8, Math.min(bottom + 4, window.innerHeight - 60 - 30 * this.boxes.size - 90))}px`;
  }

  /** The names that are shown in so much room. */
  shown(names, width) {
    if (this.chosen && names.some((name) => this.chosen.has(name))) return names.filter((name) => this.chosen.has(name));
    const losses = names.filter((name) => name.endsWith("loss"));
    const usual = losses.length > 1 ? losses : names;
    return usual.slice(0, Math.max(1, Math.min(4, Math.floor(width / ROOM))));
  }

  show(names, shown) {
    this.element.hidden = !names.length;
    this.now = shown;
    this.all.hidden = this.view.zoom === null;
    this.log.checked = this.view.logarithmic;
    const key = `${names.join()}|${shown.join()}`;
    if (key === this.drawn) return;
    this.drawn = key;
    if (names.length !== this.boxes.size || names.some((name) => !this.boxes.has(name))) this.build(names);
    for (const [name, box] of this.boxes) box.checked = shown.includes(name);
  }

  build(names) {
    this.boxes = new Map(names.map((name) => [name, html("input", { type: "checkbox", onchange: () => this.toggle(name) })]));
    const labels = [...this.boxes].map(([name, box]) => html("label", {}, box, title(name, names, this.say)));
    this.list.replaceChildren(this.list.firstChild, ...labels);
  }

  toggle(name) {
    const chosen = new Set(this.now);
    if (!chosen.delete(name)) chosen.add(name);
    this.chosen = chosen.size ? chosen : null;
    this.drawn = null;
    this.changed();
  }

  toggleLog() {
    this.view.logarithmic = !this.view.logarithmic;
    this.changed();
  }

  changeSmoothing() {
    this.view.smoothing = Number(this.smooth.value);
    this.changed();
  }

  showAll() {
    this.view.zoom = null;
    this.changed();
  }
}
