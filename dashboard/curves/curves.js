// Curves: the element's entry; puts the bar, the charts and the words together, and speaks with the server.

import { Chart } from "./chart.js";
import { Choices } from "./choices.js";
import { Commands } from "./commands.js";
import { html, put, symbol } from "./elements.js";
import { Hands } from "./hands.js";
import { shown } from "./instances.js";
import { look } from "./looking.js";
import { Clock } from "./motion.js";
import { Series } from "./series.js";
import { Socket } from "./socket.js";
import { Voice, describe } from "./speaking.js";
import { readTheme } from "./theme.js";
import { Transport } from "./transport.js";
import { speaker } from "./words.js";

const SCRUB = 80; // ms between two epochs told to the server while the slider moves
const ASK = 700; // ms until missing records are asked for again
const MOST_RUNS = 12;
const URGENT = ["failed", "lost"];
const known = new Map(); // run → Series; outlives the element, so that a page come back to need not ask again

class Panel {
  constructor(parent, { labels }) {
    this.say = speaker(labels);
    this.charts = new Map();
    this.view = { zoom: null, hover: null, scrubbed: null, selection: null, logarithmic: false, smoothing: 0.3 };
    this.clock = new Clock((share) => this.frame(share));
    this.commands = new Commands((message) => this.setState("commands", message));
    this.socket = new Socket((news) => this.hear(news));
    this.hands = new Hands(this.view, { touched: () => this.touched(), look: (epoch) => this.scrub(epoch) });
    this.times = 0;
    this.build(parent);
    this.waitForStyle(parent);
  }

  build(parent) {
    const { say } = this;
    this.transport = new Transport({ say, send: (command, value) => this.commands.add(command, value), scrub: (epoch) => this.scrub(epoch) });
    this.choices = new Choices({ say, view: this.view, changed: () => this.render() });
    this.row = html("div", { class: "row" });
    this.empty = html("p", { class: "empty" }, symbol("curves"), html("span", {}));
    this.words = html("section", { class: "words", "aria-label": say("What is happening") });
    this.voice = new Voice(say);
    this.probe = html("i", { class: "told" });
    const drawn = html("div", { class: "drawn" }, this.choices.element, this.row, this.empty);
    const body = html("div", { class: "body" }, drawn, this.words);
    this.root = html("div", { class: "curves" }, this.transport.element, body, this.voice.element, this.probe);
    for (const name of ["keydown", "keyup", "keypress"]) this.root.addEventListener(name, (event) => event.stopPropagation());
    this.root.addEventListener("keydown", (event) => this.key(event));
    // The background has a transition of no length: its event tells that the theme changed.
    this.root.addEventListener("transitionend", (event) => event.target === this.root && this.dress());
    this.frameElement = html("div", { class: "frame" }, this.root);
    parent.append(this.frameElement);
    this.watch = new ResizeObserver(() => this.render());
    this.watch.observe(this.root);
  }

  /** The style sheet comes on its own: without it there is nothing to measure and nothing to see. */
  waitForStyle(parent) {
    const link = parent.querySelector?.("link[rel=stylesheet]");
    const waits = Boolean(link && !link.sheet);
    this.root.hidden = waits;
    if (waits) link.addEventListener("load", () => this.dress(), { once: true });
    else this.dress();
  }

  dress() {
    this.root.hidden = false;
    this.theme = readTheme(this.root, this.probe);
    this.render();
  }

  close() {
    this.watch.disconnect();
    this.clock.stop();
    this.stopAsking();
    this.socket.close();
    this.transport.scrubber.halt();
    this.frameElement.remove();
  }

  // What the server says

  receive(data) {
    const began = performance.now();
    if (data.run !== this.data?.run) this.turnTo(data);
    this.data = this.isLate(data) ? { ...data, ...this.heard } : data;
    if (data.height) this.frameElement.style.setProperty("--run-height", `${data.height}px`);
    this.commands.acknowledge(data.ack);
    if (data.run) this.takeRecords(data);
    this.ghosts = (data.ghosts ?? []).map((ghost) => ({ name: ghost.name, series: this.seriesOfGhost(ghost) }));
    this.adoptScrubbed(data.scrubbed);
    this.pass(data.signals ?? null);
    this.render();
    this.voice.follow(this.data, this.series);
    this.socket.watch(this.data, this.series?.until ?? 0);
    this.root.dataset.cost = (performance.now() - began).toFixed(1);
  }

  /** Whether the socket has told more of the run already than the page now does. */
  isLate({ run, until }) {
    return this.heard?.run === run && this.heard.until > until;
  }

  /** News over the socket: the run as it is and its new records. What ended concerns the page as a whole. */
  hear(news) {
    if (news.run !== this.data?.run) return;
    const { records, from, whole, active, ...now } = news;
    this.heard = now;
    this.data = { ...this.data, ...now };
    this.takeRecords(news);
    this.render();
    this.voice.follow(this.data, this.series);
    if (!active) this.ask();
  }

  /** What flows through the network, for the canvas beside these curves: it needs no way over the server. */
  pass(signals) {
    const text = JSON.stringify(signals);
    if (text === this.passed) return;
    this.passed = text;
    window.layerloomSignals = signals;
    window.dispatchEvent(new CustomEvent("layerloom:signals", { detail: signals }));
  }

  /** Another run: its own lines, all of them in sight. */
  turnTo({ run }) {
    this.series = run ? seriesOf(run) : null;
    Object.assign(this.view, { zoom: null, hover: null, scrubbed: null, selection: null });
    this.transport.scrubber.halt();
    this.stopAsking();
  }

  takeRecords(data) {
    const complete = this.series.take(data);
    if (complete) this.stopAsking();
    else if (!this.asking) this.ask();
  }

  /** Ask for what is missing until it is here: the answer may be skipped like any other update. */
  ask() {
    this.times += 1; // a state that does not differ is not sent
    this.setState("need", { run: this.data.run, after: this.series.until, times: this.times });
    this.asking = setTimeout(() => this.ask(), ASK);
  }

  stopAsking() {
    clearTimeout(this.asking);
    this.asking = null;
  }

  seriesOfGhost(ghost) {
    const series = seriesOf(`ghost ${ghost.run ?? ghost.name}`);
    series.take({ from: 0, until: ghost.records.at(-1)?.seq ?? 0, ...ghost });
    return series;
  }

  /** What the server looks at, unless a person's own choice is still on its way there. */
  adoptScrubbed(epoch) {
    if (epoch === undefined || epoch === this.told || this.scrubbing) return;
    this.told = epoch;
    this.view.scrubbed = epoch;
  }

  // What a person does

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.keys(event.target)[event.key.toLowerCase()];
    if (!act || event.target.matches("input[type=text]")) return;
    event.preventDefault();
    act();
  }

  keys(target) {
    const { transport, view } = this;
    const press = (button) => () => !button.hidden && !button.disabled && button.click();
    return {
      ...(target.closest("button, summary, input") ? {} : { " ": () => transport.toggle() }),
      s: press(transport.step),
      e: press(transport.epoch),
      l: () => this.choices.toggleLog(),
      p: press(transport.scrubber.film),
      escape: () => {
        transport.scrubber.halt();
        if (view.scrubbed === null) this.hands.hover(null);
        else this.scrub(null);
      },
    };
  }

  /** Look at another epoch: drawn here at once, and told to the server. */
  scrub(epoch) {
    this.view.scrubbed = epoch !== null && epoch >= (this.data.epoch ?? 0) ? null : epoch;
    if (!this.scrubbing) this.tellScrub();
    this.render();
  }

  /** At once, and then for a while no more: of the epochs passed over meanwhile only the last is told. */
  tellScrub() {
    this.told = this.view.scrubbed;
    this.setState("scrub", { run: this.data.run, epoch: this.told });
    this.scrubbing = setTimeout(() => {
      this.scrubbing = null;
      if (this.view.scrubbed !== this.told) this.tellScrub();
    }, SCRUB);
  }

  // Showing

  render() {
    const { data, series } = this;
    if (!data || !this.theme) return;
    look(data.run, this.view.scrubbed);
    Object.assign(this.root.dataset, { run: data.run ?? "", state: data.state ?? "", points: series?.points ?? 0, epoch: data.epoch ?? 0, until: series?.until ?? 0 });
    this.transport.show(data, series?.rate ?? data.learning_rate, this.view.scrubbed);
    this.showWords(data);
    this.showCharts(series?.names() ?? []);
  }

  showCharts(names) {
    this.showEmpty(names.length === 0);
    const shown = this.choices.shown(names, this.row.clientWidth || this.root.clientWidth);
    this.choices.show(names, shown);
    for (const [name, chart] of this.charts) if (!shown.includes(name)) this.drop(name, chart);
    for (const name of shown) if (!this.charts.has(name)) this.addChart(name);
    const charts = shown.map((name) => this.charts.get(name));
    if (charts.some(({ canvas }, i) => this.row.children[i] !== canvas)) this.row.replaceChildren(...charts.map(({ canvas }) => canvas));
    for (const chart of charts) chart.measure();
    this.touched();
  }

  addChart(name) {
    const chart = new Chart(name, { say: this.say, view: this.view });
    this.hands.listen(chart);
    this.charts.set(name, chart);
  }

  drop(name, { canvas }) {
    canvas.remove();
    this.charts.delete(name);
  }

  /** Something that all charts share has changed: they glide to where it leads. */
  touched() {
    const { data, series, ghosts, theme } = this;
    if (!series || !theme) return;
    const going = data.state === "running" || data.state === "paused" || data.state === "starting";
    const names = series.names();
    for (const [name, chart] of this.charts) {
      chart.update({ series, ghosts, names, epochs: data.epochs, going, theme, first: this.row.firstChild === chart.canvas || name === "loss" });
      describe(chart);
    }
    this.choices.all.hidden = this.view.zoom === null;
    this.clock.wake();
  }

  frame(share) {
    return [...this.charts.values()].map((chart) => chart.frame(share)).some(Boolean);
  }

  showEmpty(nothing) {
    const { state, message } = this.data;
    const waiting = WAITING[state];
    const invitation = this.data.editable ? "Press Start: the curves grow here while the network learns." : "No run to watch yet.";
    this.empty.hidden = !nothing;
    this.row.hidden = nothing;
    put(this.empty.lastChild, message && waiting ? message : this.say(waiting ?? (state ? "This run has no curve." : invitation)));
  }

  showWords({ run, state, message, saying }) {
    const urgent = URGENT.includes(state);
    const told = message && !["queued", "starting"].includes(state) ? [message] : [];
    const sentences = [...told, ...(saying ?? [])];
    this.words.hidden = !run;
    const key = `${state}|${sentences.join("|")}`;
    if (this.words.dataset.key === key) return;
    this.words.dataset.key = key;
    this.words.classList.toggle("urgent", urgent);
    const heading = html("h4", {}, this.say(urgent ? state : "What is happening"));
    this.words.replaceChildren(...(sentences.length ? [heading, ...sentences.map((sentence) => html("p", {}, sentence))] : []));
  }
}

/** What there is to say while a run has no point yet. */
const WAITING = {
  queued: "The run waits for its turn.",
  starting: "The network is being built and compiled.",
  running: "The first step is being compiled; the curves begin in a moment.",
};

/** The lines of a run, of which the page keeps those last looked at. */
function seriesOf(run) {
  const series = known.get(run) ?? new Series();
  known.delete(run);
  known.set(run, series);
  if (known.size > MOST_RUNS) known.delete(known.keys().next().value);
  return series;
}

export default shown(Panel);
