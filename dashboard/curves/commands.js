// Commands: what a person asks of the run, numbered and kept until the server acknowledges them.

export class Commands {
  constructor(send) {
    this.client = crypto.getRandomValues(new Uint32Array(2)).join("-");
    this.send = send;
    this.list = [];
    this.number = 0;
  }

  add(command, value = null) {
    this.number += 1;
    this.list = [...this.list, { n: this.number, command, value }];
    this.send({ client: this.client, list: this.list });
  }

  acknowledge({ client, last } = {}) {
    if (client === this.client) this.list = this.list.filter(({ n }) => n > last);
  }
}
