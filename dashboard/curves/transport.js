// Transport: the bar that steers a run, as a player steers a film.

const GOING = new Set(["queued", "starting", "running"]);
const SYMBOLS = {
  restart: '<path d="M4 5v14M19 5L8 12l11 7z"/>',
  play: '<path class="full" d="M7 5l12 7-12 7z"/>',
  pause: '<path class="full" d="M6 5h4v14H6zM14 5h4v14h-4z"/>',
  stop: '<path class="full" d="M6 6h12v12H6z"/>',
};

export class Transport {
  constructor({ say, send, scrub }) {
    this.say = say;
    this.send = send;
    this.element = document.createElement("div");
    this.element.className = "transport";
    this.restart = this.button("restart", "Restart from the same weights", () => send("restart"));
    this.play = this.button("play", "Start training", () => this.toggle());
    this.play.classList.add("primary");
    this.step = this.button(null, "Step", () => send("step"));
    this.epoch = this.button(null, "Epoch", () => send("epoch"));
    this.stop = this.button("stop", "Stop", () => send("stop"));
    this.place = this.text("place");
    this.slider = this.makeSlider(scrub);
    this.back = this.button(null, "Show epoch", () => this.goBack());
    this.back.hidden = true;
    this.speed = this.text("speed");
    this.rate = this.makeRate();
    this.scrub = scrub;
  }

  button(symbol, label, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = this.say(label);
    button.setAttribute("aria-label", this.say(label));
    if (symbol) button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true">${SYMBOLS[symbol]}</svg>`;
    else button.textContent = this.say(label);
    button.addEventListener("click", act);
    this.element.append(button);
    return button;
  }

  text(name) {
    const span = document.createElement("span");
    span.className = name;
    this.element.append(span);
    return span;
  }

  makeSlider(scrub) {
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, max: 1, value: 0, step: 1 });
    slider.setAttribute("aria-label", this.say("Show epoch"));
    slider.addEventListener("input", () => scrub(Number(slider.value) >= Number(slider.max) ? null : Number(slider.value)));
    this.element.append(slider);
    return slider;
  }

  makeRate() {
    const label = document.createElement("label");
    label.className = "rate";
    const input = document.createElement("input");
    Object.assign(input, { type: "text", inputMode: "decimal", size: 7 });
    input.addEventListener("change", () => {
      const rate = Number(input.value.replace(",", "."));
      if (rate > 0 && Number.isFinite(rate)) this.send("learning_rate", rate);
      else input.value = this.shown;
    });
    label.append(document.createTextNode(this.say("learning rate")), input);
    this.element.append(label);
    return input;
  }

  /** Play, pause or start: whatever the run is not doing. */
  toggle() {
    const { state } = this.data ?? {};
    if (state === "paused") this.send("resume");
    else if (GOING.has(state)) this.send("pause");
    else this.send("start");
  }

  goBack() {
    this.send("rewind", this.scrubbed);
    this.scrub(null);
  }

  show(data, rate, scrubbed) {
    Object.assign(this, { data, scrubbed });
    const { say } = this;
    const { state } = data;
    const alive = GOING.has(state) || state === "paused";
    const playing = GOING.has(state);
    const label = playing ? "Pause" : state === "paused" ? "Resume" : "Start training";
    this.play.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true">${SYMBOLS[playing ? "pause" : "play"]}</svg><span>${say(label)}</span>`;
    this.play.title = `${say(label)} (Space)`;
    this.play.setAttribute("aria-label", say(label));
    for (const button of [this.step, this.epoch, this.stop]) button.disabled = !alive || !data.editable;
    this.restart.disabled = !data.run || !data.editable;
    this.play.disabled = !data.editable;
    this.showPlace(data, scrubbed);
    this.showSpeed(data);
    this.shown = rate === undefined ? "" : String(Number(rate.toPrecision(4)));
    if (this.rate.getRootNode().activeElement !== this.rate) this.rate.value = this.shown;
    this.rate.disabled = !alive || !data.editable;
  }

  showPlace({ run, epoch, epochs, state, editable }, scrubbed) {
    const { say, slider } = this;
    this.place.textContent = run ? say("epoch {epoch} of {epochs}", { epoch: scrubbed ?? epoch, epochs }) : "";
    slider.disabled = !run || !epoch;
    slider.max = Math.max(1, epoch ?? 1);
    slider.value = scrubbed ?? epoch ?? 0;
    slider.style.setProperty("--done", `${epochs ? (100 * (scrubbed ?? epoch)) / Math.max(epoch, 1) : 0}%`);
    slider.style.maxWidth = run && epochs ? `${Math.max(12, (100 * epoch) / epochs)}%` : "";
    this.back.hidden = scrubbed === null || !editable || state === "queued";
    this.back.textContent = say("Go on from epoch {epoch}", { epoch: scrubbed });
  }

  showSpeed({ state, steps_per_second, seconds_left, message }) {
    const { say } = this;
    const parts = [];
    if (state === "running") parts.push(say("{speed} steps/s", { speed: Math.round(steps_per_second).toLocaleString("en").replaceAll(",", "\u202f") }));
    if (seconds_left !== null && seconds_left !== undefined) parts.push(say("{time} left", { time: lasting(seconds_left) }));
    if (state && state !== "running") parts.push(say(state));
    this.speed.textContent = parts.join(" · ");
    this.speed.title = message ?? "";
  }
}

/** Seconds as a person says them. */
function lasting(seconds) {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
