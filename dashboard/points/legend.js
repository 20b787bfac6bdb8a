// Legend: which look means what, and what is told of the point that a hand or the keyboard is at.

import { html, put } from "../layerloom.flipbook/elements.js";
import { SYMBOLS } from "./colours.js";
import { drawPicture } from "./names.js";

const MOST = 30; // classes that are named
const LARGE = 64; // px of a picture in the hint

export class Legend {
  constructor() {
    this.list = html("ul", { class: "legend" });
    this.picture = html("canvas", { width: LARGE, height: LARGE, hidden: true });
    this.words = html("span", {});
    this.hint = html("div", { class: "hint", hidden: true }, this.picture, this.words);
    this.voice = html("output", { class: "voice", "aria-live": "polite" });
  }

  /** The groups' looks and names; of numbers their least and greatest. */
  show({ groups, ramp }, title) {
    const key = JSON.stringify([groups.slice(0, MOST), ramp, title]);
    if (key === this.shown) return;
    this.shown = key;
    const items = ramp ? [rampOf(ramp, title)] : groups.filter(({ name, count }) => name && count).slice(0, MOST).map(itemOf);
    this.list.replaceChildren(...items);
    this.list.hidden = !items.length;
  }

  /** Words at a place of the canvas, with the point's picture where there is one. */
  point(words, x, y, width, sprites, i) {
    this.hint.hidden = !words;
    if (!words) return;
    put(this.words, words.join(" · "));
    this.picture.hidden = !sprites;
    if (sprites) {
      const pen = this.picture.getContext("2d");
      pen.imageSmoothingEnabled = false;
      drawPicture(pen, sprites, i, 0, 0, LARGE);
    }
    const left = x > width * 0.6;
    Object.assign(this.hint.style, { left: left ? "" : `${x + 14}px`, right: left ? `${width - x + 14}px` : "", top: `${Math.max(0, y - 12)}px` });
  }

  say(text) {
    put(this.voice, text);
  }
}

function itemOf({ name, count, colour, symbol }) {
  const swatch = html("span", { class: "swatch", "aria-hidden": "true" });
  swatch.innerHTML = `<svg viewBox="-1.5 -1.5 3 3"><path d="${SYMBOLS[symbol]}"/></svg>`;
  swatch.style.color = colour;
  return html("li", {}, swatch, html("span", {}, name), html("small", {}, String(count)));
}

function rampOf({ low, high, colours }, title) {
  const bar = html("span", { class: "ramp", "aria-hidden": "true" });
  bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
  return html("li", {}, html("span", {}, title), html("small", {}, low), bar, html("small", {}, high));
}
