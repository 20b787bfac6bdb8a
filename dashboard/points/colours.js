// Colours: which group each point belongs to by class, prediction, mistake or number, and how a group looks.

import { brief } from "../layerloom.flipbook/words.js";

/** Outlines around (0, 0), one far from it. */
export const SYMBOLS = [
  "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z",
  "M0-1.25L1.25 0L0 1.25L-1.25 0Z",
  "M-.92-.92H.92V.92H-.92Z",
  "M-.4-1.2H.4V-.4H1.2V.4H.4V1.2H-.4V.4H-1.2V-.4H-.4Z",
  "M-1.1-.6L-.6-1.1L0-.5L.6-1.1L1.1-.6L.5 0L1.1 .6L.6 1.1L0 .5L-.6 1.1L-1.1 .6L-.5 0Z",
  "M0-1.2L1.15 .9H-1.15Z",
];
const LEVELS = 24;
const RAMPS = { // from few to much, told apart by lightness alone too
  light: [[138, 164, 236], [84, 118, 220], [59, 50, 160], [58, 12, 70]],
  dark: [[124, 92, 196], [98, 122, 226], [92, 190, 214], [222, 244, 190]],
};

/** Groups {name, colour, symbol, size} and, by point, which is its; `ramp` has the ends of a scale of numbers. */
export function groupsOf(cast, page, colour, theme, palette, say) {
  const count = cast?.rows.length ?? 0;
  const { truth = null, names = [] } = cast ?? {};
  const said = page?.said ?? null;
  const values = { classes: truth, predictions: said, mistakes: truth && said }[colour];
  if (!values) return everyone(count, palette);
  if (!names.length) {
    const numbers = colour === "mistakes" ? said.map((value, i) => Math.abs(value - truth[i])) : values;
    return scaleOf(numbers, RAMPS[theme], colour === "mistakes");
  }
  const look = (place) => ({ colour: palette[place % palette.length], symbol: place % SYMBOLS.length, size: 1 });
  if (colour !== "mistakes") return counted(names.map((name, place) => ({ name, ...look(place) })), Uint8Array.from(values));
  const wrong = Uint8Array.from(said, (value, i) => Number(value !== truth[i]));
  return counted([{ name: say("right"), ...look(0) }, { name: say("wrong"), ...look(1), symbol: 4, size: 1.25 }], wrong);
}

function everyone(count, palette) {
  return { groups: [{ name: "", colour: palette[0], symbol: 0, size: 1 }], index: new Uint8Array(count), ramp: null };
}

/** The groups with how many points are in each. */
function counted(groups, index) {
  for (const group of groups) group.count = 0;
  for (const place of index) groups[place].count += 1;
  return { groups, index, ramp: null };
}

/** Numbers as steps of lightness; errors also as size. */
function scaleOf(numbers, ramp, grows) {
  const finite = numbers.filter(Number.isFinite).sort((a, b) => a - b);
  const [low, high] = [finite[0] ?? 0, finite.at(-1) ?? 0];
  const index = Uint8Array.from(numbers, (value) => Math.max(0, Math.round(((value - low) / (high - low || 1)) * (LEVELS - 1)) || 0));
  const groups = Array.from({ length: LEVELS }, (_, level) => {
    const share = level / (LEVELS - 1);
    return { name: "", colour: mixed(ramp, share), symbol: 0, size: grows ? 0.8 + 0.7 * share : 1 };
  });
  return { groups, index, ramp: { low: brief(low), high: brief(high), colours: groups.map((group) => group.colour) }, numbers };
}

/** Colours from few to much, for shares from 0 to 1. */
export function rampOf(theme) {
  return (share) => mixed(RAMPS[theme], share);
}

function mixed(ramp, share) {
  const at = share * (ramp.length - 1);
  const [from, to] = [ramp[Math.floor(at)], ramp[Math.ceil(at)]];
  const parts = from.map((part, i) => Math.round(part + (to[i] - part) * (at % 1)));
  return `rgb(${parts.join(", ")})`;
}

/** What is told of one point: its label, and what is true and said of it. */
export function wordsOf(cast, page, i, say) {
  const told = (value) => (cast.names.length ? cast.names[value] : brief(value));
  const words = [cast.labels[i]];
  if (cast.truth) words.push(say("true: {value}", { value: told(cast.truth[i]) }));
  if (page.said) words.push(say("predicted: {value}", { value: told(page.said[i]) }));
  return words;
}
