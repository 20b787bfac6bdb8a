// Document: the records the server sent, the operations it has not acknowledged yet, and the view of both together.

import { BLANK, draftOf, foresee } from "./edits.js";
import { sourceOf } from "./geometry.js";
import { keep, takeKept } from "./keeping.js";

const PATIENCE = 250; // ms that operations gather while earlier ones are on their way
const MOST_HAD = 30; // revisions after which the server is told which one we have, whatever else there is to say
const RESEND = 8000; // ms after which unacknowledged operations are sent again

const LEAVING = new Set(["open", "close", "new"]); // another document follows: what else is done meanwhile would go astray

const EMPTY = { nodes: new Map(), order: [], outputs: [], path: [], title: "", summary: "", problems: [] };

export class GraphDocument {
  /** `send(message)` carries operations to the server; `changed()` is called when the view is another. */
  constructor({ send, changed, familyOf }) {
    this.client = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.send = send;
    this.changed = changed;
    this.familyOf = familyOf;
    this.id = null;
    this.revision = null;
    this.base = EMPTY;
    this.had = new Map(); // revision → what the server said it was, since the one that it patches
    this.view = EMPTY;
    this.pending = [];
    this.number = 0;
    this.sent = 0; // number of the last operation sent
    this.times = 0;
    this.known = false; // whether the server has acknowledged anything of ours
    this.leaving = false;
    this.awaitsWhole = false;
    this.keeping = () => keep({ ...this, document: this.id });
    addEventListener("pagehide", this.keeping);
  }

  /** Take in what the server says; true when another document was opened. */
  receive({ document, revision, base, view, ack }) {
    if (document !== this.id) this.forget(document);
    if (!this.takeView(revision, base, view)) return false;
    const { opening: opened } = this;
    this.opening = false;
    if (opened) this.resume();
    this.acknowledge(ack ?? {});
    this.refresh();
    return opened;
  }

  forget(document) {
    this.id = document;
    this.opening = true; // until it is there as a whole
    this.revision = null;
    this.base = EMPTY;
    this.had.clear();
    this.pending = [];
    this.leaving = false;
    this.awaitsWhole = false;
  }

  /** Go on with what was not acknowledged when the page was left; the server knows which of it it has done. */
  resume() {
    const kept = takeKept(this.id);
    if (!kept) return;
    Object.assign(this, { client: kept.client, number: kept.number, pending: kept.pending });
    this.flushSoon(1);
  }

  takeView(revision, base, view) {
    if (base !== null && revision === this.revision && !this.awaitsWhole) return true;
    if (base === null) this.base = wholeView(view);
    else if (this.had.has(base)) this.base = patched(this.had.get(base), view);
    else {
      if (!this.awaitsWhole) this.do({ edit: "resync" });
      this.awaitsWhole = true;
      return false;
    }
    this.awaitsWhole = false;
    this.revision = revision;
    this.remember(base);
    return true;
  }

  /** Streamlit drops what a later run of the page overtakes, so patches are upon what we said that we have. */
  remember(base) {
    for (const revision of this.had.keys()) if (base === null || revision < base) this.had.delete(revision);
    this.had.set(this.revision, this.base);
    if (this.had.size > MOST_HAD) this.flush();
  }

  acknowledge({ client, last }) {
    if (client === this.client) {
      this.known = true;
      this.pending = this.pending.filter((operation) => operation.n > last);
      if (this.pending.some((operation) => operation.n > this.sent)) this.flushSoon(0);
    } else if (this.known) {
      this.known = false; // a new server session: it must not replay what the old one carried out
      this.flush();
    }
  }

  /** Carry out an operation: shown at once, sent in a moment, kept until acknowledged; its number. */
  do(operation) {
    if (this.leaving) return null;
    this.pending.push({ n: ++this.number, ...operation });
    this.leaving = LEAVING.has(operation.edit);
    if (this.leaving) setTimeout(() => (this.leaving = false), 3000);
    this.refresh();
    const waiting = this.pending[0].n <= this.sent;
    this.flushSoon(waiting ? PATIENCE : 0);
    return this.number;
  }

  flushSoon(delay) {
    if (this.timer && delay) return;
    clearTimeout(this.timer);
    this.timer = delay ? setTimeout(() => this.flush(), delay) : void this.flush();
  }

  flush() {
    clearTimeout(this.timer);
    clearTimeout(this.resend);
    this.timer = null;
    this.sent = this.number;
    this.send({ client: this.client, document: this.id, seen: this.revision, times: ++this.times, list: this.pending });
    if (this.pending.length) this.resend = setTimeout(() => this.sendAgain(), RESEND);
  }

  /** What was said last may not have arrived. */
  sendAgain() {
    if (this.pending.length) this.flush();
  }

  refresh() {
    const draft = draftOf(this.base);
    draft.familyOf = this.familyOf;
    for (const operation of this.pending) foresee(draft, operation);
    this.view = draft;
    this.consumers = null;
    this.changed();
  }

  get isSaving() {
    return this.pending.length > 0;
  }

  /** The nodes that take something from this one, in the graph's order. */
  consumersOf(id) {
    this.consumers ??= consumersIn(this.view.nodes);
    return this.consumers.get(id) ?? [];
  }

  close() {
    this.keeping();
    removeEventListener("pagehide", this.keeping);
    clearTimeout(this.timer);
    clearTimeout(this.resend);
  }
}

function consumersIn(nodes) {
  const consumers = new Map();
  for (const [id, record] of nodes) {
    for (const source of new Set(record.inputs.map(sourceOf))) {
      if (!consumers.has(source)) consumers.set(source, []);
      consumers.get(source).push(id);
    }
  }
  return consumers;
}

function wholeView(view) {
  const nodes = new Map(view.order.map((id) => [id, { ...BLANK, id, ...view.nodes[id] }]));
  return { ...EMPTY, ...view, nodes };
}

function patched(base, { nodes = {}, order, ...fields }) {
  const ids = base.order.filter((id) => nodes[id] !== null);
  if (order) ids.splice(order.at, order.drop, ...order.put);
  else ids.push(...Object.keys(nodes).filter((id) => nodes[id] !== null && !base.nodes.has(id)));
  const records = ids.map((id) => [id, nodes[id] ? { ...BLANK, id, ...base.nodes.get(id), ...nodes[id] } : base.nodes.get(id)]);
  return { ...base, ...fields, order: ids, nodes: new Map(records) };
}
