// Acts: everything that can be done, once: its words, its keys and its deed; toolbar, menu, keyboard and sheet read this.

import { boundsOf, cardAt, referenceTo, sourceOf } from "./geometry.js";
import { copySelection, cutSelection, pasteFromMenu } from "./clipboard.js";
import { alignNodes } from "./aligning.js";
import { savePicture } from "./picture.js";
import { callAgain, duplicateNodes, groupNodes, reorderInput } from "./placing.js";
import { walk, step } from "./walking.js";

const PAN = 80; // pixels that a key moves the view

const one = (canvas) => canvas.current && canvas.selected.size <= 1;
const some = (canvas) => canvas.selected.size > 0;
const several = (canvas) => canvas.selected.size > 1;
const record = (canvas) => canvas.graph.view.nodes.get(canvas.current);
const onEdge = (canvas) => Boolean(canvas.edge);

/**
 * {name, group, label, keys, run, when?}: `keys` are chords such as "Mod+Shift+z"; `quiet` ones are not in the menu;
 * `looks` marks those that change nothing, which are all that there is where it is only pointed.
 */
export const ACTS = [
  { name: "layer", group: "Build", label: "Add a layer", keys: ["/"], run: (c) => c.palette.open("layers") },
  { name: "block", group: "Build", label: "Add a block", keys: ["b"], run: (c) => c.palette.open("blocks") },
  {
    name: "connect", group: "Build", label: "Connect to …", keys: ["c"],
    when: one,
    run: (c) => withOutput(c, (reference) => c.keys.startConnecting(reference)),
  },
  {
    name: "again", group: "Build", label: "Call again (share weights)", keys: ["a"],
    when: (c) => one(c) && record(c)?.kind !== "InputLayer",
    run: (c) => callAgain(c, c.current),
  },
  {
    name: "unshare", group: "Build", label: "Give it weights of its own", keys: ["u"],
    when: (c) => one(c) && record(c)?.calls > 1,
    run: (c) => c.do({ edit: "unshare", id: c.current }),
  },
  {
    name: "output", group: "Build", label: "Make it an output, or not", keys: ["o"],
    when: one,
    run: (c) => withOutput(c, (id) => c.do({ edit: "toggle_output", id }), { marked: true }),
  },
  {
    name: "group", group: "Build", label: "Group into a model", keys: ["g"],
    when: some,
    run: (c) => groupNodes(c, c.selected),
  },
  {
    name: "ungroup", group: "Build", label: "Ungroup", keys: ["Shift+g"],
    when: (c) => one(c) && record(c)?.nested,
    run: (c) => c.expect() ?? c.do({ edit: "ungroup", id: c.current }),
  },
  {
    name: "open", group: "Build", label: "Open the model", keys: ["Enter"],
    when: (c) => one(c) && record(c)?.nested,
    run: (c) => c.do({ edit: "open", layer: record(c).layer }),
    looks: true,
  },
  {
    name: "leave", group: "Build", label: "Out of the model", keys: ["Shift+Enter"],
    when: (c) => c.graph.view.path.length > 0,
    run: (c) => c.do({ edit: "close", to: c.graph.view.path.length - 1 }),
    looks: true,
  },

  { name: "new", group: "Edit", label: "New, empty graph", keys: ["Alt+n"], run: (c) => c.do({ edit: "new" }), always: true },
  { name: "undo", group: "Edit", label: "Undo", keys: ["Mod+z"], run: (c) => c.do({ edit: "undo" }), quiet: true },
  {
    name: "redo", group: "Edit", label: "Redo", keys: ["Mod+Shift+z", "Mod+y"],
    run: (c) => c.do({ edit: "redo" }),
    quiet: true,
  },
  { name: "copy", group: "Edit", label: "Copy", keys: ["Mod+c"], when: some, run: copySelection, native: true },
  { name: "cut", group: "Edit", label: "Cut", keys: ["Mod+x"], when: some, run: cutSelection, native: true },
  { name: "paste", group: "Edit", label: "Paste", keys: ["Mod+v"], run: pasteFromMenu, native: true },
  { name: "duplicate", group: "Edit", label: "Duplicate", keys: ["Mod+d"], when: some, run: (c) => duplicateNodes(c, c.selected) },
  {
    name: "delete", group: "Edit", label: "Delete", keys: ["Delete", "Backspace"],
    when: (c) => some(c) || onEdge(c),
    run: remove,
  },
  {
    name: "bridge", group: "Edit", label: "Delete and close the gap", keys: ["Shift+Delete", "Shift+Backspace"],
    when: (c) => one(c) && record(c)?.inputs.length > 0,
    run: bridge,
  },
  {
    name: "all", group: "Edit", label: "Select all", keys: ["Mod+a"],
    run: (c) => c.select([...c.graph.view.nodes.keys()]),
    quiet: true,
  },

  {
    name: "edge", group: "Edges", label: "Select an input edge", keys: ["e"],
    when: (c) => record(c)?.inputs.length > 0 || onEdge(c),
    run: nextEdge,
    quiet: true,
  },
  {
    name: "earlier", group: "Edges", label: "Move the input earlier", keys: ["["],
    when: onEdge,
    run: (c) => reorderInput(c, c.edge, -1),
  },
  {
    name: "later", group: "Edges", label: "Move the input later", keys: ["]"],
    when: onEdge,
    run: (c) => reorderInput(c, c.edge, 1),
  },

  {
    name: "up", group: "Go", label: "To where it comes from", keys: ["ArrowUp"],
    run: (c) => walk(c, "up"),
    quiet: true,
  },
  {
    name: "down", group: "Go", label: "To where it goes", keys: ["ArrowDown"],
    run: (c) => walk(c, "down"),
    quiet: true,
  },
  { name: "left", group: "Go", label: "To the left", keys: ["ArrowLeft"], run: (c) => walk(c, "left"), quiet: true },
  {
    name: "right", group: "Go", label: "To the right", keys: ["ArrowRight"],
    run: (c) => walk(c, "right"),
    quiet: true,
  },
  {
    name: "grow", group: "Go", label: "Add to the selection on the way", keys: ["Shift+ArrowUp", "Shift+ArrowDown", "Shift+ArrowLeft", "Shift+ArrowRight"],
    run: (c, key) => walk(c, directionOf(key), { grow: true }),
    quiet: true,
  },
  { name: "next", group: "Go", label: "To the next layer in order", keys: ["n"], run: (c) => step(c, 1), quiet: true },
  {
    name: "previous", group: "Go", label: "To the layer before", keys: ["Shift+n"],
    run: (c) => step(c, -1),
    quiet: true,
  },
  {
    name: "first", group: "Go", label: "To the first layer", keys: ["Home"],
    run: (c) => step(c, -Infinity),
    quiet: true,
  },
  { name: "last", group: "Go", label: "To the last layer", keys: ["End"], run: (c) => step(c, Infinity), quiet: true },
  {
    name: "problem", group: "Go", label: "To the next problem", keys: ["."],
    run: (c) => c.problems.next(),
    quiet: true,
  },
  {
    name: "fix", group: "Edit", label: "Use mend 1 to 9 of the problem shown", keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    run: (c, key) => c.problems.fixCurrent(Number(key) - 1),
    quiet: true,
  },
  { name: "escape", group: "Go", label: "Let go of everything", keys: ["Escape"], run: (c) => c.letGo(), quiet: true },

  {
    name: "tidy", group: "Arrange", label: "Tidy the layout", keys: ["t"],
    run: (c) => c.expect("fit") ?? c.do({ edit: "tidy" }),
    always: true,
  },
  {
    name: "nudge", group: "Arrange", label: "Move the selection", keys: ["Alt+ArrowUp", "Alt+ArrowDown", "Alt+ArrowLeft", "Alt+ArrowRight"],
    when: some,
    run: nudge,
    quiet: true,
  },
  {
    name: "column", group: "Arrange", label: "Align in a column", keys: ["Alt+c"],
    when: several,
    run: (c) => alignNodes(c, "column"),
  },
  {
    name: "row", group: "Arrange", label: "Align in a row", keys: ["Alt+r"],
    when: several,
    run: (c) => alignNodes(c, "row"),
  },
  {
    name: "spaced", group: "Arrange", label: "Space evenly", keys: ["Alt+s"],
    when: several,
    run: (c) => alignNodes(c, "spaced"),
  },

  { name: "fit", group: "Look", label: "Fit the graph", keys: ["f"], run: (c) => c.fit(), quiet: true },
  {
    name: "pan", group: "Look", label: "Move the view", keys: ["Mod+ArrowUp", "Mod+ArrowDown", "Mod+ArrowLeft", "Mod+ArrowRight"],
    run: pan,
    quiet: true,
  },
  {
    name: "closer", group: "Look", label: "Zoom in", keys: ["+", "="],
    run: (c) => c.viewport.zoomBy(1.25),
    quiet: true,
  },
  { name: "farther", group: "Look", label: "Zoom out", keys: ["-"], run: (c) => c.viewport.zoomBy(0.8), quiet: true },
  { name: "natural", group: "Look", label: "Natural size", keys: ["0"], run: naturalSize, quiet: true },
  { name: "larger", group: "Look", label: "Larger text", keys: ["l"], run: (c) => c.toggleLarger(), always: true },
  {
    name: "describe", group: "Look", label: "Describe the graph in words", keys: ["d"],
    run: (c) => c.sheets.describe(),
    always: true,
  },
  {
    name: "svg", group: "Look", label: "Save the picture as SVG", keys: [],
    run: (c) => savePicture(c, "svg"),
    always: true,
  },
  {
    name: "png", group: "Look", label: "Save the picture as PNG", keys: [],
    run: (c) => savePicture(c, "png"),
    always: true,
  },
  {
    name: "menu", group: "Look", label: "Menu of all this", keys: ["m", "Shift+F10", "ContextMenu"],
    run: (c) => c.toolbar.openMenuAtCurrent(),
    quiet: true,
  },
  { name: "sheet", group: "Look", label: "Keys", keys: ["?"], run: (c) => c.sheets.keys(), always: true },
];

const LOOKING = new Set(["Go", "Look"]); // groups whose acts change nothing

/** What can be done on this canvas. */
export function actsOf({ pointing }) {
  return pointing ? ACTS.filter(({ group, looks }) => looks || LOOKING.has(group)) : ACTS;
}

/** The act of that name. */
export function actNamed(name) {
  return ACTS.find((act) => act.name === name);
}

/** Carry an act out if it can be now; false when it cannot. */
export function perform(canvas, act, key) {
  if (!actsOf(canvas).includes(act) || (act.when && !act.when(canvas))) return false;
  act.run(canvas, key);
  return true;
}

const directionOf = (chord) => chord.replace(/^.*Arrow/, "").toLowerCase();

/** Do something with an output of the current node; of several it asks which, `marked` where one is the graph's. */
function withOutput(canvas, run, { marked = false } = {}) {
  const { current, say } = canvas;
  const { ports } = record(canvas);
  if (!ports) return run(current);
  const choices = ports.map((shape, index) => {
    const reference = referenceTo(current, index);
    const words = say("Output {place}: {shape}", { place: index + 1, shape });
    return { words, run: () => run(reference), checked: marked ? canvas.graph.view.outputs.includes(reference) : undefined };
  });
  return canvas.toolbar.ask(marked ? say("Which are outputs of the graph?") : say("Connect which output?"), choices);
}

function remove(canvas) {
  if (canvas.edge) {
    const { target, place } = canvas.edge;
    canvas.selectEdge(null);
    canvas.select([target]);
    return canvas.do({ edit: "disconnect", target, place });
  }
  const ids = [...canvas.selected];
  const next = neighbourOf(canvas, ids);
  canvas.do({ edit: "delete_nodes", ids });
  canvas.select(next ? [next] : []);
  const count = ids.length;
  return canvas.tell(count === 1 ? canvas.say("Deleted 1 layer.") : canvas.say("Deleted {count} layers.", { count }));
}

function bridge(canvas) {
  const id = canvas.current;
  const next = neighbourOf(canvas, [id]);
  canvas.do({ edit: "delete_and_bridge", id });
  canvas.select(next ? [next] : []);
}

/** Who is current once these are gone: a source of the first, else what it fed. */
function neighbourOf(canvas, ids) {
  const gone = new Set(ids);
  const { inputs } = canvas.graph.view.nodes.get(ids[0]) ?? { inputs: [] };
  return [...inputs.map(sourceOf), ...canvas.graph.consumersOf(ids[0])].find((id) => !gone.has(id));
}

function nextEdge(canvas) {
  const target = canvas.edge?.target ?? canvas.current;
  const { inputs } = canvas.graph.view.nodes.get(target);
  const place = canvas.edge ? (canvas.edge.place + 1) % inputs.length : 0;
  canvas.selectEdge({ target, place });
}

const WAYS = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] };

function pan(canvas, chord) {
  const [dx, dy] = WAYS[directionOf(chord)];
  canvas.viewport.panBy(-PAN * dx, -PAN * dy);
}

function nudge(canvas, chord) {
  const [dx, dy] = WAYS[directionOf(chord)];
  const places = [...canvas.selected].map((id) => [id, canvas.graph.view.nodes.get(id)]);
  const positions = Object.fromEntries(places.map(([id, { x, y }]) => [id, [x + 20 * dx, y + 20 * dy]]));
  canvas.do({ edit: "move", positions });
}

function naturalSize(canvas) {
  const focus = canvas.current ? cardAt(record(canvas)) : boundsOf([...canvas.graph.view.nodes.values()]);
  canvas.viewport.zoomBy(1 / canvas.viewport.zoom);
  if (focus) canvas.viewport.reveal(focus);
}
