// Cards: one node as SVG: its family's band, its lines of text, its ports and signs.

import { CARD, outputPort } from "./geometry.js";
import { svg } from "./elements.js";
import { grouped } from "./words.js";

const pen = document.createElement("canvas").getContext("2d"); // measures text without laying it out

const METER = { x: 12, y: 68, end: 188, tag: 15 }; // on the card's lower edge

/**
 * Draws cards at absolute coordinates: a transform of its own per card would make every frame dearer.
 */
export class Cards {
  constructor(say) {
    this.say = say;
    this.fonts = {};
  }

  /** Take the type of the lines from the style sheet. */
  readFonts(layer) {
    const style = getComputedStyle(layer);
    const [family, mono] = [style.fontFamily, style.getPropertyValue("--mono")];
    const size = (kind) => style.getPropertyValue(`--${kind}-size`).trim() || "13px";
    this.fonts = {
      title: `600 ${size("title")} ${family}`,
      detail: `${size("detail")} ${family}`,
      shape: `${size("shape")} ${mono}`,
      size: `11.5px ${mono}`,
    };
  }

  /** The elements of one card. */
  partsOf(record) {
    return [...this.frame(record), ...this.lines(record), ...this.ports(record), ...this.signs(record)].filter(Boolean);
  }

  frame({ x, y, nested, family, calls, band }) {
    const { width, height } = CARD;
    return [
      nested ? svg("rect", { class: "stack", x: x + 5, y: y + 5, width, height, rx: 8 }) : null,
      svg("rect", { class: "card", x, y, width, height, rx: 8 }),
      svg("rect", { class: `band family-${family}`, x, y, width: 5, height, rx: 2.5 }),
      calls > 1 ? svg("rect", { class: `twin twin-${band % 6}`, x: x + width - 5, y, width: 5, height, rx: 2.5 }) : null,
    ];
  }

  lines({ x, y, title, detail, shape, parameters, family, calls }) {
    const counted = parameters ? grouped(parameters) : "";
    const shared = calls > 1 ? this.say("shared ×{count}", { count: calls }) : "";
    return [
      line("title", x + 18, y + 25, this.fitted(title, 172 - counted.length * 7.2, "title")),
      counted ? line("count", x + 188, y + 25, counted, "end") : null,
      line(detail ? "detail" : "detail quiet", x + 18, y + 43, this.fitted(detail || family, 172, "detail")),
      line("shape", x + 18, y + 60, this.fitted(shape ?? "…", shared ? 104 : 172, "shape")),
      shared ? line("kinship", x + 188, y + 60, shared, "end") : null,
    ];
  }

  ports(record) {
    const count = record.ports?.length ?? 1;
    const outs = Array.from({ length: count }, (_, place) => {
      const { x: cx, y: cy } = outputPort(record, place, count);
      const ring = svg("g", { class: "port out", "data-port": place });
      ring.append(svg("circle", { class: "reach", cx, cy, r: 14 }), svg("circle", { class: "dot", cx, cy, r: 4.5 }));
      return ring;
    });
    if (record.kind === "InputLayer") return outs;
    return [svg("circle", { class: "port in", cx: record.x + CARD.width / 2, cy: record.y, r: 4 }), ...outs];
  }

  signs(record) {
    const { x, y, exits, ports, problem, more, inside, varies } = record;
    const ends = exits.map((place) => outputPort(record, place, ports?.length ?? 1));
    const arrows = ends.map((end) => svg("path", { class: "exit", d: `M${end.x} ${end.y}v12m-5 -5 5 5 5 -5` }));
    const exit = ends.length ? [...arrows, line("tag", ends.at(-1).x + 12, y + 83, this.say("output"))] : [];
    const varying = varies ? [this.variesSign(record)] : [];
    if (!problem && !inside) return [...exit, ...varying];
    const circle = svg("circle", { cx: x + 196, cy: y + 4, r: 9 });
    const mark = svg("g", { class: "mark" }, circle, line("", x + 196, y + 8, more.length ? 1 + more.length : "!", "middle"));
    return [...exit, ...varying, mark];
  }

  /** How many things of the card a search may vary: sliders and the number, on its upper edge. */
  variesSign({ x, y, varies }) {
    const [left, top] = [x + 14, y - 9];
    const plate = svg("rect", { x: left, y: top, width: 37, height: 18, rx: 9 });
    const sliders = svg("path", { d: `M${left + 8} ${top + 6}h12M${left + 8} ${top + 12}h12M${left + 16} ${top + 3.5}v5M${left + 12} ${top + 9.5}v5` });
    return svg("g", { class: "varies" }, plate, sliders, line("", left + 28, top + 13, varies, "middle"));
  }

  /** What a run makes of the card's layer: the number in a tag, and a bar as long as its share of the largest. */
  meterOf({ x, y }, signal) {
    const [share, number] = signal;
    pen.font = this.fonts.size;
    const wide = Math.ceil(pen.measureText(number).width) + 12;
    const from = METER.x + wide + 5;
    const bar = (kind, width) => svg("rect", { class: kind, x: x + from, y: y + METER.y, width, height: 3, rx: 1.5 });
    const tag = svg("rect", { class: "plate", x: x + METER.x, y: y + METER.y - METER.tag / 2 + 1.5, width: wide, height: METER.tag, rx: METER.tag / 2 });
    const size = line("size", x + METER.x + wide / 2, y + METER.y + 5.5, number, "middle");
    const whole = METER.end - from;
    return svg("g", { class: "meter", "data-shown": String(signal) }, bar("track", whole), bar("level", whole * share), tag, size);
  }

  /** The text, cut to so many pixels in the type of its line. */
  fitted(text, width, kind) {
    pen.font = this.fonts[kind];
    if (pen.measureText(text).width <= width) return text;
    let end = text.length;
    while (end > 1 && pen.measureText(`${text.slice(0, end)}…`).width > width) end--;
    return `${text.slice(0, end).trimEnd()}…`;
  }
}

/** What a card's pointer tip says: all of its text, its family in words, the number of its meter. */
export function tipOf({ title, layer, detail, shape, ports, family }, signals, signal) {
  const size = signal && `${signals.title}: ${signal[1]}`;
  return [`${title} · ${layer}`, detail, ports?.join("\n") ?? shape, family, size].filter(Boolean).join("\n");
}

/** The classes that a record's facts give its card. */
export function looksOf({ problem, inside, nested, calls }) {
  const looks = { faulty: problem || inside, nested, shared: calls > 1 };
  return Object.keys(looks).filter((look) => looks[look]);
}

const LOOK = [
  "x", "y", "layer", "family", "title", "detail", "shape", "parameters", "calls", "band", "nested", "inside", "varies",
];

/** Whether two records are drawn alike. */
export function sameLook(old, record) {
  const alike = LOOK.every((field) => old[field] === record[field]);
  return alike && !old.problem === !record.problem && old.more.length === record.more.length && String(old.ports) === String(record.ports) && String(old.exits) === String(record.exits);
}

function line(kind, x, y, text, anchor) {
  return svg("text", { class: kind, x, y, "text-anchor": anchor }, text);
}
