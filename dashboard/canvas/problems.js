// Problems: a card beside the node in plain words, with a button per mend; whole-graph problems above the canvas.

import { CARD, COLUMN, cardAt, overlap } from "./geometry.js";
import { html } from "./elements.js";

const MOST_OPEN = 3; // cards shown unasked; the rest open with their node
const WIDTH = 276;
const GAP = 18;
const UNSEEN = 3; // cards that a place in sight may cover before one out of sight is better
const CUT = 0.5; // of places that cover as many, one that is seen whole is better
const MOST_ROOMY = 40; // nodes of a graph that is fitted together with its cards
const EVERYWHERE = { x: -1e6, y: -1e6, width: 2e6, height: 2e6 };
const NONE = [];

export class Problems {
  constructor(canvas) {
    this.canvas = canvas;
    this.world = html("div", { class: "world cards" });
    this.banner = html("div", { class: "banner", hidden: true, role: "group", "aria-label": canvas.say("Problems of the whole graph") });
    this.closed = new Set();
    this.shown = new Map(); // id → {element, height, problems}
  }

  get faulty() {
    return [...this.canvas.graph.view.nodes.values()].filter((record) => record.problem || record.inside);
  }

  get count() {
    const { nodes, problems } = this.canvas.graph.view;
    const atNodes = this.faulty.reduce((sum, record) => sum + this.problemsOf(record).length, 0);
    return nodes.size ? atNodes + problems.length : 0;
  }

  render() {
    if (this.canvas.pointing) return; // what is wrong is mended in the studio; here the cards wear its mark
    const open = this.openNodes();
    for (const [id, { element, problems }] of this.shown) {
      if (open.has(id) && isSame(open.get(id), problems)) continue;
      element.remove();
      this.shown.delete(id);
    }
    for (const [id, problems] of open) if (!this.shown.has(id)) this.add(id, problems);
    this.measure();
    this.follow();
    this.renderBanner();
  }

  openNodes() {
    const { current, selected } = this.canvas;
    const wanted = this.faulty.filter(({ id }, index) => id === current || selected.has(id) || (index < MOST_OPEN && !this.closed.has(id)));
    return new Map(wanted.map((record) => [record.id, this.problemsOf(record)]));
  }

  /** All that is wrong at a node, and that something is inside it. */
  problemsOf(record) {
    const own = record.problem ? [record.problem, ...record.more] : NONE;
    return record.inside ? [...own, this.insideOf(record)] : own;
  }

  insideOf(record) {
    this.inner ??= new Map();
    const key = `${record.layer}:${record.inside}`;
    if (!this.inner.has(key)) {
      const { say } = this.canvas;
      const one = say("There is a problem inside this model; open it to see.");
      const more = say("There are {count} problems inside this model; open it to see.", { count: record.inside });
      const message = record.inside === 1 ? one : more;
      this.inner.set(key, { message, fixes: [], opens: record.layer });
    }
    return this.inner.get(key);
  }

  add(id, problems) {
    const { say } = this.canvas;
    const record = this.canvas.graph.view.nodes.get(id);
    const hide = html("button", { type: "button", class: "plain", "aria-label": say("Hide"), onclick: () => this.hide(id) }, "×");
    const count = problems.length > 1 ? html("span", { class: "count" }, say("{count} problems", { count: problems.length })) : null;
    let before = 0;
    const parts = problems.flatMap((problem) => {
      const part = [html("p", {}, problem.message), this.buttons(id, problem, before)];
      before += problem.fixes.length;
      return part;
    });
    const element = html(
      "div",
      { class: "problem-card", "data-of": id, role: "group", "aria-label": say("Problem of {name}", { name: record.title }) },
      html("div", { class: "headline" }, html("span", {}, record.title), count, hide),
      ...parts,
    );
    this.world.append(element);
    this.shown.set(id, { element, problems, height: 0 });
  }

  /** A button for each mend of a problem; keys number them on from those `before`. */
  buttons(node, problem, before = 0) {
    const { canvas } = this;
    const button = (rank, title, onclick, words) => html("button", { type: "button", class: rank, title, onclick }, words);
    const fixes = problem.fixes.map(({ label }, index) => {
      const title = canvas.say("Key {key}", { key: before + index + 1 });
      return button(index ? "second" : "first", title, () => this.fix(node, problem, index), label);
    });
    const open = () => canvas.do({ edit: "open", layer: problem.opens });
    if (problem.opens) fixes.push(button("first", null, open, canvas.say("Open the model")));
    return fixes.length ? html("div", { class: "fixes" }, ...fixes) : null;
  }

  fix(node, problem, index) {
    const { canvas } = this;
    canvas.expect();
    canvas.do({ edit: "fix", node, message: problem.message, index });
    this.shown.get(node)?.element.classList.add("mending");
    canvas.stage.focus({ preventScroll: true });
    canvas.tell(problem.fixes[index].label);
  }

  /** Use the mend of that number among all of the current node, or of the whole graph. */
  fixCurrent(number) {
    const { nodes, problems: whole } = this.canvas.graph.view;
    const record = nodes.get(this.canvas.current);
    const own = record?.problem ? [record.problem, ...record.more] : whole.slice(0, 1);
    const mends = own.flatMap((problem) => problem.fixes.map((_, index) => [problem, index]));
    if (mends[number]) this.fix(record?.problem ? record.id : null, ...mends[number]);
  }

  hide(id) {
    this.closed.add(id);
    if (this.canvas.current === id) this.canvas.select([]);
    this.render();
    this.canvas.stage.focus({ preventScroll: true });
  }

  /** Go to the next faulty node. */
  next() {
    const ids = this.faulty.map(({ id }) => id);
    if (!ids.length) return this.canvas.tell(this.canvas.graph.view.problems[0]?.message ?? this.canvas.say("There is no problem."));
    const id = ids[(ids.indexOf(this.canvas.current) + 1) % ids.length];
    this.closed.delete(id);
    this.canvas.select([id]);
    const height = Math.max(CARD.height, this.shown.get(id)?.height ?? 0);
    return this.canvas.revealNode(id, { width: CARD.width + GAP + WIDTH, height });
  }

  measure() {
    for (const card of this.shown.values()) card.height ||= card.element.offsetHeight;
  }

  /** What of the plane a graph within these bounds fills together with its cards; of a large graph no card counts. */
  around(bounds) {
    if (this.canvas.graph.view.nodes.size > MOST_ROOMY) return bounds;
    const areas = [bounds, ...this.follow(EVERYWHERE)];
    const [x, y] = [Math.min(...areas.map((area) => area.x)), Math.min(...areas.map((area) => area.y))];
    const right = Math.max(...areas.map((area) => area.x + area.width));
    const bottom = Math.max(...areas.map((area) => area.y + area.height));
    return { x, y, width: right - x, height: bottom - y };
  }

  /** Put every card beside its node, where it covers least and is seen; the places they take. */
  follow(sight = this.canvas.viewport.sight) {
    const { scene, graph } = this.canvas;
    const places = [];
    const taken = [...graph.view.nodes.keys()].map((id) => cardAt(scene.place(id)));
    for (const [id, { element, height }] of this.shown) {
      if (!graph.view.nodes.has(id)) continue;
      const place = this.placeFor(scene.place(id), height, taken, sight);
      places.push({ ...place, width: WIDTH, height });
      taken.push(places.at(-1));
      element.style.transform = `translate(${place.x}px, ${place.y}px)`;
    }
    return places;
  }

  placeFor({ x, y }, height, taken, sight) {
    const right = x + CARD.width + GAP;
    const left = x - WIDTH - GAP;
    const tops = [y, y - height + CARD.height, y + 34, y - 60];
    const beside = (away) => tops.flatMap((top) => [{ x: right + away, y: top }, { x: left - away, y: top }]);
    const within = Math.max(sight.x + 6, Math.min(x - 30, sight.x + sight.width - WIDTH - 6));
    const around = [{ x: within, y: y + CARD.height + GAP }, { x: within, y: y - height - GAP }];
    const places = [...beside(0), ...around, ...beside(COLUMN), ...beside(2 * COLUMN)];
    const costOf = (place) => {
      const area = { ...place, width: WIDTH, height };
      const aside = area.x < sight.x || area.x + WIDTH > sight.x + sight.width;
      const cut = area.y < sight.y || area.y + height > sight.y + sight.height;
      return taken.filter((other) => overlap(area, other)).length + (aside ? UNSEEN : 0) + (cut ? CUT : 0);
    };
    const costs = places.map(costOf);
    return places[costs.indexOf(Math.min(...costs))];
  }

  renderBanner() {
    const { nodes, problems: whole } = this.canvas.graph.view;
    const problems = nodes.size ? whole : NONE; // an empty graph invites, it does not complain
    if (problems === this.bannered) return;
    this.bannered = problems;
    this.banner.hidden = !problems.length;
    const lineOf = (problem) => html("div", { class: "line" }, html("p", {}, problem.message), this.buttons(null, problem));
    this.banner.replaceChildren(...problems.map(lineOf));
  }
}

const isSame = (some, others) => some.length === others.length && some.every((problem, index) => problem === others[index]);
