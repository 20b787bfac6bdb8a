// Series: the records of one run as named lines; x is in epochs, so that steps and epochs share an axis.

import { Line } from "./line.js";

/** The lines of one quantity: steps, epochs of training, epochs of validation. */
class Quantity {
  constructor() {
    this.steps = new Line();
    this.epochs = new Line();
    this.validation = new Line();
  }

  get end() {
    return Math.max(this.steps.end, this.epochs.end, this.validation.end);
  }

  cutAfter(x) {
    const [steps, epochs, validation] = ["steps", "epochs", "validation"].map((part) => this[part].cutAfter(x));
    return { train: steps.length > 1 ? steps : epochs, validation };
  }
}

/** All that is known of one run: its lines, its marks and the number of the last record. */
export class Series {
  constructor() {
    this.forget();
  }

  forget() {
    this.until = 0;
    this.points = 0;
    this.stepsPerEpoch = 1;
    this.quantities = new Map();
    this.marks = [];
    this.rates = new Line();
    this.undone = null; // what the last rewind took away, drawn as a ghost
  }

  /** Take in what is new of the records, or the thinned whole in place of them; false when some are missing. */
  take({ from, until, records, steps_per_epoch, whole }) {
    if (from > this.until) return false;
    if (whole && until > this.until) this.forget();
    this.stepsPerEpoch = steps_per_epoch || this.stepsPerEpoch;
    for (const record of records) if (record.seq > this.until) this.add(record);
    this.until = Math.max(this.until, until);
    return true;
  }

  add({ kind, epoch, step, values }) {
    if (kind === "steps") this.addSteps(values);
    else if (kind === "epoch") this.addEpoch(epoch, values);
    else if (kind === "mark") this.addMark(epoch, step, values);
  }

  quantity(name) {
    if (!this.quantities.has(name)) this.quantities.set(name, new Quantity());
    return this.quantities.get(name);
  }

  addSteps({ step, ...columns }) {
    for (const [name, values] of Object.entries(columns)) {
      const { steps } = this.quantity(name);
      values.forEach((value, i) => steps.push(step[i] / this.stepsPerEpoch, value));
    }
    this.points += step.length;
  }

  addEpoch(epoch, values) {
    for (const [name, value] of Object.entries(values)) {
      if (name === "seconds" || (typeof value !== "number" && value !== null)) continue;
      if (name === "learning_rate") this.rates.push(epoch, value);
      else if (name.startsWith("val_")) this.quantity(name.slice(4)).validation.push(epoch, value);
      else this.quantity(name).epochs.push(epoch, value);
    }
    this.points += 1;
  }

  addMark(epoch, step, { mark, text, value, by }) {
    if (mark === "rewound") this.rewind(epoch);
    if (mark === "learning_rate" && value) this.rates.push(Math.max(step / this.stepsPerEpoch, this.rates.end), value);
    this.marks.push({ epoch, mark, text, value, by });
  }

  /** A rewind takes the epochs after it away: what follows is drawn anew from there. */
  rewind(epoch) {
    this.undone = new Map([...this.quantities].map(([name, quantity]) => [name, quantity.cutAfter(epoch)]));
    this.rates.cutAfter(epoch);
    this.marks = this.marks.filter((mark) => mark.epoch <= epoch);
  }

  get end() {
    return Math.max(0, ...[...this.quantities.values()].map((quantity) => quantity.end));
  }

  /** The learning rate now. */
  get rate() {
    return this.rates.last;
  }

  /** In the order in which they are shown: the total loss, the outputs' losses, then metrics. */
  names() {
    const order = (name) => (name === "loss" ? 0 : name.endsWith("_loss") ? 1 : 2);
    return [...this.quantities.keys()].sort((a, b) => order(a) - order(b));
  }

  /** The epoch with the least validation loss, where validation shows one. */
  best() {
    const { xs, ys } = this.quantities.get("loss")?.validation ?? new Line();
    let best = -1;
    ys.forEach((y, i) => {
      if (Number.isFinite(y) && (best < 0 || y < ys[best])) best = i;
    });
    return xs.length >= 3 && best >= 0 ? xs[best] : null;
  }

  /** Training and validation value of a quantity at an epoch; in between, that of the step. */
  valuesAt(name, epoch) {
    const quantity = this.quantities.get(name);
    if (!quantity) return {};
    const whole = Math.abs(epoch - Math.round(epoch)) < 1e-6;
    const train = whole && epoch <= quantity.epochs.end ? quantity.epochs.at(epoch) : quantity.steps.at(epoch);
    return { train: train ?? quantity.epochs.at(epoch), validation: quantity.validation.at(epoch) };
  }
}
