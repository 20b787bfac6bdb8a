// Chart: one quantity of a run; works out what is in sight, lets it glide there, and has it drawn.

import { drawCross, drawEnds, drawFrame, drawLines, drawMarks, drawRates, drawSelection } from "./drawing.js";
import { html } from "./elements.js";
import { gathered, smoothed } from "./line.js";
import { reach, rangeOf } from "./scales.js";
import { title } from "./words.js";

const NOISY = 60; // steps in sight above which single batches step back behind their mean
const NEAR = 0.1; // pixels within which a gliding axis has arrived
const GLIDE = 90; // ms, the time constant of what glides
const WIDE = 300; // pixels from which values are written at the lines' ends

export class Chart {
  constructor(name, { say, view }) {
    this.name = name;
    this.say = say;
    this.view = view; // shared by all charts: zoom, hover, scrubbed, logarithmic, smoothing
    this.canvas = html("canvas", { class: "chart", tabindex: "0", role: "slider", "aria-valuemin": "0" });
    this.shown = null; // {from, to, low, high, head} as drawn; `aim` is where they glide to
    this.size = { width: 0, height: 0 };
  }

  get logarithmic() {
    return this.view.logarithmic && this.name.endsWith("loss");
  }

  measure() {
    this.size = { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /** Take in what there is to show; `frame` draws it. */
  update({ series, ghosts, names, epochs, going, theme, first }) {
    Object.assign(this, { series, ghosts, epochs, going, theme, first });
    this.title = title(this.name, names, this.say);
    const end = Math.max(series.end, ...ghosts.map((ghost) => (going ? 0 : Math.min(ghost.series.end, epochs || Infinity))));
    const { from, to } = this.view.zoom ?? { from: 0, to: reach(end, epochs, going) };
    this.parts = this.partsBetween(from, to);
    const [low, high] = rangeOf(this.parts, from, to, this.logarithmic);
    this.aim = { from, to, low, high, head: series.end };
    if (!this.shown || this.shown.logarithmic !== this.logarithmic || series !== this.before) this.jump();
    this.before = series;
  }

  jump() {
    this.shown = { ...this.aim, logarithmic: this.logarithmic };
  }

  /** The lines in sight, thinned to the pixels there are. */
  partsBetween(from, to) {
    const columns = Math.max(40, Math.round(this.size.width / 2));
    const parts = [];
    for (const { name, series } of this.ghosts) parts.push(...this.partsOfGhost(series, name, from, to, columns));
    const { undone } = this.series;
    if (undone?.has(this.name)) parts.push(...linesOf("undone", undone.get(this.name), from, to, columns));
    const quantity = this.series.quantities.get(this.name);
    if (quantity) parts.push(...this.partsOfRun(quantity, from, to, columns));
    return parts;
  }

  partsOfGhost(series, label, from, to, columns) {
    const quantity = series.quantities.get(this.name);
    if (!quantity) return [];
    const train = quantity.epochs.length > 1 ? quantity.epochs : quantity.steps;
    return linesOf("ghost", { train, validation: quantity.validation }, from, to, columns).map((part) => ({ ...part, label }));
  }

  partsOfRun(quantity, from, to, columns) {
    const train = this.trainPoints(quantity, from, to);
    const noisy = train[0].length > NOISY;
    const { mean, range } = gathered(train, columns);
    const steady = noisy ? smoothed(mean, this.view.smoothing * 0.12 * (to - from)) : mean;
    const validation = quantity.validation.between(from, to);
    return [
      ...(noisy ? [{ kind: "batches", points: range }] : []),
      { kind: "train", points: steady, counts: true },
      { kind: "validation", points: gathered(validation, columns).range, counts: true },
    ];
  }

  /** A loss by its steps. A metric is Keras's running mean since the epoch began: by its epochs, once there are some. */
  trainPoints(quantity, from, to) {
    const { steps, epochs } = quantity;
    if (!steps.length || (!this.name.endsWith("loss") && epochs.length > 1)) return epochs.between(from, to);
    return steps.between(from, to);
  }

  // Motion

  /** Draw where everything is by now; true while it still moves. */
  frame(share) {
    if (!this.aim || !this.size.width || !this.size.height) return false;
    const step = share(GLIDE);
    const perPixel = (this.aim.to - this.aim.from) / this.size.width;
    const perLine = (this.aim.high - this.aim.low) / this.size.height;
    let moving = false;
    for (const name of ["from", "to", "low", "high", "head"]) {
      const left = this.aim[name] - this.shown[name];
      const near = NEAR * (name === "low" || name === "high" ? perLine : perPixel);
      const arrived = Math.abs(left) <= near || step >= 1;
      this.shown[name] = arrived ? this.aim[name] : this.shown[name] + left * step;
      moving ||= !arrived;
    }
    this.draw();
    return moving;
  }

  /** From epochs and values to pixels, and back. */
  geometry() {
    const { width, height } = this.size;
    const { from, to, low, high } = this.shown;
    const left = 3.7 * this.theme.size;
    const { size } = this.theme;
    const wide = width >= WIDE;
    const rates = this.first && new Set(this.series.rates.ys).size > 1 ? size + 8 : 0;
    const box = { left, right: wide ? this.rightOf(left) : width - 10, top: size * 2.2, bottom: height - size * 1.9 - rates };
    const scale = this.logarithmic ? (value) => Math.log10(Math.max(value, 1e-12)) : (value) => value;
    return {
      ...box,
      ...this.shown,
      wide,
      rates,
      height,
      width,
      logarithmic: this.logarithmic,
      x: (epoch) => box.left + ((epoch - from) / (to - from)) * (box.right - box.left),
      y: (value) => box.bottom - ((scale(value) - low) / (high - low || 1)) * (box.bottom - box.top),
      epoch: (x) => from + ((x - box.left) / (box.right - box.left)) * (to - from),
    };
  }

  /** Where the plot ends, so that the names at its lines' ends have room. */
  rightOf(left) {
    const { from, to, head } = this.shown;
    const room = this.size.width - left - this.theme.widthOf(`${this.say("validation")} 0.000`) - 16;
    const share = Math.min(1, Math.max(0.05, (head - from) / (to - from)));
    return left + Math.min(room / share, this.size.width - left - 10);
  }

  draw() {
    const pen = this.pen();
    const frame = this.geometry();
    drawFrame(pen, frame, this);
    drawMarks(pen, frame, this);
    drawLines(pen, frame, this);
    if (frame.rates) drawRates(pen, frame, this);
    drawEnds(pen, frame, this);
    drawSelection(pen, frame, this);
    drawCross(pen, frame, this);
  }

  pen() {
    const { canvas, size } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size.width, size.height);
    return pen;
  }

  /** The epoch under a pixel: a whole one where epochs lie close together. */
  epochAt(x) {
    const frame = this.geometry();
    const epoch = Math.min(Math.max(0, frame.epoch(x)), this.series.end);
    const apart = (frame.right - frame.left) / (frame.to - frame.from);
    const whole = Math.round(epoch);
    return apart < 40 && whole <= this.series.end ? whole : epoch;
  }
}

/** Training and validation of a run that is not the one looked at. */
function linesOf(kind, { train, validation }, from, to, columns) {
  return [
    { kind, points: gathered(train.between(from, to), columns).mean, counts: kind === "ghost" },
    { kind, dashed: true, points: gathered(validation.between(from, to), columns).mean, counts: kind === "ghost" },
  ].filter(({ points: [xs] }) => xs.length > (kind === "undone" ? 1 : 0));
}
