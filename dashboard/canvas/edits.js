// Edits: what each edit of a graph does to the records on the canvas before the server has answered; pure.

import { sourceOf, splitReference } from "./geometry.js";

/** A free name: the wished one, or the first of `wished_1`, `wished_2`, … */
export function uniqueName(wished, taken) {
  if (!taken.has(wished)) return wished;
  const stem = wished.replace(/_\d+$/, "");
  let number = 1;
  while (taken.has(`${stem}_${number}`)) number++;
  return `${stem}_${number}`;
}

/** Keras's own way to name a layer after its kind: MaxPooling2D → max_pooling2d. */
export function nameFor(kind) {
  if (kind === "InputLayer") return "input";
  return kind.replace(/(.)([A-Z][a-z0-9]+)/g, "$1_$2").replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

/** Every name in use, of nodes and of layers. */
export function takenNames(view) {
  const taken = new Set(view.nodes.keys());
  for (const record of view.nodes.values()) taken.add(record.layer);
  return taken;
}

/** Ids of all that the node depends on. */
export function ancestors(view, id) {
  const found = new Set();
  const pending = [id];
  while (pending.length) {
    for (const reference of view.nodes.get(pending.pop())?.inputs ?? []) {
      const source = sourceOf(reference);
      if (!found.has(source)) {
        found.add(source);
        pending.push(source);
      }
    }
  }
  return found;
}

/** Whether an edge from source to target would close a cycle. */
export function closesCycle(view, source, target) {
  return source === target || ancestors(view, source).has(target);
}

/** A copy of the view that edits may change: records are replaced, never written to. */
export function draftOf(view) {
  return { ...view, nodes: new Map(view.nodes), outputs: [...view.outputs] };
}

/** Apply one operation to a draft, as far as the canvas can foresee it. */
export function foresee(draft, operation) {
  if (operation.edit === "many") for (const edit of operation.edits) foresee(draft, edit);
  else FORESEEN[operation.edit]?.(draft, operation);
  for (const [id, [x, y]] of Object.entries(operation.positions ?? {})) change(draft, id, { x, y });
}

function change(draft, id, fields) {
  const record = draft.nodes.get(id);
  if (record) draft.nodes.set(id, { ...record, ...fields });
}

function place(draft, id, fields) {
  if (draft.nodes.has(id)) return;
  draft.nodes.set(id, { ...BLANK, id, layer: id, ...fields });
}

/** What goes without saying of a node; `BLANK` in view.py. */
export const BLANK = {
  kind: "", family: "Core", title: "", detail: "", config: {}, doors: null, nested: false, calls: 1, band: null,
  inputs: [], exits: [], x: 0, y: 0, shape: null, ports: null, parameters: null, problem: null, more: [], inside: 0, varies: 0,
};

function retarget(draft, move) {
  for (const [id, record] of draft.nodes) {
    const inputs = record.inputs.map(move).filter((reference) => reference !== null);
    if (inputs.length !== record.inputs.length || inputs.some((r, i) => r !== record.inputs[i])) {
      change(draft, id, { inputs });
    }
  }
  leave(draft, [...new Set(draft.outputs.map(move).filter((reference) => reference !== null))]);
}

function leave(draft, outputs) {
  draft.outputs = outputs;
  const leaving = Map.groupBy(outputs.map(splitReference), ([source]) => source);
  for (const [id, record] of draft.nodes) {
    const exits = (leaving.get(id) ?? []).map(([, index]) => index);
    if (String(record.exits) !== String(exits)) change(draft, id, { exits });
  }
}

function removed(draft, ids) {
  for (const id of ids) draft.nodes.delete(id);
  retarget(draft, (reference) => (ids.includes(sourceOf(reference)) ? null : reference));
}

const spliced = (list, at, drop, ...put) => [...list.slice(0, at), ...put, ...list.slice(at + drop)];

/** A copy of a node under the name that `names` has for it; what only the server knows is left open. */
function copy(draft, old, names, layer, calls) {
  const { kind, family, title, detail, config, doors, nested, x, y, inputs } = draft.nodes.get(old) ?? {};
  if (!inputs) return;
  const moved = inputs.map((reference) => reference.replace(/^[^:]+/, (source) => names[source] ?? source));
  const fields = { layer, kind, family, title: nested ? layer : title, detail, config, doors, nested, x, y };
  place(draft, names[old], { ...fields, inputs: moved, calls, band: calls > 1 ? draft.nodes.size : null });
}

const titleOf = (kind) => (kind === "InputLayer" ? "Input" : kind);

const FORESEEN = {
  add_node: (draft, { id, kind, config = {}, inputs = [], layer = id }) =>
    place(draft, id, { layer, kind, config, inputs, title: titleOf(kind), family: draft.familyOf(kind) }),
  add_call: (draft, { id, layer, inputs = [] }) => {
    const twin = [...draft.nodes.values()].find((record) => record.layer === layer);
    if (!twin) return;
    place(draft, id, { ...twin, id, inputs, exits: [], shape: null, ports: null, problem: null });
    for (const [other, record] of draft.nodes) {
      if (record.layer === layer) change(draft, other, { calls: twin.calls + 1, band: twin.band ?? draft.nodes.size });
    }
  },
  paste: (draft, { graph_json: part }) => {
    for (const [id, layer, inputs] of part.nodes) {
      const { kind = "Model", config = {}, nodes } = part.layers[layer];
      const title = nodes ? layer : titleOf(kind);
      place(draft, id, { layer, kind, config, inputs, title, nested: Boolean(nodes), family: draft.familyOf(kind) });
    }
  },
  duplicate: (draft, { nodes, layers }) => {
    const twins = Map.groupBy(Object.keys(nodes), (old) => draft.nodes.get(old)?.layer);
    for (const [layer, olds] of twins) for (const old of olds) copy(draft, old, nodes, layers[layer], olds.length);
  },
  delete_nodes: (draft, { ids }) => removed(draft, ids),
  delete_and_bridge: (draft, { id }) => {
    const [first] = draft.nodes.get(id)?.inputs ?? [];
    if (first) retarget(draft, (reference) => (sourceOf(reference) === id ? first : reference));
    removed(draft, [id]);
  },
  connect: (draft, { source, target, place: at }) => {
    const record = draft.nodes.get(target);
    if (!record || !draft.nodes.has(sourceOf(source))) return;
    change(draft, target, { inputs: spliced(record.inputs, at ?? record.inputs.length, 0, source) });
  },
  disconnect: (draft, { target, place: at }) => {
    const record = draft.nodes.get(target);
    if (record) change(draft, target, { inputs: spliced(record.inputs, at, 1) });
  },
  set_inputs: (draft, { id, inputs }) => change(draft, id, { inputs }),
  insert_on_edge: (draft, { id, kind, config, target, place: at }) => {
    const record = draft.nodes.get(target);
    if (!record) return;
    FORESEEN.add_node(draft, { id, kind, config, inputs: [record.inputs[at]] });
    change(draft, target, { inputs: spliced(record.inputs, at, 1, id) });
  },
  set_outputs: (draft, { outputs }) => leave(draft, outputs),
  toggle_output: (draft, { id }) =>
    leave(draft, draft.outputs.includes(id) ? draft.outputs.filter((o) => o !== id) : [...draft.outputs, id]),
  unshare: (draft, { id }) => change(draft, id, { calls: 1, band: null }),
};
