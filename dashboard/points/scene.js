// Scene: a board that follows the epoch slider and its film.

import { Board } from "./board.js";
import { Film } from "./film.js";

export class Scene extends Board {
  constructor(parent, name, canvas) {
    super(parent, name, canvas);
    this.film = new Film(() => this.wake());
    this.looked = () => this.wake();
    window.addEventListener("layerloom:looked", this.looked);
  }

  close() {
    window.removeEventListener("layerloom:looked", this.looked);
    this.film.close();
    super.close();
  }

  receive(data) {
    this.film.receive(data);
    super.receive(data);
  }
}
