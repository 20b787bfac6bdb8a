// Speaking: the curve in words, for those who listen to it.

import { readingAt } from "./drawing.js";
import { html } from "./elements.js";
import { brief } from "./words.js";

const EVERY = 5000; // ms between two sentences
const LEVEL = 0.005; // the share of its value by which a loss must move to fall or rise

export class Voice {
  constructor(say) {
    this.say = say;
    this.element = html("div", { class: "told", "aria-live": "polite" });
    this.spoken = 0;
  }

  /** Say where the run is: at once when its state changed, otherwise every few seconds. */
  follow({ run, state, epoch }, series) {
    if (!run || !series) return;
    const changed = state !== this.state && this.state !== undefined;
    this.state = state;
    if (!changed && (state !== "running" || Date.now() - this.spoken < EVERY)) return;
    this.spoken = Date.now();
    this.element.textContent = [changed ? this.say(state) : "", this.summary(series, epoch)].filter(Boolean).join(". ");
  }

  /** "epoch 12, training loss 0.61, falling; validation loss 0.82, rising" */
  summary(series, epoch) {
    const loss = series.quantities.get("loss");
    if (!loss) return "";
    const train = loss.epochs.length ? loss.epochs : loss.steps;
    const parts = [this.part("training loss {value}", train), this.part("validation loss {value}", loss.validation)];
    return `${this.say("epoch {epoch}", { epoch })}, ${parts.filter(Boolean).join("; ")}`;
  }

  part(text, { ys }) {
    if (!ys.length) return "";
    return [this.say(text, { value: brief(ys.at(-1)) }), this.direction(ys)].filter(Boolean).join(", ");
  }

  direction(ys) {
    const before = ys.at(-4) ?? ys[0];
    const change = (ys.at(-1) - before) / (Math.abs(before) || 1);
    if (ys.length < 2 || !Number.isFinite(change)) return "";
    if (Math.abs(change) < LEVEL) return this.say("level");
    return this.say(change < 0 ? "falling" : "rising");
  }
}

/** What a screen reader reads of a chart that has the focus: the values where it points. */
export function describe(chart) {
  const { canvas, series, say, title } = chart;
  const last = Math.floor(series.end + 1e-9);
  const at = chart.view.hover ?? last;
  const { heading, rows } = readingAt(chart, at);
  const values = { "aria-valuemax": last, "aria-valuenow": Math.min(Math.round(at), last) };
  values["aria-valuetext"] = `${heading}: ${rows.map(([, name, text]) => `${name} ${text}`).join(", ")}`;
  values["aria-label"] = `${say("Live curve")}: ${title}`;
  for (const [name, value] of Object.entries(values)) {
    if (canvas.getAttribute(name) !== String(value)) canvas.setAttribute(name, value);
  }
}
