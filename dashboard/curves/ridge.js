// Ridge: one layer's histogram after each epoch, as a row of hills; the newest stands in front.

import { html } from "./elements.js";

const RISE = 2.6; // how many rows high the highest hill is

export class Ridge {
  constructor(say) {
    this.say = say;
    this.canvas = html("canvas", { role: "img" });
    this.caption = html("figcaption", {});
    this.element = html("figure", { class: "ridge", hidden: true }, this.canvas, this.caption);
  }

  /** `ridge` is {name, rows: [{epoch, low, high, counts}]} or null; drawn again only when something changed. */
  show(ridge, scrubbed, theme) {
    this.element.hidden = !ridge?.rows?.length;
    if (this.element.hidden) return;
    const rows = ridge.rows.filter(({ epoch }) => scrubbed === null || epoch <= Math.max(scrubbed, ridge.rows[0].epoch));
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const key = [ridge.name, rows.length, rows.at(-1).epoch, width, height, theme.train].join("|");
    if (key === this.drawn || !width) return;
    this.drawn = key;
    this.caption.textContent = `${ridge.name} · ${this.say("by epoch")}`;
    this.canvas.setAttribute("aria-label", this.say("Histograms of {name} from epoch {first} to {last}", { name: ridge.name, first: rows[0].epoch, last: rows.at(-1).epoch }));
    this.draw(rows, width, height, theme);
  }

  draw(rows, width, height, theme) {
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const [low, high] = [Math.min(...rows.map((row) => row.low)), Math.max(...rows.map((row) => row.high))];
    const apart = (height - 6) / (rows.length + RISE);
    rows.forEach((row, i) => {
      const base = height - 4 - (rows.length - 1 - i) * apart;
      drawHill(pen, row, { base, rise: apart * RISE, x: (value) => ((value - low) / (high - low || 1)) * width, width }, theme, (i + 1) / rows.length);
    });
    pen.fillStyle = theme.quiet;
    pen.font = theme.mono;
  }
}

function drawHill(pen, { low, high, counts }, { base, rise, x, width }, theme, fresh) {
  const most = Math.max(...counts, 1e-9);
  const step = (high - low) / counts.length;
  const points = counts.map((count, i) => [x(low + (i + 0.5) * step), base - (count / most) * rise]);
  pen.beginPath();
  pen.moveTo(0, base);
  pen.lineTo(points[0][0], base);
  curveThrough(pen, points);
  pen.lineTo(points.at(-1)[0], base);
  pen.lineTo(width, base);
  pen.fillStyle = theme.paper;
  pen.fill();
  pen.globalAlpha = 0.12 + 0.5 * fresh ** 1.5;
  pen.fillStyle = theme.train;
  pen.fill();
  pen.globalAlpha = 0.55 + 0.45 * fresh;
  pen.strokeStyle = theme.train;
  pen.lineWidth = 1.1;
  pen.stroke();
  pen.globalAlpha = 1;
}

/** A soft line through points: curves between the middles of neighbours. */
export function curveThrough(pen, points) {
  points.forEach(([x, y], i) => {
    const [nextX, nextY] = points[i + 1] ?? [x, y];
    pen.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  });
}
