// Line: the points of one curve in order of x, kept to what a screen can show, and what is drawn of them.

const MOST = 24_000;

/** Numbers x, rising, and y; a y that is not finite breaks the line. */
export class Line {
  constructor() {
    this.xs = [];
    this.ys = [];
  }

  get length() {
    return this.xs.length;
  }

  get end() {
    return this.xs.length ? this.xs[this.xs.length - 1] : 0;
  }

  get last() {
    return this.ys[this.ys.length - 1];
  }

  push(x, y) {
    this.xs.push(x);
    this.ys.push(Number.isFinite(y) ? y : NaN);
    if (this.xs.length > MOST) this.thin();
  }

  /** Half as many points, of which no least or greatest is lost. */
  thin() {
    const kept = new Line();
    for (let start = 0; start < this.length; start += 4) {
      const four = [0, 1, 2, 3].map((i) => start + i).filter((i) => i < this.length);
      const least = four.reduce((a, b) => (this.ys[b] < this.ys[a] ? b : a));
      const greatest = four.reduce((a, b) => (this.ys[b] >= this.ys[a] ? b : a));
      for (const i of new Set([Math.min(least, greatest), Math.max(least, greatest)])) kept.push(this.xs[i], this.ys[i]);
    }
    [this.xs, this.ys] = [kept.xs, kept.ys];
  }

  /** Take the points after x away; they are returned as a line that begins where this one now ends. */
  cutAfter(x) {
    const at = after(this.xs, x);
    const gone = new Line();
    gone.xs = this.xs.slice(Math.max(0, at - 1));
    gone.ys = this.ys.slice(Math.max(0, at - 1));
    this.xs.length = at;
    this.ys.length = at;
    return gone;
  }

  /** The value at the last point that is not after x. */
  at(x) {
    return this.ys[after(this.xs, x) - 1];
  }

  /** The points from x to x, and the neighbour on each side, as [xs, ys]. */
  between(from, to) {
    const first = Math.max(0, after(this.xs, from) - 1);
    const last = Math.min(this.length, after(this.xs, to) + 1);
    return [this.xs.slice(first, last), this.ys.slice(first, last)];
  }
}

/** How many of the rising numbers are not greater than x. */
export function after(xs, x) {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x + 1e-9) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of each of `count` equal parts of x the mean point, and the least and greatest y in their order. */
export function gathered([xs, ys], count) {
  if (xs.length <= count) return { mean: [xs, ys], range: [xs, ys] };
  const [mean, range] = [[[], []], [[], []]];
  const width = (xs[xs.length - 1] - xs[0]) / count || 1;
  for (let start = 0; start < xs.length; ) {
    const end = xs[0] + (Math.floor((xs[start] - xs[0]) / width) + 1) * width;
    let [sum, place, least, greatest] = [0, 0, start, start];
    let next = start;
    for (; next < xs.length && (next === start || xs[next] < end); next += 1) {
      sum += ys[next];
      place += xs[next];
      if (ys[next] < ys[least]) least = next;
      if (ys[next] >= ys[greatest]) greatest = next;
    }
    mean[0].push(place / (next - start));
    mean[1].push(sum / (next - start));
    const order = least < greatest ? [least, greatest] : [greatest, least];
    for (const i of order[0] === order[1] ? [start] : order) {
      range[0].push(xs[i]);
      range[1].push(ys[i]);
    }
    start = next;
  }
  // The line ends where its newest point is, and not at its last part's middle.
  mean[0][mean[0].length - 1] = xs[xs.length - 1];
  return { mean, range };
}

/** A mean that follows with the weight of what lies within `reach` before it, free of the start's pull. */
export function smoothed([xs, ys], reach) {
  if (!(reach > 0)) return [xs, ys];
  let [mean, weight] = [0, 0];
  const followed = ys.map((y, i) => {
    if (!Number.isFinite(y)) return y;
    const keep = i ? Math.exp(-Math.max(xs[i] - xs[i - 1], 1e-12) / reach) : 0;
    mean = keep * mean + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return mean / weight;
  });
  return [xs, followed];
}
