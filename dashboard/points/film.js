// Film: the pages of a picture by epoch, as the page brings the first and a socket the others.

const AGAIN = 1000; // ms until a socket that was shut is opened again

export class Film {
  /** `changed()` is called when something new is known. */
  constructor(changed) {
    this.changed = changed;
    this.forget();
  }

  forget() {
    Object.assign(this, { casts: new Map(), pages: [], frame: null, sprites: null });
  }

  /** What the page says: `film` names the socket, `casts` and `pages` are known from the beginning. */
  receive({ run, film, casts = {}, pages = [], sprites }) {
    if (film !== this.name || run !== this.run) {
      this.close();
      this.forget();
      Object.assign(this, { name: film, run });
      if (film) this.open(run, film);
    }
    if (!film) this.pages = []; // the page brings them all
    for (const [number, cast] of Object.entries(casts)) this.casts.set(Number(number), cast);
    for (const page of pages) this.put(page);
    if (sprites) this.sprites = sprites;
  }

  open(run, film) {
    const socket = new WebSocket(addressOf(run, film));
    socket.onmessage = ({ data }) => this.socket === socket && this.hear(JSON.parse(data));
    socket.onopen = () => this.look(this.looked ?? null);
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (code < 4000) this.again = setTimeout(() => this.open(run, film), AGAIN);
    };
    this.socket = socket;
  }

  close() {
    const { socket } = this;
    clearTimeout(this.again);
    this.socket = this.name = null;
    socket?.close();
  }

  hear({ page, cast, frame, sprites, until }) {
    if (cast) this.casts.set(cast.number, cast);
    if (page) this.put(page);
    if (frame !== undefined) this.frame = frame;
    if (sprites) this.sprites = sprites;
    if (until !== undefined) this.pages = this.pages.filter(({ epoch }) => epoch <= until);
    if (!cast) this.changed();
  }

  put(page) {
    const at = this.pages.findIndex(({ epoch }) => epoch >= page.epoch);
    if (at < 0) this.pages.push(page);
    else this.pages.splice(at, this.pages[at].epoch === page.epoch ? 1 : 0, page);
  }

  /** Tell which epoch is looked at, so that its page comes first. */
  look(epoch) {
    this.looked = epoch;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(Number.isFinite(epoch) && epoch !== null ? String(epoch) : "");
  }

  /** The page that holds at an epoch: the last one no later, or else the first. */
  page(epoch) {
    return this.pages.findLast((page) => page.epoch <= epoch) ?? this.pages[0] ?? null;
  }
}

/** Numbers packed as base 64, as bytes. */
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Beside Streamlit's own addresses, wherever the dashboard is mounted. */
function addressOf(run, film) {
  const address = new URL(`${import.meta.url.split("/_stcore/")[0]}/runs/${run}/films/${film}`);
  address.protocol = address.protocol.replace("http", "ws");
  return address;
}
