// Rate: the learning rate in the bar, changed in place while the run goes on.

import { html } from "./elements.js";
import { rateText } from "./words.js";

const PATIENCE = 4000; // ms in which the run is expected to take a new rate on

export class Rate {
  constructor({ say, send }) {
    this.send = send;
    this.shown = "";
    this.input = html("input", { type: "text", inputmode: "decimal", spellcheck: "false", autocomplete: "off", "aria-label": say("learning rate") });
    this.element = html("label", { class: "rate", title: say("Type another learning rate; it holds from the next step on") }, say("learning rate"), this.input);
    this.input.addEventListener("change", () => this.commit());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.input.select());
  }

  commit() {
    const rate = Number(this.input.value.trim().replace(",", "."));
    const usable = this.input.value.trim() !== "" && rate > 0 && rate <= 1000;
    if (usable && rateText(rate) !== this.shown) {
      this.wanted = { text: rateText(rate), until: Date.now() + PATIENCE };
      this.send("learning_rate", rate);
    }
    this.write(usable ? rateText(rate) : this.shown);
  }

  key(event) {
    const factor = { ArrowUp: 2, ArrowDown: 0.5 }[event.key];
    if (event.key === "Enter") this.input.blur();
    if (event.key === "Escape") {
      this.write(this.shown);
      this.input.blur();
    }
    if (!factor) return;
    event.preventDefault();
    this.write(rateText(Number(this.input.value.replace(",", ".")) * factor) || this.shown);
  }

  write(text) {
    if (this.input.value !== text) this.input.value = text;
    this.input.style.width = `${Math.max(3, text.length) + 0.5}ch`;
  }

  show(rate, editable) {
    this.shown = rateText(rate);
    this.element.hidden = this.shown === "";
    this.input.disabled = !editable;
    if (this.input.getRootNode().activeElement === this.input) return;
    if (this.wanted && (this.wanted.text === this.shown || Date.now() > this.wanted.until)) this.wanted = null;
    this.write(this.wanted?.text ?? this.shown);
  }
}
