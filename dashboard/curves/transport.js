// Transport: the bar that steers a run, as a player steers a film.

import { html, put, symbol } from "./elements.js";
import { Rate } from "./rate.js";
import { Scrubber } from "./scrubber.js";
import { grouped, lasting } from "./words.js";

const WAITING = ["queued", "starting"];
const SURE = 3500; // ms in which a second press confirms
const RACE = 2_000; // steps left per second above which the time left says nothing

export class Transport {
  constructor({ say, send, scrub }) {
    Object.assign(this, { say, send, scrub });
    this.restart = this.button("restart", "Back to the start: the same initial weights again", () => this.askRestart());
    this.play = this.button("play", "Start training", () => this.toggle());
    this.play.classList.add("primary");
    this.playLabel = html("span", {});
    this.play.append(this.playLabel);
    this.resume = this.button(null, "Resume", () => send("resume"), "Go on from the last checkpoint");
    this.step = this.button(null, "Step", () => send("step"), "One step, then pause (S)");
    this.epoch = this.button(null, "Epoch", () => send("epoch"), "One epoch, then pause (E)");
    this.stop = this.button("stop", "Stop", () => send("stop"));
    this.place = html("span", { class: "place" });
    this.scrubber = new Scrubber({ say, scrub });
    this.again = this.button(null, "Go on from here", () => this.goOn("rewind"));
    this.fork = this.button(null, "Fork", () => this.goOn("fork"), "A new run from this epoch, with this one as its ghost");
    this.now = this.button(null, "Now", () => scrub(null), "Back to the newest epoch");
    this.speed = html("span", { class: "speed" });
    this.rate = new Rate({ say, send });
    const acts = html("span", { class: "acts" }, this.restart, this.play, this.resume, this.step, this.epoch, this.stop);
    const looks = html("span", { class: "looks" }, this.again, this.fork, this.now);
    this.element = html("div", { class: "transport", role: "toolbar", "aria-label": say("Training") }, acts, this.place, this.scrubber.element, looks, this.speed, this.rate.element);
  }

  button(name, label, act, tip = label) {
    const made = html("button", { type: "button", title: this.say(tip), onclick: act }, name ? symbol(name) : this.say(label));
    if (name) made.setAttribute("aria-label", this.say(label));
    return made;
  }

  /** Play, pause or start: whatever the run is not doing. */
  toggle() {
    const { state, editable } = this.data ?? {};
    if (!editable || this.play.disabled) return;
    if (state === "paused") this.send("resume");
    else this.send(state === "running" ? "pause" : "start");
  }

  /** What has been trained is drawn no more after a restart: asked once, in place. */
  askRestart() {
    const sure = this.restart.classList.contains("asking");
    clearTimeout(this.asking);
    this.askAgain(!sure);
    if (sure) this.send("restart");
    else this.asking = setTimeout(() => this.askAgain(false), SURE);
  }

  askAgain(asks) {
    this.restart.classList.toggle("asking", asks);
    this.restart.replaceChildren(symbol("restart"), ...(asks ? [this.say("Restart?")] : []));
  }

  goOn(command) {
    this.send(command, this.scrubbed);
    this.scrub(null);
  }

  show(data, rate, scrubbed) {
    Object.assign(this, { data, scrubbed });
    const { state, editable, run, epoch, epochs } = data;
    const going = state === "running" || state === "paused";
    const waiting = WAITING.includes(state);
    this.showPlay(state, waiting);
    for (const button of [this.restart, this.play, this.step, this.epoch, this.stop]) button.hidden = !editable;
    this.resume.hidden = !editable || !run || going || waiting || epoch >= epochs;
    this.step.disabled = this.epoch.disabled = !going;
    this.stop.disabled = !going && !waiting;
    this.restart.disabled = !run || waiting;
    this.showPlace(data, scrubbed);
    this.again.hidden = scrubbed === null || !editable || waiting;
    this.fork.hidden = this.again.hidden || !data.forks;
    this.now.hidden = scrubbed === null;
    put(this.speed, this.speedText(data));
    this.rate.show(rate, going && editable);
  }

  showPlay(state, waiting) {
    const look = state === "running" || waiting ? "pause" : "play";
    const name = state === "running" || waiting ? "Pause" : state === "paused" ? "Resume" : "Start training";
    const label = this.say(name);
    if (this.look !== look) this.play.firstChild.replaceWith(symbol(look));
    this.look = look;
    put(this.playLabel, name === "Start training" ? this.say("Start") : label);
    this.play.disabled = waiting;
    this.play.title = `${label} (${this.say("Space")})`;
    this.play.setAttribute("aria-label", label);
  }

  showPlace({ run, epoch, epochs, state }, scrubbed) {
    const at = scrubbed ?? epoch ?? 0;
    put(this.place, run ? this.say("epoch {epoch} of {epochs}", { epoch: at, epochs }) : "");
    this.place.hidden = !run;
    this.scrubber.show({ done: epoch ?? 0, epochs: epochs ?? 0, at, idle: state !== "running", enabled: Boolean(run && epoch) });
  }

  speedText({ state, steps_per_second: speed, seconds_left: left }) {
    if (!state) return "";
    if (state !== "running") return this.say(state);
    const parts = speed ? [this.say("{speed} steps/s", { speed: grouped(speed) })] : [];
    if (left !== null && left !== undefined && left < RACE * 3600) parts.push(this.say("{time} left", { time: lasting(left) }));
    return parts.join(" · ") || this.say(state);
  }
}
