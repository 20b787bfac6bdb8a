// Surface: what a model says at every place of a plane, as colour, with the data's points over it.

import { shown } from "../layerloom.flipbook/instances.js";
import { brief } from "../layerloom.flipbook/words.js";
import { SYMBOLS } from "./colours.js";
import { bytesOf } from "./film.js";
import { Scene } from "./scene.js";

const COVER = 0.55; // of the colours on the ground
const RADIUS = 3.4;
const unpacked = new WeakMap();
const outlines = SYMBOLS.map((outline) => new Path2D(outline));

class Surface extends Scene {
  constructor(parent) {
    super(parent, "plane", { role: "img" });
    this.followHand();
  }

  draw() {
    const { data, root } = this;
    const page = (this.page = this.turn());
    const sentence = page ? this.say("What the model says over the plane, after epoch {epoch}; the points are validation data.", { epoch: page.epoch }) : data.empty;
    this.describe(sentence);
    const size = this.size();
    const pen = this.cleared(size);
    root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1;
    if (!page) return;
    this.place = placed(page, size);
    this.paint(pen, page);
    this.paintPoints(pen, data.points);
    this.showLegend(data.points, page);
  }

  /** The grid as an image, stretched over its place. */
  paint(pen, page) {
    const { left, top, width, height } = this.place;
    const key = [page, this.theme, film(this.film)];
    if (!this.painted || this.painted.some((part, i) => part !== key[i])) {
      this.image = imageOf(page, this.inks(page), rangeOf(this.film.pages));
      this.painted = key;
    }
    pen.imageSmoothingEnabled = page.classes === 2;
    pen.drawImage(this.image, left, top, width, height);
  }

  /** The classes' colours, and the ground's, as red, green and blue. */
  inks(page) {
    const palette = this.palette();
    const inks = Array.from({ length: page.classes }, (_, place) => rgbOf(palette[place % palette.length]));
    return { inks, paper: this.paper };
  }

  paintPoints(pen, points) {
    if (!points) return;
    const { theme } = this;
    const colour = this.colourer(points);
    Object.assign(pen, { strokeStyle: theme.ink, lineWidth: 0.6 / RADIUS });
    points.points.forEach(([x, y], i) => {
      const [px, py] = this.place.at(x, y);
      const shape = points.names.length ? points.truth[i] % SYMBOLS.length : 0;
      pen.save();
      pen.translate(px, py);
      pen.scale(RADIUS, RADIUS);
      pen.fillStyle = colour(i);
      pen.fill(outlines[shape]);
      pen.stroke(outlines[shape]);
      pen.restore();
    });
  }

  /** The colour of each point: its class's, or where its number lies between the least and the greatest. */
  colourer({ truth, names }) {
    const palette = this.palette();
    if (names.length) return (i) => palette[truth[i] % palette.length];
    const [low, high] = [Math.min(...truth), Math.max(...truth)];
    const { inks, paper } = this.inks(this.page);
    return (i) => `rgb(${leaning((truth[i] - low) / (high - low || 1), inks, paper, 1).join(", ")})`;
  }

  showLegend(points, page) {
    const palette = this.palette();
    if (points && !points.names.length) {
      const [low, high] = rangeOf(this.film.pages);
      const { inks, paper } = this.inks(page);
      const colours = [0, 0.25, 0.5, 0.75, 1].map((share) => `rgb(${leaning(share, inks, paper, 1).join(", ")})`);
      this.legend.show({ groups: [], ramp: { low: brief(low), high: brief(high), colours } }, this.say("value"));
      return;
    }
    const groups = (points?.names ?? []).map((name, place) => ({ name, colour: palette[place % palette.length], symbol: place % SYMBOLS.length, count: points.truth.filter((each) => each === place).length }));
    this.legend.show({ groups, ramp: null });
  }

  /** What the model says where a hand points. */
  point(x, y) {
    const { page, place, data } = this;
    const cell = page ? place.cell(x, y) : null;
    if (cell === null) {
      this.legend.point(null);
      return;
    }
    const { leading, values } = planesOf(page);
    const [low, high] = page.range;
    const value = low + (values[cell] / 255) * (high - low);
    const names = data.points?.names ?? [];
    const name = names[leading ? leading[cell] : Number(value > 0.5)];
    const share = leading || value > 0.5 ? value : 1 - value;
    this.legend.point([name ? this.say("{name}: {share} %", { name, share: Math.round(100 * share) }) : brief(value)], x, y, this.size().width);
  }
}

const film = ({ pages }) => (pages.length ? `${pages[0].epoch} ${pages.at(-1).epoch} ${pages.length}` : "");

/** Where the plane lies on the canvas, as large as it can be with both features in one scale. */
function placed({ low, high, size }, { width: wide, height: tall }) {
  const scale = Math.min(wide / (high[0] - low[0]), tall / (high[1] - low[1]));
  const [width, height] = [(high[0] - low[0]) * scale, (high[1] - low[1]) * scale];
  const [left, top] = [(wide - width) / 2, (tall - height) / 2];
  const step = (share) => Math.min(size - 1, Math.floor(share * size));
  return {
    left, top, width, height,
    at: (x, y) => [left + (x - low[0]) * scale, top + height - (y - low[1]) * scale],
    cell: (x, y) => {
      const [across, up] = [(x - left) / width, (top + height - y) / height];
      return across >= 0 && across <= 1 && up >= 0 && up <= 1 ? step(up) * size + step(across) : null;
    },
  };
}

function planesOf(page) {
  if (!unpacked.has(page)) unpacked.set(page, bytesOf(page.values));
  const bytes = unpacked.get(page);
  const count = page.size * page.size;
  return bytes.length > count ? { leading: bytes.subarray(0, count), values: bytes.subarray(count) } : { leading: null, values: bytes };
}

/** What all pages hold: the colours of a number mean the same in every epoch. */
function rangeOf(pages) {
  return [Math.min(...pages.map(({ range }) => range[0])), Math.max(...pages.map(({ range }) => range[1]))];
}

/** An image with a pixel for each point of the grid, its first row at the bottom. */
function imageOf(page, { inks, paper }, [least, greatest]) {
  const { size, range: [low, high] } = page;
  const { leading, values } = planesOf(page);
  const image = new ImageData(size, size);
  for (let cell = 0; cell < size * size; cell += 1) {
    const said = (low + (values[cell] / 255) * (high - low) - least) / (greatest - least || 1);
    const colour = leading ? mixed(paper, inks[leading[cell]], COVER * Math.max(0.25, said)) : leaning(said, inks, paper, COVER);
    const at = 4 * ((size - 1 - Math.floor(cell / size)) * size + (cell % size));
    image.data.set(colour, at);
    image.data[at + 3] = 255;
  }
  const canvas = new OffscreenCanvas(size, size);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** From one colour at 0 through the ground's in the middle to another at 1. */
function leaning(share, [first, second], paper, cover) {
  return mixed(paper, share < 0.5 ? first : second, cover * Math.min(1, Math.abs(share - 0.5) * 2));
}

function mixed(from, to, share) {
  return from.map((part, i) => Math.round(part + (to[i] - part) * share));
}

function rgbOf(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

export default shown(Surface);
