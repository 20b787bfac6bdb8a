// Scene: a board that follows the epoch slider and its film.

import { lookedAt } from "../layerloom.flipbook/looking.js";
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

  /** The page of the epoch looked at, if there is one; who tells more of them is told which comes first. */
  turn() {
    const { data, film, root } = this;
    const until = lookedAt(data);
    if (film.looked !== until) film.look(until);
    const page = film.page(until);
    Object.assign(root.dataset, { epoch: page?.epoch ?? "", pages: film.pages.length });
    return page;
  }

  /** Ask `point(x, y)` what is told of the place that a hand is at. */
  followHand() {
    this.canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => this.point(offsetX, offsetY));
    this.canvas.addEventListener("pointerleave", () => this.legend.point(null));
  }
}
