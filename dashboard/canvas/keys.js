// Keys: the keyboard on the canvas; chords are looked up among the acts, connecting is a mode of its own.

import { ACTS, perform } from "./acts.js";
import { nameOf } from "./aria.js";
import { sourceOf } from "./geometry.js";
import { connectNodes, unreachableFrom } from "./placing.js";
import { across } from "./walking.js";

const ARROWS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

/** A key event as a chord: "Mod+Shift+z", "?", "Alt+ArrowUp"; letters by their place where the script is another. */
function chordOf(event) {
  const latin = /^[\x20-\x7e]$/.test(event.key) || event.key.length > 1;
  const typed = latin && event.key !== "Process" ? event.key : event.code.replace(/^(Key|Digit)/, "");
  const key = event.altKey && event.code.startsWith("Key") ? event.code.slice(3) : typed;
  const isLetter = /^[a-z]$/i.test(key);
  const held = [
    event.ctrlKey || event.metaKey ? "Mod+" : "",
    event.altKey ? "Alt+" : "",
    event.shiftKey && (isLetter || key.length > 1) ? "Shift+" : "",
  ];
  return held.join("") + (isLetter ? key.toLowerCase() : key);
}

const CHORDS = new Map(ACTS.flatMap((act) => act.keys.map((chord) => [chord, act])));

export class Keys {
  constructor(canvas) {
    this.canvas = canvas;
    canvas.stage.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.target !== this.canvas.stage) return;
    const chord = chordOf(event);
    if (this.connecting ? this.steer(chord) : this.act(chord)) event.preventDefault();
  }

  act(chord) {
    const act = CHORDS.get(chord);
    return Boolean(act && !act.native && perform(this.canvas, act, chord));
  }

  // Connecting

  /** From now on arrows choose the target, Enter connects and Escape gives up. */
  startConnecting(reference) {
    const { canvas } = this;
    const source = sourceOf(reference);
    const closed = unreachableFrom(canvas, source);
    const open = [...canvas.graph.view.nodes.keys()].filter((id) => !closed.has(id));
    if (!open.length) return canvas.refuse(canvas.say("There is nothing that this layer could feed; add a layer first."));
    const near = ["down", "right", "left", "up"].map((way) => across(canvas, source, way, (id) => !closed.has(id)));
    this.connecting = { reference, source, closed, open, target: near.find(Boolean) ?? open[0] };
    canvas.stage.classList.add("connecting");
    canvas.scene.mark("refused", closed);
    return this.show();
  }

  show() {
    const { canvas, connecting } = this;
    canvas.scene.mark("wanted", [connecting.target]);
    canvas.revealNode(connecting.target);
    const names = [connecting.source, connecting.target].map((id) => nameOf(canvas.graph.view, id));
    canvas.hint(canvas.say("Connect {source} to {target}? Enter connects, arrows choose, Escape gives up.", { source: names[0], target: names[1] }));
  }

  steer(chord) {
    const { canvas, connecting } = this;
    const allowed = (id) => !connecting.closed.has(id);
    if (ARROWS[chord]) connecting.target = across(canvas, connecting.target, ARROWS[chord], allowed) ?? this.following(chord);
    else if (chord === "n" || chord === "Shift+n") connecting.target = this.following(chord === "n" ? "ArrowDown" : "ArrowUp");
    else if (chord === "Enter" || chord === "c") {
      const { reference, target } = connecting;
      this.stopConnecting();
      connectNodes(canvas, reference, target);
      return true;
    } else if (chord === "Escape") {
      this.stopConnecting();
      return true;
    } else return chord !== "Tab" && chord !== "Shift+Tab";
    this.show();
    return true;
  }

  following(chord) {
    const { open, target } = this.connecting;
    const by = chord === "ArrowDown" || chord === "ArrowRight" ? 1 : -1;
    return open[(open.indexOf(target) + by + open.length) % open.length];
  }

  stopConnecting() {
    if (!this.connecting) return;
    this.connecting = null;
    this.canvas.stage.classList.remove("connecting");
    this.canvas.scene.mark("refused", []);
    this.canvas.scene.mark("wanted", []);
    this.canvas.hint("");
  }
}
