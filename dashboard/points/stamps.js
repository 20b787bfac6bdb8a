// Stamps: draws thousands of small symbols straight into the pixels of a canvas, which no pen does as fast.

import { SYMBOLS } from "./colours.js";

const known = new Map();

/** A symbol as the pixels that it covers: offsets, colour and cover from 0 to 256. */
function stampOf(symbol, colour, radius, cover) {
  const key = `${symbol}|${colour}|${radius}|${cover}`;
  if (!known.has(key)) {
    if (known.size > 2000) known.clear();
    known.set(key, cut(symbol, colour, radius, cover));
  }
  return known.get(key);
}

function cut(symbol, colour, radius, cover) {
  const half = Math.ceil(radius * 1.3) + 1;
  const side = 2 * half + 1;
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.translate(half + 0.5, half + 0.5);
  pen.scale(radius, radius);
  pen.fillStyle = colour;
  pen.fill(new Path2D(SYMBOLS[symbol]));
  const { data } = pen.getImageData(0, 0, side, side);
  const pixels = [];
  for (let i = 0; i < side * side; i += 1) {
    const alpha = Math.round((data[4 * i + 3] / 255) * cover * 256);
    if (alpha > 4) pixels.push((i % side) - half, Math.floor(i / side) - half, data[4 * i], data[4 * i + 1], data[4 * i + 2], alpha);
  }
  return { half, pixels: Int16Array.from(pixels) };
}

/** A sheet of pixels as large as a canvas. */
export class Sheet {
  size(pen, width, height) {
    if (this.image?.width !== width || this.image?.height !== height) {
      this.image = pen.createImageData(width, height);
      this.words = new Uint32Array(this.image.data.buffer);
    }
  }

  /** All of one colour, given as red, green and blue. */
  clear([r, g, b]) {
    this.words.fill(((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
  }

  /** Draw every point in the order given: `groups` say how, `index` which group, `faint` which are pale. */
  draw({ xs, ys, depths }, order, { groups, index }, { ratio, radius, deep, faint }) {
    const rows = groups.map((group) => [0, 1].map((pale) => levelsOf(group, radius * ratio, deep, pale)));
    for (let k = 0; k < order.length; k += 1) {
      const i = order[k];
      const levels = rows[index[i]][faint?.[i] ? 1 : 0];
      this.put(levels[deep ? Math.max(0, Math.min(4, Math.round(depths[i] * 2 + 2))) : 0], Math.round(xs[i] * ratio), Math.round(ys[i] * ratio));
    }
  }

  put({ half, pixels }, x, y) {
    const { data, width, height } = this.image;
    if (!(x > -half && y > -half && x < width + half && y < height + half)) return;
    const inside = x >= half && y >= half && x < width - half && y < height - half;
    for (let p = 0; p < pixels.length; p += 6) {
      const [px, py] = [x + pixels[p], y + pixels[p + 1]];
      if (!inside && (px < 0 || py < 0 || px >= width || py >= height)) continue;
      const at = 4 * (py * width + px);
      const alpha = pixels[p + 5];
      data[at] += ((pixels[p + 2] - data[at]) * alpha) >> 8;
      data[at + 1] += ((pixels[p + 3] - data[at + 1]) * alpha) >> 8;
      data[at + 2] += ((pixels[p + 4] - data[at + 2]) * alpha) >> 8;
    }
  }

  show(pen) {
    pen.putImageData(this.image, 0, 0);
  }
}

/** A group's stamp; in depth five of them, from far to near. */
function levelsOf({ symbol, colour, size }, radius, deep, pale) {
  const cover = pale ? 0.18 : 0.85;
  if (!deep) return [stampOf(symbol, colour, size * radius, cover)];
  return [0.7, 0.8, 0.9, 1, 1.12].map((scale) => stampOf(symbol, colour, size * radius * scale, cover * Math.min(1, 0.35 + scale * 0.65)));
}

/** The places of points from far to near, by counting. */
export function byDepth(depths, count) {
  const shelves = new Uint32Array(257);
  const shelf = (i) => Math.max(0, Math.min(255, Math.round((depths[i] + 1) * 127.5)));
  for (let i = 0; i < count; i += 1) shelves[shelf(i) + 1] += 1;
  for (let s = 0; s < 256; s += 1) shelves[s + 1] += shelves[s];
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i += 1) order[shelves[shelf(i)]++] = i;
  return order;
}
