// Points: a projection's points as they stand after the epoch looked at, to be turned, searched and pointed at.

import { html, put } from "../layerloom.flipbook/elements.js";
import { readTheme } from "../layerloom.flipbook/theme.js";
import { speaker } from "../layerloom.flipbook/words.js";
import { Camera } from "./camera.js";
import { groupsOf, wordsOf } from "./colours.js";
import { Film, lookedAt } from "./film.js";
import { Hands } from "./hands.js";
import { Legend } from "./legend.js";
import { drawNames, drawNear, drawPictures, inOrder, ring } from "./names.js";
import { Places } from "./places.js";
import { Sheet, byDepth } from "./stamps.js";

const TURN = 110; // ms from one epoch to another
const FRAME = 160; // ms from one frame of an iteration to the next
const MANY = 3000; // points from which on they are drawn smaller
const instances = new WeakMap();

/** What Streamlit calls at first and whenever the data changed. */
export default function show({ data, parentElement, setStateValue }) {
  if (!data) return undefined;
  const points = instances.get(parentElement) ?? new Points(parentElement);
  instances.set(parentElement, points);
  points.setState = setStateValue;
  points.receive(data);
  return () => setTimeout(() => leave(parentElement));
}

/** Streamlit calls what `show` returned also when an update was overtaken by the next: only what is gone is closed. */
function leave(parent) {
  if (parent.isConnected) return;
  instances.get(parent)?.close();
  instances.delete(parent);
}

class Points {
  constructor(parent) {
    Object.assign(this, { camera: new Camera(), places: new Places(), sheet: new Sheet(), legend: new Legend(), hovered: -1, times: 0 });
    this.film = new Film(() => this.wake());
    this.canvas = html("canvas", { role: "application", tabindex: "0" });
    this.caption = html("figcaption", {});
    this.probe = html("i", { hidden: true });
    const { list, hint, voice } = this.legend;
    this.root = html("figure", { class: "flipbook points" }, this.canvas, hint, list, this.caption, voice, this.probe);
    this.root.addEventListener("transitionend", (event) => event.target === this.root && this.dress());
    this.hands = new Hands(this.canvas, this);
    parent.append(this.root);
    this.looked = () => this.wake();
    window.addEventListener("layerloom:looked", this.looked);
    this.watch = new ResizeObserver(() => this.wake());
    this.watch.observe(this.root);
    const link = parent.querySelector?.("link[rel=stylesheet]");
    if (link && !link.sheet) link.addEventListener("load", () => this.dress(), { once: true });
    else this.dress();
  }

  dress() {
    this.theme = readTheme(this.root, this.probe);
    this.paper = this.theme.paper.match(/[\d.]+/g).slice(0, 3).map(Number);
    this.wake();
  }

  close() {
    window.removeEventListener("layerloom:looked", this.looked);
    this.watch.disconnect();
    this.film.close();
    cancelAnimationFrame(this.due);
  }

  receive(data) {
    this.data = data;
    this.say = speaker(data.labels);
    this.canvas.style.height = `${data.height}px`;
    this.film.receive(data);
    this.wake();
  }

  /** Draw once before the next frame, however much has changed until then. */
  wake() {
    this.due ??= requestAnimationFrame((at) => {
      this.due = null;
      this.draw(at);
    });
  }

  // What the hands ask and tell

  dimensions() {
    return this.places.dimensions;
  }

  size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
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

  // Drawing

  draw(at) {
    const { data, theme, film } = this;
    const { width, height } = this.size();
    if (!data || !theme || !width) return;
    const until = lookedAt(data);
    if (film.looked !== until) film.look(until);
    this.page = film.frame ?? film.page(until);
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
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    this.look();
    sheet.size(pen, wide, high);
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
    const { data, page, cast, theme } = this;
    const key = [page?.said, cast, data, this.root.dataset.theme];
    if (this.key?.every((part, i) => part === key[i])) return;
    this.key = key;
    const palette = data.colours[this.root.dataset.theme];
    this.groups = groupsOf(cast, page, data.colour, this.root.dataset.theme, palette, this.say);
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
    put(this.caption, sentence);
    const keys = this.say("Arrows move, + and − zoom, 0 shows all again, Page Down goes from point to point, Enter chooses.");
    const label = `${sentence} ${keys}`;
    if (this.canvas.getAttribute("aria-label") !== label) this.canvas.setAttribute("aria-label", label);
    const seen = cast && hovered >= 0 && hovered < cast.rows.length;
    this.legend.point(seen ? wordsOf(cast, page, hovered, this.say) : null, camera.xs[hovered], camera.ys[hovered], width, this.sprites(), hovered);
    Object.assign(root.dataset, { epoch: page?.epoch ?? "", iteration: page?.iteration ?? "", points: cast?.rows.length ?? 0, pages: this.film.pages.length });
  }
}
