// Placing: new layers, blocks, edges and copies as edits, with places for them; what follows from each is decided here.

import { ancestors, closesCycle, nameFor, takenNames, uniqueName } from "./edits.js";
import { CARD, COLUMN, ROW, boundsOf, freePlace, overlap, cardAt, sourceOf } from "./geometry.js";
import { nameOf } from "./aria.js";

const MOST_PUSHED = 40; // cards that make room for an inserted one

/**
 * Add a layer of the catalogue where `spot` says: `at` a point, on an `edge`, or after the nodes `from`.
 * Without a spot it goes on the selected edge, or after the selected nodes.
 */
export function placeLayer(canvas, entry, spot = {}) {
  const { view } = canvas.graph;
  const id = uniqueName(nameFor(entry.kind), takenNames(view));
  const edge = spot.edge ?? (spot.at || spot.from ? null : canvas.edge);
  if (edge && entry.arity[1] !== 0) return insertLayer(canvas, entry, id, edge);
  const sources = sourcesFor(canvas, entry, spot);
  const edits = [{ edit: "add_node", id, kind: entry.kind, config: entry.start, inputs: sources }];
  const outputs = outputsAfter(view, sources, id);
  if (outputs) edits.push({ edit: "set_outputs", outputs });
  const { x, y } = spot.at ? centred(spot.at) : placeAfter(canvas, sources);
  canvas.doMany(edits, { label: entry.kind, positions: { [id]: [x, y] }, select: [id] });
}

function sourcesFor(canvas, entry, spot) {
  const most = entry.arity[1] ?? Infinity;
  if (spot.from || spot.at) return (spot.from ?? []).slice(0, most);
  if (most === 1) return canvas.current ? [canvas.current] : [];
  const leftOf = (id) => canvas.graph.view.nodes.get(id).x;
  return [...canvas.selected].sort((a, b) => leftOf(a) - leftOf(b)).slice(0, most);
}

const centred = (point) => ({ x: Math.round(point.x - CARD.width / 2), y: Math.round(point.y - CARD.height / 2) });

/** The outputs once `id` goes on from `sources`: an output that is carried on moves to its new end; null: as before. */
function outputsAfter(view, sources, id) {
  const ends = sources.filter((source) => view.outputs.includes(source) && !isConsumed(view, source));
  if (ends.length) return [...new Set(view.outputs.map((output) => (ends.includes(output) ? id : output)))];
  return view.outputs.length || !sources.length ? null : [id];
}

function isConsumed(view, reference) {
  return [...view.nodes.values()].some((record) => record.inputs.includes(reference));
}

function placeAfter(canvas, sources) {
  const records = [...canvas.graph.view.nodes.values()];
  const above = sources.map((source) => canvas.graph.view.nodes.get(sourceOf(source)));
  if (!above.length) return placeApart(canvas, records);
  const x = above.reduce((sum, record) => sum + record.x, 0) / above.length;
  return freePlace({ x, y: Math.max(...above.map((record) => record.y)) + ROW }, records);
}

function placeApart(canvas, records) {
  const { x, y, width } = canvas.viewport.sight;
  const whole = boundsOf(records);
  const wished = whole ? { x: whole.x, y: Math.max(whole.y, y) } : { x: x + width / 2 - CARD.width / 2, y: y + 40 };
  return freePlace(wished, records);
}

function insertLayer(canvas, entry, id, { target, place }) {
  const { view } = canvas.graph;
  const after = view.nodes.get(target);
  const before = view.nodes.get(sourceOf(after.inputs[place]));
  const gap = after.y - before.y - CARD.height;
  const x = Math.round((before.x + after.x) / 2);
  const positions = { [id]: [x, Math.round(before.y + CARD.height + (gap - CARD.height) / 2)] };
  if (gap < CARD.height + 50) Object.assign(positions, makeRoom(view, id, before, after, x));
  const edit = { edit: "insert_on_edge", id, kind: entry.kind, config: entry.start, target, place };
  canvas.doMany([edit], { label: entry.kind, positions, select: [id] });
}

/** Push what lies below down by a row; in a large graph put the new card beside the edge instead. */
function makeRoom(view, id, before, after, x) {
  const below = [...view.nodes].filter(([, record]) => record.y >= after.y - 1 && record.y > before.y);
  const y = before.y + ROW;
  if (below.length > MOST_PUSHED || after.y <= before.y) {
    const place = freePlace({ x: x + COLUMN, y: (before.y + after.y) / 2 }, [...view.nodes.values()]);
    return { [id]: [place.x, place.y] };
  }
  const push = y + ROW - after.y;
  return { [id]: [x, y], ...Object.fromEntries(below.map(([other, record]) => [other, [record.x, record.y + push]])) };
}

/** Insert a block on the selected or given edge, after the selected node, or on its own. */
export function placeBlock(canvas, block, spot = {}) {
  const edge = spot.edge ?? (spot.at || spot.from ? null : canvas.edge);
  const source = spot.from?.[0] ?? (spot.at ? undefined : canvas.current ?? undefined);
  const alone = spot.at ? { at: [Math.round(spot.at.x), Math.round(spot.at.y)] } : {};
  const where = edge ? { target: edge.target, place: edge.place } : source ? { source } : alone;
  canvas.expect();
  canvas.do({ edit: "block", name: block.name, ...where });
}

// Edges

/** Why an edge from `reference` to `target` cannot be, in a sentence; null when it can. */
export function refusalOf(canvas, reference, target) {
  const { view } = canvas.graph;
  const source = sourceOf(reference);
  const names = { source: nameOf(view, source), target: nameOf(view, target) };
  if (view.nodes.get(target).kind === "InputLayer") {
    return canvas.say("An input takes nothing in, and {target} is one; connect from it instead.", names);
  }
  if (source === target) return canvas.say("A graph has no cycles, and this edge would lead {source} into itself.", names);
  if (!closesCycle(view, source, target)) return null;
  return canvas.say("A graph has no cycles, and {source} already depends on {target}; connect it the other way round.", names);
}

/** All nodes that an edge from this node may not reach. */
export function unreachableFrom(canvas, source) {
  const { view } = canvas.graph;
  const inputs = [...view.nodes].filter(([, record]) => record.kind === "InputLayer").map(([id]) => id);
  return new Set([source, ...ancestors(view, source), ...inputs]);
}

/** Connect, or say why not. A layer that takes one input has it replaced. */
export function connectNodes(canvas, reference, target) {
  const { view } = canvas.graph;
  const refusal = refusalOf(canvas, reference, target);
  if (refusal) return canvas.refuse(refusal, target);
  const record = view.nodes.get(target);
  const full = record.inputs.length === 1 && mostInputs(canvas, record) === 1;
  if (full && record.inputs[0] === reference) return canvas.tell(canvas.say("These two are connected already."));
  const edits = [full ? { edit: "set_inputs", id: target, inputs: [reference] } : { edit: "connect", source: reference, target }];
  const isEnd = view.outputs.includes(reference) && !isConsumed(view, reference);
  if (isEnd && !canvas.graph.consumersOf(target).length) {
    const outputs = [...new Set(view.outputs.map((output) => (output === reference ? target : output)))];
    edits.push({ edit: "set_outputs", outputs });
  }
  canvas.doMany(edits, { label: canvas.say("Connect") });
  const names = { source: nameOf(view, sourceOf(reference)), target: nameOf(view, target) };
  canvas.tell(canvas.say("Connected {source} to {target}.", names));
}

function mostInputs(canvas, record) {
  return record.doors ?? canvas.catalogue.get(record.kind)?.arity[1] ?? null;
}

/** Move an edge to an earlier (-1) or later (+1) place among its target's inputs. */
export function reorderInput(canvas, { target, place }, step) {
  const inputs = [...canvas.graph.view.nodes.get(target).inputs];
  const to = place + step;
  if (to < 0 || to >= inputs.length) return;
  [inputs[place], inputs[to]] = [inputs[to], inputs[place]];
  canvas.do({ edit: "set_inputs", id: target, inputs });
  canvas.selectEdge({ target, place: to });
}

// Copies

/** The nodes and the edges among them as a graph without outputs, with their places; null: only the server has it whole. */
export function partOf(view, ids) {
  const chosen = recordsOf(view, ids);
  if (chosen.some((record) => record.nested)) return null;
  return {
    layers: Object.fromEntries(chosen.map(({ layer, kind, config }) => [layer, { kind, config }])),
    nodes: chosen.map(({ id, layer, inputs }) => [id, layer, inputs.filter((reference) => ids.has(sourceOf(reference)))]),
    outputs: [],
    positions: placesOf(chosen),
  };
}

const recordsOf = (view, ids) => [...view.nodes.values()].filter((record) => ids.has(record.id));
const placesOf = (records) => Object.fromEntries(records.map(({ id, x, y }) => [id, [x, y]]));

/** Copies of these nodes beside them, fed as they are. */
export function duplicateNodes(canvas, ids) {
  const { view } = canvas.graph;
  const chosen = recordsOf(view, ids);
  const { nodes, layers } = freeNames(chosen, takenNames(view));
  const edit = { edit: "duplicate", nodes, layers };
  putCopies(canvas, edit, renamedPlaces(placesOf(chosen), nodes), { beside: true, label: canvas.say("Duplicate") });
}

/** Paste a part under free names. */
export function pastePart(canvas, part) {
  const { nodes, layers } = freeNames(part.nodes.map(([id, layer]) => ({ id, layer })), takenNames(canvas.graph.view));
  const move = (reference) => reference.replace(/^[^:]+/, (id) => nodes[id]);
  const renamed = {
    layers: Object.fromEntries(Object.entries(layers).map(([old, name]) => [name, part.layers[old]])),
    nodes: part.nodes.map(([id, layer, inputs]) => [nodes[id], layers[layer], inputs.map(move)]),
    outputs: [],
  };
  const edit = { edit: "paste", graph_json: renamed };
  putCopies(canvas, edit, renamedPlaces(part.positions, nodes), { label: canvas.say("Paste") });
}

function putCopies(canvas, edit, positions, { beside = false, label }) {
  const move = offsetFor(canvas, positions, beside);
  const placed = Object.fromEntries(Object.entries(positions).map(([id, [x, y]]) => [id, [x + move.x, y + move.y]]));
  canvas.doMany([edit], { label, positions: placed, select: Object.keys(placed) });
}

const renamedPlaces = (positions, names) =>
  Object.fromEntries(Object.entries(names).map(([old, id]) => [id, positions[old] ?? [0, 0]]));

/** A free name for each of these calls and of their layers, by the old ones. */
function freeNames(calls, taken) {
  const [layers, nodes] = [{}, {}];
  const free = (wished) => {
    const name = uniqueName(wished, taken);
    taken.add(name);
    return name;
  };
  for (const { layer } of calls) layers[layer] ??= free(layer);
  for (const { id } of calls) nodes[id] = layers[id] ?? free(id);
  return { layers, nodes };
}

/** How far a copy moves: beside the original, or from elsewhere into the middle of what is in sight. */
function offsetFor(canvas, positions, beside) {
  const points = Object.values(positions).map(([x, y]) => ({ x, y }));
  const bounds = boundsOf(points);
  if (!bounds) return { x: 0, y: 0 };
  const { sight } = canvas.viewport;
  const away = { x: sight.x + (sight.width - bounds.width) / 2 - bounds.x, y: sight.y + (sight.height - bounds.height) / 2 - bounds.y };
  const start = beside || overlap(bounds, sight) ? { x: COLUMN, y: 0 } : { x: Math.round(away.x), y: Math.round(away.y) };
  const others = [...canvas.graph.view.nodes.values()].map((record) => cardAt(record));
  for (let step = 0; step < 40; step++) {
    const moved = { x: start.x + step * COLUMN, y: start.y };
    const free = points.every(({ x, y }) => !others.some((other) => overlap(cardAt({ x: x + moved.x, y: y + moved.y }), other)));
    if (free) return moved;
  }
  return start;
}

/** One more call of the layer that the node calls, beside it. */
export function callAgain(canvas, id) {
  const { view } = canvas.graph;
  const record = view.nodes.get(id);
  const call = uniqueName(record.layer, takenNames(view));
  const { x, y } = freePlace({ x: record.x + COLUMN, y: record.y }, [...view.nodes.values()]);
  const edit = { edit: "add_call", id: call, layer: record.layer, inputs: [] };
  canvas.doMany([edit], { label: canvas.say("Call again"), positions: { [call]: [x, y] }, select: [call] });
}

/** The selected nodes as one nested model. */
export function groupNodes(canvas, ids) {
  const { view } = canvas.graph;
  const name = uniqueName("model", takenNames(view));
  const doors = {};
  for (const id of ids) {
    for (const reference of view.nodes.get(id).inputs) {
      const door = ids.has(sourceOf(reference)) ? null : doorFor(view, reference);
      if (door) doors[reference] = door;
    }
  }
  const [x, y] = [...ids].map((id) => view.nodes.get(id)).reduce((best, { x, y }) => (y < best[1] ? [x, y] : best), [0, Infinity]);
  canvas.doMany([{ edit: "group", ids: [...ids], name, doors }], { label: canvas.say("Group"), positions: { [name]: [x, y] }, select: [name] });
}

/** The shape and dtype of what enters, read off what the canvas shows. */
function doorFor(view, reference) {
  const [, index = "0"] = reference.split(":");
  const record = view.nodes.get(sourceOf(reference));
  const shown = record.ports?.[Number(index)] ?? record.shape;
  if (!shown) return null;
  const [sizes, dtype] = shown.split(" · ");
  const shape = sizes.slice(1, -1).split(",").map((size) => size.trim()).filter(Boolean).slice(1);
  return { shape: shape.map((size) => (size === "None" ? null : Number(size))), ...(dtype ? { dtype } : {}) };
}
