// Socket: the canvas's own way to the server; while it is shut, what there is to say goes over the page.

export class Socket {
  /** `hear(news)` takes answers in; `closed()` is called when what was said last may not have arrived. */
  constructor({ hear, closed }) {
    this.hear = hear;
    this.closed = closed;
  }

  /** Speak over this channel from now on; one that was shut is opened again. */
  watch(channel) {
    if (!channel || (channel === this.channel && this.socket)) return;
    this.close();
    this.channel = channel;
    const socket = new WebSocket(addressOf(channel));
    socket.onmessage = ({ data }) => this.socket === socket && this.hear(JSON.parse(data));
    socket.onclose = () => this.socket === socket && this.lose();
    this.socket = socket;
  }

  /** Whether it could be said. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  lose() {
    this.socket = null;
    this.closed();
  }

  close() {
    const { socket } = this;
    this.socket = this.channel = null;
    socket?.close();
  }
}

/** Beside Streamlit's own addresses, wherever the dashboard is mounted. */
function addressOf(channel) {
  const address = new URL(`${import.meta.url.split("/_stcore/")[0]}/canvases/${channel}`);
  address.protocol = address.protocol.replace("http", "ws");
  return address;
}
