// Axes: round numbers along the bottom and the left of a picture, with faint lines through it.

import { ticksBetween } from "./scales.js";

export const LEFT = 46; // px beside a picture for its numbers
export const BELOW = 20;

/** From values to pixels. */
export function scale([low, high], [from, to]) {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

/** Numbers along the bottom; `x` leads from values to pixels. */
export function drawBottom(pen, { width, height }, range, x, theme, text = plain) {
  dress(pen, theme, "center");
  for (const tick of ticksBetween(...range, Math.max(2, width / 90))) {
    line(pen, x(tick), 0, x(tick), height - BELOW, theme);
    pen.fillText(text(tick), Math.min(Math.max(x(tick), LEFT), width - 14), height - 4);
  }
}

/** Numbers along the left; `y` leads from values to pixels. */
export function drawLeft(pen, { width, height }, range, y, theme, text = plain) {
  dress(pen, theme, "right");
  for (const tick of ticksBetween(...range, Math.max(2, height / 60))) {
    line(pen, LEFT, y(tick), width, y(tick), theme);
    pen.fillText(text(tick), LEFT - 6, y(tick) + 4);
  }
}

/** A round number as short as it can be: 0.5, 20, 4e-6. */
function plain(tick) {
  const size = Math.abs(tick);
  return size && (size < 1e-4 || size >= 1e5) ? tick.toExponential().replace("e+", "e") : String(tick);
}

export function dress(pen, theme, align) {
  Object.assign(pen, { font: theme.mono, fillStyle: theme.quiet, strokeStyle: theme.rule, lineWidth: 1, textAlign: align });
}

function line(pen, x0, y0, x1, y1, theme) {
  pen.strokeStyle = theme.rule;
  pen.beginPath();
  pen.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
  pen.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  pen.stroke();
}

/** From the least to the greatest of what all pages hold: the axes stand still while the epochs go by. */
export function reachOf(pages) {
  return [Math.min(...pages.map(({ low }) => low)), Math.max(...pages.map(({ high }) => high))];
}
