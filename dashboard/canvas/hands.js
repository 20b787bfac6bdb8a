// Hands: mouse, pen and touch on the canvas; each press becomes one gesture that ends or is cancelled.

import { connectNodes, unreachableFrom, refusalOf } from "./placing.js";
import { GRID, edgePath, outputPort, overlap, cardAt, referenceTo } from "./geometry.js";
import { keyOf } from "./edges.js";
import { svg } from "./elements.js";

const SLACK = 4; // pixels a press may wander and still be a click
const TWICE = 350; // ms between the clicks of a double click
const LONG = 550; // ms of a long press
const SNAP = 7; // pixels at which a dragged card lines up with another

export class Hands {
  constructor(canvas) {
    this.canvas = canvas;
    this.fingers = new Map();
    const { stage } = canvas;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", (event) => this.release(event));
    stage.addEventListener("pointercancel", (event) => this.release(event, true));
    stage.addEventListener("pointerleave", () => this.over({}));
    stage.addEventListener("contextmenu", (event) => this.menu(event));
  }

  hitAt({ clientX, clientY }) {
    return this.canvas.spotAt(clientX, clientY);
  }

  press(event) {
    const { stage } = this.canvas;
    stage.focus({ preventScroll: true });
    this.fingers.set(event.pointerId, event);
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
    if (this.fingers.size === 2) return this.pinch();
    if (this.fingers.size > 2 || event.button === 2) return;
    this.gesture = this.gestureFor(event);
    this.gesture.from = event;
    if (event.pointerType === "touch") this.long = setTimeout(() => this.longPress(event), LONG);
  }

  gestureFor(event) {
    const hit = this.hitAt(event);
    if (event.button === 1) return this.panning();
    if (this.canvas.pointing) return { ...this.panning(), ...(hit.node ? { click: () => this.clickNode(hit.node, false) } : {}) };
    if (hit.port !== undefined) return this.connecting(hit);
    if (hit.node) return this.pressNode(event, hit.node);
    if (hit.edge) return { ...this.panning(), click: () => this.canvas.selectEdge(hit.edge) };
    return event.shiftKey ? this.banding(event) : this.panning();
  }

  move(event) {
    if (!this.fingers.has(event.pointerId)) return this.hover(event);
    const before = this.fingers.get(event.pointerId);
    this.fingers.set(event.pointerId, event);
    const { gesture } = this;
    if (!gesture) return;
    if (!gesture.moved && away(event, gesture.from) < SLACK && !gesture.pinch) return;
    gesture.moved = true;
    clearTimeout(this.long);
    gesture.move(event, before);
  }

  release(event, cancelled = false) {
    clearTimeout(this.long);
    if (!this.fingers.delete(event.pointerId)) return;
    const { gesture } = this;
    if (!gesture || (gesture.pinch && this.fingers.size)) return;
    this.gesture = null;
    if (cancelled) return gesture.cancel?.();
    if (gesture.moved) return gesture.end?.(event);
    gesture.click?.(event);
  }

  /** Escape: the gesture under way never happened. */
  cancel() {
    this.gesture?.cancel?.();
    this.gesture = null;
  }

  hover(event) {
    this.pointer = event;
    this.looking ??= requestAnimationFrame(() => {
      this.looking = null;
      this.over(this.hitAt(this.pointer));
    });
  }

  /** Light up what the pointer is over. */
  over({ node, edge, port }) {
    const { canvas } = this;
    canvas.stage.dataset.over = port === undefined ? (node ? "node" : edge ? "edge" : "") : "port";
    const key = edge && !node ? keyOf(edge) : "";
    if (node === this.hovered && key === this.hoveredEdge) return;
    this.hovered = node;
    this.hoveredEdge = key;
    canvas.scene.mark("hovered", node ? [node] : []);
    canvas.scene.edges.mark("hovered", key ? [key] : []);
    canvas.stage.title = node ? canvas.scene.tipOf(node) : "";
    canvas.showKin();
  }

  // Gestures

  panning() {
    const { viewport, stage } = this.canvas;
    const click = () => this.canvas.select([]);
    const move = (event, before) => {
      stage.classList.add("panning");
      viewport.panBy(event.clientX - before.clientX, event.clientY - before.clientY);
    };
    const end = () => stage.classList.remove("panning");
    return { click, move, end, cancel: end };
  }

  pinch() {
    const { viewport } = this.canvas;
    this.gesture?.cancel?.();
    clearTimeout(this.long);
    let last = spanOf(this.fingers);
    const move = () => {
      if (this.fingers.size < 2) return;
      const now = spanOf(this.fingers);
      viewport.panBy(now.x - last.x, now.y - last.y);
      viewport.zoomAt(now.x, now.y, now.length / last.length);
      last = now;
    };
    this.gesture = { pinch: true, move, from: [...this.fingers.values()][0] };
  }

  pressNode(event, id) {
    const { canvas } = this;
    const adding = event.shiftKey || event.ctrlKey || event.metaKey;
    if (event.pointerType === "touch" && !canvas.selected.has(id)) return { ...this.panning(), click: () => this.clickNode(id, adding) };
    if (!adding && !canvas.selected.has(id)) canvas.select([id]);
    return { ...this.dragging(event), click: () => this.clickNode(id, adding) };
  }

  clickNode(id, adding) {
    const { canvas } = this;
    const now = performance.now();
    const again = this.clicked?.id === id && now - this.clicked.time < TWICE;
    this.clicked = { id, time: now };
    const record = canvas.graph.view.nodes.get(id);
    if (again && record?.nested) return canvas.do({ edit: "open", layer: record.layer });
    if (!adding) return canvas.select([id]);
    const others = [...canvas.selected].filter((other) => other !== id);
    return canvas.select(canvas.selected.has(id) ? others : [...others, id], { current: canvas.selected.has(id) ? others.at(-1) : id });
  }

  dragging(from) {
    const { canvas } = this;
    let places = null;
    const move = (event) => {
      const { zoom } = canvas.viewport;
      places = this.snapped((event.clientX - from.clientX) / zoom, (event.clientY - from.clientY) / zoom, event.altKey);
      canvas.scene.shift(places);
      canvas.problems.follow();
    };
    const end = () => {
      const positions = Object.fromEntries([...places].map(([id, { x, y }]) => [id, [x, y]]));
      canvas.do({ edit: "move", positions });
      canvas.scene.settle();
    };
    return { move, end, cancel: () => canvas.scene.settle() };
  }

  /** The selection moved, its current card lined up with the others and with the grid; Alt moves freely. */
  snapped(dx, dy, freely) {
    const { canvas } = this;
    const { nodes } = canvas.graph.view;
    const lead = nodes.get(canvas.current) ?? nodes.get([...canvas.selected][0]);
    if (!freely) {
      const reach = SNAP / canvas.viewport.zoom;
      const others = [...nodes.values()].filter((record) => !canvas.selected.has(record.id));
      dx += nearest(others.map((record) => record.x), lead.x + dx, reach);
      dy += nearest(others.map((record) => record.y), lead.y + dy, reach);
    }
    return new Map([...canvas.selected].map((id) => {
      const { x, y } = nodes.get(id);
      return [id, { x: Math.round(x + dx), y: Math.round(y + dy) }];
    }));
  }

  banding(from) {
    const { canvas } = this;
    const band = svg("rect", { class: "rubber", rx: 4 });
    const before = [...canvas.selected];
    const start = canvas.viewport.toGraph(from.clientX, from.clientY);
    canvas.scene.overLayer.append(band);
    const move = (event) => {
      const end = canvas.viewport.toGraph(event.clientX, event.clientY);
      const area = { x: Math.min(start.x, end.x), y: Math.min(start.y, end.y), width: Math.abs(end.x - start.x), height: Math.abs(end.y - start.y) };
      for (const [name, value] of Object.entries(area)) band.setAttribute(name, value);
      const inside = [...canvas.graph.view.nodes.values()].filter((record) => overlap(cardAt(record), area)).map(({ id }) => id);
      canvas.select([...new Set([...before, ...inside])], { quietly: true });
    };
    const end = () => {
      band.remove();
      canvas.select([...canvas.selected]);
    };
    return { move, end, cancel: end, click: end };
  }

  /** Drag from an output: to a card connects, to nothing offers a layer to go on with. */
  connecting({ node, port }) {
    const { canvas } = this;
    const reference = referenceTo(node, port);
    const record = canvas.graph.view.nodes.get(node);
    const from = outputPort(record, port, record.ports?.length ?? 1);
    const wire = svg("path", { class: "wire" });
    const start = () => {
      canvas.scene.overLayer.append(wire);
      canvas.stage.classList.add("connecting");
      canvas.scene.mark("refused", unreachableFrom(canvas, node));
    };
    const move = (event) => {
      if (!wire.isConnected) start();
      const target = canvas.spotAt(event.clientX, event.clientY).node;
      wire.setAttribute("d", edgePath(from, canvas.viewport.toGraph(event.clientX, event.clientY)));
      canvas.scene.mark("wanted", target && target !== node ? [target] : []);
      const refusal = target && target !== node ? refusalOf(canvas, reference, target) : null;
      canvas.hint(refusal ?? (target && target !== node ? "" : canvas.say("Drop on a layer to connect, or beside to add one.")));
    };
    const cancel = () => {
      wire.remove();
      canvas.stage.classList.remove("connecting");
      canvas.scene.mark("refused", []);
      canvas.scene.mark("wanted", []);
      canvas.hint("");
    };
    const end = (event) => {
      cancel();
      const { node: target, at } = canvas.spotAt(event.clientX, event.clientY);
      if (target && target !== node) return connectNodes(canvas, reference, target);
      return target ? undefined : canvas.palette.open("layers", { from: [reference], at });
    };
    return { move, end, cancel, click: () => this.clickNode(node, false) };
  }

  // The rest

  wheel(event) {
    event.preventDefault();
    const { viewport } = this.canvas;
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      const speed = Math.abs(event.deltaY) > 40 ? 0.002 : 0.01; // a wheel's notch, or a pinch's small steps
      return viewport.zoomAt(event.clientX, event.clientY, Math.exp(-event.deltaY * unit * speed));
    }
    const [dx, dy] = event.shiftKey && !event.deltaX ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
    return viewport.panBy(-dx * unit, -dy * unit);
  }

  menu(event) {
    event.preventDefault();
    const { node, edge } = this.hitAt(event);
    if (node && !this.canvas.selected.has(node)) this.canvas.select([node]);
    if (edge && !node) this.canvas.selectEdge(edge);
    this.canvas.toolbar.openMenuAt(event.clientX, event.clientY);
  }

  longPress(event) {
    this.cancel();
    this.fingers.clear();
    this.menu(event);
  }
}

/** What lies at a point, given the elements there, topmost first: a node, its port, an edge. */
export function hitOf(elements) {
  const target = elements.find((element) => element.closest("[data-id], [data-edge]"));
  const port = target?.closest(".port.out")?.dataset.port;
  const node = target?.closest("[data-id]")?.dataset.id;
  const key = target?.closest("[data-edge]")?.dataset.edge;
  const colon = key?.lastIndexOf(":");
  const edge = key ? { target: key.slice(0, colon), place: Number(key.slice(colon + 1)) } : null;
  return { node, edge, port: port === undefined ? undefined : Number(port) };
}

const away = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);

function spanOf(fingers) {
  const [a, b] = [...fingers.values()];
  return { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2, length: Math.max(20, away(a, b)) };
}

/** How far to move to the nearest of the lines, or else to the grid. */
function nearest(lines, value, reach) {
  let best = Infinity;
  for (const line of lines) if (Math.abs(line - value) < Math.abs(best)) best = line - value;
  return Math.abs(best) <= reach ? best : Math.round(value / GRID) * GRID - value;
}
