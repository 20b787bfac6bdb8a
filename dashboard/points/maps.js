// Maps: what a layer makes of one row after the epoch looked at, as small grey pictures in blocks.

import { shown } from "../layerloom.flipbook/instances.js";
import { rgbOf } from "./board.js";
import { bytesOf } from "./film.js";
import { Scene } from "./scene.js";

const ACROSS = 8; // pictures in a row
const GAP = 4;
const LARGEST = 120; // px of a picture's width
const LEAST = 14; // px of a strip's height
const TITLE = 24;

class Maps extends Scene {
  constructor(parent) {
    super(parent, "maps", { role: "img" });
    this.root.prepend(this.caption);
    this.followHand();
  }

  draw() {
    const page = this.turn();
    const [sentence, blocks] = [page?.sentence ?? this.data.empty, page?.blocks ?? []];
    this.describe(sentence, [sentence, ...blocks.map(({ title }) => title)].filter(Boolean).join(" "));
    this.places = placed(blocks, this.canvas.clientWidth);
    this.canvas.style.height = `${this.places.height}px`;
    const pen = this.cleared(this.size());
    const images = page ? this.images(page) : [];
    this.places.blocks.forEach((block, i) => this.paint(pen, block, images[i]));
  }

  paint(pen, { title, top, tiles }, images) {
    const { theme } = this;
    if (title) {
      Object.assign(pen, { font: theme.bold, fillStyle: theme.ink, textAlign: "left", textBaseline: "middle" });
      pen.fillText(title, 0, top - TITLE / 2);
    }
    pen.imageSmoothingEnabled = false;
    tiles.forEach(({ x, y, width, height }, i) => pen.drawImage(images[i], x, y, width, height));
  }

  /** A page's pictures in the theme's colours, made once. */
  images(page) {
    if (this.made?.page !== page || this.made.theme !== this.theme) {
      const inks = [this.theme.rule, this.theme.ink].map(rgbOf);
      this.made = { page, theme: this.theme, images: page.blocks.map((block) => imagesOf(block, inks)) };
    }
    return this.made.images;
  }

  point(x, y) {
    const within = (tile) => x >= tile.x && y >= tile.y && x < tile.x + tile.width && y < tile.y + tile.height;
    const block = this.places?.blocks.find(({ tiles }) => tiles.length > 1 && tiles.some(within));
    const words = block && [block.title, this.say("map {place}", { place: block.tiles.findIndex(within) + 1 })].filter(Boolean);
    this.legend.point(words ?? null, x, y, this.size().width);
  }
}

/** Where each block's pictures stand, and how high all are together. */
function placed(blocks, room) {
  let top = 0;
  const found = blocks.map(({ title, count, width, height }) => {
    if (title) top += TITLE;
    const columns = Math.min(ACROSS, count);
    const wide = Math.min(count > 1 ? LARGEST : room, (room - GAP * (columns - 1)) / columns);
    const tall = Math.max(LEAST, Math.round((wide * height) / width));
    const tiles = Array.from({ length: count }, (_, i) => ({
      x: (i % columns) * (wide + GAP), y: top + Math.floor(i / columns) * (tall + GAP), width: wide, height: tall,
    }));
    const block = { title, top, tiles };
    top += Math.ceil(count / columns) * (tall + GAP) + 2 * GAP;
    return block;
  });
  return { blocks: found, height: top };
}

/** The pictures of a block: a byte for each pixel, from the first ink to the second. */
function imagesOf({ count, width, height, values }, [low, high]) {
  const bytes = bytesOf(values);
  return Array.from({ length: count }, (_, i) => {
    const canvas = new OffscreenCanvas(width, height);
    const pen = canvas.getContext("2d");
    const image = pen.createImageData(width, height);
    for (let p = 0; p < width * height; p += 1) {
      const share = bytes[i * width * height + p] / 255;
      for (let c = 0; c < 3; c += 1) image.data[4 * p + c] = low[c] + share * (high[c] - low[c]);
      image.data[4 * p + 3] = 255;
    }
    pen.putImageData(image, 0, 0);
    return canvas;
  });
}

export default shown(Maps);
