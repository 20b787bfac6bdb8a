// Scene: which cards and edges are drawn, and their states; of a large graph only what is in sight, from afar its silhouette.

import { Cards, looksOf, sameLook, tipOf } from "./cards.js";
import { Edges } from "./edges.js";
import { svg } from "./elements.js";
import { CARD, cardAt, overlap, within } from "./geometry.js";
import { Silhouette } from "./silhouette.js";

const MANY = 120; // nodes up to which all are drawn; a frame's cost grows with what is drawn, even out of sight
const MOST_BOWED = 400; // nodes; in a larger graph nobody follows a single edge

export class Scene {
  constructor(drawing, say) {
    this.cards = new Cards(say);
    this.drawn = new Map(); // id → {record, group}
    this.shifted = new Map(); // id → point while a card is dragged
    this.states = {};
    this.far = false;
    this.sight = null;
    this.view = { nodes: new Map() };
    const layer = (name, attributes) => drawing.appendChild(svg("g", { class: name, ...attributes }));
    this.silhouette = new Silhouette(layer("silhouette", { "aria-hidden": "true" }));
    this.edges = new Edges(layer("edges", { "aria-hidden": "true" }), (id) => this.place(id));
    this.nodeLayer = layer("nodes", { role: "presentation" });
    this.overLayer = layer("over", { "aria-hidden": "true" });
  }

  /** Where a card is, or is being dragged to. */
  place(id) {
    return this.shifted.get(id) ?? this.view.nodes.get(id);
  }

  get isMany() {
    return this.view.nodes.size > MANY && !this.whole;
  }

  /** Whether the silhouette stands for the cards now. */
  get isSilhouette() {
    return this.isMany && this.far;
  }

  render(view) {
    this.view = view;
    this.silhouetteOf = null;
    this.draw();
  }

  /** The view moved: draw what came into sight. True when something was drawn. */
  look(sight, far) {
    const same = far === this.far && this.covered && within(sight, this.covered);
    this.sight = sight;
    this.far = far;
    if (same || !this.isMany) return false;
    this.draw();
    return true;
  }

  draw() {
    if (this.isMany && !this.sight) return; // what is in sight is known in a moment
    const near = this.near();
    this.covered = near;
    const isNear = (id) => !near || id === this.pinned || overlap(cardAt(this.place(id)), near);
    const wanted = this.isSilhouette ? (id) => id === this.pinned : isNear;
    this.drawNodes(wanted);
    this.edges.render(this.view, (edge) => !this.isSilhouette && (!near || this.crosses(edge, near)), this.view.nodes.size <= MOST_BOWED);
    this.showSignals(this.signals);
    this.drawSilhouette();
  }

  /** What is in sight and half as much around it; null: everything. */
  near() {
    if (!this.isMany || !this.sight) return null;
    const { x, y, width, height } = this.sight;
    return { x: x - width / 3, y: y - height / 3, width: width * (5 / 3), height: height * (5 / 3) };
  }

  crosses({ source, target }, near) {
    const [a, b] = [this.place(source), this.place(target)];
    const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
    return overlap({ x, y, width: Math.abs(a.x - b.x) + CARD.width, height: Math.abs(a.y - b.y) + CARD.height }, near);
  }

  drawNodes(wanted) {
    for (const [id, { group }] of this.drawn) {
      if (this.view.nodes.has(id) && wanted(id)) continue;
      group.remove();
      this.drawn.delete(id);
    }
    const fresh = document.createDocumentFragment();
    for (const [id, record] of this.view.nodes) if (wanted(id)) this.drawNode(id, record, fresh);
    this.nodeLayer.append(fresh);
  }

  drawNode(id, record, fresh) {
    const known = this.drawn.get(id);
    if (known?.record === record) return;
    const group = known?.group ?? svg("g", { id: `node-${id}`, "data-id": id, role: "treeitem", "aria-selected": "false" });
    if (!known) fresh.append(group);
    this.drawn.set(id, { record, group });
    if (known && sameLook(known.record, record)) return;
    group.replaceChildren(...this.cards.partsOf(record));
    const states = Object.keys(this.states).filter((state) => this.states[state].has(id));
    group.setAttribute("class", ["node", ...looksOf(record), ...states].join(" "));
  }

  drawSilhouette() {
    if (!this.isSilhouette) return this.silhouette.layer.setAttribute("display", "none");
    this.silhouette.layer.removeAttribute("display");
    if (this.silhouetteOf !== this.view) this.silhouette.render(this.view);
    this.silhouetteOf = this.view;
    return this.silhouette.mark(this.view, this.states.selected ?? []);
  }

  /** Do something while everything is drawn, seen or not. */
  asWhole(work) {
    this.whole = true;
    this.draw();
    const result = work();
    this.whole = false;
    this.draw();
    return result;
  }

  /** The type has changed: write all cards anew. */
  restyle() {
    this.cards.readFonts(this.nodeLayer);
    for (const { record, group } of this.drawn.values()) group.replaceChildren(...this.cards.partsOf(record));
    this.showSignals(this.signals);
  }

  /** What the run beside the canvas makes of the graph, as `flows.py` says it; null: nothing. */
  showSignals(signals) {
    this.signals = signals;
    this.edges.showSignals(signals);
    for (const [id, drawn] of this.drawn) this.showMeter(drawn, signals?.cards?.[id]);
  }

  showMeter({ record, group }, signal) {
    const known = group.querySelector(".meter");
    if ((known?.dataset.shown ?? "") === String(signal ?? "")) return;
    known?.remove();
    if (signal) group.append(this.cards.meterOf(record, signal));
  }

  tipOf(id) {
    return tipOf(this.view.nodes.get(id), this.signals, this.signals?.cards?.[id]);
  }

  // Cards on the move

  /** Show cards at other places while they are dragged. */
  shift(places) {
    for (const [id, point] of places) {
      this.shifted.set(id, point);
      const { record, group } = this.drawn.get(id) ?? {};
      group?.setAttribute("transform", `translate(${point.x - record.x} ${point.y - record.y})`);
    }
    this.edges.follow(new Set(places.keys()));
  }

  settle() {
    for (const id of this.shifted.keys()) this.drawn.get(id)?.group.removeAttribute("transform");
    this.shifted.clear();
    this.draw();
  }

  // States

  /** Mark exactly these nodes with a state's class. */
  mark(state, ids) {
    const wanted = new Set(ids);
    for (const id of this.states[state] ?? []) if (!wanted.has(id)) this.drawn.get(id)?.group.classList.remove(state);
    for (const id of wanted) this.drawn.get(id)?.group.classList.add(state);
    this.states[state] = wanted;
    if (state === "selected" && this.isSilhouette) this.silhouette.mark(this.view, wanted);
  }

  /** The current node is drawn even out of sight: screen readers need it. */
  pin(id) {
    this.pinned = id;
    if (this.isMany && id && this.view.nodes.has(id) && !this.drawn.has(id)) this.draw();
  }

  /** The node whose card covers a point of the graph, for when no card is drawn. */
  nodeAt({ x, y }) {
    const point = { x, y, width: 0, height: 0 };
    for (const [id, record] of this.view.nodes) if (overlap(cardAt(record), point)) return id;
    return undefined;
  }
}
