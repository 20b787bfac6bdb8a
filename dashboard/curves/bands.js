// Bands: how a quantity's values spread through the epochs: the median, half of them around it, nine in ten around that.

import { BELOW, LEFT, drawBottom, drawLeft, scale } from "./axes.js";

const BANDS = [[0, 4, 0.14], [1, 3, 0.28]]; // places of the edges among the percentiles, and how dense

/** Draws; the answer tells which page is drawn at a place. */
export function drawBands(pen, size, { pages, beside = [] }, until, theme) {
  const all = [...pages, ...beside].filter(known);
  if (!all.length) return () => null;
  const values = all.flatMap(({ percentiles }) => [percentiles[0], percentiles[4]]);
  const air = (Math.max(...values) - Math.min(...values)) * 0.05 || 1e-6;
  const range = [Math.min(...values) - air, Math.max(...values) + air];
  const y = scale(range, [size.height - BELOW, 4]);
  const epochs = [Math.min(...all.map(({ epoch }) => epoch)), Math.max(...all.map(({ epoch }) => epoch))];
  const x = scale(epochs[0] === epochs[1] ? [epochs[0] - 1, epochs[0] + 1] : epochs, [LEFT + 4, size.width - 8]);
  drawLeft(pen, size, range, y, theme);
  drawBottom(pen, size, epochs, x, theme, (tick) => (Number.isInteger(tick) ? String(tick) : ""));
  const past = ({ epoch }) => epoch <= until;
  drawSpread(pen, pages.filter(known).filter(past), x, y, theme.train, []);
  drawSpread(pen, beside.filter(known).filter(past), x, y, theme.validation, [5, 3]);
  return (at) => pages.filter(past).reduce((best, page) => (best && Math.abs(x(best.epoch) - at) <= Math.abs(x(page.epoch) - at) ? best : page), null);
}

function known({ percentiles }) {
  return percentiles.length > 0;
}

function drawSpread(pen, pages, x, y, colour, dash) {
  if (!pages.length) return;
  Object.assign(pen, { fillStyle: colour, strokeStyle: colour, lineWidth: 2 });
  for (const [low, high, density] of BANDS) {
    pen.beginPath();
    for (const { epoch, percentiles } of pages) pen.lineTo(x(epoch), y(percentiles[high]));
    for (const { epoch, percentiles } of [...pages].reverse()) pen.lineTo(x(epoch), y(percentiles[low]));
    pen.globalAlpha = density;
    pen.fill();
  }
  pen.globalAlpha = 1;
  pen.setLineDash(dash);
  pen.beginPath();
  for (const { epoch, percentiles } of pages) pen.lineTo(x(epoch), y(percentiles[2]));
  pen.stroke();
  pen.setLineDash([]);
  const { epoch, percentiles } = pages.at(-1);
  pen.beginPath();
  pen.arc(x(epoch), y(percentiles[2]), 3, 0, 7);
  pen.fill();
}
