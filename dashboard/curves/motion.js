// Motion: one clock for all that moves; it sleeps as soon as everything has arrived.

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Clock {
  /** `frame(share)` is called before each repaint with a function that says how far to go; true means go on. */
  constructor(frame) {
    this.frame = frame;
    this.asked = 0;
    this.before = 0;
  }

  wake() {
    this.asked ||= requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    this.asked = 0;
    const passed = this.before ? Math.min(now - this.before, 250) : 16;
    const more = this.frame((tau) => (still.matches ? 1 : 1 - Math.exp(-passed / tau)));
    this.before = more ? now : 0;
    if (more) this.wake();
  }

  stop() {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
  }
}
