// Hands: pointer, wheel and keys on a chart; they change the view that all charts share.

const CLICK = 4; // pixels below which a press is no drag
const LEAST = 0.02; // epochs, the closest that one can look

export class Hands {
  /** `view` is what all charts share; `touched` is called when it changed; `look` scrubs to an epoch. */
  constructor(view, { touched, look }) {
    Object.assign(this, { view, touched, look });
    this.fingers = new Map();
    this.drag = null;
  }

  listen(chart) {
    const { canvas } = chart;
    canvas.addEventListener("pointermove", (event) => this.move(chart, event));
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("pointerdown", (event) => this.press(chart, event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.release(event));
    canvas.addEventListener("wheel", (event) => this.wheel(chart, event), { passive: false });
    canvas.addEventListener("dblclick", () => this.zoom(null));
    canvas.addEventListener("keydown", (event) => this.key(chart, event));
    canvas.addEventListener("blur", () => this.leave());
  }

  // Pointer

  press(chart, event) {
    if (event.button !== 0) return;
    chart.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, event.offsetX);
    const at = chart.geometry().epoch(event.offsetX);
    if (event.pointerType === "touch") this.pinch = this.startOfPinch(chart);
    else this.drag = { chart, x: event.offsetX, at, range: { ...chart.shown }, pans: this.view.zoom !== null };
  }

  move(chart, event) {
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, event.offsetX);
    if (this.pinch) this.followPinch(chart);
    else if (this.drag) this.follow(chart, event);
    else this.hover(chart.epochAt(event.offsetX));
  }

  follow(chart, event) {
    if (Math.abs(event.offsetX - this.drag.x) < CLICK && !this.drag.moved) return;
    this.drag.moved = true;
    const { pans, range, x, at } = this.drag;
    const perPixel = (range.to - range.from) / (chart.geometry().right - chart.geometry().left);
    if (pans) this.zoom(shifted(range, (x - event.offsetX) * perPixel, chart));
    else this.view.selection = [at, range.from + (event.offsetX - chart.geometry().left) * perPixel];
    this.touched();
  }

  release(event) {
    this.fingers.delete(event.pointerId);
    if (this.fingers.size < 2) this.pinch = null;
    const { selection } = this.view;
    this.view.selection = null;
    this.drag = null;
    if (!selection) return;
    const [from, to] = selection.sort((a, b) => a - b);
    if (to - from > LEAST) this.zoom({ from: Math.max(0, from), to });
    else this.touched();
  }

  leave() {
    if (!this.drag) this.hover(null);
  }

  /** Two fingers: what lay under them at first stays under them. */
  startOfPinch(chart) {
    if (this.fingers.size !== 2) return null;
    const { epoch } = chart.geometry();
    return [...this.fingers.values()].sort((a, b) => a - b).map(epoch);
  }

  followPinch(chart) {
    const { left, right } = chart.geometry();
    const [x1, x2] = [...this.fingers.values()].sort((a, b) => a - b);
    const perPixel = Math.max(this.pinch[1] - this.pinch[0], LEAST) / Math.max(x2 - x1, 10);
    const from = this.pinch[0] - (x1 - left) * perPixel;
    this.zoom(bounded({ from, to: from + (right - left) * perPixel }, chart));
  }

  wheel(chart, event) {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (!this.view.zoom && (sideways || event.deltaY > 0)) return; // nothing to see beyond: the page may scroll
    event.preventDefault();
    const range = this.view.zoom ?? { from: chart.aim.from, to: chart.aim.to };
    const wide = range.to - range.from;
    if (sideways) {
      this.zoom(shifted(range, ((event.deltaX || event.deltaY) / chart.size.width) * wide, chart));
      return;
    }
    this.zoom(scaled(range, Math.exp(event.deltaY * 0.002), chart.geometry().epoch(event.offsetX), chart));
  }

  hover(epoch) {
    if (this.view.hover === epoch) return;
    this.view.hover = epoch;
    this.touched();
  }

  zoom(zoom) {
    this.view.zoom = zoom;
    this.touched();
  }

  // Keys

  key(chart, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.keys(chart, event.shiftKey ? 10 : 1)[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  keys(chart, far) {
    const last = Math.floor(chart.series.end + 1e-9);
    const walk = (by) => this.hover(Math.min(Math.max(0, Math.round(this.view.hover ?? last + (by < 0 ? 1 : 0)) + by), last));
    const range = this.view.zoom ?? { from: chart.aim.from, to: chart.aim.to };
    const middle = this.view.hover ?? (range.from + range.to) / 2;
    return {
      ArrowLeft: () => walk(-far),
      ArrowRight: () => walk(far),
      PageDown: () => walk(-10),
      PageUp: () => walk(10),
      Home: () => this.hover(0),
      End: () => this.hover(last),
      "+": () => this.zoom(scaled(range, 0.6, middle, chart)),
      "-": () => this.zoom(scaled(range, 1 / 0.6, middle, chart)),
      0: () => this.zoom(null),
      Enter: () => this.view.hover !== null && this.look(Math.round(this.view.hover)),
    };
  }
}

/** A range moved, within what there is. */
function shifted({ from, to }, by, chart) {
  const start = Math.min(Math.max(0, from + by), Math.max(0, chart.series.end - (to - from) * 0.5));
  return { from: start, to: start + to - from };
}

/** A range made narrower or wider around an epoch; null when it would show all. */
function scaled({ from, to }, factor, at, chart) {
  const wide = Math.max((to - from) * factor, LEAST);
  const start = at - ((at - from) / (to - from)) * wide;
  return bounded({ from: start, to: start + wide }, chart);
}

function bounded({ from, to }, chart) {
  const all = Math.max(chart.series.end, chart.epochs || 0);
  return to - from >= all ? null : { from: Math.max(0, from), to: Math.max(0, from) + to - from };
}
