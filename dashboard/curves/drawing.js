// Drawing: how a chart looks; each function draws one part of it with a canvas's pen.

import { logTicks, ticksBetween } from "./scales.js";
import { brief, rateText } from "./words.js";

const DASHES = { train: [], validation: [6, 4], ghost: [], undone: [] };
const MOST_ROWS = 3; // labels of marks above one another

/** Grid, numbers at both axes, title. */
export function drawFrame(pen, frame, { theme, title }) {
  const { left, right, top, bottom } = frame;
  pen.lineWidth = 1;
  pen.strokeStyle = theme.rule;
  pen.fillStyle = theme.quiet;
  pen.font = theme.mono;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const value of valueTicks(frame, theme)) {
    const y = crisp(frame.y(value));
    if (y < top - 2 || y > bottom + 2) continue;
    stroke(pen, left, y, right, y);
    pen.fillText(tickText(value), left - 7, y);
  }
  pen.textAlign = "center";
  const epochs = ticksBetween(frame.from, frame.to, Math.max(2, (right - left) / 70));
  for (const epoch of epochs) pen.fillText(tickText(epoch), frame.x(epoch), bottom + theme.size * 0.95);
  pen.textAlign = "left";
  pen.font = theme.bold;
  pen.fillStyle = theme.ink;
  pen.fillText(title, 6, theme.size * 0.85);
}

function valueTicks({ low, high, top, bottom, logarithmic }, { size }) {
  const count = Math.max(2, (bottom - top) / (size * 3.2));
  return logarithmic ? logTicks(10 ** low, 10 ** high, count) : ticksBetween(low, high, count);
}

/** A round number without what rounding left behind. */
function tickText(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(0).replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}

/** Every line up to the head that glides behind the newest point. */
export function drawLines(pen, frame, { parts, theme, view }) {
  pen.save();
  pen.beginPath();
  pen.rect(frame.left, frame.top - 6, frame.right - frame.left + 3, frame.bottom - frame.top + 10);
  pen.clip();
  pen.lineJoin = "round";
  for (const part of parts) {
    const own = part.kind === "train" || part.kind === "validation" || part.kind === "batches";
    const head = own ? frame.head : Infinity;
    if (view.scrubbed === null || !own) drawLine(pen, frame, part, theme, head);
    else {
      drawLine(pen, frame, part, theme, Math.min(head, view.scrubbed));
      drawLine(pen, frame, part, theme, head, 0.28, view.scrubbed);
    }
  }
  pen.restore();
}

function drawLine(pen, frame, { kind, dashed, points: [xs, ys] }, theme, head, fade = 1, tail = -Infinity) {
  const faint = { batches: 0.2, undone: 0.75 }[kind] ?? 1;
  pen.globalAlpha = faint * fade;
  pen.lineWidth = kind === "train" || kind === "validation" ? 2 : 1.2;
  pen.strokeStyle = { train: theme.train, batches: theme.train, validation: theme.validation }[kind] ?? theme.ghost;
  pen.setLineDash(dashed ? [3, 3] : (DASHES[kind] ?? []));
  pen.beginPath();
  let down = false;
  for (let i = 0; i < xs.length; i += 1) {
    let [x, y] = [xs[i], ys[i]];
    const beyond = x > head;
    if (beyond && i) [x, y] = between(xs, ys, i, head);
    if (xs[i + 1] < tail) continue;
    if (!Number.isFinite(y) || (frame.logarithmic && y <= 0)) down = false;
    else if (down) pen.lineTo(frame.x(x), frame.y(y));
    else pen.moveTo(frame.x(x), frame.y(y));
    down ||= Number.isFinite(y);
    if (beyond) break;
  }
  pen.stroke();
  pen.setLineDash([]);
  if (xs.length === 1 && kind !== "batches") dot(pen, frame.x(xs[0]), frame.y(ys[0]), 3, pen.strokeStyle);
  pen.globalAlpha = 1;
}

/** The point at `head` on the way from the point before `i` to the one at `i`. */
function between(xs, ys, i, head) {
  if (head <= xs[i - 1]) return [xs[i - 1], ys[i - 1]];
  const share = (head - xs[i - 1]) / (xs[i] - xs[i - 1] || 1);
  return [head, ys[i - 1] + share * (ys[i] - ys[i - 1])];
}

// Names and values

/** Names and last values: beside the lines' ends where there is room, otherwise above. */
export function drawEnds(pen, frame, chart) {
  const { parts, theme } = chart;
  const own = parts.filter(({ kind, points: [xs] }) => (kind === "train" || kind === "validation") && xs.length).map((part) => endOf(part, frame, chart));
  const ghosts = parts.filter(({ kind, label, dashed }) => kind === "ghost" && label && !dashed).map((part) => endOfGhost(part, frame, theme));
  pen.textBaseline = "middle";
  for (const { kind, x, y } of own) if (x >= frame.left && x <= frame.right + 1) dot(pen, x, y, 2.6, theme[kind]);
  if (frame.wide) {
    pen.font = theme.mono;
    pen.textAlign = "left";
    write(pen, spreadOut(own, theme.size * 1.3, frame), theme.ink);
  } else drawLegend(pen, chart, own);
  pen.font = theme.mono;
  pen.textAlign = "right";
  write(pen, spreadOut(ghosts, theme.size * 1.2, frame), theme.quiet);
}

/** Where a line of the run ends: at its newest point, or at the epoch that is looked at. */
function endOf({ kind, points: [xs, ys] }, frame, { name, series, view, say }) {
  const looked = view.scrubbed !== null;
  const value = looked ? series.valuesAt(name, view.scrubbed)[kind] : ys[ys.length - 1];
  const x = frame.x(looked ? view.scrubbed : Math.min(xs[xs.length - 1], frame.head));
  const y = Math.min(Math.max(frame.y(value), frame.top), frame.bottom);
  return { kind, value, x, y, left: Math.min(x, frame.right) + 9, text: `${say(kind)} ${brief(value)}` };
}

function endOfGhost({ label, points: [xs, ys] }, frame, theme) {
  const x = Math.min(frame.x(xs[xs.length - 1]), frame.right);
  return { left: x - 3, y: frame.y(ys[ys.length - 1]) - theme.size * 0.75, text: shortened(label) };
}

function write(pen, labels, colour) {
  pen.fillStyle = colour;
  for (const { left, at, text } of labels) pen.fillText(text, left, at);
}

function shortened(text) {
  return text.length > 14 ? `${text.slice(0, 13)}…` : text;
}

/** The labels, each moved as little as it must to stand apart from the others: `at` is where. */
function spreadOut(labels, apart, { top, bottom }) {
  labels.sort((a, b) => a.y - b.y);
  labels.forEach((label, i) => (label.at = i ? Math.max(label.y, labels[i - 1].at + apart) : Math.max(label.y, top)));
  for (let i = labels.length - 1, floor = bottom; i >= 0; i -= 1, floor = labels[i + 1].at - apart) {
    labels[i].at = Math.min(labels[i].at, floor);
  }
  return labels;
}

/** In a narrow chart: a sample of each line and its value, after the title. */
function drawLegend(pen, { theme, title }, ends) {
  pen.font = theme.bold;
  let x = 6 + pen.measureText(title).width + 14;
  const y = theme.size * 0.85;
  pen.font = theme.mono;
  pen.textAlign = "left";
  for (const { kind, value } of ends) {
    pen.strokeStyle = theme[kind];
    pen.lineWidth = 2;
    pen.setLineDash(kind === "train" ? [] : [4, 3]);
    stroke(pen, x, y, x + 15, y);
    pen.setLineDash([]);
    pen.fillStyle = theme.ink;
    pen.fillText(brief(value), x + 20, y);
    x += 34 + pen.measureText(brief(value)).width;
  }
}

// Marks

/** What happened on the way, as labelled dotted lines: the best epoch, a stop, another learning rate, and who did it. */
export function drawMarks(pen, frame, chart) {
  const { theme, first } = chart;
  const rows = [];
  drawSaves(pen, frame, chart);
  pen.font = theme.mono;
  pen.lineWidth = 1;
  pen.textBaseline = "middle";
  for (const { at, text, best } of marksOf(chart)) {
    const x = crisp(frame.x(at));
    if (x < frame.left - 1 || x > frame.right + 1) continue;
    pen.strokeStyle = best ? theme.mark : theme.quiet;
    pen.setLineDash([1.5, 3.5]);
    stroke(pen, x, frame.top - 4, x, frame.bottom);
    pen.setLineDash([]);
    if (!first && !frame.wide) continue;
    const width = pen.measureText(text).width + 12;
    const leftwards = x - width > frame.left + 4;
    const [start, end] = leftwards ? [x - width, x] : [x, x + width];
    const row = freeRow(rows, start, end);
    if (row === null) continue;
    pen.textAlign = leftwards ? "right" : "left";
    pen.fillStyle = theme.quiet;
    pen.fillText(text, x + (leftwards ? -6 : 6), frame.top + 2 + row * theme.size * 1.35);
  }
}

function freeRow(rows, start, end) {
  for (let row = 0; row < MOST_ROWS; row += 1) {
    rows[row] ??= [];
    if (rows[row].every(([a, b]) => end < a || start > b)) {
      rows[row].push([start, end]);
      return row;
    }
  }
  return null;
}

function marksOf({ series, say, view, going }) {
  const best = series.best();
  const saved = series.marks.findLast(({ mark }) => mark === "saved")?.epoch ?? null;
  const marks = [];
  const at = (epoch) => say("epoch {epoch}", { epoch });
  if (best !== null && (!going || best < series.quantities.get("loss").validation.end)) marks.push({ at: best, text: `${say("best")} · ${saved === best ? `${say("saved")} · ` : ""}${at(best)}`, best: true });
  if (saved !== null && !marks.some((mark) => mark.at === saved)) marks.push({ at: saved, text: `${say("saved")} · ${at(saved)}` });
  for (const { mark, epoch, value, by } of series.marks) {
    const whose = by ? `${by} · ` : "";
    if (mark === "stopped") marks.push({ at: epoch, text: `${whose}${say("stopped")} · ${at(epoch)}` });
    if (mark === "unsaved" && saved === null) marks.push({ at: epoch, text: `${whose}${say("the saved model was deleted")}` });
    if (mark === "restored") marks.push({ at: epoch, text: `${whose}${say("weights of epoch {epoch}", { epoch: value })}` });
    if (mark === "nan") marks.push({ at: epoch, text: say("not a number") });
    if (mark === "learning_rate" && value) marks.push({ at: epoch, text: `${whose}${say("learning rate")} ${rateText(value)}` });
    if (mark === "loss_weights") marks.push({ at: epoch, text: say("loss weights") });
    if (mark === "regularisation" && value !== undefined) marks.push({ at: epoch, text: `${say("regularisation")} × ${rateText(value) || value}` });
    if (mark === "rewound" && epoch > 0) marks.push({ at: epoch, text: say("from epoch {epoch} again", { epoch }) });
  }
  if (view.scrubbed !== null) marks.push({ at: view.scrubbed, text: at(view.scrubbed) });
  return marks;
}

/** Every epoch after which a callback saved the model, as a tick on the axis. */
function drawSaves(pen, frame, { series, theme }) {
  pen.strokeStyle = theme.quiet;
  for (const { mark, epoch } of series.marks) {
    const x = crisp(frame.x(epoch));
    if (mark === "saved" && x >= frame.left && x <= frame.right) stroke(pen, x, frame.bottom - 5, x, frame.bottom);
  }
}

/** The learning rate in a strip of its own below the loss. */
export function drawRates(pen, frame, { series, theme, say }) {
  const { xs, ys } = series.rates;
  const [low, high] = [Math.min(...ys), Math.max(...ys)].map((rate) => Math.log(Math.max(rate, 1e-12)));
  const [top, bottom] = [frame.height - frame.rates + 5, frame.height - 4];
  const y = (rate) => bottom - ((Math.log(Math.max(rate, 1e-12)) - low) / (high - low || 1)) * (bottom - top);
  pen.save();
  pen.beginPath();
  pen.rect(frame.left, top - 2, frame.right - frame.left, bottom - top + 4);
  pen.clip();
  pen.strokeStyle = theme.quiet;
  pen.lineWidth = 1.3;
  pen.beginPath();
  let x = frame.x(Math.max(0, xs[0] - 1));
  xs.forEach((epoch, i) => {
    pen[i ? "lineTo" : "moveTo"](x, y(ys[i]));
    x = frame.x(Math.min(epoch, frame.head));
    pen.lineTo(x, y(ys[i]));
  });
  pen.stroke();
  pen.restore();
  pen.fillStyle = theme.quiet;
  pen.font = theme.mono;
  pen.textAlign = "left";
  pen.fillText(frame.wide ? `${say("rate")} ${rateText(series.rate)}` : "", x + 9, y(series.rate));
}

// Under the pointer

/** What is being chosen to zoom to. */
export function drawSelection(pen, frame, { view, theme }) {
  if (!view.selection) return;
  const [a, b] = view.selection.map((epoch) => Math.min(Math.max(frame.x(epoch), frame.left), frame.right));
  pen.globalAlpha = 0.12;
  pen.fillStyle = theme.train;
  pen.fillRect(Math.min(a, b), frame.top - 4, Math.abs(b - a), frame.bottom - frame.top + 4);
  pen.globalAlpha = 1;
}

/** A line at the epoch pointed at, and the values there. */
export function drawCross(pen, frame, chart) {
  const { view, theme } = chart;
  if (view.hover === null || view.selection) return;
  const x = crisp(frame.x(view.hover));
  if (x < frame.left - 1 || x > frame.right + 1) return;
  pen.strokeStyle = theme.quiet;
  pen.lineWidth = 1;
  stroke(pen, x, frame.top - 4, x, frame.bottom);
  drawTip(pen, frame, chart, x, readingAt(chart, view.hover));
}

/** The values at an epoch: of the run and of its ghosts, as [name, text] rows under a heading. */
export function readingAt({ name, series, ghosts, say, view }, epoch) {
  const { train, validation } = series.valuesAt(name, epoch);
  const whole = Number.isInteger(epoch);
  const rows = [["train", say("train"), brief(train)]];
  if (validation !== undefined) rows.push(["validation", say("validation"), brief(validation)]);
  for (const ghost of ghosts) {
    const found = ghost.series.valuesAt(name, epoch);
    if (found.train !== undefined) rows.push(["ghost", shortened(ghost.name), [found.train, found.validation].filter((v) => v !== undefined).map(brief).join(" / ")]);
  }
  const heading = say("epoch {epoch}", { epoch: whole ? epoch : epoch.toFixed(2) });
  return { heading, rows, shown: view.hover };
}

function drawTip(pen, frame, { theme }, x, { heading, rows }) {
  const line = theme.size * 1.42;
  pen.font = theme.mono;
  const widths = rows.map(([, name, text]) => pen.measureText(`${name}  ${text}`).width);
  const width = Math.max(pen.measureText(heading).width, ...widths) + 20 + 18;
  const height = line * (rows.length + 1) + 10;
  const left = x + 10 + width > frame.width ? x - 10 - width : x + 10;
  const top = Math.max(2, Math.min(frame.top, frame.height - height - 2));
  pen.fillStyle = theme.paper;
  pen.strokeStyle = theme.rule;
  pen.beginPath();
  pen.roundRect(left + 0.5, top + 0.5, width, height, 6);
  pen.fill();
  pen.stroke();
  pen.textBaseline = "middle";
  const writing = (text, at, y, align, colour) => {
    pen.textAlign = align;
    pen.fillStyle = colour;
    pen.fillText(text, at, y);
  };
  writing(heading, left + 10, top + 5 + line / 2, "left", theme.quiet);
  rows.forEach(([kind, name, text], i) => {
    const y = top + 5 + line * (i + 1.5);
    pen.strokeStyle = theme[kind];
    pen.lineWidth = 2;
    pen.setLineDash(kind === "validation" ? [4, 3] : []);
    stroke(pen, left + 10, y, left + 23, y);
    pen.setLineDash([]);
    writing(name, left + 29, y, "left", theme.ink);
    writing(text, left + width - 9, y, "right", theme.ink);
  });
}

// Strokes

function stroke(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

function dot(pen, x, y, radius, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

/** The middle of a pixel, so that a thin line is sharp. */
function crisp(at) {
  return Math.round(at) + 0.5;
}
