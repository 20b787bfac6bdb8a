// Curves: the element's entry; keeps the records of each run, and puts the bar, the charts and the words together.

import { Chart } from "./chart.js";
import { Commands } from "./commands.js";
import { Series, brief } from "./series.js";
import { Transport } from "./transport.js";

const instances = new WeakMap();
const SPOKEN = 5000; // ms between two sentences to a screen reader
const SCRUB = 120; // ms between two epochs told to the server while the slider moves
const MOST_CHARTS = 4;

/** What Streamlit calls at first and whenever the data changed. */
export default function show({ data, parentElement, setStateValue }) {
  if (!data) return undefined;
  const panel = instances.get(parentElement) ?? new Panel(parentElement, data);
  instances.set(parentElement, panel);
  panel.setState = setStateValue;
  panel.receive(data);
  return () => {
    panel.close();
    instances.delete(parentElement);
  };
}

class Panel {
  constructor(parent, { labels }) {
    this.say = (text, values = {}) =>
      (labels?.[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    this.runs = new Map();
    this.charts = new Map();
    this.chosen = null;
    this.scrubbed = null;
    this.spoken = 0;
    this.commands = new Commands((message) => this.setState("commands", message));
    this.build(parent);
  }

  build(parent) {
    this.root = element("div", "curves");
    this.transport = new Transport({ say: this.say, send: (c, v) => this.command(c, v), scrub: (epoch) => this.scrub(epoch) });
    this.empty = element("p", "empty", this.say("Press Start: the curves grow here while the network learns."));
    this.picker = element("div", "picker");
    this.row = element("div", "row");
    this.words = element("section", "words");
    this.words.append(element("h4", "", this.say("What is happening")), element("div", "sentences"));
    this.told = element("div", "told");
    this.told.setAttribute("aria-live", "polite");
    const body = element("div", "body");
    const drawn = element("div", "drawn");
    drawn.append(this.picker, this.row, this.empty);
    body.append(drawn, this.words);
    this.root.append(this.transport.element, body, this.told);
    this.root.addEventListener("keydown", (event) => this.key(event));
    parent.append(this.root);
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.root);
  }

  close() {
    this.watch.disconnect();
    this.root.remove();
  }

  key(event) {
    event.stopPropagation();
    const typing = event.target.closest("input[type=text], button");
    if (event.key === " " && !typing) {
      event.preventDefault();
      this.transport.toggle();
    }
  }

  command(command, value) {
    this.commands.add(command, value);
  }

  /** Look at another epoch: drawn here at once, told to the server at leisure. */
  scrub(epoch) {
    this.scrubbed = epoch;
    clearTimeout(this.scrubbing);
    this.scrubbing = setTimeout(() => this.setState("scrub", { run: this.data.run, epoch }), SCRUB);
    this.draw();
  }

  // What the server says

  receive(data) {
    if (data.run !== this.data?.run) this.scrubbed = null;
    this.data = data;
    this.commands.acknowledge(data.ack);
    if (data.run) this.takeRecords(data);
    for (const ghost of data.ghosts ?? []) this.seriesOf(ghost.run).take(ghost);
    this.draw();
    this.speak();
  }

  seriesOf(run) {
    if (!this.runs.has(run)) this.runs.set(run, new Series());
    return this.runs.get(run);
  }

  takeRecords(data) {
    const series = this.seriesOf(data.run);
    if (!series.take(data)) this.setState("need", { run: data.run, after: series.until });
  }

  // Showing

  draw() {
    const { data } = this;
    if (!data) return;
    const series = data.run ? this.seriesOf(data.run) : null;
    this.root.dataset.run = data.run ?? "";
    this.root.dataset.state = data.state ?? "";
    this.root.dataset.points = series?.points ?? 0;
    this.root.dataset.epoch = data.epoch ?? 0;
    this.transport.show(data, series?.rates.at(-1)?.[1] ?? data.learning_rate, this.scrubbed);
    this.showWords(data);
    this.showCharts(series);
  }

  showCharts(series) {
    const names = series?.names() ?? [];
    this.empty.hidden = names.length > 0;
    this.row.hidden = names.length === 0;
    this.showPicker(names);
    const shown = names.filter((name) => this.isShown(name, names));
    for (const [name, chart] of this.charts) {
      if (!shown.includes(name)) {
        chart.canvas.remove();
        this.charts.delete(name);
      }
    }
    const style = this.style();
    const ghosts = (this.data.ghosts ?? []).map(({ run }) => this.seriesOf(run));
    for (const name of shown) this.chart(name).show({ series, ghosts, scrubbed: this.scrubbed, style });
  }

  chart(name) {
    if (!this.charts.has(name)) {
      const chart = new Chart(name, { say: this.say, onEpoch: (epoch) => this.look(epoch) });
      this.charts.set(name, chart);
      this.row.append(chart.canvas);
    }
    return this.charts.get(name);
  }

  look(epoch) {
    const last = this.data.epoch ?? 0;
    this.scrub(epoch >= last ? null : Math.max(0, epoch));
  }

  /** Losses and as many metrics as there is room for, unless a person chose. */
  isShown(name, names) {
    if (this.chosen) return this.chosen.has(name);
    const room = this.root.clientWidth < 640 ? 1 : MOST_CHARTS;
    const several = names.some((other) => other.endsWith("_loss"));
    const usual = several ? names.filter((other) => other.endsWith("loss")) : names;
    return usual.slice(0, room).includes(name);
  }

  showPicker(names) {
    const key = names.join();
    if (this.picker.dataset.names === key) return;
    this.picker.dataset.names = key;
    this.picker.replaceChildren();
    this.picker.hidden = names.length < 2;
    for (const name of names) {
      const chip = element("button", "chip", name.replaceAll("_", " "));
      chip.type = "button";
      chip.setAttribute("aria-pressed", this.isShown(name, names));
      chip.addEventListener("click", () => this.toggle(name, names, chip));
      this.picker.append(chip);
    }
    const log = element("button", "chip log", this.say("Logarithmic"));
    log.type = "button";
    log.setAttribute("aria-pressed", "false");
    log.addEventListener("click", () => this.toggleLog(log));
    this.picker.append(log);
  }

  toggle(name, names, chip) {
    this.chosen ??= new Set(names.filter((other) => this.isShown(other, names)));
    if (this.chosen.has(name)) this.chosen.delete(name);
    else this.chosen.add(name);
    chip.setAttribute("aria-pressed", this.chosen.has(name));
    this.draw();
  }

  toggleLog(chip) {
    const on = chip.getAttribute("aria-pressed") !== "true";
    chip.setAttribute("aria-pressed", on);
    for (const chart of this.charts.values()) chart.logarithmic = on && chart.name.endsWith("loss");
    this.draw();
  }

  showWords({ saying, message, state }) {
    const sentences = [...(saying ?? [])];
    if (message && ["failed", "lost", "queued", "stopped"].includes(state)) sentences.unshift(message);
    const list = this.words.querySelector(".sentences");
    if (list.dataset.said === sentences.join("\n")) return;
    list.dataset.said = sentences.join("\n");
    list.replaceChildren(...sentences.map((sentence) => element("p", "", sentence)));
    this.words.hidden = !sentences.length;
  }

  /** For those who do not see the curve: where it is, at most every few seconds. */
  speak() {
    const now = Date.now();
    const { run, state, epoch } = this.data;
    if (!run || now - this.spoken < SPOKEN || state !== "running") return;
    this.spoken = now;
    const values = this.seriesOf(run)
      .valuesAt(epoch)
      .slice(0, 2)
      .map(({ name, train, validation }) => `${name} ${brief(train)}, ${this.say("validation")} ${brief(validation)}`);
    this.told.textContent = this.say("epoch {epoch}: {values}", { epoch, values: values.join("; ") });
  }

  style() {
    const computed = getComputedStyle(this.root);
    const read = (name, fallback) => computed.getPropertyValue(name).trim() || fallback;
    return {
      text: read("--ink", "#1a1d24"),
      faint: read("--faint", "#667085"),
      line: read("--line", "#e3e6eb"),
      train: read("--train", "#3b5bdb"),
      validation: read("--validation", "#d9480f"),
      mark: read("--mark", "#2b8a3e"),
      font: computed.fontFamily,
      mono: read("--st-code-font", "monospace"),
    };
  }
}

function element(tag, name = "", text = null) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== null) made.textContent = text;
  return made;
}
