/** Lights up the lines of the node that a person points at on the canvas, and the nodes of the line pointed at. */

const CODE = ".st-key-code_source code";
const CANVAS = ".st-key-canvas";
const PANEL = ".st-key-panel";
const COLOUR = "color-mix(in srgb, var(--st-primary-color, #3b5bdb) 20%, transparent)";
const LATE = 1000; // ms for which the keyboard's node goes before the server's selection, which follows it
const watching = new WeakMap();

/** What Streamlit calls at first and whenever the data changed: `lines` by node, and the node that is `selected`. */
export default function ({ data, parentElement }) {
  const watch = watching.get(parentElement) ?? new Watch(parentElement);
  watching.set(parentElement, watch);
  watch.tell(data);
  return () => watch.end();
}

class Watch {
  constructor(parent) {
    this.parent = parent;
    this.pointed = [];
  }

  tell({ lines, selected }) {
    this.end();
    [this.lines, this.selected] = [lines, selected];
    this.stopping = new AbortController();
    const listen = { signal: this.stopping.signal, capture: true, passive: true };
    document.addEventListener("pointermove", (event) => this.move(event), listen);
    document.addEventListener("keyup", (event) => this.focus(event), listen);
    requestAnimationFrame(() => this.light(this.lines[this.walked ?? this.node ?? this.selected]));
  }

  end() {
    this.stopping?.abort();
    this.point([]);
  }

  /** The pointer moves: over a node, over the code, or elsewhere. Only this event tells a way from one node to the next. */
  move(event) {
    const node = event.composedPath().find((element) => element.dataset?.id && element.id === `node-${element.dataset.id}`)?.dataset.id;
    if (node !== this.node) this.show((this.node = node));
    const nodes = this.under(event);
    if (nodes.join() !== this.pointed.join()) this.point(nodes);
  }

  /** The nodes of the line of code under the pointer. */
  under(event) {
    const code = event.target.closest?.(CODE);
    if (!code) return [];
    const box = code.getBoundingClientRect();
    const line = 1 + Math.floor((event.clientY - box.top) / heightOf(code, box));
    return Object.keys(this.lines).filter((node) => this.lines[node].includes(line));
  }

  /** The keyboard came to a node: the canvas names it as its active descendant. */
  focus(event) {
    const stage = event.composedPath().find((element) => element.getAttribute?.("aria-activedescendant"));
    const node = stage?.getAttribute("aria-activedescendant").replace(/^node-/, "");
    if (!node) return;
    this.show((this.walked = node));
    clearTimeout(this.standing);
    this.standing = setTimeout(() => (this.walked = null), LATE);
  }

  /** Light up a node's lines and bring them into sight; without a node those of the selected one. */
  show(node) {
    this.light(this.lines[node] ?? this.lines[this.selected]);
    const code = document.querySelector(CODE);
    const panel = code?.closest(PANEL);
    if (!panel || !this.lines[node]?.length) return;
    const box = code.getBoundingClientRect();
    const seen = panel.getBoundingClientRect();
    const at = box.top + (this.lines[node][0] - 0.5) * heightOf(code, box);
    if (at < seen.top + seen.height / 8 || at > seen.bottom - seen.height / 8) panel.scrollTop += at - seen.top - seen.height / 2;
  }

  /** Light up lines, and no others. */
  light(lines = []) {
    const code = document.querySelector(CODE);
    if (!code) return;
    const ground = code.parentElement;
    const box = code.getBoundingClientRect();
    const height = heightOf(code, box);
    const first = box.top - ground.getBoundingClientRect().top;
    const bar = `linear-gradient(${COLOUR}, ${COLOUR})`;
    const bars = lines.map((line) => `${bar} 0 ${first + (line - 1) * height}px / 100% ${height}px no-repeat`);
    ground.style.background = bars.join(", ") || "transparent";
    ground.dataset.lines = lines.join(" ");
  }

  /** Mark nodes on the canvas as it marks those under the pointer. */
  point(nodes) {
    const host = [...document.querySelectorAll(`${CANVAS} *`)].find((element) => element.shadowRoot);
    const mark = (id, on) => host?.shadowRoot.getElementById(`node-${id}`)?.classList.toggle("hovered", on);
    this.pointed.forEach((id) => mark(id, false));
    nodes.forEach((id) => mark(id, true));
    this.pointed = nodes;
  }
}

/** The height of a line of the code, in pixels. */
function heightOf(code, box) {
  return box.height / code.textContent.replace(/\n$/, "").split("\n").length;
}
