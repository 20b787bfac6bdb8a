// Conversation: what canvas and server tell each other, over the canvas's own socket or over the page, and what comes late.

import { Socket } from "./socket.js";

const PAUSE = 40; // ms at least between two selections told
const SOON = 30; // ms after which the page follows a single act
const CALM = 250; // ms without another act after which it follows several
const LATEST = 2000; // ms after which it follows in any case

export class Conversation {
  constructor(canvas) {
    this.canvas = canvas;
    this.believedEdge = null;
    this.told = this.heard = 0; // numbers of the last selection that the server was told of, and has heard
    this.socket = new Socket({ hear: (news) => this.hear(news), closed: () => this.sayAgain() });
  }

  // What the server says

  /** Whether this is news, and not overtaken on the other way. */
  takes({ channel, turn }) {
    if (channel && channel === this.channel && turn <= this.turn) return false;
    Object.assign(this, { channel, turn });
    return true;
  }

  /** Whether a selection is the server's own, and no answer to what we have said better since. */
  isTheirs(ids, opened, [client, number] = []) {
    if (client === this.canvas.graph.client) this.heard = Math.max(this.heard, number);
    if (!opened && this.isTelling) return false;
    const before = this.believed;
    this.believed = ids.join();
    return opened || this.believed !== before;
  }

  /** Whether a selection, or what makes the nodes that are selected, is on its way to the server. */
  get isTelling() {
    return Boolean(this.telling) || this.told > this.heard || this.canvas.graph.isSaving;
  }

  /** News over the socket; the page around the canvas is told that there are some. */
  hear(news) {
    this.canvas.receive(news);
    if (news.draft) putInAddress(news.draft); // should the server not live to draw the page
    this.follow();
  }

  /** To draw the page holds up a hand: it follows a single act at once, and several when there is a pause. */
  follow() {
    const now = performance.now();
    const calm = now - (this.lively ?? -CALM) >= CALM;
    this.lively = now;
    if (calm) this.first = setTimeout(() => this.tellPage(), SOON);
    if (this.first) return;
    clearTimeout(this.next);
    this.next = setTimeout(() => this.tellPage(), Math.min(CALM, Math.max(0, this.followed + LATEST - now)));
  }

  // What the server is told

  /** Speak over the socket as soon as it is open. */
  begin() {
    this.socket.watch(this.channel);
  }

  /** Over the socket, unless it is shut or the whole page must turn to another graph. */
  send(what, message) {
    const turns = message.list?.some(({ edit }) => edit === "new");
    if (turns || !this.socket.send({ [what]: message })) this.setState(what, message);
  }

  /** What was said last may not have arrived. */
  sayAgain() {
    if (this.told > this.heard) this.sendSelection();
    this.canvas.graph.sendAgain();
  }

  tellPage() {
    clearTimeout(this.next);
    this.first = null;
    this.followed = performance.now();
    this.setState("told", this.turn);
  }

  tellSelection() {
    const { selected, edge } = this.canvas;
    if ([...selected].join() === this.believed && edge === this.believedEdge) return;
    clearTimeout(this.telling);
    const wait = performance.now() - (this.toldAt ?? -PAUSE) < PAUSE;
    if (wait) this.telling = setTimeout(() => this.sendSelection(), PAUSE);
    else this.sendSelection();
  }

  sendSelection() {
    const { graph, selected, edge } = this.canvas;
    const ids = [...selected];
    Object.assign(this, { telling: null, toldAt: performance.now(), told: this.told + 1, believed: ids.join(), believedEdge: edge });
    this.send("selected", { client: graph.client, n: this.told, document: graph.id, seen: graph.revision, ids, edge });
  }

  close() {
    this.socket.close();
    for (const timer of [this.first, this.next, this.telling]) clearTimeout(timer);
  }
}

/** Let a reload of the page find the work again. */
function putInAddress(work) {
  const search = `?${new URLSearchParams({ work })}`;
  if (search !== location.search) history.replaceState(history.state, "", search);
}
