// Points: a projection's points as they stand after the epoch looked at, to be turned, searched and pointed at.

import { shown } from "../layerloom.flipbook/instances.js";
import { Camera } from "./camera.js";
import { groupsOf, wordsOf } from "./colours.js";
import { Hands } from "./hands.js";
import { drawAxes, drawNames, drawNear, drawPictures, inOrder, ring } from "./names.js";
import { Places } from "./places.js";
import { Scene } from "./scene.js";
import { Sheet, byDepth } from "./stamps.js";

const TURN = 80; // ms from one epoch to another
const FRAME = 160; // ms from one frame of an iteration to the next
const MANY = 3000; // points from which on they are drawn smaller

class Points extends Scene {
  constructor(parent) {
    super(parent, "cloud", { role: "application", tabindex: "0" });
    Object.assign(this, { camera: new Camera(), places: new Places(), sheet: new Sheet(), hovered: -1, times: 0 });
    this.hands = new Hands(this.canvas, this);
  }

  // What the hands ask and tell

  dimensions() {
    return this.places.dimensions;
  }

  touch() {
    this.wake();
  }

  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.wake();
  }

  /** The next or previous point, for whoever has no pointer; it is read out. */
  step(by) {
    const { count } = this.places;
    if (!count) return;
    this.hovered = (this.hovered + by + count) % count;
    if (this.hovered < 0) this.hovered = count - 1;
    this.legend.say(wordsOf(this.cast, this.page, this.hovered, this.say).join(", "));
    this.wake();
  }

  /** Choose a point, by default the one pointed at: the server looks for its neighbours. */
  choose(i) {
    const place = i ?? this.hovered;
    if (place < 0 || !this.cast || this.data.busy) return;
    this.times += 1; // a state that does not differ is not sent
    this.setState("chosen", { row: this.cast.rows[place], times: this.times });
  }

  inSight(i) {
    const { width, height } = this.size();
    const [x, y] = [this.camera.xs[i], this.camera.ys[i]];
    return x >= 0 && y >= 0 && x <= width && y <= height;
  }

  // Drawing

  draw(at) {
    const { film } = this;
    const { width, height } = this.size();
    const page = this.turn();
    this.page = film.frame ?? page;
    this.cast = this.page ? film.casts.get(this.page.cast) : null;
    if (this.cast) this.places.go(this.page, film.frame ? FRAME : TURN, at);
    else this.places.clear();
    const moving = this.places.step(at);
    this.camera.look(this.places, width, height);
    this.paint(width, height);
    this.tell(width);
    if (moving) this.wake();
  }

  paint(width, height) {
    const { canvas, theme, sheet, camera, places } = this;
    const ratio = window.devicePixelRatio || 1;
    const pen = this.pen({ width, height }, ratio);
    this.look();
    sheet.size(pen, canvas.width, canvas.height);
    sheet.clear(this.paper);
    const deep = places.dimensions === 3;
    const order = deep ? byDepth(camera.depths, places.count) : Uint32Array.from({ length: places.count }, (_, i) => i);
    const radius = places.count > MANY ? 2.4 : 3.4;
    sheet.draw(camera, order, this.groups, { ratio, radius, deep, faint: this.faint });
    sheet.show(pen);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.paintOver(pen, { width, height }, theme);
    pen.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** Pictures, lines, rings and words over the points. */
  paintOver(pen, size, theme) {
    const { camera, places, cast, hovered, marks } = this;
    if (!cast) return;
    const { groups, index } = this.groups;
    if (places.dimensions === 3) drawAxes(pen, camera.axes(places, size.width, size.height), theme);
    const sprites = this.sprites();
    const shown = sprites ? drawPictures(pen, camera, places.count, sprites, size, (i) => groups[index[i]].colour) : 0;
    drawNear(pen, camera, marks.chosen, marks.near, theme);
    if (hovered >= 0 && hovered < places.count) ring(pen, camera.xs[hovered], camera.ys[hovered], 7, theme.ink);
    const words = inOrder({ ...marks, hovered: shown ? -1 : hovered }, shown ? 0 : places.count);
    drawNames(pen, camera, cast.labels, words, size, theme);
    Object.assign(this.root.dataset, { pictures: shown, turn: `${camera.yaw.toFixed(2)} ${camera.pitch.toFixed(2)}` });
  }

  /** Groups, marks and what is pale: worked out anew only when something of it is another. */
  look() {
    const { data, page, cast } = this;
    const key = [page?.said, cast, data, this.root.dataset.theme];
    if (this.key?.every((part, i) => part === key[i])) return;
    this.key = key;
    this.groups = groupsOf(cast, page, data.colour, this.root.dataset.theme, this.palette(), this.say);
    this.marks = this.marked(data, cast);
    const { found } = this.marks;
    this.faint = data.found ? new Uint8Array(cast?.rows.length ?? 0).fill(1) : null;
    for (const i of found) this.faint[i] = 0;
    this.legend.show(this.groups, this.say(data.colour === "mistakes" ? "error" : "value"));
  }

  marked({ found, near }, cast) {
    const places = new Map(cast?.rows.map((row, i) => [row, i]));
    const sought = found.toLowerCase();
    return {
      chosen: places.get(near?.row) ?? -1,
      near: (near?.rows ?? []).map((row) => places.get(row)).filter((i) => i !== undefined),
      found: sought && cast ? cast.labels.flatMap((label, i) => (label.toLowerCase().includes(sought) ? [i] : [])) : [],
    };
  }

  /** The sheet of pictures, once it is decoded; it belongs to the first cast. */
  sprites() {
    const { sprites } = this.film;
    if (!sprites || this.page?.cast !== sprites.cast) return null;
    if (!sprites.image) {
      sprites.image = new Image();
      sprites.image.onload = () => this.wake();
      sprites.image.src = `data:image/png;base64,${sprites.png}`;
    }
    return sprites.image.complete && sprites.image.naturalWidth ? sprites : null;
  }

  /** The words below, and for whoever cannot see. */
  tell(width) {
    const { data, page, cast, hovered, camera, root } = this;
    const iterating = page?.iteration !== undefined ? this.say("Iteration {count}…", { count: page.iteration }) : null;
    const sentence = !page ? data.empty : iterating ?? [this.say("After epoch {epoch}.", { epoch: page.epoch }), page.sentence, page.note].filter(Boolean).join(" ");
    const keys = this.say("Arrows move, + and − zoom, 0 shows all again, Page Down goes from point to point, Enter chooses.");
    this.describe(sentence, `${sentence} ${keys}`);
    const seen = cast && hovered >= 0 && hovered < cast.rows.length && this.inSight(hovered);
    this.legend.point(seen ? wordsOf(cast, page, hovered, this.say) : null, camera.xs[hovered], camera.ys[hovered], width, this.sprites(), hovered);
    Object.assign(root.dataset, { epoch: page?.epoch ?? "", iteration: page?.iteration ?? "", points: cast?.rows.length ?? 0 });
  }
}

export default shown(Points);
