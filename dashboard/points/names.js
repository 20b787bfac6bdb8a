// Names: words beside their points, as many as have room; rings and lines around the chosen point; pictures at the points.

const MOST = 90; // words at once
const TRIED = 1500; // points that are asked for their word
const PICTURES = 70; // points in sight up to which each shows its picture
const LETTERS = 24;
const SHORT = 16; // letters up to which a word is written among many points
const FEW = 25; // points in sight among which whole sentences are written too

/** What a person points at comes first, then the chosen point and its neighbours, what was searched for, and the rest. */
export function inOrder({ hovered, chosen, near, found }, count) {
  const first = [hovered, chosen, ...near, ...found].filter((i) => i >= 0);
  const stride = Math.max(1, Math.ceil(count / TRIED));
  const rest = [];
  for (let i = 0; i < count; i += stride) rest.push(i);
  return { order: [...new Set([...first, ...rest])], first: new Set(first) };
}

/** Write words where they cover no other; those that come `first` are strong. */
export function drawNames(pen, { xs, ys }, labels, { order, first }, { width, height }, theme) {
  const taken = [];
  const short = inSight(xs, ys, width, height) > FEW ? SHORT : LETTERS;
  let written = 0;
  Object.assign(pen, { textAlign: "center", textBaseline: "alphabetic", lineJoin: "round", lineWidth: 3, strokeStyle: theme.paper });
  for (const i of order) {
    if (written >= MOST) break;
    const label = brief(labels[i]);
    if (!label || (!first.has(i) && (label.length > short || !isWord(label)))) continue;
    if (!(xs[i] > 4 && xs[i] < width - 4 && ys[i] > 10 && ys[i] < height)) continue;
    const half = label.length * theme.size * 0.3 + 3;
    const [x, y] = [Math.max(half, Math.min(width - half, xs[i])), Math.max(theme.size + 2, ys[i] - 8)];
    const box = [x - half, y - theme.size, x + half, y + 3];
    if (taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
    taken.push(box);
    written += 1;
    Object.assign(pen, { font: first.has(i) ? theme.bold : theme.text, fillStyle: first.has(i) ? theme.ink : theme.quiet });
    pen.strokeText(label, x, y);
    pen.fillText(label, x, y);
  }
}

function inSight(xs, ys, width, height) {
  let count = 0;
  for (let i = 0; i < xs.length; i += 1) if (xs[i] > 0 && xs[i] < width && ys[i] > 0 && ys[i] < height) count += 1;
  return count;
}

function brief(label) {
  return label.length > LETTERS ? `${label.slice(0, LETTERS - 1)}…` : label;
}

/** Rows that are only numbered are not written: they say nothing. */
function isWord(label) {
  return Number.isNaN(Number(label));
}

/** The axes of space, faint and numbered at their ends: they show how it turns. */
export function drawAxes(pen, axes, theme) {
  Object.assign(pen, { strokeStyle: theme.ghost, fillStyle: theme.quiet, lineWidth: 0.8, font: theme.mono, textAlign: "center", textBaseline: "middle", globalAlpha: 0.6 });
  axes.forEach(([from, to], axis) => {
    pen.beginPath();
    pen.moveTo(from[0], from[1]);
    pen.lineTo(to[0], to[1]);
    pen.stroke();
    pen.fillText(String(axis + 1), to[0] + (to[0] - from[0]) * 0.03, to[1] + (to[1] - from[1]) * 0.03);
  });
  pen.globalAlpha = 1;
}

/** Thin lines from the chosen point to its neighbours, and a ring around each. */
export function drawNear(pen, { xs, ys }, chosen, near, theme) {
  if (chosen < 0) return;
  Object.assign(pen, { strokeStyle: theme.train, lineWidth: 1.3 });
  pen.beginPath();
  for (const i of near) {
    pen.moveTo(xs[chosen], ys[chosen]);
    pen.lineTo(xs[i], ys[i]);
  }
  pen.stroke();
  for (const i of near) ring(pen, xs[i], ys[i], 6, theme.ink);
  ring(pen, xs[chosen], ys[chosen], 8.5, theme.ink, 2);
}

export function ring(pen, x, y, radius, colour, width = 1.3) {
  Object.assign(pen, { strokeStyle: colour, lineWidth: width });
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.stroke();
}

/** Near enough, every point in sight shows its picture, framed in its colour. */
export function drawPictures(pen, { xs, ys }, count, sprites, { width, height }, colourOf) {
  const seen = [];
  for (let i = 0; i < count && seen.length <= PICTURES; i += 1) {
    if (xs[i] > 0 && xs[i] < width && ys[i] > 0 && ys[i] < height) seen.push(i);
  }
  if (!seen.length || seen.length > PICTURES) return 0;
  const side = Math.min(sprites.side, 34);
  pen.imageSmoothingEnabled = false;
  for (const i of seen) {
    const [x, y] = [xs[i] - side / 2, ys[i] - side / 2];
    drawPicture(pen, sprites, i, x, y, side);
    Object.assign(pen, { strokeStyle: colourOf(i), lineWidth: 2 });
    pen.strokeRect(x, y, side, side);
  }
  return seen.length;
}

/** One picture of the sheet. */
export function drawPicture(pen, { image, side, columns }, i, x, y, size) {
  pen.drawImage(image, (i % columns) * side, Math.floor(i / columns) * side, side, side, x, y, size, size);
}
