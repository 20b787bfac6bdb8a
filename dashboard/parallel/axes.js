// Axes: one for each dimension and one for the score: where a value stands, and the names and numbers beside it.

import { logTicks, ticksBetween } from "../layerloom.flipbook/scales.js";
import { rateText } from "../layerloom.flipbook/words.js";

const NARROW = 92; // px between two upright axes below which they lie down, one below the other
const PHONE = 520; // px of a screen below which they lie anyway: there a finger that goes down scrolls
const ROW = 62; // px from one lying axis to the next
const LOW = 1 / 7; // share of an axis below which only those stand that do not have its value
const TICKS = 5;
const SIDE = 16; // px beside the axes
const LETTER = 0.6; // of the size of the face, about as wide as a letter is

export class Axes {
  constructor() {
    Object.assign(this, { list: [], lacking: [], upright: true });
  }

  /** What stands on them: `axes` and `trials` as the server tells them. */
  take({ axes, trials }) {
    this.list = axes;
    this.lacking = axes.map((_, i) => i < axes.length - 1 && trials.some(([, , values]) => values[i] === null));
  }

  /** Where they stand in a width; the height that they take. */
  lay(width, height, size) {
    const { list } = this;
    const gaps = Math.max(1, list.length - 1);
    this.upright = width >= PHONE && (width - 4 * SIDE) / gaps >= NARROW;
    if (this.upright) {
      const [left, right] = [this.margin(0, size), width - this.margin(gaps, size)];
      this.across = list.map((_, i) => left + ((right - left) * i) / gaps);
      this.along = [height - 12, this.staggered(size) ? 50 : 34];
      return height;
    }
    this.across = list.map((_, i) => 30 + ROW * i);
    this.along = [SIDE, width - SIDE];
    return 30 + ROW * gaps + 30;
  }

  /** Room for the numbers beside the first and the last axis. */
  margin(i, size) {
    return 12 + LETTER * size * Math.min(12, Math.max(4, ...this.ticks(i).map(({ text }) => text.length)));
  }

  /** Whether names need two rows: one of them is longer than the way to its neighbour. */
  staggered(size) {
    const room = this.across.length > 1 ? this.across[1] - this.across[0] : Infinity;
    return this.list.some(({ name }) => name.length * size * LETTER > room);
  }

  /** How far along its axis a value stands, from 0 to 1. */
  share(i, value) {
    if (value === null) return 0;
    const { choices, log, least, most } = this.list[i];
    const [low, high] = choices.length ? [0, choices.length - 1] : [least, most];
    const scale = log ? Math.log10 : Number;
    const share = high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : 0.5;
    return this.lifted(i, Math.max(0, Math.min(1, share)));
  }

  lifted(i, share) {
    return this.lacking[i] ? LOW + (1 - LOW) * share : share;
  }

  /** The value that stands at a share of an axis, as text. */
  textAt(i, share, say) {
    const { choices, log, least, most } = this.list[i];
    const bare = this.lacking[i] ? (share - LOW) / (1 - LOW) : share;
    if (bare < -1e-9) return say("not there");
    if (choices.length) return choices[Math.round(bare * (choices.length - 1))];
    return rateText(log ? least * (most / least) ** bare : least + (most - least) * bare);
  }

  text(i, value, say) {
    if (value === null) return say("not there");
    return this.list[i].choices[value] ?? rateText(value);
  }

  /** Shares and texts of what is written beside an axis. */
  ticks(i, say = (text) => text) {
    const { choices, log, whole, least, most } = this.list[i];
    const numbers = () => (log ? logTicks : ticksBetween)(least, most, TICKS).filter((value) => !whole || Number.isInteger(value));
    const values = choices.length ? choices.map((_, place) => place) : numbers();
    const ticks = values.map((value) => ({ share: this.share(i, value), text: this.text(i, value, say) }));
    return this.lacking[i] ? [{ share: 0, text: say("not there") }, ...ticks] : ticks;
  }

  /** By how much of an axis the keyboard narrows a range. */
  step(i) {
    const { choices } = this.list[i];
    return choices.length > 1 ? (this.lacking[i] ? 1 - LOW : 1) / (choices.length - 1) : 0.1;
  }

  at(i, share) {
    const along = this.along[0] + (this.along[1] - this.along[0]) * share;
    return this.upright ? [this.across[i], along] : [along, this.across[i]];
  }

  /** Across the axes, and along them, of a place on the canvas. */
  turned(x, y) {
    return this.upright ? [x, y] : [y, x];
  }

  /** The axis nearest to a place, how far away it is, and the share of it that is beside the place. */
  nearest(x, y) {
    const [across, along] = this.turned(x, y);
    const away = this.across.map((at) => Math.abs(at - across));
    const i = away.indexOf(Math.min(...away));
    const share = (along - this.along[0]) / (this.along[1] - this.along[0]);
    return { i, away: away[i], share: Math.max(0, Math.min(1, share)) };
  }

  // Drawing

  draw(pen, theme, size, chosen, say) {
    this.list.forEach(({ name }, i) => {
      const [from, to] = [this.at(i, 0), this.at(i, 1)];
      Object.assign(pen, { strokeStyle: i === chosen ? theme.ink : theme.ghost, lineWidth: i === chosen ? 2 : 1 });
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      pen.stroke();
      this.drawTicks(pen, theme, size, i, say);
      this.drawName(pen, theme, size, name, i);
    });
  }

  drawTicks(pen, theme, { width }, i, say) {
    Object.assign(pen, { font: theme.mono, fillStyle: theme.ink, textBaseline: this.upright ? "middle" : "top" });
    let last = -Infinity;
    for (const { share, text } of this.ticks(i, say)) {
      const wide = theme.widthOf(text);
      const [x, y] = this.at(i, share);
      const inside = this.upright ? x : Math.max(wide / 2 + 2, Math.min(width - wide / 2 - 2, x));
      const [at, needs] = this.upright ? [-y, theme.size] : [inside - wide / 2, wide + 8];
      if (at < last) continue; // it would cover the one before
      last = at + needs;
      const score = i === this.list.length - 1;
      if (this.upright) write(pen, theme, text, score ? x + 6 : x - 6, y, score ? "left" : "right", 0.8 * (this.across[1] - this.across[0]));
      else write(pen, theme, text, inside, y + 5, "center", width);
    }
  }

  /** Names above; where they are long every other one stands higher, so that each has twice the room. */
  drawName(pen, theme, { width }, name, i) {
    const score = i === this.list.length - 1;
    Object.assign(pen, { font: score ? theme.bold : theme.text, fillStyle: theme.ink, textBaseline: "alphabetic" });
    const [x, y] = this.at(i, this.upright ? 1 : 0);
    if (!this.upright) {
      write(pen, theme, name, x - 4, y - 8, "left", width - 2 * SIDE);
      return;
    }
    const higher = this.along[1] > 44 && i % 2 === 0;
    const room = (this.along[1] > 44 ? 1.9 : 0.95) * (this.across[1] - this.across[0]);
    const half = Math.min(room, pen.measureText(name).width) / 2;
    write(pen, theme, name, Math.max(half + 2, Math.min(width - half - 2, x)), y - (higher ? 34 : 16), "center", room);
  }
}

/** Words that can be read above lines, cut to the room that they have. */
function write(pen, theme, words, x, y, align, room) {
  let text = words;
  while (text.length > 2 && pen.measureText(text).width > room) text = `${text.slice(0, -2)}…`;
  const { width } = pen.measureText(text);
  const above = { top: 1, middle: 0.55 * theme.size, alphabetic: theme.size - 1 }[pen.textBaseline];
  const { fillStyle } = pen;
  Object.assign(pen, { textAlign: align, fillStyle: theme.paper, globalAlpha: 0.78 });
  pen.fillRect(x - width * { left: 0, center: 0.5, right: 1 }[align] - 2, y - above, width + 4, theme.size + 2);
  Object.assign(pen, { fillStyle, globalAlpha: 1 });
  pen.fillText(text, x, y);
}
