// Words: the element's texts in the reader's language, and numbers as short as they can be read.

/** A function that says an English text in the reader's language, its `{fields}` filled in. */
export function speaker(labels = {}) {
  return (english, values = {}) =>
    (labels[english] ?? english).replace(/\{(\w+)\}/g, (_, field) => values[field] ?? "");
}

/** A measured value with three digits that mean something: 0.612, 12.3, 4.1e-6. */
export function brief(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100000)) return value.toExponential(1).replace("e+", "e");
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** A learning rate as people write them: 0.001, 0.0005, 3e-5. */
export function rateText(value) {
  if (!Number.isFinite(value)) return "";
  const rounded = Number(value.toPrecision(3));
  return rounded !== 0 && rounded < 1e-4 ? rounded.toExponential().replace("e+", "e") : String(rounded);
}

/** A whole number with thin spaces between its thousands. */
export function grouped(number) {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** Seconds as a person says them: 4 s, 2 min 10 s, 1 h 5 min. */
export function lasting(seconds) {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What a line is called: the total apart from the outputs' own losses, underscores as spaces. */
export function title(name, names, say) {
  if (name === "loss") return names.some((other) => other.endsWith("_loss")) ? say("total loss") : say("loss");
  return name.replaceAll("_", " ");
}
