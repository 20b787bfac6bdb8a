// Walking: from node to node with the arrow keys, along edges first, across the plane otherwise.

import { middle, sourceOf } from "./geometry.js";

const WAYS = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] };

/** Make the node in that direction current; `grow` keeps what was selected. */
export function walk(canvas, direction, { grow = false } = {}) {
  const from = canvas.edge?.target ?? canvas.current;
  const next = from === null ? firstOf(canvas) : along(canvas, from, direction) ?? across(canvas, from, direction);
  if (next !== undefined) go(canvas, next, grow);
}

/** Go so many nodes on in the graph's order; infinities go to its ends. */
export function step(canvas, by) {
  const ids = [...canvas.graph.view.nodes.keys()];
  if (!ids.length) return;
  const at = ids.indexOf(canvas.current);
  const next = Number.isFinite(by) ? (at + by + ids.length) % ids.length : by < 0 ? 0 : ids.length - 1;
  go(canvas, ids[next], false);
}

function go(canvas, id, grow) {
  canvas.select(grow ? [...canvas.selected, id] : [id], { current: id });
  canvas.revealNode(id);
}

const firstOf = (canvas) => canvas.graph.view.nodes.keys().next().value;

function along(canvas, id, direction) {
  const { graph } = canvas;
  if (direction === "up") return graph.view.nodes.get(id)?.inputs.map(sourceOf)[0];
  if (direction === "down") return graph.consumersOf(id)[0];
  return undefined;
}

/** The nearest node in that direction on the plane; what lies straight ahead is nearer than what lies aside. */
export function across(canvas, id, direction, allowed = () => true) {
  const [wx, wy] = WAYS[direction];
  const { nodes } = canvas.graph.view;
  const start = middle(nodes.get(id));
  let [best, least] = [undefined, Infinity];
  for (const [other, record] of nodes) {
    if (other === id || !allowed(other)) continue;
    const end = middle(record);
    const ahead = (end.x - start.x) * wx + (end.y - start.y) * wy;
    const aside = Math.abs((end.x - start.x) * wy) + Math.abs((end.y - start.y) * wx);
    if (ahead <= 1) continue;
    const distance = ahead + 2.5 * aside;
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
