// Hands: what pointer and keys do to the parallel coordinates: brush an axis, point at a line, choose its trial.

const NEAR = 14; // px beside an axis in which a drag brushes it
const FINGER = 24; // the same for a finger
const STILL = 4; // px that a press may move and still be a click

export class Hands {
  /** `view` has axes and brushes; it is told by brushed(i), hover(x, y), leave(), choose(), step(by), turn(by), narrow(low, high), clear(). */
  constructor(canvas, view) {
    Object.assign(this, { canvas, view, held: null });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.lift(event));
    canvas.addEventListener("pointercancel", () => (this.held = null));
    canvas.addEventListener("pointerleave", () => this.held || this.view.leave());
    canvas.addEventListener("dblclick", () => this.view.clear());
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** A press beside an axis begins a range, one in a range moves it. */
  press({ offsetX: x, offsetY: y, pointerId, pointerType, button }) {
    if (button !== 0) return;
    const { axes, brushes } = this.view;
    const { i, away, share } = axes.nearest(x, y);
    const beside = away <= (pointerType === "touch" ? FINGER : NEAR);
    this.canvas.setPointerCapture?.(pointerId);
    this.held = { x, y, i: beside ? i : -1, from: share, range: beside && brushes.holds(i, share) ? brushes.on(i) : null, moved: false };
  }

  move({ offsetX: x, offsetY: y }) {
    const { held, view } = this;
    if (!held) {
      this.canvas.style.cursor = view.axes.nearest(x, y).away <= NEAR ? (view.axes.upright ? "ns-resize" : "ew-resize") : "pointer";
      view.hover(x, y);
      return;
    }
    held.moved ||= Math.hypot(x - held.x, y - held.y) > STILL;
    if (!held.moved || held.i < 0) return;
    const { share } = view.axes.nearest(x, y);
    if (held.range) view.brushes.shift(held.i, held.range, share - held.from);
    else view.brushes.set(held.i, held.from, share);
    view.brushed(held.i);
  }

  /** A press that did not move takes the axis's range away, or chooses the trial under it. */
  lift({ offsetX: x, offsetY: y }) {
    const { held, view } = this;
    this.held = null;
    if (!held || held.moved) return;
    if (held.i >= 0 && view.brushes.ranges.has(held.i)) {
      view.brushes.set(held.i, 0, 1);
      view.brushed(held.i);
      return;
    }
    view.hover(x, y);
    view.choose();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { view } = this;
    const act = {
      ArrowLeft: () => view.turn(-1), ArrowRight: () => view.turn(1),
      ArrowUp: () => view.narrow(1, 0), ArrowDown: () => view.narrow(0, 1),
      PageDown: () => view.step(1), PageUp: () => view.step(-1),
      Enter: () => view.choose(), 0: () => view.clear(), Escape: () => view.leave(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}
