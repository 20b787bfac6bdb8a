// Commands: what a person asks of the run, numbered and sent again until the server acknowledges them.

export class Commands {
  constructor(send) {
    this.client = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.send = send;
    this.waiting = [];
    this.number = 0;
  }

  add(command, value = null) {
    this.number += 1;
    this.waiting = [...this.waiting, { n: this.number, command, value }];
    this.send({ client: this.client, list: this.waiting });
  }

  acknowledge({ client, last } = {}) {
    if (client === this.client) this.waiting = this.waiting.filter(({ n }) => n > last);
  }
}
