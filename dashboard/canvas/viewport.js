// Viewport: pans, zooms and fits by moving one transformed layer; nothing is redrawn.

import { CARD } from "./geometry.js";

export const LEAST = 0.04;
const MOST = 2.5;
const FAR = 0.38; // below this zoom a card shows its colour and title only
const STALE = 400; // ms that a measured place on the screen is trusted
const DOTS = 24; // between the dots of the ground at natural size
const CALM = 180; // ms after the last movement at which the picture is drawn sharp again

export class Viewport {
  /** `worlds` are the layers that move; `moved()` is told of every movement. */
  constructor(stage, worlds, dots, moved) {
    Object.assign(this, { stage, worlds, dots, moved, x: 0, y: 0, zoom: 1 });
    this.size = { left: 0, top: 0, width: 0, height: 0 };
    this.measured = -Infinity;
  }

  measure() {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    this.size = { left, top, width, height };
    this.measured = performance.now();
    return width > 0 && height > 0;
  }

  /** Where the stage lies on the screen; asked anew only now and then, since asking has the page laid out. */
  get box() {
    if (performance.now() - this.measured > STALE) this.measure();
    return this.size;
  }

  /** A point of the screen in the graph's coordinates. */
  toGraph(clientX, clientY) {
    const { left, top } = this.box;
    return { x: (clientX - left - this.x) / this.zoom, y: (clientY - top - this.y) / this.zoom };
  }

  /** What of the graph is in sight. */
  get sight() {
    const { x, y, zoom, size } = this;
    return { x: -x / zoom, y: -y / zoom, width: size.width / zoom, height: size.height / zoom };
  }

  get isFar() {
    return this.zoom < FAR;
  }

  panBy(dx, dy) {
    this.set(this.x + dx, this.y + dy, this.zoom);
  }

  /** Zoom so that the point under the pointer stays where it is. */
  zoomAt(clientX, clientY, factor) {
    const { left, top } = this.box;
    const zoom = Math.min(MOST, Math.max(LEAST, this.zoom * factor));
    const ratio = zoom / this.zoom;
    const [px, py] = [clientX - left, clientY - top];
    this.set(px - (px - this.x) * ratio, py - (py - this.y) * ratio, zoom);
  }

  zoomBy(factor) {
    const { left, top, width, height } = this.box;
    this.zoomAt(left + width / 2, top + height / 2, factor);
  }

  set(x, y, zoom) {
    const zoomed = zoom !== this.zoom;
    Object.assign(this, { x, y, zoom });
    this.stage.classList.add("moving");
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.stage.classList.remove("moving"), CALM);
    this.frame ??= requestAnimationFrame(() => this.apply());
    this.rescaled ||= zoomed;
  }

  apply() {
    this.frame = null;
    const { x, y, zoom } = this;
    for (const world of this.worlds) world.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    this.moveDots();
    if (this.rescaled) this.stage.classList.toggle("far", this.isFar);
    this.rescaled = false;
    this.moved();
  }

  /** The dots keep a distance that reads well: their scale follows the zoom between 0.7 and 1.4, then starts over. */
  moveDots() {
    const scale = this.zoom * 2 ** Math.max(0, Math.ceil(-Math.log2(this.zoom / 0.7)));
    const step = DOTS * scale;
    this.dots.style.transform = `translate(${this.x % step}px, ${this.y % step}px) scale(${scale})`;
  }

  /** Show this rectangle of the graph whole, at most at its natural size; where `least` forbids that, its upper part. */
  fit(bounds, { still = false, margin = 36, least = LEAST, done } = {}) {
    if (!this.measure()) return;
    const { width, height } = this.size;
    if (!bounds) return this.glide(width / 2 - CARD.width / 2, 40, 1, { still, done });
    const room = { width: Math.max(60, width - 2 * margin), height: Math.max(60, height - 2 * margin) };
    const zoom = Math.min(1, Math.max(least, Math.min(room.width / bounds.width, room.height / bounds.height)));
    const x = (width - bounds.width * zoom) / 2 - bounds.x * zoom;
    const y = Math.max(margin, (height - bounds.height * zoom) / 2) - bounds.y * zoom;
    this.glide(x, y, zoom, { still, done });
  }

  /** Pan just so far that this rectangle of the graph is in sight. */
  reveal({ x, y, width, height }, margin = 24) {
    const { zoom, size } = this;
    const inside = (start, length, room) => {
      if (start < margin) return margin - start;
      return start + length > room - margin ? Math.max(room - margin - start - length, margin - start) : 0;
    };
    const dx = inside(x * zoom + this.x, width * zoom, size.width);
    const dy = inside(y * zoom + this.y, height * zoom, size.height);
    if (dx || dy) this.glide(this.x + dx, this.y + dy, zoom);
  }

  centre(point) {
    const { zoom, size } = this;
    this.set(size.width / 2 - point.x * zoom, size.height / 2 - point.y * zoom, zoom);
  }

  /** Move there in a moment, or at once; then it is `done`. */
  glide(x, y, zoom, { still = false, done = () => {} } = {}) {
    cancelAnimationFrame(this.gliding);
    if (still || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.set(x, y, zoom);
      return done();
    }
    const start = { x: this.x, y: this.y, zoom: this.zoom, time: performance.now() };
    const step = (now) => {
      const part = Math.min(1, Math.max(0, (now - start.time) / 180));
      const eased = 1 - (1 - part) ** 3;
      const between = (from, to) => from + (to - from) * eased;
      this.set(between(start.x, x), between(start.y, y), between(start.zoom, zoom));
      if (part < 1) this.gliding = requestAnimationFrame(step);
      else done();
    };
    return step(start.time);
  }
}
