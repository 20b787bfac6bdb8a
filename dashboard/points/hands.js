// Hands: what pointer, wheel and keys do to the points: turn, shift, zoom, point at, choose.

const STEP = 30; // px that an arrow shifts or turns
const STILL = 4; // px that a press may move and still be a click

export class Hands {
  /** `view` has a camera, dimensions() and size(); it is told by touch(), hover(i), choose(i), step(by). */
  constructor(canvas, view) {
    Object.assign(this, { canvas, view, down: new Map() });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.lift(event));
    canvas.addEventListener("pointerleave", () => this.view.hover(-1));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", () => this.reset());
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  press(event) {
    this.canvas.setPointerCapture?.(event.pointerId);
    this.down.set(event.pointerId, [event.offsetX, event.offsetY]);
    this.moved = this.down.size > 1 ? Infinity : 0;
    this.shifting = event.shiftKey || event.button === 2;
  }

  move(event) {
    const { offsetX: x, offsetY: y, pointerId } = event;
    const before = this.down.get(pointerId);
    if (!before) {
      this.view.hover(this.view.camera.at(x, y));
      return;
    }
    const [dx, dy] = [x - before[0], y - before[1]];
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (this.down.size === 2) this.pinch(pointerId, [x, y]);
    else if (this.moved > STILL) this.drag(dx, dy);
    this.down.set(pointerId, [x, y]);
  }

  drag(dx, dy) {
    const { camera } = this.view;
    if (this.view.dimensions() === 3 && !this.shifting) camera.turn(dx, dy);
    else camera.shift(dx, dy);
    this.view.touch();
  }

  /** Two fingers: nearer by as much as they part. */
  pinch(moving, at) {
    const [resting] = [...this.down].filter(([id]) => id !== moving).map(([, place]) => place);
    const apart = ([x, y]) => Math.hypot(x - resting[0], y - resting[1]) || 1;
    this.zoom(apart(at) / apart(this.down.get(moving)), (at[0] + resting[0]) / 2, (at[1] + resting[1]) / 2);
  }

  lift(event) {
    const click = this.down.delete(event.pointerId) && this.moved <= STILL && event.type === "pointerup" && event.button === 0;
    if (!click) return;
    const found = this.view.camera.at(event.offsetX, event.offsetY);
    this.view.hover(found);
    if (found >= 0) this.view.choose(found);
  }

  wheel(event) {
    event.preventDefault();
    this.view.hover(-1);
    this.zoom(Math.exp(-event.deltaY * 0.0016), event.offsetX, event.offsetY);
  }

  zoom(factor, x, y) {
    const { width, height } = this.view.size();
    this.view.camera.near(factor, x - width / 2, y - height / 2);
    this.view.touch();
  }

  reset() {
    this.view.camera.reset();
    this.view.touch();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.acts(event.shiftKey)[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  acts(shift) {
    const { width, height } = this.view.size();
    const go = (dx, dy) => () => {
      this.shifting = shift;
      this.drag(dx, dy);
    };
    const zoom = (factor) => () => this.zoom(factor, width / 2, height / 2);
    return {
      ArrowLeft: go(-STEP, 0), ArrowRight: go(STEP, 0), ArrowUp: go(0, -STEP), ArrowDown: go(0, STEP),
      "+": zoom(1.25), "=": zoom(1.25), "-": zoom(0.8), _: zoom(0.8), 0: () => this.reset(),
      PageDown: () => this.view.step(1), PageUp: () => this.view.step(-1),
      Enter: () => this.view.choose(null), Escape: () => this.view.hover(-1),
    };
  }
}
