// Board: a canvas with its legend, a hint at the hand and words below, that follows its size and the reader's theme.

import { html, put } from "../layerloom.flipbook/elements.js";
import { readTheme } from "../layerloom.flipbook/theme.js";
import { speaker } from "../layerloom.flipbook/words.js";
import { Legend } from "./legend.js";

export class Board {
  /** `name` is the figure's class; `draw(at)` is asked for before the next frame after `wake()`. */
  constructor(parent, name, canvas) {
    this.legend = new Legend();
    this.canvas = html("canvas", canvas);
    this.caption = html("figcaption", {});
    this.probe = html("i", { hidden: true });
    const { list, hint, voice } = this.legend;
    this.root = html("figure", { class: `flipbook points ${name}` }, this.canvas, hint, list, this.caption, voice, this.probe);
    this.root.addEventListener("transitionend", (event) => event.target === this.root && this.dress());
    parent.append(this.root);
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
  }

  close() {
    this.watch.disconnect();
    cancelAnimationFrame(this.due);
  }

  receive(data) {
    this.data = data;
    this.say = speaker(data.labels);
    this.canvas.style.height = `${data.height}px`;
    this.wake();
  }

  /** Draw once before the next frame, however much has changed until then. */
  wake() {
    this.due ??= requestAnimationFrame((at) => {
      this.due = null;
      if (this.data && this.theme && this.canvas.clientWidth) this.draw(at);
    });
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

  /** The words below, and what whoever cannot see is told of the canvas: the same, unless there is more to tell. */
  describe(sentence, label = sentence) {
    put(this.caption, sentence);
    if (this.canvas.getAttribute("aria-label") !== label) this.canvas.setAttribute("aria-label", label);
  }
}

/** A computed colour as red, green and blue. */
export function rgbOf(colour) {
  const parts = colour.match(/[\d.]+/g).slice(0, 3).map(Number);
  return colour.startsWith("color(") ? parts.map((part) => 255 * part) : parts;
}
