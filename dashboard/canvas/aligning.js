// Aligning: the selected cards in a column, in a row, or evenly spaced.

import { ROW, COLUMN } from "./geometry.js";

/** Move the selection: one x (`column`), one y (`row`), or equal steps along its longer side (`spaced`). */
export function alignNodes(canvas, how) {
  const records = [...canvas.selected].map((id) => canvas.graph.view.nodes.get(id));
  const positions = Object.fromEntries(ARRANGE[how](records).map(({ id, x, y }) => [id, [Math.round(x), Math.round(y)]]));
  canvas.do({ edit: "move", positions });
}

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const extent = (values) => Math.max(...values) - Math.min(...values);

const ARRANGE = {
  column: (records) => {
    const x = average(records.map((record) => record.x));
    return apart(records.map((record) => ({ ...record, x })), "y", ROW);
  },
  row: (records) => {
    const y = average(records.map((record) => record.y));
    return apart(records.map((record) => ({ ...record, y })), "x", COLUMN);
  },
  spaced: (records) => {
    const wide = extent(records.map((record) => record.x)) > extent(records.map((record) => record.y));
    return evenly(records, wide ? "x" : "y");
  },
};

/** The records in their order along an axis, none nearer to the one before than a step. */
function apart(records, axis, least) {
  const sorted = records.toSorted((a, b) => a[axis] - b[axis]);
  let before = -Infinity;
  return sorted.map((record) => {
    before = Math.max(record[axis], before + least);
    return { ...record, [axis]: before };
  });
}

function evenly(records, axis) {
  const sorted = records.toSorted((a, b) => a[axis] - b[axis]);
  const start = sorted[0][axis];
  const gap = (sorted.at(-1)[axis] - start) / Math.max(1, sorted.length - 1);
  return sorted.map((record, index) => ({ ...record, [axis]: start + index * gap }));
}
