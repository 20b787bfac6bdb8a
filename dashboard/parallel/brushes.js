// Brushes: the range of each axis that a person keeps, as shares of it; without one everything is kept.

const WIDTH = 12; // px

export class Brushes {
  constructor() {
    this.clear();
  }

  clear() {
    this.ranges = new Map();
  }

  get some() {
    return this.ranges.size > 0;
  }

  on(i) {
    return this.ranges.get(i) ?? [0, 1];
  }

  /** Keep a range, cut at the ends of the axis; none where it is everything. */
  set(i, from, to) {
    const [low, high] = [Math.max(0, Math.min(from, to)), Math.min(1, Math.max(from, to))];
    if (low <= 0 && high >= 1) this.ranges.delete(i);
    else this.ranges.set(i, [low, high]);
  }

  /** Move a range by a share, as a whole. */
  shift(i, [low, high], by) {
    const moved = Math.max(-low, Math.min(1 - high, by));
    this.set(i, low + moved, high + moved);
  }

  /** Whether a trial whose values stand at those shares is in every range. */
  keeps(shares) {
    for (const [i, [low, high]] of this.ranges) if (shares[i] < low - 1e-6 || shares[i] > high + 1e-6) return false;
    return true;
  }

  holds(i, share) {
    const range = this.ranges.get(i);
    return Boolean(range) && share >= range[0] && share <= range[1];
  }

  draw(pen, axes, theme) {
    for (const [i, [low, high]] of this.ranges) {
      const [[x0, y0], [x1, y1]] = [axes.at(i, low), axes.at(i, high)];
      const [left, top] = [Math.min(x0, x1), Math.min(y0, y1)];
      const long = Math.abs(x1 - x0) + Math.abs(y1 - y0);
      const box = axes.upright ? [left - WIDTH / 2, top, WIDTH, long] : [left, top - WIDTH / 2, long, WIDTH];
      pen.beginPath();
      pen.roundRect(...box, 3);
      Object.assign(pen, { fillStyle: theme.train, strokeStyle: theme.train, lineWidth: 1.5, globalAlpha: 0.28 });
      pen.fill();
      pen.globalAlpha = 1;
      pen.stroke();
    }
  }
}
