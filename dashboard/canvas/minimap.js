// Minimap: the whole graph in a corner when it is large and partly out of sight; pressing in it goes there.

import { CARD, boundsOf, sourceOf, within } from "./geometry.js";
import { html } from "./elements.js";

const LARGE = 25; // nodes from which a map helps
const SIZE = { width: 168, height: 112 };

export class Minimap {
  constructor(viewport, say) {
    this.viewport = viewport;
    this.paper = html("canvas", { width: SIZE.width * 2, height: SIZE.height * 2 });
    this.frame = html("div", { class: "sight" });
    this.element = html("div", { class: "minimap", "aria-hidden": "true", title: say("The whole graph") }, this.paper, this.frame);
    this.element.addEventListener("pointerdown", (event) => this.grab(event));
  }

  render(view) {
    const shown = view.nodes.size >= LARGE;
    this.element.hidden = !shown;
    if (!shown) return;
    this.bounds = boundsOf([...view.nodes.values()]);
    const { x, y, width, height } = this.bounds;
    this.scale = Math.min((SIZE.width - 12) / width, (SIZE.height - 12) / height);
    this.left = (SIZE.width - width * this.scale) / 2 - x * this.scale;
    this.top = (SIZE.height - height * this.scale) / 2 - y * this.scale;
    this.draw(view);
    this.follow();
  }

  draw(view) {
    const pen = this.paper.getContext("2d");
    const style = getComputedStyle(this.element);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.paper.width, this.paper.height);
    pen.setTransform(2 * this.scale, 0, 0, 2 * this.scale, 2 * this.left, 2 * this.top);
    pen.strokeStyle = style.borderTopColor;
    pen.lineWidth = 1 / this.scale;
    pen.beginPath();
    for (const record of view.nodes.values()) {
      for (const source of record.inputs.map((reference) => view.nodes.get(sourceOf(reference)))) {
        if (!source) continue;
        pen.moveTo(source.x + CARD.width / 2, source.y + CARD.height);
        pen.lineTo(record.x + CARD.width / 2, record.y);
      }
    }
    pen.stroke();
    const least = 2 / this.scale;
    for (const record of view.nodes.values()) {
      pen.fillStyle = record.problem ? style.getPropertyValue("--danger") : style.color;
      pen.fillRect(record.x, record.y, Math.max(CARD.width, least), Math.max(CARD.height, least));
    }
  }

  follow() {
    if (this.element.hidden || !this.bounds) return;
    const { sight } = this.viewport;
    const needed = !within(this.bounds, sight);
    this.element.classList.toggle("needed", needed);
    if (!needed) return;
    const { style } = this.frame;
    style.transform = `translate(${sight.x * this.scale + this.left}px, ${sight.y * this.scale + this.top}px)`;
    const [width, height] = [sight.width, sight.height].map((length) => `${Math.max(4, length * this.scale).toFixed(1)}px`);
    if (style.width !== width) style.width = width;
    if (style.height !== height) style.height = height;
  }

  grab(event) {
    event.preventDefault();
    event.stopPropagation();
    this.element.setPointerCapture(event.pointerId);
    const go = ({ clientX, clientY }) => {
      const { left, top } = this.element.getBoundingClientRect();
      this.viewport.centre({ x: (clientX - left - this.left) / this.scale, y: (clientY - top - this.top) / this.scale });
    };
    go(event);
    this.element.onpointermove = go;
    this.element.onpointerup = () => (this.element.onpointermove = null);
  }
}
