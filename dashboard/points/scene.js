// Scene: a board that follows the epoch slider and its film.

<<<<<<< HEAD
import { html, put } from "../layerloom.flipbook/elements.js";
import { lookedAt } from "../layerloom.flipbook/looking.js";
import { readTheme } from "../layerloom.flipbook/theme.js";
import { speaker } from "../layerloom.flipbook/words.js";
=======
import { Board } from "./board.js";
>>>>>>> tuning
import { Film } from "./film.js";

export class Scene extends Board {
  constructor(parent, name, canvas) {
    super(parent, name, canvas);
    this.film = new Film(() => this.wake());
    this.looked = () => this.wake();
    window.addEventListener("layerloom:looked", this.looked);
<<<<<<< HEAD
    this.watch = new ResizeObserver(() => this.wake());
    this.watch.observe(this.root);
    const link = parent.querySelector?.("link[rel=stylesheet]");
    if (link && !link.sheet) link.addEventListener("load", () => this.dress(), { once: true });
    else this.dress();
  }

  dress() {
    this.theme = readTheme(this.root, this.probe);
    this.paper = rgbOf(this.theme.paper);
    this.wake();
=======
>>>>>>> tuning
  }

  close() {
    window.removeEventListener("layerloom:looked", this.looked);
    this.film.close();
    super.close();
  }

  receive(data) {
    this.film.receive(data);
<<<<<<< HEAD
    this.wake();
  }

  /** Draw once before the next frame, however much has changed until then. */
  wake() {
    this.due ??= requestAnimationFrame((at) => {
      this.due = null;
      if (this.data && this.theme && this.canvas.clientWidth) this.draw(at);
    });
  }

  /** The page of the epoch looked at, if there is one; who tells more of them is told which comes first. */
  turn() {
    const { data, film, root } = this;
    const until = lookedAt(data);
    if (film.looked !== until) film.look(until);
    const page = film.page(until);
    Object.assign(root.dataset, { epoch: page?.epoch ?? "", pages: film.pages.length });
    return page;
  }

  /** The words below, and what whoever cannot see is told of the canvas: the same, unless there is more to tell. */
  describe(sentence, label = sentence) {
    put(this.caption, sentence);
    if (this.canvas.getAttribute("aria-label") !== label) this.canvas.setAttribute("aria-label", label);
  }

  /** Ask `point(x, y)` what is told of the place that a hand is at. */
  followHand() {
    this.canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => this.point(offsetX, offsetY));
    this.canvas.addEventListener("pointerleave", () => this.legend.point(null));
  }

  size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /** The pen of a canvas that has as many pixels as the screen. */
  pen({ width, height }, ratio) {
    const { canvas } = this;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    return canvas.getContext("2d", { willReadFrequently: true });
  }

  /** The pen on an empty canvas, whose pixels are those of the page. */
  cleared(size) {
    const ratio = window.devicePixelRatio || 1;
    const pen = this.pen(size, ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size.width, size.height);
    return pen;
  }

  /** The colours of classes in the reader's theme. */
  palette() {
    return this.data.colours[this.root.dataset.theme];
  }
}

/** A computed colour as red, green and blue. */
export function rgbOf(colour) {
  const parts = colour.match(/[\d.]+/g).slice(0, 3).map(Number);
  return colour.startsWith("color(") ? parts.map((part) => 255 * part) : parts;
=======
    super.receive(data);
  }
>>>>>>> tuning
}
