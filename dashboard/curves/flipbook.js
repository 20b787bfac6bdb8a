// Flipbook: a picture of every epoch, of which it shows the one that the slider stands on without asking the server.

import { drawBands } from "./bands.js";
import { drawBars } from "./bars.js";
import { html, put } from "./elements.js";
import { drawHeat } from "./heat.js";
import { shown } from "./instances.js";
import { lookedAt } from "./looking.js";
import { drawRidges } from "./ridges.js";
import { readTheme } from "./theme.js";

const PICTURES = { ridges: drawRidges, heat: drawHeat, percentiles: drawBands, bars: drawBars };

class Flipbook {
  constructor(parent) {
    this.canvas = html("canvas", { role: "img" });
    this.reading = html("output", { class: "reading" });
    this.caption = html("figcaption", { "aria-live": "polite" });
    this.notes = html("div", { class: "notes" });
    this.table = html("div", { class: "tables" });
    this.probe = html("i", { hidden: true });
    this.root = html("figure", { class: "flipbook" }, this.canvas, this.reading, this.caption, this.notes, this.table, this.probe);
    this.root.addEventListener("transitionend", (event) => event.target === this.root && this.dress());
    this.canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => this.point(offsetX, offsetY));
    this.canvas.addEventListener("pointerleave", () => put(this.reading, ""));
    parent.append(this.root);
    this.looked = () => this.wake();
    window.addEventListener("layerloom:looked", this.looked);
    this.watch = new ResizeObserver(() => this.wake());
    this.watch.observe(this.root);
    this.waitForStyle(parent);
  }

  waitForStyle(parent) {
    const link = parent.querySelector?.("link[rel=stylesheet]");
    if (link && !link.sheet) link.addEventListener("load", () => this.dress(), { once: true });
    else this.dress();
  }

  dress() {
    this.theme = readTheme(this.root, this.probe);
    this.wake();
  }

  close() {
    window.removeEventListener("layerloom:looked", this.looked);
    this.watch.disconnect();
    cancelAnimationFrame(this.due);
  }

  receive(data) {
    this.data = data;
    this.canvas.style.height = `${data.height}px`;
    this.wake();
  }

  /** Draw once before the next frame, however much has changed until then. */
  wake() {
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      this.draw();
    });
  }

  draw() {
    const { data, theme, canvas } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!data || !theme || !width) return;
    const ratio = window.devicePixelRatio || 1;
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const until = lookedAt(data);
    const page = data.pages.findLast(({ epoch }) => epoch <= until);
    this.places = page ? PICTURES[data.picture](pen, { width, height }, data, until, theme) : null;
    const sentence = page ? page.sentence : data.empty;
    put(this.caption, sentence);
    if (canvas.getAttribute("aria-label") !== sentence) canvas.setAttribute("aria-label", sentence);
    this.showNotes(page?.notes ?? []);
    this.showTables(page?.tables ?? []);
    Object.assign(this.root.dataset, { epoch: page?.epoch ?? "", picture: data.picture });
  }

  showNotes(notes) {
    if (this.notes.dataset.told === notes.join("|")) return;
    this.notes.dataset.told = notes.join("|");
    this.notes.replaceChildren(...notes.map((note) => html("p", {}, note)));
  }

  /** Tables of texts: {title, columns, rows}. */
  showTables(tables) {
    this.table.replaceChildren(...tables.map(({ title, columns, rows }) => html("table", {},
      html("caption", { hidden: !title }, title),
      html("thead", {}, html("tr", {}, ...columns.map((column) => html("th", { scope: "col" }, column)))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...row.map((text) => html("td", {}, text))))))));
  }

  /** What is drawn where a hand points. */
  point(x, y) {
    put(this.reading, this.places?.(x, y)?.said ?? "");
  }
}

export default shown(Flipbook);
