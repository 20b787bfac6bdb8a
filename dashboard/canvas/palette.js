// Palette: everything that can be placed, to be searched, clicked or dragged onto the canvas.

import { keyOf } from "./edges.js";
import { html, icon } from "./elements.js";
import { placeBlock, placeLayer } from "./placing.js";

const SLACK = 5; // pixels before a press on an entry becomes a drag

export class Palette {
  constructor(canvas) {
    this.canvas = canvas;
    const { say } = canvas;
    this.search = html("input", {
      type: "text", class: "search", role: "combobox", placeholder: say("Search layers and blocks"), autocomplete: "off", spellcheck: "false",
      "aria-label": say("Search layers and blocks"), "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list",
    });
    this.list = html("div", { id: "palette-list", class: "entries", role: "listbox", "aria-label": say("What can be placed") });
    const close = html("button", { class: "plain", type: "button", "aria-label": say("Close"), onclick: () => this.close() }, icon("close"));
    const head = html("div", { class: "head" }, icon("search"), this.search, close);
    this.foot = html("div", { class: "foot" });
    this.element = html("div", { class: "palette", role: "dialog", "aria-label": say("Add to the graph"), hidden: true }, head, this.list, this.foot);
    this.search.addEventListener("input", () => this.show());
    this.element.addEventListener("keydown", (event) => this.press(event));
    this.list.addEventListener("pointerdown", (event) => this.grab(event));
  }

  /** Open on "layers" or on "blocks"; `spot` says where the choice will go. */
  open(kind, spot = {}) {
    this.kind = kind;
    this.spot = spot;
    this.element.hidden = false;
    this.search.value = "";
    this.show();
    this.search.focus();
  }

  close() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.canvas.stage.focus({ preventScroll: true });
  }

  /** There is more to choose from. */
  refresh() {
    if (!this.element.hidden) this.show();
  }

  get entries() {
    const { catalogue, blocks, say } = this.canvas;
    const layers = [...catalogue.values()].map((layer) => ({ layer, title: titleOf(layer.kind), group: layer.group, summary: layer.summary }));
    const ready = blocks.map((block) => ({ block, title: block.title, group: say("Blocks"), summary: block.summary }));
    return this.kind === "blocks" ? [...ready, ...layers] : [...layers, ...ready];
  }

  show() {
    const found = ranked(this.entries, this.search.value.trim().toLowerCase());
    this.options = [];
    this.list.replaceChildren(...this.sections(found));
    this.foot.textContent = this.whereTo();
    this.choose(0);
    if (!found.length) this.list.append(html("p", { class: "none" }, this.canvas.say("Nothing is called that; try a shorter word.")));
  }

  sections(found) {
    const groups = Map.groupBy(found, (entry) => entry.group);
    return [...groups].map(([group, entries]) => {
      const title = html("div", { class: "group", role: "presentation" }, group);
      return html("div", { role: "group", "aria-label": group }, title, ...entries.map((entry) => this.option(entry)));
    });
  }

  option(entry) {
    const index = this.options.push(entry) - 1;
    const family = entry.block ? "Model" : this.canvas.familyOf(entry.layer.kind);
    return html(
      "div",
      { class: "entry", role: "option", id: `palette-${index}`, "data-index": index, "aria-selected": "false" },
      html("span", { class: `chip family-${family}` }),
      html("span", { class: "name" }, entry.title),
      html("span", { class: "meaning" }, entry.summary),
    );
  }

  whereTo() {
    const { canvas, spot } = this;
    if (canvas.edge && !spot.from && !spot.at) return canvas.say("Enter inserts it into the selected edge.");
    if (spot.from) return canvas.say("Enter adds it at the end of the new edge.");
    if (canvas.selected.size) return canvas.say("Enter adds it after what is selected; drag it to place it elsewhere.");
    return canvas.say("Enter adds it; drag it onto the canvas or onto an edge.");
  }

  choose(index) {
    const options = this.list.querySelectorAll(".entry");
    if (!options.length) return this.search.removeAttribute("aria-activedescendant");
    this.chosen = Math.max(0, Math.min(options.length - 1, index));
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.chosen)));
    options[this.chosen].scrollIntoView({ block: "nearest" });
    this.search.setAttribute("aria-activedescendant", `palette-${this.chosen}`);
  }

  press(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) this.choose(this.chosen + steps[event.key]);
    else if (event.key === "Enter" && event.target === this.search) this.take(this.options[this.chosen], this.spot);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  take(entry, spot) {
    if (!entry) return;
    this.close();
    if (entry.block) placeBlock(this.canvas, entry.block, spot);
    else placeLayer(this.canvas, entry.layer, spot);
  }

  // Dragging an entry out

  grab(event) {
    const option = event.target.closest(".entry");
    if (!option || event.button) return;
    const entry = this.options[Number(option.dataset.index)];
    const start = event;
    const touch = event.pointerType === "touch";
    const move = (now) => {
      if (!this.ghost && Math.hypot(now.clientX - start.clientX, now.clientY - start.clientY) > SLACK && !touch) this.lift(option);
      if (this.ghost) this.hover(now);
    };
    const end = (now) => {
      stop();
      if (this.ghost) this.drop(entry, now);
      else if (now.type === "pointerup" && Math.hypot(now.clientX - start.clientX, now.clientY - start.clientY) <= SLACK) this.take(entry, this.spot);
    };
    const stop = () => {
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
    if (!touch) event.preventDefault();
  }

  lift(option) {
    this.ghost = html("div", { class: "ghost" }, option.querySelector(".name").textContent);
    this.canvas.root.append(this.ghost);
    this.element.classList.add("lifted");
  }

  hover(event) {
    const { canvas } = this;
    const { left, top } = canvas.root.getBoundingClientRect();
    this.ghost.style.transform = `translate(${event.clientX - left - 60}px, ${event.clientY - top - 16}px)`;
    const spot = canvas.spotAt(event.clientX, event.clientY);
    canvas.scene.edges.mark("wanted", spot.edge && !spot.node ? [keyOf(spot.edge)] : []);
    canvas.scene.mark("wanted", spot.node ? [spot.node] : []);
  }

  drop(entry, event) {
    const { canvas } = this;
    const spot = canvas.spotAt(event.clientX, event.clientY);
    this.ghost.remove();
    this.ghost = null;
    this.element.classList.remove("lifted");
    canvas.scene.edges.mark("wanted", []);
    canvas.scene.mark("wanted", []);
    if (!spot.inside || event.type === "pointercancel") return;
    if (spot.node) this.take(entry, { from: [spot.node] });
    else this.take(entry, spot.edge ? { edge: spot.edge } : { at: spot.at });
  }
}

const titleOf = (kind) => (kind === "InputLayer" ? "Input" : kind);

/** The entries that fit the words, best first: names that begin so, then contain it, then what is said of them. */
function ranked(entries, words) {
  if (!words) return entries;
  const compact = words.replace(/[\s_]+/g, "");
  const rank = ({ title, summary, group }) => {
    const name = title.toLowerCase().replace(/\s+/g, "");
    if (name === compact) return 0;
    if (name.startsWith(compact)) return 1;
    if (name.includes(compact)) return 2;
    if (initials(title).startsWith(compact)) return 3;
    return `${group} ${summary}`.toLowerCase().includes(words) ? 4 : null;
  };
  return entries
    .map((entry, order) => ({ entry, order, rank: rank(entry) }))
    .filter((found) => found.rank !== null)
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .map((found) => found.entry);
}

/** GlobalAveragePooling2D → gap2d: how people shorten what they type often. */
function initials(title) {
  return title.replace(/[^A-Z0-9]/g, "").toLowerCase();
}
