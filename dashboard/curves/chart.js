// Chart: draws one quantity of a run on a canvas; keeps a person's zoom while points arrive.

import { brief, smooth, thinned } from "./series.js";

const MARGIN = { top: 20, right: 92, bottom: 20, left: 40 };

export class Chart {
  constructor(name, { say, onEpoch }) {
    this.name = name;
    this.say = say;
    this.onEpoch = onEpoch;
    this.zoom = null; // {from, to} in epochs; null shows all
    this.hover = null;
    this.logarithmic = false;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "chart";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.pointAt(event));
    canvas.addEventListener("pointerleave", () => this.hoverAt(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", () => this.zoomTo(null));
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointerup", () => (this.dragged = null));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** Show the lines of a run, and those of other runs as ghosts. */
  show({ series, ghosts, scrubbed, style }) {
    Object.assign(this, { series, ghosts, scrubbed, style });
    this.draw();
  }

  zoomTo(zoom) {
    this.zoom = zoom;
    this.draw();
  }

  // Hands

  epochAt(event) {
    const { left } = this.canvas.getBoundingClientRect();
    const { from, to } = this.range();
    const inner = this.width() - MARGIN.left - MARGIN.right;
    return from + ((event.clientX - left - MARGIN.left) / inner) * (to - from);
  }

  pointAt(event) {
    if (this.dragged) {
      const shift = this.dragged.epoch - this.epochAt(event);
      const { from, to } = this.range();
      this.zoom = { from: Math.max(0, from + shift), to: Math.max(0, from + shift) + to - from };
    }
    this.hoverAt(this.epochAt(event));
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    if (this.zoom) this.dragged = { epoch: this.epochAt(event) };
    else this.onEpoch(Math.round(this.epochAt(event)));
  }

  wheel(event) {
    event.preventDefault();
    const at = this.epochAt(event);
    const { from, to } = this.range();
    const factor = Math.exp(event.deltaY * 0.0015);
    const wide = (to - from) * factor;
    if (wide >= this.farthest()) return this.zoomTo(null);
    const start = Math.max(0, at - ((at - from) / (to - from)) * wide);
    return this.zoomTo({ from: start, to: start + Math.max(wide, 0.05) });
  }

  hoverAt(epoch) {
    this.hover = epoch;
    this.draw();
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const epoch = Math.min(Math.max(0, Math.round(this.hover ?? this.farthest()) + step), Math.round(this.farthest()));
    this.hoverAt(epoch);
    this.onEpoch(epoch);
  }

  // Ranges

  farthest() {
    const line = this.series?.lines.get(this.name);
    return Math.max(1, line?.train.at(-1)?.[0] ?? 0, line?.epochs.at(-1)?.[0] ?? 0);
  }

  range() {
    return this.zoom ?? { from: 0, to: this.farthest() };
  }

  width() {
    return this.canvas.clientWidth;
  }

  /** Least and greatest value in sight, a little air around them; spikes of the first steps do not count. */
  values(parts) {
    const { from, to } = this.range();
    const seen = parts.flatMap((part) => part.points.filter(([x]) => x >= from && x <= to).map(([, y]) => y));
    const finite = seen.filter((y) => Number.isFinite(y) && (!this.logarithmic || y > 0)).sort((a, b) => a - b);
    if (!finite.length) return [0, 1];
    const top = finite[Math.min(finite.length - 1, Math.floor(finite.length * 0.995))];
    const low = finite[0];
    const air = (top - low) * 0.06 || Math.abs(top) * 0.1 || 0.1;
    return this.logarithmic ? [low * 0.9, top * 1.1] : [low >= 0 ? Math.max(0, low - air) : low - air, top + air];
  }

  // Drawing

  parts() {
    const line = this.series?.lines.get(this.name);
    if (!line) return [];
    const { from, to } = this.range();
    const near = (points) => points.filter(([x], i) => (points[i + 1]?.[0] ?? x) >= from && (points[i - 1]?.[0] ?? x) <= to);
    const jumpy = line.train.length > 60;
    const parts = [];
    for (const ghost of this.ghosts ?? []) {
      const old = ghost.lines.get(this.name);
      if (old) parts.push({ kind: "ghost", points: near(old.validation.length ? old.validation : old.epochs) });
    }
    if (jumpy) parts.push({ kind: "batches", points: thinned(near(line.train)) });
    parts.push({ kind: "train", points: jumpy ? thinned(near(smooth(line.train))) : near(line.train) });
    parts.push({ kind: "validation", points: near(line.validation) });
    return parts;
  }

  draw() {
    const { canvas, style } = this;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!style || !width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `11px ${style.mono}`;
    const parts = this.parts();
    const frame = this.frame(parts, width, height);
    this.drawGrid(pen, frame);
    this.drawMarks(pen, frame);
    pen.save();
    pen.beginPath();
    pen.rect(frame.left, frame.top - 4, frame.right - frame.left + 2, frame.bottom - frame.top + 8);
    pen.clip();
    for (const part of parts) this.drawLine(pen, frame, part);
    pen.restore();
    this.drawEnds(pen, frame, parts);
    this.drawCross(pen, frame, parts);
    canvas.setAttribute("aria-label", this.describe());
  }

  frame(parts, width, height) {
    const [low, top] = this.values(parts.filter((part) => part.kind !== "batches" || parts.length === 1));
    const { from, to } = this.range();
    const box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const scale = this.logarithmic ? (y) => Math.log(Math.max(y, low)) : (y) => y;
    const [a, b] = [scale(low), scale(top)];
    return {
      ...box,
      low,
      topValue: top,
      from,
      to,
      x: (epoch) => box.left + ((epoch - from) / (to - from)) * (box.right - box.left),
      y: (value) => box.bottom - ((scale(value) - a) / (b - a || 1)) * (box.bottom - box.top),
    };
  }

  drawGrid(pen, frame) {
    const { style } = this;
    pen.lineWidth = 1;
    pen.strokeStyle = style.line;
    pen.fillStyle = style.faint;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const value of this.ticks(frame)) {
      const y = Math.round(frame.y(value)) + 0.5;
      pen.beginPath();
      pen.moveTo(frame.left, y);
      pen.lineTo(frame.right, y);
      pen.stroke();
      pen.fillText(brief(value), frame.left - 6, y);
    }
    pen.textBaseline = "alphabetic";
    pen.textAlign = "center";
    for (const epoch of ticksBetween(frame.from, frame.to, 6).filter(Number.isInteger)) {
      pen.fillText(String(epoch), frame.x(epoch), frame.bottom + 14);
    }
    pen.textAlign = "left";
    pen.fillStyle = style.text;
    pen.font = `600 12px ${style.font}`;
    pen.fillText(this.name.replaceAll("_", " "), frame.left, 12);
    pen.font = `11px ${style.mono}`;
  }

  ticks({ low, topValue }) {
    if (!this.logarithmic) return ticksBetween(low, topValue, 4);
    const ticks = [];
    for (let power = Math.ceil(Math.log10(low)); power <= Math.log10(topValue); power += 1) ticks.push(10 ** power);
    return ticks.length > 1 ? ticks : [low, Math.sqrt(low * topValue), topValue];
  }

  drawLine(pen, frame, { kind, points }) {
    if (!points.length) return;
    const { style } = this;
    const looks = {
      ghost: [style.faint, 1.2, [2, 3], 0.8],
      batches: [style.train, 1, [], 0.22],
      train: [style.train, 1.8, [], 1],
      validation: [style.validation, 1.8, [6, 4], 1],
    };
    const [colour, thickness, dashes, opacity] = looks[kind];
    Object.assign(pen, { strokeStyle: colour, lineWidth: thickness, globalAlpha: opacity, lineJoin: "round" });
    pen.setLineDash(dashes);
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(frame.x(x), frame.y(y)) : pen.moveTo(frame.x(x), frame.y(y))));
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  /** Names and last values at the lines' ends, moved apart where they would overlap. */
  drawEnds(pen, frame, parts) {
    const { style, say } = this;
    const ends = parts
      .filter(({ kind, points }) => (kind === "train" || kind === "validation") && points.length)
      .map(({ kind, points }) => ({ kind, value: points.at(-1)[1], y: frame.y(points.at(-1)[1]) }))
      .sort((a, b) => a.y - b.y);
    if (ends.length === 2 && ends[1].y - ends[0].y < 14) {
      const middle = (ends[0].y + ends[1].y) / 2;
      [ends[0].y, ends[1].y] = [middle - 7, middle + 7];
    }
    pen.textBaseline = "middle";
    for (const { kind, value, y } of ends) {
      pen.fillStyle = kind === "train" ? style.train : style.validation;
      const name = kind === "train" ? say("train") : say("validation").slice(0, 5);
      pen.fillText(`${name} ${brief(value)}`, frame.right + 6, Math.min(Math.max(y, frame.top), frame.bottom));
    }
    pen.textBaseline = "alphabetic";
  }

  drawMarks(pen, frame) {
    const best = this.series?.best();
    const marks = (this.series?.marks ?? []).filter(({ mark }) => ["stopped", "learning_rate", "rewound", "nan"].includes(mark));
    const lines = marks.map(({ epoch, mark }) => [epoch, { stopped: "stopped", learning_rate: "rate", rewound: "rewound", nan: "NaN" }[mark]]);
    if (best && this.name === "loss") lines.push([best[0], `best · ${best[0]}`]);
    pen.setLineDash([2, 4]);
    pen.lineWidth = 1;
    pen.fillStyle = this.style.mark;
    pen.strokeStyle = this.style.mark;
    for (const [epoch, label] of lines) {
      const x = frame.x(epoch);
      if (x < frame.left || x > frame.right + 1) continue;
      line(pen, x, frame.top, x, frame.bottom);
      pen.textAlign = x > (frame.left + frame.right) / 2 ? "right" : "left";
      pen.fillText(label, x + (pen.textAlign === "right" ? -4 : 4), frame.top + 8);
    }
    pen.setLineDash([]);
    pen.textAlign = "left";
  }

  drawCross(pen, frame) {
    const epoch = this.hover ?? this.scrubbed;
    if (epoch === null || epoch === undefined || !this.series) return;
    const x = frame.x(epoch);
    if (x < frame.left || x > frame.right) return;
    pen.strokeStyle = this.style.faint;
    pen.lineWidth = 1;
    line(pen, x, frame.top, x, frame.bottom);
    const found = this.series.valuesAt(epoch).find(({ name }) => name === this.name);
    if (!found) return;
    const text = `${epoch.toFixed(this.hover === null ? 0 : 1)} · ${brief(found.train)} / ${brief(found.validation)}`;
    const right = x > (frame.left + frame.right) / 2;
    pen.fillStyle = this.style.text;
    pen.textAlign = right ? "right" : "left";
    pen.fillText(text, x + (right ? -6 : 6), frame.bottom - 6);
    pen.textAlign = "left";
  }

  describe() {
    const found = this.series?.valuesAt(this.hover ?? this.farthest()).find(({ name }) => name === this.name);
    const values = found ? `${this.say("train")} ${brief(found.train)}, ${this.say("validation")} ${brief(found.validation)}` : "";
    return `${this.name.replaceAll("_", " ")}. ${values}`;
  }
}

function line(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(Math.round(x1) + 0.5, y1);
  pen.lineTo(Math.round(x2) + 0.5, y2);
  pen.stroke();
}

/** About `count` round numbers between two values. */
export function ticksBetween(low, high, count) {
  const rough = (high - low) / count;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) ticks.push(Number(tick.toPrecision(12)));
  return ticks;
}
