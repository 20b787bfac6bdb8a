// Camera: from where a person looks at the points: zoom, shift and turn, and where each point then is on the screen.

const AIR = 22; // px around all points
const [LEAST, MOST] = [0.4, 400];
const [YAW, PITCH] = [0.6, 0.35];

export class Camera {
  constructor() {
    this.reset();
    this.room(0);
  }

  /** All points in sight, as at the beginning. */
  reset() {
    Object.assign(this, { zoom: 1, x: 0, y: 0, yaw: YAW, pitch: PITCH });
  }

  room(count) {
    for (const name of ["xs", "ys", "depths"]) this[name] = new Float32Array(count);
  }

  shift(dx, dy) {
    this.x += dx;
    this.y += dy;
  }

  turn(dx, dy) {
    this.yaw += dx * 0.008;
    this.pitch = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, this.pitch + dy * 0.008));
  }

  /** Nearer by a factor, the place at (x, y) from the middle staying where it is. */
  near(factor, x, y) {
    const zoom = Math.max(LEAST, Math.min(MOST, this.zoom * factor));
    const real = zoom / this.zoom;
    this.x = x - (x - this.x) * real;
    this.y = y - (y - this.y) * real;
    this.zoom = zoom;
  }

  /** Work out where every point is: `xs`, `ys` in pixels, and `depths` from -1, far, to 1, near. */
  look({ now, count, reach, dimensions }, width, height) {
    if (this.xs.length !== count) this.room(count);
    if (dimensions === 3) this.lookAround(now, count, Math.hypot(...reach), width, height);
    else this.lookFlat(now, count, reach, width, height);
  }

  lookFlat(now, count, [across, up], width, height) {
    const { xs, ys } = this;
    const scale = this.zoom * Math.min((width / 2 - AIR) / (across || 1), (height / 2 - AIR) / (up || 1));
    const [left, top] = [width / 2 + this.x, height / 2 + this.y];
    for (let i = 0; i < count; i += 1) {
      xs[i] = left + now[3 * i] * scale;
      ys[i] = top - now[3 * i + 1] * scale;
    }
  }

  lookAround(now, count, radius, width, height) {
    const { xs, ys, depths } = this;
    const place = this.placing(radius || 1, width, height);
    for (let i = 0; i < count; i += 1) [xs[i], ys[i], depths[i]] = place(now[3 * i], now[3 * i + 1], now[3 * i + 2]);
  }

  /** From a place in space to where it is on the screen, and how near. */
  placing(radius, width, height) {
    const scale = (this.zoom * (Math.min(width, height) / 2 - AIR) * 1.25) / radius;
    const [left, top] = [width / 2 + this.x, height / 2 + this.y];
    const [cosYaw, sinYaw, cosPitch, sinPitch] = [Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch)];
    return (x, y, z) => {
      const across = x * cosYaw + z * sinYaw;
      const back = z * cosYaw - x * sinYaw;
      const depth = (y * sinPitch + back * cosPitch) / radius;
      const nearness = 1 + 0.18 * depth; // a little perspective
      return [left + across * scale * nearness, top - (y * cosPitch - back * sinPitch) * scale * nearness, depth];
    };
  }

  /** The three axes through the middle, each from end to end on the screen. */
  axes({ reach }, width, height) {
    const place = this.placing(Math.hypot(...reach) || 1, width, height);
    return reach.map((length, axis) => [-length, length].map((at) => place(...[0, 1, 2].map((each) => (each === axis ? at * 1.1 : 0)))));
  }

  /** The nearest point within so many pixels, of those in front the first; -1 without one. */
  at(x, y, within = 12) {
    let [found, best] = [-1, within * within];
    for (let i = 0; i < this.xs.length; i += 1) {
      const away = (this.xs[i] - x) ** 2 + (this.ys[i] - y) ** 2 - this.depths[i] * 4;
      if (away <= best) [found, best] = [i, away];
    }
    return found;
  }
}
