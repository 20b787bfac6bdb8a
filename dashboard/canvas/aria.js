// Aria: the graph as sentences, for screen readers and for the description that anyone may read.

import { sourceOf, splitReference } from "./geometry.js";
import { grouped, listed } from "./words.js";

/** How a node is called in a sentence: by its title alone, and by its name too where two would sound alike. */
export function nameOf(view, id) {
  const { title } = view.nodes.get(id);
  view.titles ??= Map.groupBy(view.nodes.values(), (record) => record.title);
  return view.titles.get(title).length > 1 && id !== title ? `${title} ${id}` : title;
}

/** One node in a sentence: what it is, from where, to where, what leaves it, and what is wrong. */
export function sentenceOf(graph, id, say) {
  const record = graph.view.nodes.get(id);
  const names = (ids) => listed(say, ids.map((other) => nameOf(graph.view, other)));
  const sources = record.inputs.map(sourceOf).filter((source) => graph.view.nodes.has(source));
  const targets = graph.consumersOf(id);
  const parts = [
    [record.title, record.detail].filter(Boolean).join(" "),
    sources.length ? say("from {names}", { names: names(sources) }) : null,
    targets.length ? say("to {names}", { names: names(targets) }) : null,
    record.exits.length ? say("an output of the graph") : null,
    record.calls > 1 ? say("shared by {count} calls", { count: record.calls }) : null,
  ];
  const facts = [
    parts.filter(Boolean).join(", "),
    record.shape ? say("output {shape}", { shape: record.shape }) : null,
    record.parameters ? say("{count} parameters", { count: grouped(record.parameters) }) : null,
    record.varies ? say("varies in the search: {count}", { count: record.varies }) : null,
    ...[record.problem, ...record.more].map((problem) => problem && say("Problem: {message}", { message: problem.message })),
  ];
  return `${facts.filter(Boolean).join("; ")}.`.replace(/\.\.$/, ".");
}

/** An edge in words: from where to where, and which of the target's inputs it is. */
export function describeEdge(view, { target, place }, say) {
  const { inputs } = view.nodes.get(target);
  const [source, index] = splitReference(inputs[place]);
  const name = nameOf(view, source);
  const from = view.nodes.get(source).ports ? say("output {place} of {name}", { place: index + 1, name }) : name;
  return say("From {source} to {target}, input {place} of {count}", { source: from, target: nameOf(view, target), place: place + 1, count: inputs.length });
}

/** Tells screen readers what just happened, politely. */
export class Announcer {
  constructor(element) {
    this.element = element;
  }

  tell(text) {
    this.element.textContent = "";
    requestAnimationFrame(() => (this.element.textContent = text));
  }
}

/** Keeps the tree's attributes true: what is current, what is selected, how a node reads. */
export class Tree {
  constructor(stage, graph, scene) {
    Object.assign(this, { stage, graph, scene });
  }

  /** Sentences of all nodes that changed, and of their neighbours; in idle time, since nobody hears a thousand. */
  refresh(say, selected) {
    cancelIdle(this.idle);
    this.idle = whenIdle(() => {
      for (const [id, { group }] of this.scene.drawn) {
        if (!this.graph.view.nodes.has(id)) continue;
        put(group, "aria-label", sentenceOf(this.graph, id, say));
        put(group, "aria-selected", String(selected.has(id)));
      }
    });
    this.beTree(this.scene.drawn.size > 0);
    const { nodes } = this.graph.view;
    const label = nodes.size === 1 ? say("Graph of 1 layer") : say("Graph of {count} layers", { count: nodes.size });
    this.stage.setAttribute("aria-label", label);
  }

  /** A tree has items; without any the stage is but a group. */
  beTree(hasItems) {
    put(this.stage, "role", hasItems ? "tree" : "group");
    if (hasItems) put(this.stage, "aria-multiselectable", "true");
    else this.stage.removeAttribute("aria-multiselectable");
  }

  select(selected, current, say) {
    for (const [id, { group }] of this.scene.drawn) put(group, "aria-selected", String(selected.has(id)));
    if (!this.scene.drawn.has(current)) return this.stage.removeAttribute("aria-activedescendant");
    const { group } = this.scene.drawn.get(current);
    group.setAttribute("aria-label", sentenceOf(this.graph, current, say));
    this.stage.setAttribute("aria-activedescendant", `node-${current}`);
  }
}

function put(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

const whenIdle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 50));
const cancelIdle = globalThis.cancelIdleCallback ?? clearTimeout;
