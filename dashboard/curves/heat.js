// Heat: epochs across, values up, and how many numbers are there as colour; another run's stand below.

import { BELOW, LEFT, drawBottom, drawLeft, reachOf, scale } from "./axes.js";

const BINS = 60;

/** Draws; the answer tells which page is drawn at a place. */
export function drawHeat(pen, size, { pages, beside = [], log }, until, theme) {
  if (!beside.length) return drawMap(pen, size, pages, log, until, theme, theme.train);
  const half = { width: size.width, height: size.height / 2 };
  const find = drawMap(pen, half, pages, log, until, theme, theme.train);
  pen.translate(0, half.height);
  const findBeside = drawMap(pen, half, beside, log, until, theme, theme.validation);
  return (x, y) => (y < half.height ? find(x) : findBeside(x));
}

function drawMap(pen, size, pages, log, until, theme, colour) {
  const range = reachOf(pages);
  const y = scale(range, [size.height - BELOW, 4]);
  const epochs = [pages[0].epoch - 0.5, pages.at(-1).epoch + 0.5];
  const x = scale(epochs, [LEFT, size.width - 4]);
  drawLeft(pen, size, range, y, theme);
  drawBottom(pen, size, epochs, x, theme, (tick) => (Number.isInteger(tick) ? String(tick) : ""));
  pen.fillStyle = colour;
  const edge = (bin) => Math.round(y(range[0] + ((range[1] - range[0]) * bin) / BINS));
  const end = (place) => (pages[place + 1] ? pages[place + 1].epoch - 0.5 : epochs[1]);
  pages.forEach((page, place) => {
    if (page.epoch > until) return;
    const [left, right] = [x(page.epoch - 0.5), x(end(place))].map(Math.round);
    const shares = spread(page, range).map((share) => (log ? Math.log1p(1000 * share) / Math.log1p(1000) : share));
    const most = Math.max(...shares, 1e-9);
    shares.forEach((share, bin) => {
      if (share <= 0) return;
      pen.globalAlpha = log ? share : Math.min(1, share / most);
      // Whole pixels: where two cells overlapped, lines would show.
      const [top, bottom] = [edge(bin + 1), edge(bin)];
      pen.fillRect(left, top, right - left, bottom - top);
    });
  });
  pen.globalAlpha = 1;
  return (at) => pages.findLast((page) => x(page.epoch - 0.5) <= at && page.epoch <= until);
}

/** A histogram's shares on common bins; what lies across several of them is divided by how far it reaches in. */
function spread({ low, high, counts }, [least, greatest]) {
  const shares = new Array(BINS).fill(0);
  const width = (greatest - least) / BINS || 1;
  const wide = (high - low) / counts.length;
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  counts.forEach((count, place) => {
    if (!count) return;
    const left = (low + place * wide - least) / width;
    const right = left + Math.max(wide / width, 1e-9);
    for (let cell = Math.max(0, Math.floor(left)); cell <= Math.min(BINS - 1, Math.floor(right)); cell += 1) {
      const inside = Math.min(right, cell < BINS - 1 ? cell + 1 : right) - Math.max(left, cell || left);
      shares[cell] += ((count / total) * Math.max(0, inside)) / (right - left);
    }
  });
  return shares;
}
