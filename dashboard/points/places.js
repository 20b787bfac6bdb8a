// Places: where the points stand, from 1 left of the middle to 1 right of it, and how they glide to where they go.

import { bytesOf } from "./film.js";

const unpacked = new WeakMap();
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Places {
  constructor() {
    Object.assign(this, { now: new Float32Array(0), reach: [1, 1, 0], dimensions: 2, count: 0 });
  }

  /** Go to where a page has the points, within `ms`; other points than before are there at once. */
  go(page, ms, at) {
    const goal = goalOf(page);
    if (this.goal === goal) return;
    const others = page.cast !== this.cast || goal.now.length !== this.now.length || page.dimensions !== this.dimensions;
    Object.assign(this, { goal, cast: page.cast, dimensions: page.dimensions, count: goal.now.length / 3 });
    if (others || still.matches || !ms) {
      Object.assign(this, { now: goal.now.slice(), reach: goal.reach, from: null });
    } else {
      Object.assign(this, { from: { now: this.now.slice(), reach: this.reach, at }, ms });
    }
  }

  /** Whether the points still move at a time. */
  step(at) {
    if (!this.from) return false;
    const { from, goal, now } = this;
    const share = Math.min(1, Math.max(0, (at - from.at) / this.ms));
    const eased = share * (2 - share);
    for (let i = 0; i < now.length; i += 1) {
      const [a, b] = [from.now[i], goal.now[i]];
      now[i] = a === a ? a + (b - a) * eased : b; // a point that was not there appears
    }
    this.reach = from.reach.map((a, i) => a + (goal.reach[i] - a) * eased);
    if (share === 1) this.from = null;
    return share < 1;
  }

  /** Nothing to show. */
  clear() {
    Object.assign(this, { goal: null, cast: null, now: new Float32Array(0), count: 0, from: null });
  }
}

/** A page's points around their middle, three numbers each, and how far they reach along each axis. */
function goalOf(page) {
  if (!unpacked.has(page)) unpacked.set(page, centred(new Float32Array(bytesOf(page.points).buffer), page.dimensions));
  return unpacked.get(page);
}

function centred(flat, dimensions) {
  const count = flat.length / dimensions;
  const [low, high] = [[0, 1, 2].map(() => Infinity), [0, 1, 2].map(() => -Infinity)];
  for (let i = 0; i < flat.length; i += 1) {
    const axis = i % dimensions;
    if (flat[i] < low[axis]) low[axis] = flat[i];
    if (flat[i] > high[axis]) high[axis] = flat[i];
  }
  const half = [0, 1, 2].map((axis) => (axis < dimensions && count ? (high[axis] - low[axis]) / 2 : 0));
  const most = Math.max(...half) || 1;
  const now = new Float32Array(count * 3);
  for (let i = 0; i < count; i += 1) {
    for (let axis = 0; axis < dimensions; axis += 1) {
      now[3 * i + axis] = (flat[i * dimensions + axis] - (low[axis] + high[axis]) / 2) / most;
    }
  }
  return { now, reach: half.map((length) => length / most) };
}
