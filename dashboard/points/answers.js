// Answers: which class a model takes for which, or predicted numbers over true ones, after the epoch looked at.

import { BELOW, LEFT, drawBottom, drawLeft, scale } from "../layerloom.flipbook/axes.js";
import { html } from "../layerloom.flipbook/elements.js";
import { shown } from "../layerloom.flipbook/instances.js";
import { brief } from "../layerloom.flipbook/words.js";
import { Scene } from "./scene.js";

const COUNTED = 12; // classes up to which the counts are written
const NAMED = 24; // classes up to which rows and columns are
const LETTERS = 14;
const TITLES = 18; // px for an axis's title

class Answers extends Scene {
  constructor(parent) {
    super(parent, "answers", { role: "img" });
    this.table = html("div", { class: "tables" });
    this.root.append(this.table);
    this.followHand();
  }

  draw() {
    const { data } = this;
    const verdict = this.turn()?.verdicts[data.output] ?? null;
    this.describe(verdict?.sentence ?? data.empty);
    this.showWorst(verdict?.worst ?? []);
    const size = this.size();
    const pen = this.cleared(size);
    this.read = verdict ? (verdict.names.length ? this.matrix(pen, size, verdict) : this.numbers(pen, size, verdict)) : () => null;
  }

  /** The rows that the model gets most wrong: texts and pictures by column. */
  showWorst(rows) {
    if (this.worst === rows) return;
    this.worst = rows;
    if (!rows.length) {
      this.table.replaceChildren();
      return;
    }
    const cells = (row, tag, more = {}) => row.map((value) => html(tag, { ...(isPicture(value) ? {} : { title: value }), ...more }, isPicture(value) ? html("img", { src: value, alt: "" }) : value));
    this.table.replaceChildren(html("table", {},
      html("caption", {}, this.data.worst),
      html("thead", {}, html("tr", {}, ...cells(Object.keys(rows[0]), "th", { scope: "col" }))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...cells(Object.values(row), "td"))))));
  }

  point(x, y) {
    const words = this.read?.(x, y);
    this.legend.point(words ? [words] : null, x, y, this.size().width);
  }

  /** True classes down, predicted ones across: the share of each row as colour. Returns what is read at a place. */
  matrix(pen, { width, height }, { names, matrix }) {
    const { theme } = this;
    const named = names.length <= NAMED;
    const left = TITLES + (named ? Math.min(110, Math.max(...names.map((name) => theme.widthOf(cut(name)))) + 8) : 4);
    const bottom = TITLES + 16;
    const [wide, tall] = [(width - left) / names.length, (height - bottom) / names.length];
    const most = matrix.map((row) => Math.max(1, row.reduce((a, b) => a + b, 0)));
    matrix.forEach((row, down) => row.forEach((count, across) => {
      const share = count / most[down];
      const [x, y] = [left + across * wide, down * tall];
      Object.assign(pen, { fillStyle: theme.rule, globalAlpha: 1 });
      pen.fillRect(x, y, wide - 1, tall - 1);
      Object.assign(pen, { fillStyle: theme.train, globalAlpha: share });
      pen.fillRect(x, y, wide - 1, tall - 1);
      pen.globalAlpha = 1;
      if (names.length > COUNTED) return;
      Object.assign(pen, { font: theme.mono, textAlign: "center", textBaseline: "middle", fillStyle: share > 0.55 ? this.onAccent() : theme.ink });
      pen.fillText(String(count), x + wide / 2, y + tall / 2);
    }));
    if (named) this.classes(pen, names, { left, wide, tall, height, bottom });
    this.titles(pen, { width, height, left, bottom }, this.say("predicted"), this.say("true"));
    return (x, y) => {
      const [across, down] = [Math.floor((x - left) / wide), Math.floor(y / tall)];
      if (!(names[across] && names[down])) return null;
      return `${this.say("true: {value}", { value: names[down] })} · ${this.say("predicted: {value}", { value: names[across] })} · ${matrix[down][across]}`;
    };
  }

  /** The classes' names beside rows and, where they have room, below columns. */
  classes(pen, names, { left, wide, tall, height, bottom }) {
    const { theme } = this;
    Object.assign(pen, { font: theme.mono, fillStyle: theme.quiet, textAlign: "right", textBaseline: "middle" });
    names.forEach((name, down) => pen.fillText(cut(name), left - 6, (down + 0.5) * tall));
    pen.textAlign = "center";
    const room = Math.floor(wide / theme.widthOf("m"));
    names.forEach((name, across) => room > 0 && pen.fillText(cut(name, room), left + (across + 0.5) * wide, height - bottom + 9));
  }

  /** The axes' titles, along the bottom and along the left. */
  titles(pen, { width, height, left, bottom }, across, up) {
    const { theme } = this;
    Object.assign(pen, { font: theme.text, fillStyle: theme.quiet, textAlign: "center", textBaseline: "middle" });
    pen.fillText(across, left + (width - left) / 2, height - 8);
    pen.save();
    pen.translate(8, (height - bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(up, 0, 0);
    pen.restore();
  }

  onAccent() {
    return getComputedStyle(this.root).getPropertyValue("--on-accent") || "#fff";
  }

  /** Predicted numbers over true ones; a perfect model's points lie on the line. */
  numbers(pen, { width, height }, { true: truth, said }) {
    const { theme } = this;
    const range = this.range();
    const [x, y] = [scale(range, [LEFT + TITLES, width - 8]), scale(range, [height - BELOW - TITLES, 8])];
    pen.textBaseline = "alphabetic";
    drawBottom(pen, { width, height: height - TITLES }, range, x, theme);
    pen.save();
    pen.translate(TITLES, 0);
    drawLeft(pen, { width: width - TITLES, height: height - TITLES }, range, y, theme);
    pen.restore();
    Object.assign(pen, { strokeStyle: theme.ink, lineWidth: 1 });
    pen.setLineDash([2, 3]);
    pen.beginPath();
    pen.moveTo(x(range[0]), y(range[0]));
    pen.lineTo(x(range[1]), y(range[1]));
    pen.stroke();
    pen.setLineDash([]);
    Object.assign(pen, { fillStyle: theme.train, globalAlpha: 0.6 });
    truth.forEach((value, i) => {
      pen.beginPath();
      pen.arc(x(value), y(said[i]), 3, 0, 7);
      pen.fill();
    });
    pen.globalAlpha = 1;
    this.titles(pen, { width, height, left: LEFT, bottom: BELOW }, this.say("true"), this.say("predicted"));
    return (px, py) => this.nearest(truth, said, x, y, px, py);
  }

  nearest(truth, said, x, y, px, py) {
    let [found, best] = [-1, 100];
    truth.forEach((value, i) => {
      const away = (x(value) - px) ** 2 + (y(said[i]) - py) ** 2;
      if (away < best) [found, best] = [i, away];
    });
    if (found < 0) return null;
    return `${this.say("true: {value}", { value: brief(truth[found]) })} · ${this.say("predicted: {value}", { value: brief(said[found]) })}`;
  }

  /** What all pages hold: the axes stand still while the epochs go by. */
  range() {
    const verdicts = this.film.pages.map((page) => page.verdicts[this.data.output]).filter((verdict) => verdict?.true?.length);
    const values = verdicts.flatMap(({ true: truth, said }) => [...truth, ...said]).filter(Number.isFinite);
    const [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    return low < high ? [low, high] : [low - 1 || 0, low + 1 || 1];
  }
}

const isPicture = (value) => value.startsWith("data:image/");

function cut(name, most = LETTERS) {
  return name.length > most ? `${name.slice(0, Math.max(1, most - 1))}…` : name;
}

export default shown(Answers);
