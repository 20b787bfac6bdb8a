// Shares: what each part makes of a whole, epoch by epoch; what comes after the epoch looked at is pale.

import { BELOW, LEFT, drawBottom, drawLeft, scale } from "../layerloom.flipbook/axes.js";
import { shown } from "../layerloom.flipbook/instances.js";
import { Scene } from "./scene.js";

const PALE = 0.25;

class Shares extends Scene {
  constructor(parent) {
    super(parent, "shares", { role: "img" });
    this.followHand();
  }

  draw() {
    const { data, film } = this;
    const page = this.turn();
    this.describe(page?.sentence ?? "", page ? this.words(page).join(", ") : "");
    const size = this.size();
    const pen = this.cleared(size);
    if (!page) return;
    this.paint(pen, size, film.pages, page.epoch);
    const groups = data.names.map((name, place) => ({ name, colour: this.colour(place), symbol: 2, count: this.percent(page.shares[place]) }));
    this.legend.show({ groups, ramp: null });
  }

  paint(pen, size, pages, until) {
    const { theme } = this;
    const [first, last] = [pages[0].epoch, pages.at(-1).epoch];
    const range = first === last ? [first - 0.5, last + 0.5] : [first, last];
    this.x = scale(range, [LEFT, size.width - 4]);
    const y = scale([0, 1], [size.height - BELOW, 6]);
    pen.textBaseline = "alphabetic";
    drawBottom(pen, size, range, this.x, theme);
    drawLeft(pen, size, [0, 1], y, theme, (share) => `${Math.round(100 * share)} %`);
    this.areas(pen, pages, y, PALE);
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, pages.length > 1 ? this.x(until) : size.width, size.height);
    pen.clip();
    this.areas(pen, pages, y, 1);
    pen.restore();
    if (until === last) return;
    Object.assign(pen, { strokeStyle: theme.ink, lineWidth: 1 });
    pen.setLineDash([2, 3]);
    pen.beginPath();
    pen.moveTo(this.x(until), 0);
    pen.lineTo(this.x(until), size.height - BELOW);
    pen.stroke();
    pen.setLineDash([]);
  }

  /** One part upon another; of a single epoch bars. */
  areas(pen, pages, y, cover) {
    const below = pages.map(() => 0);
    const wide = pages.length > 1 ? [0, 0] : [-0.25, 0.25];
    const drawn = pages.flatMap((page, i) => (pages.length > 1 ? [[page.epoch, i]] : wide.map((aside) => [page.epoch + aside, i])));
    this.data.names.forEach((_, place) => {
      const above = pages.map((page, i) => below[i] + (page.shares[place] ?? 0));
      pen.beginPath();
      for (const [epoch, i] of drawn) pen.lineTo(this.x(epoch), y(above[i]));
      for (const [epoch, i] of [...drawn].reverse()) pen.lineTo(this.x(epoch), y(below[i]));
      Object.assign(pen, { fillStyle: this.colour(place), globalAlpha: 0.55 * cover });
      pen.fill();
      above.forEach((share, i) => (below[i] = share));
    });
    pen.globalAlpha = 1;
  }

  colour(place) {
    const palette = this.palette();
    return palette[place % palette.length];
  }

  percent(share) {
    return `${Math.round(100 * (share ?? 0))} %`;
  }

  words({ epoch, shares }) {
    return [this.say("After epoch {epoch}.", { epoch }), ...this.data.names.map((name, place) => `${name} ${this.percent(shares[place])}`)];
  }

  point(x, y) {
    const { pages } = this.film;
    if (!this.x || !pages.length) return;
    const away = (page) => Math.abs(this.x(page.epoch) - x);
    this.legend.point(this.words(pages.reduce((best, page) => (away(page) < away(best) ? page : best))), x, y, this.size().width);
  }
}

export default shown(Shares);
