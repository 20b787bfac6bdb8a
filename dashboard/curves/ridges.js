// Ridges: one quantity's histogram after each epoch until the one looked at, which stands in front.

import { BELOW, LEFT, dress, drawBottom, reachOf, scale } from "./axes.js";

const RISE = 2.6; // how many rows high the highest hill is
const MOST = 18;

/** Draws; the answer tells which page is drawn at a place. */
export function drawRidges(pen, size, { pages, beside = [], log }, until, theme) {
  const rows = evenly(pages.filter(({ epoch }) => epoch <= until), MOST);
  const range = reachOf([...pages, ...beside]);
  const x = scale(range, [LEFT, size.width - 4]);
  const apart = (size.height - BELOW - 4) / (rows.length - 1 + RISE);
  const base = (place) => size.height - BELOW - 2 - (rows.length - 1 - place) * apart;
  drawBottom(pen, size, range, x, theme);
  rows.forEach((row, place) => {
    const at = { x, base: base(place), rise: apart * RISE, log };
    const fresh = place === rows.length - 1;
    drawHill(pen, row, at, { colour: theme.train, paper: theme.paper, fresh });
    if (beside.length) drawHill(pen, nearest(beside, row.epoch), at, { colour: theme.validation, fresh });
  });
  dress(pen, theme, "right");
  const every = Math.max(1, Math.ceil(rows.length / 6));
  rows.forEach(({ epoch }, place) => {
    if ((rows.length - 1 - place) % every === 0) pen.fillText(String(epoch), LEFT - 8, base(place));
  });
  return (_, y) => rows.find((row, place) => y <= base(place)) ?? rows.at(-1);
}

function drawHill(pen, { low, high, counts }, { x, base, rise, log }, { colour, paper, fresh }) {
  const heights = log ? counts.map((count) => Math.log1p(count)) : counts;
  const most = Math.max(...heights, 1e-9);
  const step = (high - low) / counts.length;
  const points = heights.map((height, i) => [x(low + (i + 0.5) * step), base - (height / most) * rise]);
  pen.beginPath();
  pen.moveTo(x(low), base);
  curveThrough(pen, points);
  pen.lineTo(x(high), base);
  if (paper) {
    pen.fillStyle = paper;
    pen.fill();
    pen.globalAlpha = fresh ? 0.6 : 0.18;
    pen.fillStyle = colour;
    pen.fill();
  }
  pen.globalAlpha = fresh ? 1 : 0.7;
  pen.setLineDash(paper ? [] : [5, 3]);
  Object.assign(pen, { strokeStyle: colour, lineWidth: fresh ? 1.7 : 0.9 });
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function nearest(pages, epoch) {
  return pages.reduce((best, page) => (Math.abs(page.epoch - epoch) < Math.abs(best.epoch - epoch) ? page : best));
}

/** At most so many, evenly chosen, first and last among them. */
function evenly(pages, most) {
  if (pages.length <= most) return pages;
  return Array.from({ length: most }, (_, place) => pages[Math.round((place * (pages.length - 1)) / (most - 1))]);
}

/** A soft line through points: curves between the middles of neighbours. */
function curveThrough(pen, points) {
  points.forEach(([x, y], i) => {
    const [nextX, nextY] = points[i + 1] ?? [x, y];
    pen.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  });
}
