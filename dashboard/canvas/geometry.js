// Geometry: where cards, ports and edges lie, in the coordinates of the graph; pure.

export const CARD = { width: 200, height: 70 };
export const ROW = 100;
export const COLUMN = 230;
export const GRID = 10;

/** The node and the output that a reference points at: "lstm:1" → ["lstm", 1]. */
export function splitReference(reference) {
  const colon = reference.lastIndexOf(":");
  return colon < 0 ? [reference, 0] : [reference.slice(0, colon), Number(reference.slice(colon + 1))];
}

/** The reference to an output of a node; a bare id means the first. */
export const referenceTo = (id, index) => (index ? `${id}:${index}` : id);

export const sourceOf = (reference) => splitReference(reference)[0];

export const middle = ({ x, y }) => ({ x: x + CARD.width / 2, y: y + CARD.height / 2 });

/** Where the input at `place` of `count` enters a card whose top left corner is `point`. */
export function inputPort(point, place, count) {
  return { x: point.x + CARD.width / 2 + spread(place, count), y: point.y };
}

/** Where the output at `place` of `count` leaves a card. */
export function outputPort(point, place, count) {
  return { x: point.x + CARD.width / 2 + spread(place, count), y: point.y + CARD.height };
}

function spread(place, count) {
  const gap = Math.min(50, (CARD.width - 40) / Math.max(1, count - 1));
  return (place - (count - 1) / 2) * gap;
}

/** The path of an edge: a straight drop, a smooth curve, or a bow of `aside` pixels around cards in its way. */
export function edgePath(from, to, aside = 0) {
  const drop = to.y - from.y;
  if (aside) return bowed(from, to, aside);
  if (Math.abs(to.x - from.x) < 0.5 && drop > 0) return `M${from.x} ${from.y}V${to.y}`;
  const reach = drop > 0 ? Math.max(18, Math.min(drop / 2, 90)) : Math.min(160, 60 - drop / 3);
  return `M${from.x} ${from.y}C${from.x} ${from.y + reach} ${to.x} ${to.y - reach} ${to.x} ${to.y}`;
}

function bowed(from, to, aside) {
  const x = from.x + aside;
  const top = from.y + 42;
  const bottom = to.y - 42;
  return (
    `M${from.x} ${from.y}C${from.x} ${from.y + 26} ${x} ${from.y + 10} ${x} ${top}` +
    `V${bottom}C${x} ${to.y - 10} ${to.x} ${to.y - 26} ${to.x} ${to.y}`
  );
}

/** The smallest rectangle around cards at these points; null around none. */
export function boundsOf(points) {
  if (!points.length) return null;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + CARD.width);
    bottom = Math.max(bottom, y + CARD.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Whether two rectangles touch. */
export function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Whether a rectangle lies wholly inside another. */
export function within(inner, outer) {
  const wide = inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width;
  return wide && inner.y >= outer.y && inner.y + inner.height <= outer.y + outer.height;
}

/** The rectangle of a card at a point, grown by a margin. */
export function cardAt({ x, y }, margin = 0) {
  return { x: x - margin, y: y - margin, width: CARD.width + 2 * margin, height: CARD.height + 2 * margin };
}

/** The first place for a card at or beside the wished one where it covers no other. */
export function freePlace(wished, others) {
  for (let step = 0; step < 60; step++) {
    const aside = Math.ceil(step / 2) * (step % 2 ? 1 : -1) * COLUMN;
    const place = { x: Math.round(wished.x + aside), y: Math.round(wished.y) };
    if (!others.some((other) => overlap(cardAt(place, 8), cardAt(other)))) return place;
  }
  return wished;
}
