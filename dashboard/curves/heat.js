// Heat: epochs across, values up, and how many numbers are there as colour; another run's stand below, on the same scales.

import { BELOW, LEFT, dress, drawBottom, drawLeft, reachOf, scale } from "./axes.js";

const BINS = 60;

/** Draws; the answer tells which page is drawn at a place. */
export function drawHeat(pen, size, { pages, beside = [], names = [], log }, until, theme) {
  const all = [...pages, ...beside];
  const seen = all.map(({ epoch }) => epoch);
  const range = reachOf(all);
  const shares = new Map(all.map((page) => [page, spread(page, range)]));
  const scales = { range, epochs: [Math.min(...seen) - 0.5, Math.max(...seen) + 0.5], log, shares, most: (epoch) => mostAt(epoch, [pages, beside], shares) };
  if (!beside.length) return drawMap(pen, size, pages, scales, until, theme, theme.train);
  const half = { width: size.width, height: size.height / 2 };
  const find = drawMap(pen, half, pages, scales, until, theme, theme.train, names[0]);
  pen.translate(0, half.height);
  const findBeside = drawMap(pen, half, beside, scales, until, theme, theme.validation, names[1]);
  return (x, y) => (y < half.height ? find(x) : findBeside(x));
}

function drawMap(pen, size, pages, { range, epochs, log, shares, most }, until, theme, colour, name = "") {
  const y = scale(range, [size.height - BELOW, 4]);
  const x = scale(epochs, [LEFT, size.width - 4]);
  drawLeft(pen, size, range, y, theme);
  drawBottom(pen, size, epochs, x, theme, (tick) => (Number.isInteger(tick) ? String(tick) : ""));
  pen.fillStyle = colour;
  const edge = (bin) => Math.round(y(range[0] + ((range[1] - range[0]) * bin) / BINS));
  const end = (place) => (pages[place + 1] ? pages[place + 1].epoch - 0.5 : epochs[1]);
  pages.forEach((page, place) => {
    if (page.epoch > until) return;
    const [left, right] = [x(page.epoch - 0.5), x(end(place))].map(Math.round);
    const densest = most(page.epoch);
    shares.get(page).forEach((share, bin) => {
      if (share <= 0) return;
      pen.globalAlpha = log ? Math.log1p(1000 * share) / Math.log1p(1000) : Math.min(1, share / densest);
      // Whole pixels: where two cells overlapped, lines would show.
      const [top, bottom] = [edge(bin + 1), edge(bin)];
      pen.fillRect(left, top, right - left, bottom - top);
    });
  });
  pen.globalAlpha = 1;
  dress(pen, theme, "left");
  pen.fillText(name, LEFT + 6, 16);
  return (at) => pages.findLast((page) => x(page.epoch - 0.5) <= at && page.epoch <= until);
}

/** The densest bin at an epoch, of either run: the same colour means the same share in both. */
function mostAt(epoch, runs, shares) {
  const near = runs.map((pages) => pages.findLast((page) => page.epoch <= epoch) ?? pages[0]).filter(Boolean);
  return Math.max(1e-9, ...near.flatMap((page) => shares.get(page)));
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
