// Toolbar: the frequent acts as buttons, the way into nested models, and the menu of everything else.

import { actNamed, actsOf, perform } from "./acts.js";
import { html, icon } from "./elements.js";

const SIGNS = {
  Mod: /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Arrows: "↑ ↓ ← →",
  Escape: "Esc",
  Delete: "Del",
};

/** A chord as people read it: "Mod+Shift+z" → "Ctrl+Shift+Z". */
export function shown(chord) {
  const parts = chord.split(/\+(?=.)/);
  return parts.map((key) => SIGNS[key] ?? (key.length === 1 && parts.length > 1 ? key.toUpperCase() : key)).join("+");
}

export class Toolbar {
  constructor(canvas) {
    this.canvas = canvas;
    const { say } = canvas;
    const popup = { "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => this.openMenuBelow(this.more) };
    const more = { type: "button", class: "tool", title: `${say("More")} (m)`, "aria-label": say("More") };
    this.more = html("button", { ...more, ...popup }, icon("more"));
    const next = { title: `${say("To the next problem")} (.)`, onclick: () => canvas.problems.next() };
    this.alarm = html("button", { type: "button", class: "alarm", hidden: true, ...next });
    this.summary = html("div", { class: "summary" });
    this.crumbs = html("nav", { class: "crumbs", "aria-label": say("Open models"), hidden: true });
    this.menu = html("div", { class: "menu", role: "menu", hidden: true, onkeydown: (event) => this.pressMenu(event) });
    const building = () => [
      this.button("layer", html("span", {}, `+ ${say("Layer")}`), html("kbd", {}, "/")),
      this.button("block", html("span", {}, `+ ${say("Block")}`)),
      this.button("undo", icon("undo")),
      this.button("redo", icon("redo")),
      this.button("tidy", html("span", {}, say("Tidy"))),
    ];
    const acts = html(
      "div",
      { class: "acts", role: "toolbar", "aria-label": say("Canvas") },
      ...(canvas.pointing ? [] : building()),
      this.button("fit", html("span", {}, say("Fit"))),
      this.more,
    );
    this.element = html("header", { class: "bar" }, acts, this.crumbs, this.alarm, this.summary);
    const isOurs = (target) => this.menu.contains(target) || this.more.contains(target);
    canvas.root.addEventListener("pointerdown", (event) => isOurs(event.target) || this.closeMenu(false), true);
  }

  button(name, ...content) {
    const { canvas } = this;
    const act = actNamed(name);
    const words = canvas.say(act.label);
    const press = () => {
      perform(canvas, act, null);
      if (name !== "layer" && name !== "block") canvas.stage.focus({ preventScroll: true });
    };
    const names = { class: `tool tool-${name}`, title: `${words} (${shown(act.keys[0])})`, "aria-label": words };
    return html("button", { type: "button", ...names, onclick: press }, ...content);
  }

  render() {
    const { canvas } = this;
    const { view } = canvas.graph;
    this.summary.textContent = canvas.reading ? canvas.say("Reading shapes …") : view.summary ?? "";
    const count = canvas.problems.count;
    this.alarm.hidden = !count;
    const words = count === 1 ? canvas.say("1 problem") : canvas.say("{count} problems", { count });
    if (this.alarm.dataset.words !== words) this.alarm.replaceChildren(icon("warning"), words);
    this.alarm.dataset.words = words;
    this.renderCrumbs(view);
  }

  renderCrumbs({ path, title }) {
    const key = JSON.stringify([path, title]);
    if (key === this.crumbsKey) return;
    this.crumbsKey = key;
    this.crumbs.hidden = !path.length;
    const names = [title || this.canvas.say("Graph"), ...path];
    const crumb = (name, depth) =>
      depth === path.length
        ? html("span", { "aria-current": "location" }, name)
        : html("button", { type: "button", class: "plain", onclick: () => this.canvas.do({ edit: "close", to: depth }) }, name);
    const slash = () => html("span", { class: "slash", "aria-hidden": "true" }, "›");
    const way = names.flatMap((name, depth) => (depth ? [slash(), crumb(name, depth)] : [crumb(name, depth)]));
    this.crumbs.replaceChildren(...way);
  }

  // The menu

  openMenuBelow(button) {
    const { left, bottom } = button.getBoundingClientRect();
    this.openMenuAt(left, bottom + 4, true);
  }

  openMenuAtCurrent(open = (x, y) => this.openMenuAt(x, y)) {
    const group = this.canvas.scene.drawn.get(this.canvas.current)?.group ?? this.more;
    const { left, bottom } = group.getBoundingClientRect();
    open(left + 10, bottom + 2);
  }

  openMenuAt(clientX, clientY, all = this.canvas.pointing || (!this.canvas.current && !this.canvas.edge)) {
    const acts = actsOf(this.canvas).filter((act) => !act.quiet && (all || !act.always) && (!act.when || act.when(this.canvas)));
    this.showMenu(this.items(acts), clientX, clientY);
  }

  /** Ask which of the choices, each {words, run} and `checked` where it holds already; at the current node. */
  ask(question, choices) {
    const items = choices.map(({ words, checked, run }, index) => {
      const chosen = () => {
        this.closeMenu();
        run();
      };
      const role = checked === undefined ? { role: "menuitem" } : { role: "menuitemcheckbox", "aria-checked": String(checked) };
      const label = html("span", {}, checked ? `✓ ${words}` : words);
      return html("button", { type: "button", tabindex: "-1", ...role, onclick: chosen }, label, html("kbd", {}, String(index + 1)));
    });
    const title = html("div", { class: "question", role: "presentation" }, question);
    this.openMenuAtCurrent((x, y) => this.showMenu([title, ...items], x, y, question));
  }

  showMenu(items, clientX, clientY, label = this.canvas.say("More")) {
    this.menu.replaceChildren(...items);
    this.menu.setAttribute("aria-label", label);
    this.menu.hidden = false;
    this.more.setAttribute("aria-expanded", "true");
    const box = this.canvas.root.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = this.menu;
    const left = Math.max(6, Math.min(clientX - box.left, box.width - offsetWidth - 6));
    const top = Math.max(6, Math.min(clientY - box.top, box.height - offsetHeight - 6));
    this.menu.style.transform = `translate(${left}px, ${top}px)`;
    this.menu.querySelector("button")?.focus();
  }

  items(acts) {
    let group = acts[0].group;
    return acts.flatMap((act) => {
      const rule = act.group === group ? [] : [html("div", { class: "rule", role: "separator" })];
      group = act.group;
      return [...rule, this.item(act)];
    });
  }

  item(act) {
    const run = () => {
      this.closeMenu();
      perform(this.canvas, act, null);
    };
    const key = act.keys[0] ? html("kbd", {}, shown(act.keys[0])) : null;
    return html("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: run }, html("span", {}, this.canvas.say(act.label)), key);
  }

  pressMenu(event) {
    const items = [...this.menu.querySelectorAll("button")];
    const at = items.indexOf(event.target);
    const keyed = items.find((item) => item.querySelector("kbd")?.textContent === event.key);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items.at(to % items.length).focus();
    else if (keyed) keyed.click();
    else if (event.key === "Escape" || event.key === "Tab") this.closeMenu();
    else return;
    event.preventDefault();
  }

  closeMenu(refocus = true) {
    if (this.menu.hidden) return;
    this.menu.hidden = true;
    this.more.setAttribute("aria-expanded", "false");
    if (refocus) this.canvas.stage.focus({ preventScroll: true });
  }
}
