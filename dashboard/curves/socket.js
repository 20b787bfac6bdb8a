// Socket: the run's new records as they come, over a socket of its own; while it is closed the page's own updates do.

const ACTIVE = ["queued", "starting", "running", "paused"];

export class Socket {
  constructor(hear) {
    this.hear = hear;
  }

  /** Listen to a run that goes on, from what is known of it; to none otherwise. */
  watch({ run, state, token }, until) {
    const wanted = ACTIVE.includes(state) ? run : null;
    if (wanted === this.run && (!wanted || this.socket)) return;
    this.close();
    this.run = wanted;
    if (wanted) this.open(wanted, until, token);
  }

  open(run, until, token) {
    const socket = new WebSocket(addressOf(run, until, token));
    socket.onmessage = ({ data }) => this.socket === socket && this.hear(JSON.parse(data));
    socket.onclose = () => this.socket === socket && (this.socket = null); // the page's next update opens it again
    this.socket = socket;
  }

  close() {
    const { socket } = this;
    this.socket = this.run = null;
    socket?.close();
  }
}

/** Beside Streamlit's own addresses, wherever the dashboard is mounted. */
function addressOf(run, until, token) {
  const address = new URL(`${import.meta.url.split("/_stcore/")[0]}/runs/${run}/records`);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set("after", until);
  if (token) address.searchParams.set("token", token);
  return address;
}
