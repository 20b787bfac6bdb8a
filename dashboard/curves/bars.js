// Bars: a number for each layer from input to output, on a logarithmic scale; another run's as diamonds over them.

import { BELOW, LEFT, drawLeft, scale } from "./axes.js";

/** Draws; the answer tells what is drawn at a place. */
export function drawBars(pen, size, { pages }, until, theme) {
  const { sizes, beside } = pages.findLast(({ epoch }) => epoch <= until);
  const range = powersOf(pages);
  const logarithmic = scale(range, [size.height - BELOW, 6]);
  const y = (value) => logarithmic(Math.log10(value));
  const count = Math.max(...pages.map((page) => Math.max(page.sizes.length, page.beside.length)), 1);
  const x = scale([-0.5, count - 0.5], [LEFT, size.width]);
  const wide = Math.max(1, (x(1) - x(0)) * 0.78);
  drawLeft(pen, size, range, logarithmic, theme, (power) => (Number.isInteger(power) ? powerText(power) : ""));
  pen.fillStyle = theme.train;
  sizes.forEach(([, value], place) => {
    if (value > 0) pen.fillRect(x(place) - wide / 2, y(value), wide, size.height - BELOW - y(value));
  });
  drawDiamonds(pen, beside.map(([, value], place) => [x(place), value > 0 ? y(value) : null]).filter(([, at]) => at !== null), theme);
  return (at) => {
    const place = Math.round(((at - LEFT) / (size.width - LEFT)) * count - 0.5);
    const read = [...(sizes[place] ? [sizes[place]] : []), ...(beside[place] ? [beside[place]] : [])];
    return { said: read.map(([name, value]) => `${name}: ${value === null ? "–" : value.toPrecision(3)}`).join(" · ") };
  };
}

function drawDiamonds(pen, points, theme) {
  Object.assign(pen, { fillStyle: theme.validation, strokeStyle: theme.validation, lineWidth: 1 });
  pen.setLineDash([5, 3]);
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
  pen.setLineDash([]);
  for (const [x, y] of points) {
    pen.beginPath();
    for (const [dx, dy] of [[0, -5], [4, 0], [0, 5], [-4, 0]]) pen.lineTo(x + dx, y + dy);
    pen.fill();
  }
}

/** The exponents between which all pages' numbers lie: the axis stands still while the epochs go by. */
function powersOf(pages) {
  const values = pages.flatMap(({ sizes, beside }) => [...sizes, ...beside].map(([, value]) => value)).filter((value) => value > 0);
  if (!values.length) return [-1, 0];
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  return [low - Math.max(0.3, (high - low) * 0.08), high + 0.05];
}

function powerText(power) {
  return power < -3 || power > 4 ? `1e${power}` : String(Number((10 ** power).toPrecision(1)));
}
