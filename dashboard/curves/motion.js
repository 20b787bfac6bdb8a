// Motion: one clock for all that moves; it sleeps as soon as everything has arrived.

const still = matchMedia("(prefers-reduced-motion: reduce)");
const LATE = 26; // ms between two frames above which the machine is slow at drawing
const REST = 60; // ms that it is then left alone between two frames

export class Clock {
  /** `frame(share)` is called before a repaint with a function that says how far to go; true means go on. */
  constructor(frame) {
    this.frame = frame;
    this.asked = 0;
    this.before = 0;
    this.late = 0; // how long frames take to come, a running mean
  }

  wake() {
    this.asked ||= requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    this.asked = 0;
    const passed = this.before ? Math.min(now - this.before, 250) : 16;
    const more = this.frame((tau) => (still.matches ? 1 : 1 - Math.exp(-passed / tau)));
    if (this.before) this.late += 0.15 * (passed - (this.rested ?? 0) - this.late);
    this.before = more ? now : 0;
    if (more) this.goOn();
  }

  goOn() {
    this.rested = this.late > LATE ? REST : 0;
    if (!this.rested) this.wake();
    else if (!this.asked) {
      this.asked = -1;
      setTimeout(() => {
        if (this.asked !== -1) return;
        this.asked = 0;
        this.wake();
      }, REST);
    }
  }

  stop() {
    cancelAnimationFrame(this.asked);
    this.asked = 0;
  }
}
