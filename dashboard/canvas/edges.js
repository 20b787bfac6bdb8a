// Edges: smooth curves from outputs to inputs, as wide as what flows through them.

import { CARD, edgePath, inputPort, outputPort, overlap, sourceOf, splitReference } from "./geometry.js";
import { svg } from "./elements.js";

const THINNEST = 1.5;
const WIDEST = 8;
const ASIDE = [124, 150, 190]; // pixels that an edge bows to one side or the other

/** The key of an edge: its target and its place among the target's inputs. */
export const keyOf = ({ target, place }) => `${target}:${place}`;

/** Every edge of a view, as {key, target, place, reference, source}. */
export function* edgesOf(view) {
  for (const [target, record] of view.nodes) {
    for (const [place, reference] of record.inputs.entries()) {
      const source = sourceOf(reference);
      if (view.nodes.has(source)) yield { key: `${target}:${place}`, target, place, reference, source };
    }
  }
}

export class Edges {
  /** `place(id)` says where a card is now. */
  constructor(layer, place) {
    this.layer = layer;
    this.place = place;
    this.drawn = new Map(); // key → {group, path, reach, label, d, source}
    this.states = {};
  }

  /** Draw the edges that `wanted` accepts and no others; `bow` leads them around cards. */
  render(view, wanted, bow) {
    this.view = view;
    this.crowd = bow ? [...view.nodes.keys()].map((id) => ({ id, ...this.place(id), width: CARD.width, height: CARD.height })) : [];
    const seen = new Set();
    for (const edge of edgesOf(view)) {
      if (!wanted(edge)) continue;
      seen.add(edge.key);
      this.renderEdge(edge);
    }
    for (const [key, { group }] of this.drawn) {
      if (seen.has(key)) continue;
      group.remove();
      this.drawn.delete(key);
    }
  }

  /** Draw again the edges at these nodes, which are on the move. */
  follow(ids) {
    this.crowd = [];
    for (const edge of edgesOf(this.view)) {
      if (this.drawn.has(edge.key) && (ids.has(edge.target) || ids.has(edge.source))) this.renderEdge(edge);
    }
  }

  ends({ target, place, reference }) {
    const [source, index] = splitReference(reference);
    const { nodes } = this.view;
    const from = outputPort(this.place(source), index, nodes.get(source).ports?.length ?? 1);
    const to = inputPort(this.place(target), place, nodes.get(target).inputs.length);
    return [from, to];
  }

  renderEdge(edge) {
    const drawn = this.drawn.get(edge.key) ?? this.newEdge(edge.key);
    const [from, to] = this.ends(edge);
    const d = edgePath(from, to, this.asideFor(edge, from, to));
    drawn.source = edge.source;
    if (drawn.d !== d) {
      drawn.d = d;
      drawn.path.setAttribute("d", d);
      drawn.reach.setAttribute("d", d);
    }
    const label = this.view.nodes.get(edge.target).inputs.length > 1 ? String(edge.place + 1) : "";
    if (drawn.label.textContent !== label) drawn.label.textContent = label;
    const before = from.x > to.x + 1; // the number stands on the side that the curve leaves free
    drawn.label.setAttribute("x", to.x + (before ? -6 : 6));
    drawn.label.setAttribute("text-anchor", before ? "end" : "start");
    drawn.label.setAttribute("y", to.y - 5);
  }

  newEdge(key) {
    const path = svg("path", { class: "line" });
    const reach = svg("path", { class: "reach" });
    const label = svg("text", { class: "place" });
    const states = Object.keys(this.states).filter((state) => this.states[state].has(key));
    const group = svg("g", { class: ["edge", ...states].join(" "), "data-edge": key }, path, reach, label);
    this.layer.append(group);
    const drawn = { group, path, reach, label, d: "" };
    this.drawn.set(key, drawn);
    return drawn;
  }

  /** How far an edge bows aside so that it does not vanish behind the cards it would cross. */
  asideFor({ source, target }, from, to) {
    const long = to.y - from.y;
    if (!this.crowd.length || long < CARD.height + 50) return 0;
    const blocked = (area) => this.crowd.some((card) => card.id !== source && card.id !== target && overlap(card, area));
    const [left, width] = [Math.min(from.x, to.x) - 4, Math.abs(to.x - from.x) + 8];
    if (!blocked({ x: left, y: from.y + 40, width, height: long - 80 })) return 0;
    const side = to.x > this.place(target).x + CARD.width / 2 ? 1 : -1;
    const ways = ASIDE.flatMap((distance) => [side * distance, -side * distance]);
    return ways.find((way) => !blocked({ x: from.x + way - 4, y: from.y + 12, width: 8, height: long - 24 })) ?? 0;
  }

  /** Widths from 0 to 1 as the training sends them: by edge, or by the node that an edge leaves; null: all thin. */
  showSignals(signals) {
    for (const [key, { path, source }] of this.drawn) {
      const signal = signals ? signals.edges?.[key] ?? signals.nodes?.[source] : undefined;
      const width = signal === undefined ? "" : `${THINNEST + (WIDEST - THINNEST) * Math.min(1, Math.max(0, signal))}px`;
      if (path.style.strokeWidth !== width) path.style.strokeWidth = width;
    }
  }

  /** Mark exactly these edges with a state's class. */
  mark(state, keys) {
    for (const key of this.states[state] ?? []) this.drawn.get(key)?.group.classList.remove(state);
    this.states[state] = new Set(keys);
    for (const key of keys) this.drawn.get(key)?.group.classList.add(state);
  }
}
