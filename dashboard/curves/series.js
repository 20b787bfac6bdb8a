// Series: records of a run as named lines of points; x is in epochs, so that steps and epochs share an axis.

/** All that is known of one run: its lines, its marks and the number of the last record. */
export class Series {
  constructor() {
    this.until = 0;
    this.lines = new Map(); // name → {train: [[x, y]…], validation: [[x, y]…], epochs: [[x, y]…]}
    this.marks = [];
    this.rates = [];
    this.points = 0;
    this.stepsPerEpoch = 1;
  }

  /** Take in records that are new; false when some before them are missing. */
  take({ from, until, records, steps_per_epoch }) {
    if (from > this.until) return false;
    this.stepsPerEpoch = steps_per_epoch || this.stepsPerEpoch;
    for (const record of records) if (record.seq > this.until) this.add(record);
    this.until = Math.max(this.until, until);
    return true;
  }

  add(record) {
    if (record.kind === "steps") this.addSteps(record.values);
    else if (record.kind === "epoch") this.addEpoch(record);
    else this.addMark(record);
  }

  line(name) {
    if (!this.lines.has(name)) this.lines.set(name, { train: [], validation: [], epochs: [] });
    return this.lines.get(name);
  }

  addSteps({ step, ...columns }) {
    for (const [name, values] of Object.entries(columns)) {
      const { train } = this.line(name);
      values.forEach((value, i) => value !== null && train.push([step[i] / this.stepsPerEpoch, value]));
    }
    this.points += step.length;
  }

  addEpoch({ epoch, values }) {
    for (const [name, value] of Object.entries(values)) {
      if (name === "seconds" || value === null) continue;
      if (name === "learning_rate") this.rates.push([epoch, value]);
      else if (name.startsWith("val_")) this.line(name.slice(4)).validation.push([epoch, value]);
      else this.line(name).epochs.push([epoch, value]);
    }
    this.points += 1;
  }

  /** A rewind takes the epochs after it away: what follows is drawn anew from there. */
  addMark({ epoch, values }) {
    if (values.mark === "rewound") this.cutAfter(epoch);
    this.marks.push({ epoch, mark: values.mark, text: values.text ?? values.mark });
  }

  cutAfter(epoch) {
    const before = ([x]) => x <= epoch;
    for (const line of this.lines.values()) {
      for (const part of ["train", "validation", "epochs"]) line[part] = line[part].filter(before);
    }
    this.rates = this.rates.filter(before);
    this.marks = this.marks.filter((mark) => mark.epoch <= epoch);
  }

  /** The names in the order in which they are shown: the total loss, the outputs' losses, then metrics. */
  names() {
    const names = [...this.lines.keys()];
    const order = (name) => (name === "loss" ? 0 : name.endsWith("_loss") ? 1 : 2);
    return names.sort((a, b) => order(a) - order(b));
  }

  /** The epoch with the least validation loss, where there is validation. */
  best() {
    const points = this.lines.get("loss")?.validation ?? [];
    return points.reduce((best, point) => (best === null || point[1] < best[1] ? point : best), null);
  }

  /** The values at an epoch, by name: train and validation. */
  valuesAt(epoch) {
    const at = (points) => points.findLast(([x]) => x <= epoch + 1e-9)?.[1];
    return this.names().map((name) => {
      const line = this.lines.get(name);
      return { name, train: at(line.epochs) ?? at(line.train), validation: at(line.validation) };
    });
  }
}

/** A running mean over the last steps: what the eye follows when single batches jump. */
export function smooth(points, weight = 0.85) {
  let mean = null;
  return points.map(([x, y]) => {
    mean = mean === null ? y : weight * mean + (1 - weight) * y;
    return [x, mean];
  });
}

/** At most `most` points of which no least or greatest is lost. */
export function thinned(points, most = 900) {
  if (points.length <= most) return points;
  const size = Math.ceil((2 * points.length) / most);
  const kept = [];
  for (let start = 0; start < points.length; start += size) {
    const bucket = points.slice(start, start + size);
    let least = bucket[0];
    let greatest = bucket[0];
    for (const point of bucket) {
      if (point[1] < least[1]) least = point;
      if (point[1] > greatest[1]) greatest = point;
    }
    kept.push(...(least === greatest ? [least] : least[0] < greatest[0] ? [least, greatest] : [greatest, least]));
  }
  kept.push(points.at(-1));
  return kept;
}

/** A number as short as it can be read. */
export function brief(value) {
  if (value === undefined || value === null) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100000)) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toFixed(3);
}
