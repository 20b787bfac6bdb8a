// Silhouette: a large graph from afar, as one path per family and one for all edges, so that it glides.

import { CARD, edgePath, inputPort, outputPort, splitReference } from "./geometry.js";
import { edgesOf } from "./edges.js";
import { svg } from "./elements.js";

export class Silhouette {
  constructor(layer) {
    this.layer = layer;
    this.marks = svg("path", { class: "marked" });
  }

  /** Draw the whole view with a handful of elements. */
  render(view) {
    const families = new Map();
    for (const { x, y, family, problem, inside } of view.nodes.values()) {
      const key = problem || inside ? "faulty" : `family-${family}`;
      families.set(key, `${families.get(key) ?? ""}${outline(x, y)}`);
    }
    const blocks = [...families].map(([kind, d]) => svg("path", { class: `block ${kind}`, d }));
    this.layer.replaceChildren(svg("path", { class: "line", d: this.lines(view) }), ...blocks, this.marks);
  }

  lines(view) {
    let d = "";
    for (const { target, place, reference } of edgesOf(view)) {
      const [source, index] = splitReference(reference);
      const [start, end] = [view.nodes.get(source), view.nodes.get(target)];
      d += edgePath(outputPort(start, index, start.ports?.length ?? 1), inputPort(end, place, end.inputs.length));
    }
    return d;
  }

  /** Frame these nodes. */
  mark(view, ids) {
    let d = "";
    for (const id of ids) {
      const record = view.nodes.get(id);
      if (record) d += outline(record.x - 6, record.y - 6, 12);
    }
    this.marks.setAttribute("d", d);
  }
}

const outline = (x, y, more = 0) => `M${x} ${y}h${CARD.width + more}v${CARD.height + more}h${-CARD.width - more}z`;
