// Words: the interface's texts, English unless the page sent a translation, and numbers as they are written.

/** A function that says an English text in the reader's language, its `{fields}` filled in. */
export function speaker(labels = {}) {
  return (english, values = {}) =>
    (labels[english] ?? english).replace(/\{(\w+)\}/g, (_, field) => values[field] ?? "");
}

/** A whole number with thin spaces between its thousands. */
export function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009");
}

/** "a", "a and b", "a, b and c". */
export function listed(say, names) {
  if (names.length < 2) return names.join("");
  return say("{list} and {last}", { list: names.slice(0, -1).join(", "), last: names.at(-1) });
}
