// Scrubber: the slider over the epochs that have been, and the button that plays them like a film.

import { html, symbol } from "./elements.js";

const FILM = 6000; // ms that all epochs together take
const FRAME = 80; // ms, the shortest that an epoch is seen
const STILL = 1000; // ms, the same for whoever asked the machine for little motion
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Scrubber {
  /** `scrub(epoch)` looks at an epoch, null at the newest. */
  constructor({ say, scrub }) {
    Object.assign(this, { say, scrub });
    this.slider = html("input", { type: "range", min: "0", max: "1", step: "1", value: "0", "aria-label": say("Look at epoch") });
    this.slider.addEventListener("input", () => this.slide());
    this.film = html("button", { type: "button", class: "bare", onclick: () => this.play() });
    this.showFilm();
    this.element = html("span", { class: "scrubber" }, this.film, this.slider);
    this.done = 0;
  }

  slide() {
    this.halt();
    const epoch = Math.min(Number(this.slider.value), this.done);
    this.slider.value = epoch;
    this.scrub(epoch === this.done ? null : epoch);
  }

  /** From the first epoch to the newest; a second press halts. */
  play() {
    if (this.playing) {
      this.halt();
      return;
    }
    const { every, stride } = pace(this.done, still.matches ? STILL : FRAME);
    let epoch = 0;
    this.scrub(0);
    this.playing = setInterval(() => {
      epoch += stride;
      if (epoch >= this.done) this.halt();
      this.scrub(epoch >= this.done ? null : epoch);
    }, every);
    this.showFilm();
  }

  halt() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = null;
    this.showFilm();
  }

  showFilm() {
    const name = this.say(this.playing ? "Halt here" : "Play the epochs");
    this.film.title = `${name} (P)`;
    this.film.setAttribute("aria-label", name);
    this.film.replaceChildren(symbol(this.playing ? "pause" : "replay"));
  }

  show({ done, epochs, at, idle, enabled }) {
    this.done = done;
    const { slider } = this;
    const most = String(Math.max(epochs, done, 1));
    if (slider.max !== most) slider.max = most;
    if (Number(slider.value) !== at) slider.value = at;
    slider.disabled = !enabled;
    slider.setAttribute("aria-valuetext", this.say("epoch {epoch}", { epoch: at }));
    slider.style.setProperty("--at", `${(100 * at) / most}%`);
    slider.style.setProperty("--done", `${(100 * done) / most}%`);
    this.film.hidden = !enabled || !idle || done < 2;
    if (this.film.hidden) this.halt();
  }
}

/** How long each epoch is seen, and how many are passed over, so that all together take about FILM. */
function pace(epochs, shortest) {
  return { every: Math.max(shortest, FILM / Math.max(epochs, 1)), stride: Math.max(1, Math.round((epochs * shortest) / FILM)) };
}
