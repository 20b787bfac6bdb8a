// Canvas: the element's entry; puts its parts together, keeps selection and focus, and speaks with the server.

import { Announcer, Tree, describeEdge } from "./aria.js";
import { listenToClipboard, receiveCopy } from "./clipboard.js";
import { Conversation } from "./conversation.js";
import { GraphDocument } from "./document.js";
import { keyOf } from "./edges.js";
import { html, svg } from "./elements.js";
import { CARD, boundsOf, cardAt } from "./geometry.js";
import { Hands, hitOf } from "./hands.js";
import { Keys } from "./keys.js";
import { Minimap } from "./minimap.js";
import { Palette } from "./palette.js";
import { Problems } from "./problems.js";
import { Scene } from "./scene.js";
import { Sheets } from "./sheets.js";
import { Toolbar } from "./toolbar.js";
import { LEAST, Viewport } from "./viewport.js";
import { speaker } from "./words.js";

const NOTICE = 9000; // ms that a refusal stays
const LEFT = 500; // ms after which one whose place is gone does not come back
const LARGER = "layerloom.larger";
const LEGIBLE = 0.6; // zoom from which names can be pointed at
const instances = new WeakMap();
const living = new Set();
const left = new Set(); // canvases that Streamlit had leave; now and then it shows them again at once

/** What Streamlit calls at first and whenever the data changed. */
export default function show({ data, parentElement, setStateValue }) {
  if (!data) return undefined;
  const canvas = instances.get(parentElement) ?? successor(parentElement, data);
  instances.set(parentElement, canvas);
  left.delete(canvas);
  canvas.conversation.setState = setStateValue;
  canvas.receive(data);
  return () => {
    left.add(canvas);
    setTimeout(() => left.has(canvas) && !parentElement.isConnected && end(canvas), LEFT);
  };
}

/** A page has one canvas: in a new place it ends the one before, and goes on with what that had not sent. */
function successor(parentElement, data) {
  for (const canvas of living) end(canvas);
  const canvas = new Canvas(parentElement, data);
  living.add(canvas);
  return canvas;
}

function end(canvas) {
  living.delete(canvas);
  left.delete(canvas);
  instances.delete(canvas.parent);
  canvas.close();
}

class Canvas {
  constructor(parent, data) {
    this.parent = parent;
    this.say = speaker(data.labels);
    this.pointing = Boolean(data.pointing); // nothing is changed here: nodes are chosen, for what is asked beside it
    this.catalogue = new Map();
    this.blocks = [];
    this.selected = new Set();
    this.current = null;
    this.edge = null;
    this.conversation = new Conversation(this);
    this.graph = new GraphDocument({
      send: (message) => this.conversation.send("ops", message),
      changed: () => this.render(),
      familyOf: (kind) => this.familyOf(kind),
    });
    this.build(parent);
    this.stopListening = this.pointing ? () => {} : listenToClipboard(this);
    this.stopWatching = this.watchSignals();
    this.waitForStyle(parent);
  }

  /** What flows along the edges comes from the run that is shown beside the canvas. */
  watchSignals() {
    const show = () => this.scene.showSignals(window.layerloomSignals ?? null);
    window.addEventListener("layerloom:signals", show);
    show();
    return () => window.removeEventListener("layerloom:signals", show);
  }

  /** The style sheet comes on its own: without it there is nothing to measure and nothing to see. */
  waitForStyle(parent) {
    const link = parent.querySelector("link[rel=stylesheet]");
    const dress = () => {
      this.root.hidden = false;
      this.toggleLarger(remembered(LARGER));
      this.problems.render();
    };
    this.root.hidden = Boolean(link && !link.sheet);
    if (this.root.hidden) link.addEventListener("load", dress, { once: true });
    else dress();
  }

  build(parent) {
    const { say } = this;
    const drawing = svg("svg", { class: "drawing", width: 1, height: 1, role: "presentation" });
    const world = html("div", { class: "world" }, drawing);
    this.stage = html("div", { class: "stage", tabindex: 0, role: "tree", "aria-multiselectable": "true", "aria-label": say("Graph") }, world);
    this.dots = html("div", { class: "dots", "aria-hidden": "true" });
    this.root = html("div", { class: this.pointing ? "canvas pointing" : "canvas" });
    this.scene = new Scene(drawing, say);
    this.problems = new Problems(this);
    this.viewport = new Viewport(this.stage, [world, this.problems.world], this.dots, () => this.viewMoved());
    this.minimap = new Minimap(this.viewport, say);
    this.tree = new Tree(this.stage, this.graph, this.scene);
    this.palette = new Palette(this);
    this.toolbar = new Toolbar(this);
    this.sheets = new Sheets(this);
    this.hands = new Hands(this);
    this.keys = new Keys(this);
    this.buildLines();
    const ground = html("div", { class: "ground" }, this.dots, this.stage, this.problems.world, this.minimap.element, this.empty, this.lines);
    ground.addEventListener("wheel", (event) => this.hands.wheel(event), { passive: false });
    this.root.append(this.toolbar.element, this.problems.banner, ground, this.palette.element, this.toolbar.menu, this.sheets.element, this.told);
    for (const name of ["keydown", "keyup", "keypress"]) this.root.addEventListener(name, (event) => event.stopPropagation());
    this.root.addEventListener("keydown", () => this.root.classList.add("keyed"), true);
    this.root.addEventListener("pointerdown", () => this.root.classList.remove("keyed"), true);
    parent.append(this.root);
    this.watch = new ResizeObserver(() => this.resized());
    this.watch.observe(ground);
  }

  buildLines() {
    const { say } = this;
    this.hintLine = html("div", { class: "hint", hidden: true });
    this.noticeLine = html("div", { class: "notice", role: "status", "aria-live": "polite" });
    this.told = html("div", { class: "told", "aria-live": "polite" });
    this.announcer = new Announcer(this.told);
    this.lines = html("div", { class: "lines" }, this.hintLine, this.noticeLine);
    const first = html("button", { type: "button", class: "first", onclick: () => this.palette.open("layers") }, say("Add the first layer"));
    this.empty = html("div", { class: "empty", hidden: true }, html("p", {}, say("Nothing here yet. Press / and type: Input, Dense, Conv2D …")), first);
  }

  // What the server says

  receive(data) {
    if (!this.conversation.takes(data)) return;
    this.arrived = performance.now();
    if (data.height) this.root.style.height = `${data.height}px`;
    if (data.catalogue) this.catalogue = new Map(data.catalogue.map((layer) => [layer.kind, layer]));
    if (data.blocks) this.blocks = data.blocks;
    if (data.catalogue) this.palette.refresh();
    this.reading = data.reading;
    const opened = this.graph.receive(data);
    if (opened) this.open();
    this.adoptSelection(data.selected ?? [], opened, data.ack?.choice);
    this.meetExpectation();
    if (data.copied) receiveCopy(this, data.copied);
    this.stage.classList.toggle("reading", Boolean(data.reading));
    this.toolbar.render();
    if (data.noticed !== this.noticed) this.showNotice(data.notice); // the same sentence again has another number
    this.noticed = data.noticed;
    this.conversation.begin();
  }

  open() {
    this.keys.stopConnecting();
    this.timeDrawing();
    this.selected = new Set();
    this.current = null;
    this.edge = null;
    this.fitted = this.viewport.measure();
    if (this.fitted) this.fit({ still: true });
  }

  /** For the performance panel and the benchmark: from the data's arrival to the frame that shows it. */
  timeDrawing() {
    const { arrived } = this;
    requestAnimationFrame(() => setTimeout(() => performance.measure("canvas first draw", { start: arrived, end: performance.now() })));
  }

  resized() {
    const seen = this.viewport.measure();
    if (seen && !this.fitted) this.fit({ still: true });
    this.fitted ||= seen;
    this.minimap.follow();
  }

  /** Take the server's selection where it is its own. */
  adoptSelection(ids, opened, choice) {
    this.root.dataset.selected = ids.join();
    if (!this.conversation.isTheirs(ids, opened, choice)) return;
    const known = ids.filter((id) => this.graph.view.nodes.has(id));
    if (known.join() !== [...this.selected].join()) this.select(known, { quietly: true });
  }

  /** After an act whose new nodes only the server can name: select them; after "fit", fit. */
  expect(then = "select") {
    this.expected = { then, known: new Set(this.graph.view.nodes.keys()), revision: this.graph.revision };
  }

  meetExpectation() {
    if (!this.expected || this.graph.revision === this.expected.revision) return;
    const { then, known } = this.expected;
    this.expected = null;
    const fresh = [...this.graph.view.nodes.keys()].filter((id) => !known.has(id));
    if (then === "fit") return this.fit();
    if (!fresh.length) return undefined;
    this.select(fresh);
    return this.viewport.reveal(boundsOf(fresh.map((id) => this.graph.view.nodes.get(id))));
  }

  // What the person does

  /** An operation, shown at once and sent. */
  do(operation) {
    this.showNotice(null);
    this.graph.do(operation);
  }

  /** Several edits as one step, with places for what is new, which then is selected. */
  doMany(edits, { label, positions, select }) {
    if (edits.length === 1 && !positions) this.do(edits[0]);
    else this.do({ edit: "many", edits, label, ...(positions ? { positions } : {}) });
    if (!select) return;
    this.awaited = new Set(select);
    this.select(select);
    const present = select.filter((id) => this.graph.view.nodes.has(id));
    if (present.length) this.viewport.reveal(boundsOf(present.map((id) => this.graph.view.nodes.get(id))));
  }

  /** Select exactly these nodes; the last is current unless `current` says so. `quietly`: the server need not know. */
  select(ids, { current, quietly = false } = {}) {
    if (this.current && !ids.includes(this.current)) this.before = this.current;
    this.selected = new Set(ids);
    this.current = current ?? (this.selected.has(this.current) && ids.length > 1 ? this.current : ids.at(-1)) ?? null;
    this.edge = null;
    this.showSelection();
    if (!quietly) this.conversation.tellSelection();
  }

  selectEdge(edge) {
    this.edge = edge;
    if (edge) {
      this.selected = new Set();
      this.current = edge.target;
      this.tell(describeEdge(this.graph.view, edge, this.say));
    }
    this.showSelection();
    this.conversation.tellSelection();
  }

  letGo() {
    this.hands.cancel();
    if (this.edge) return this.selectEdge(null);
    if (this.selected.size) return this.select([]);
    return this.showNotice(null);
  }

  fit({ still = false } = {}) {
    const margin = this.viewport.size.width < 520 ? 18 : 36;
    const done = () => this.problems.follow();
    const bounds = boundsOf([...this.graph.view.nodes.values()]);
    const least = this.pointing ? LEGIBLE : LEAST;
    this.viewport.fit(bounds && this.problems.around(bounds), { still, margin, least, done });
  }

  revealNode(id, { width = CARD.width, height = CARD.height } = {}) {
    const record = this.graph.view.nodes.get(id);
    if (record) this.viewport.reveal({ ...cardAt(record), width, height });
  }

  /** What lies at a point of the screen: inside the ground or not, the node or the edge there, the graph's coordinates. */
  spotAt(clientX, clientY) {
    const elements = this.stage.getRootNode().elementsFromPoint(clientX, clientY);
    const at = this.viewport.toGraph(clientX, clientY);
    const hit = this.scene.isSilhouette ? { node: this.scene.nodeAt(at) } : hitOf(elements);
    return { inside: elements.includes(this.stage), at, ...hit };
  }

  familyOf(kind) {
    return { InputLayer: "Input", Embedding: "Embedding", Model: "Model" }[kind] ?? this.catalogue.get(kind)?.family ?? "Core";
  }

  toggleLarger(larger = !this.root.classList.contains("larger")) {
    this.root.classList.toggle("larger", larger);
    this.scene.restyle();
    remember(LARGER, larger);
  }

  // What is shown

  viewMoved() {
    this.minimap.follow();
    if (this.scene.look(this.viewport.sight, this.viewport.isFar)) this.tree.refresh(this.say, this.selected);
  }

  render() {
    const { view } = this.graph;
    this.scene.render(view);
    this.prune(view);
    this.empty.hidden = this.pointing || view.nodes.size > 0 || this.graph.revision === null;
    this.minimap.render(view);
    this.tree.refresh(this.say, this.selected);
    this.showSelection();
    this.toolbar.render();
    this.root.dataset.saving = String(this.graph.isSaving);
  }

  prune({ nodes }) {
    for (const id of this.awaited ?? []) if (nodes.has(id)) this.awaited.delete(id);
    const kept = [...this.selected].filter((id) => nodes.has(id) || this.awaited?.has(id));
    const fewer = kept.length < this.selected.size;
    if (fewer) this.selected = new Set(kept);
    if (this.current && !nodes.has(this.current) && !this.awaited?.has(this.current)) this.stepBack(kept, nodes);
    if (this.edge && !(this.edge.place < nodes.get(this.edge.target)?.inputs.length)) this.edge = null;
    if (!this.graph.isSaving) this.awaited = null;
    if (fewer) this.conversation.tellSelection(); // or the server, which knows only what went, would have nothing selected
  }

  /** The current node went, by an undo say: on with what is still selected, or with what was current before it. */
  stepBack(kept, nodes) {
    this.current = kept.at(-1) ?? (nodes.has(this.before) ? this.before : null);
    if (!kept.length && this.current) this.selected = new Set([this.current]);
  }

  showSelection() {
    this.scene.mark("selected", this.selected);
    this.scene.mark("current", this.current && !this.edge ? [this.current] : []);
    this.scene.edges.mark("selected", this.edge ? [keyOf(this.edge)] : []);
    this.scene.pin(this.current);
    this.tree.select(this.selected, this.current, this.say);
    this.problems.render();
    this.showKin();
  }

  /** Calls of one layer light up together. */
  showKin() {
    const { nodes } = this.graph.view;
    const lit = [this.hands?.hovered, this.current].map((id) => nodes.get(id)).filter((record) => record?.calls > 1);
    const layers = new Set(lit.map((record) => record.layer));
    this.scene.mark("kin", layers.size ? [...nodes.values()].filter(({ layer }) => layers.has(layer)).map(({ id }) => id) : []);
  }

  hint(text) {
    this.hintLine.hidden = !text;
    this.hintLine.textContent = text;
    if (text) this.tell(text);
  }

  tell(text) {
    this.announcer.tell(text);
  }

  /** Refuse an act before it is sent, with a sentence, and mark where. */
  refuse(text, id) {
    this.showNotice(text);
    if (!id) return;
    this.scene.mark("refused", [id]);
    setTimeout(() => this.scene.mark("refused", []), 1500);
  }

  showNotice(text) {
    clearTimeout(this.fading);
    this.noticeLine.textContent = text ?? "";
    this.noticeLine.classList.toggle("shown", Boolean(text));
    if (text) this.fading = setTimeout(() => this.noticeLine.classList.remove("shown"), NOTICE);
  }

  close() {
    this.stopWatching();
    this.graph.close();
    this.stopListening();
    this.watch.disconnect();
    this.conversation.close();
    this.root.remove();
  }
}

function remembered(name) {
  try {
    return localStorage.getItem(name) === "true";
  } catch {
    return false; // storage may be closed to this page
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, String(value));
  } catch {
    // the choice then lasts as long as the page
  }
}

