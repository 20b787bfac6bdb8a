// Parallel: each trial of a search as a line through its values to its score; ranges of the axes keep some of them.

import { shown } from "../layerloom.flipbook/instances.js";
import { brief } from "../layerloom.flipbook/words.js";
import { Board } from "../layerloom.points/board.js";
import { rampOf } from "../layerloom.points/colours.js";
import { Axes } from "./axes.js";
import { Brushes } from "./brushes.js";
import { Hands } from "./hands.js";

const REACH = 12; // px from a line in which a hand points at it
const TOLD = 8; // values that are told beside a line
const LEVELS = 16; // of the legend's ramp
const FEW = 14; // lines, about, that can all be seen well without hiding one another

class Parallel extends Board {
  constructor(parent) {
    super(parent, "parallel", { role: "application", tabindex: "0" });
    Object.assign(this, { axes: new Axes(), brushes: new Brushes(), hovered: "", place: [0, 0], axis: -1, times: 0 });
    this.hands = new Hands(this.canvas, this);
  }

  receive(data) {
    if (this.data?.study !== data.study) this.brushes.clear();
    this.axes.take(data);
    this.lines = data.trials.map(([name, score, values], rank) => {
      const all = [...values, score];
      return { name, score, rank, values: all, shares: all.map((value, i) => this.axes.share(i, value)) };
    });
    super.receive(data);
  }

  // What the hands ask and tell

  hover(x, y) {
    this.place = [x, y];
    this.point(this.lineAt(x, y)?.name ?? "");
  }

  leave() {
    this.point("");
  }

  point(name) {
    if (name === this.hovered && !name) return;
    this.hovered = name;
    this.wake();
  }

  /** The line that passes nearest to a place among those that are kept; null where none is near. */
  lineAt(x, y) {
    const { axes } = this;
    const [across, along] = axes.turned(x, y);
    const gap = Math.max(0, Math.min(axes.list.length - 2, axes.across.findLastIndex((at) => at <= across)));
    const part = Math.max(0, Math.min(1, (across - axes.across[gap]) / (axes.across[gap + 1] - axes.across[gap])));
    let [found, best] = [null, REACH];
    for (const line of this.kept()) {
      const share = line.shares[gap] + (line.shares[gap + 1] - line.shares[gap]) * part;
      const [, there] = axes.turned(...axes.at(gap, share));
      if (Math.abs(there - along) < best) [found, best] = [line, Math.abs(there - along)];
    }
    return found;
  }

  kept() {
    return this.lines.filter(({ shares }) => this.brushes.keeps(shares));
  }

  brushed(i) {
    const { axes, brushes } = this;
    const [low, high] = brushes.on(i).map((share) => axes.textAt(i, share, this.say));
    this.legend.say(`${this.say("{name} from {low} to {high}", { name: axes.list[i].name, low, high })}: ${this.counted()}`);
    this.wake();
  }

  counted() {
    return this.say("{kept} of {count} trials are in the range.", { kept: this.kept().length, count: this.lines.length });
  }

  clear() {
    this.brushes.clear();
    this.legend.say(this.say("{count} trials", { count: this.lines.length }));
    this.wake();
  }

  /** The next or previous axis, for whoever has no pointer; it is read out. */
  turn(by) {
    const { length } = this.axes.list;
    this.axis = this.axis < 0 ? (by > 0 ? 0 : length - 1) : (this.axis + by + length) % length;
    this.brushed(this.axis);
  }

  /** Narrow the range of the chosen axis by steps at its lower and its upper end. */
  narrow(below, above) {
    const i = Math.max(0, this.axis);
    const [[low, high], step] = [this.brushes.on(i), this.axes.step(i)];
    this.axis = i;
    this.brushes.set(i, Math.min(low + below * step, high), Math.max(high - above * step, low));
    this.brushed(i);
  }

  /** The next or previous trial among those that are kept, best first; it is read out. */
  step(by) {
    const kept = this.kept();
    if (!kept.length) return;
    const at = kept.findIndex(({ name }) => name === this.hovered);
    const line = kept[at < 0 ? (by > 0 ? 0 : kept.length - 1) : (at + by + kept.length) % kept.length];
    const last = this.axes.list.length - 1;
    this.place = this.axes.at(last, line.shares[last]);
    this.legend.say(this.wordsOf(line).join(", "));
    this.point(line.name);
  }

  /** Open the trial that is pointed at. */
  choose() {
    if (!this.hovered) return;
    this.times += 1; // a state that does not differ is not sent
    this.setState("chosen", { trial: this.hovered, times: this.times });
  }

  // Drawing

  draw() {
    const { data, axes, brushes, canvas, theme, root } = this;
    const height = axes.lay(canvas.clientWidth, data.height, theme.size);
    Object.assign(canvas.style, { height: `${height}px`, touchAction: axes.upright ? "none" : "pan-y" });
    const size = this.size();
    const pen = this.cleared(size);
    const kept = new Set(this.kept());
    this.drawLines(pen, kept);
    this.mark(pen, data.chosen, theme.validation);
    this.mark(pen, this.hovered, theme.ink);
    axes.draw(pen, theme, size, this.axis, this.say);
    brushes.draw(pen, axes, theme);
    this.tell(kept, size);
    Object.assign(root.dataset, { trials: this.lines.length, kept: kept.size, hovered: this.hovered, chosen: data.chosen, upright: axes.upright });
    Object.assign(root.dataset, { across: axes.across.join(" "), along: axes.along.join(" ") });
  }

  /** What is not kept below, then the worst, the best above all. */
  drawLines(pen, kept) {
    const { lines, theme } = this;
    Object.assign(pen, { lineJoin: "round", lineWidth: 1, strokeStyle: theme.rule, globalAlpha: 0.7 });
    const out = new Path2D();
    for (const line of lines) if (!kept.has(line)) this.trace(out, line);
    pen.stroke(out);
    const ramp = rampOf(this.root.dataset.theme);
    const least = Math.max(0.18, Math.min(0.6, FEW / lines.length));
    for (const line of [...kept].reverse()) {
      const good = this.goodness(line.rank);
      Object.assign(pen, { strokeStyle: ramp(good), lineWidth: 1 + 1.2 * good ** 8, globalAlpha: least + (0.93 - least) * good ** 6 });
      const path = new Path2D();
      this.trace(path, line);
      pen.stroke(path);
    }
    pen.globalAlpha = 1;
  }

  /** From 0 for the worst to 1 for the best: by rank, so that one bad score does not make all others alike. */
  goodness(rank) {
    return this.lines.length > 1 ? 1 - rank / (this.lines.length - 1) : 1;
  }

  trace(path, { shares }) {
    shares.forEach((share, i) => path[i ? "lineTo" : "moveTo"](...this.axes.at(i, share)));
  }

  /** One trial above the others, with a dot on each axis. */
  mark(pen, name, colour) {
    const line = name ? this.lines.find((one) => one.name === name) : null;
    if (!line) return;
    const path = new Path2D();
    this.trace(path, line);
    Object.assign(pen, { strokeStyle: this.theme.paper, lineWidth: 5 });
    pen.stroke(path);
    Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 2.4 });
    pen.stroke(path);
    line.shares.forEach((share, i) => {
      pen.beginPath();
      pen.arc(...this.axes.at(i, share), 3.6, 0, 7);
      pen.fill();
    });
  }

  wordsOf({ name, values }) {
    const last = values.length - 1;
    const told = [last, ...values.keys()].slice(0, Math.min(values.length, TOLD + 1));
    return [name, ...told.map((i) => `${this.axes.list[i].name} ${i === last ? brief(values[i]) : this.axes.text(i, values[i], this.say)}`)];
  }

  /** The words below, beside the hand, and for whoever cannot see. */
  tell(kept, size) {
    const { data, lines, axes, brushes, legend } = this;
    const line = lines.find(({ name }) => name === this.hovered);
    legend.point(line ? this.wordsOf(line) : null, ...this.place, size.width);
    const sentence = brushes.some ? `${this.counted()} ${data.sentence}` : data.sentence;
    const names = axes.list.map(({ name }) => name).join(", ");
    const best = this.wordsOf(lines[0]).slice(0, 2).join(", ");
    const keys = "Left and right choose an axis, up and down narrow its range, 0 shows all again, Page Down goes from trial to trial, Enter opens one.";
    const told = this.say("Parallel coordinates of {count} trials over {names}. The best is {best}.", { count: lines.length, names, best });
    this.describe(sentence, `${told} ${this.say(keys)}`);
    const ramp = rampOf(this.root.dataset.theme);
    const colours = Array.from({ length: LEVELS }, (_, level) => ramp(level / (LEVELS - 1)));
    legend.show({ groups: [], ramp: { low: brief(lines.at(-1).score), high: brief(lines[0].score), colours } }, axes.list.at(-1).name);
  }
}

export default shown(Parallel);
