"""A page with nothing but the curves on it, fed by a run that only pretends to train, at any speed.

`?outputs=` names the outputs ("" for one), `?epochs=`, `?speed=` (steps a second), `?state=` how it begins ("none" for
no run), `?done=` epochs already trained, `?beat=` seconds between updates, `?drop=1` leaves out every other update,
`?ghosts=`, `?say=1`, `?editable=0`. What the session came to is written below as JSON, for the tests.
"""

from __future__ import annotations

import json
import math
import random
import time

import streamlit as st

from components.graph import Json
from components.runs import Record, Run
from dashboard.curves import mount_curves
from dashboard.curves.feed import feed, ghost_of
from dashboard.saying import what_is_happening

STEPS = 60  # of an epoch

OVERLAP = 12


class Pretence:
    """A run whose losses follow a formula; it obeys the bar's commands."""

    def __init__(self, name: str, outputs: list[str], epochs: int, speed: float, seed: int = 0) -> None:
        self.name, self.outputs, self.epochs, self.speed = name, outputs, epochs, speed
        self.random = random.Random(seed)
        self.records: list[Record] = []
        self.state, self.message, self.step, self.owed, self.rate = "running", "", 0, 0.0, 0.001
        self.until: int | None = None
        self.clock = time.monotonic()

    # Training

    def advance(self) -> None:
        """Train for the time that has passed."""
        now = time.monotonic()
        passed, self.clock = now - self.clock, now
        if self.state == "running":
            self.owed += passed * self.speed
            self.train(int(self.owed))
            self.owed %= 1.0

    def train(self, steps: int) -> None:
        """That many steps, recorded in chunks that end with their epoch."""
        while steps > 0 and self.step < self.epochs * STEPS and self.state == "running":
            count = min(steps, STEPS - self.step % STEPS, 24, (self.until or math.inf) - self.step)
            chosen = list(range(self.step + 1, self.step + int(count) + 1))
            self.step += int(count)
            steps -= int(count)
            self.tell("steps", {"step": chosen, **self.logs_of(chosen)})
            if self.step % STEPS == 0:
                self.end_epoch()
            if self.step == self.until:
                self.until, self.state = None, "paused"
        if self.step >= self.epochs * STEPS and self.state == "running":
            self.state = "finished"

    def logs_of(self, steps: list[int]) -> Json:
        """What `fit` would log for each step."""
        noisy = {name: [self.loss(name, step) * self.random.gauss(1, 0.09) for step in steps] for name in self.losses()}
        heads = [name.removesuffix("loss") for name in self.losses() if not self.outputs or name != "loss"]
        return noisy | {f"{head}accuracy": [self.accuracy(step) for step in steps] for head in heads}

    def losses(self) -> list[str]:
        """The names of the losses, the total first."""
        return ["loss", *(f"{output}_loss" for output in self.outputs)]

    def loss(self, name: str, step: int) -> float:
        """A loss that falls from 6.2 towards 0.4."""
        share = 1.0 if name == "loss" else 0.2 + 0.15 * self.losses().index(name)
        return share * (0.4 + 5.8 * math.exp(-step / STEPS / (0.23 * self.epochs)))

    def accuracy(self, step: int) -> float:
        """An accuracy that rises towards 0.95."""
        return 0.95 - 0.85 * math.exp(-step / STEPS / (0.3 * self.epochs))

    def end_epoch(self) -> None:
        """The epoch's own logs; validation turns upwards after 60 % of the epochs."""
        late = max(0.0, self.step / STEPS / self.epochs - 0.6)
        logs: Json = {name: self.loss(name, self.step) for name in self.losses()}
        logs |= {
            f"val_{name}": 1.12 * value + (0.5 + 3 * late) * value / max(logs["loss"], 0.1)
            for name, value in logs.items()
        }
        for head in [name.removesuffix("loss") for name in self.losses() if not self.outputs or name != "loss"]:
            logs |= {f"{head}accuracy": self.accuracy(self.step), f"val_{head}accuracy": 0.9 * self.accuracy(self.step)}
        self.tell("epoch", {**logs, "learning_rate": self.rate, "seconds": STEPS / self.speed})
        self.tell("histograms", {"weights": {"lstm/kernel": self.histogram()}})

    def histogram(self) -> Json:
        """Weights that spread."""
        spread = 0.25 + 0.25 * self.step / STEPS / self.epochs
        counts = [math.exp(-(((place - 14.5) / 14.5 / spread) ** 2) / 2) for place in range(30)]
        return {"low": -1.0, "high": 1.0, "counts": counts}

    def tell(self, kind: str, values: Json) -> None:
        """One more record."""
        self.records.append(Record(kind, self.step // STEPS, self.step, values, len(self.records) + 1))

    # Steering

    def obey(self, command: str, value: Json) -> None:
        """Carry out one of the bar's commands."""
        states = {"pause": "paused", "resume": "running", "stop": "stopped"}
        if command in states:
            self.state = states[command]
        elif command in ("step", "epoch"):
            self.until = self.step + 1 if command == "step" else (self.step // STEPS + 1) * STEPS
            self.state = "running"
        elif command == "learning_rate":
            self.rate = value
            self.tell("mark", {"mark": "learning_rate", "text": "", "value": value})
        elif command in ("rewind", "restart"):
            self.go_back(value if command == "rewind" else 0)

    def go_back(self, epoch: int) -> None:
        """To an epoch, to go on from there."""
        self.step, self.until = epoch * STEPS, None
        self.tell("mark", {"mark": "rewound", "text": ""})
        self.state = "running"

    def run(self, kind: str = "pretence") -> Run:
        """As the store would tell it."""
        experiment = {"training": {"epochs": self.epochs, "callbacks": [], "loss_weights": {}}}
        speed = self.speed if self.state == "running" else 0.0
        return Run(
            f"{kind} {self.name}", "me", self.name, experiment, self.state, self.message, 0.0, 0.0, None,
            self.step // STEPS, self.step, STEPS, speed, False, None, None,
        )  # fmt: skip


class Session:
    """One visit."""

    def __init__(self, query: dict[str, str]) -> None:
        outputs = [name for name in query.get("outputs", "").split(",") if name]
        self.query = query
        self.make = lambda name, seed: Pretence(
            name, outputs, int(query.get("epochs", 50)), float(query.get("speed", 412)), seed
        )
        self.count, self.beats, self.told = 0, 0, 0
        self.told_of: str | None = None
        self.client, self.obeyed, self.scrubbed = "", 0, None
        self.commands: list[list[Json]] = []
        self.needs: list[Json] = []
        self.bytes: list[int] = []
        self.pretence: Pretence | None = None
        if query.get("state") != "none":
            self.start()
        self.ghosts = [self.ghost(number) for number in range(int(query.get("ghosts", 0)))]

    def start(self) -> None:
        """A new run."""
        self.count += 1
        self.pretence = self.make(f"run {self.count}", self.count)
        if self.count == 1 and self.query.get("state") != "none":
            self.pretence.train(int(float(self.query.get("done", 0)) * STEPS))
            self.pretence.state = self.query.get("state", self.pretence.state)
            self.pretence.message = self.query.get("message", "")

    def ghost(self, number: int) -> Json:
        """Another run that ended before."""
        pretence = self.make(f"{['wide', 'dropout 0.5', 'no embedding'][number % 3]}", 100 + number)
        pretence.epochs = int(pretence.epochs * (1 - 0.2 * number))
        pretence.train(10**9)
        return ghost_of(pretence.run("ghost"), pretence.records)

    def receive(self, key: str) -> None:
        """The bar sent commands."""
        message = st.session_state[key].get("commands")
        if message["client"] != self.client:
            self.client, self.obeyed = message["client"], 0
        for command in message["list"]:
            if command["n"] > self.obeyed:
                self.obeyed = command["n"]
                self.commands.append([command["command"], command["value"]])
                self.carry_out(command["command"], command["value"])

    def carry_out(self, command: str, value: Json) -> None:
        """One command."""
        if command == "start":
            self.start()
        elif self.pretence is not None:
            self.pretence.obey(command, value)

    def need(self, key: str) -> None:
        """The page lacks records."""
        needed = st.session_state[key].get("need")
        self.needs.append(needed)
        self.told = needed["after"] + OVERLAP

    def scrub(self, key: str) -> None:
        """The page looks at another epoch."""
        self.scrubbed = (st.session_state[key].get("scrub") or {}).get("epoch")

    def message(self) -> Json:
        """The data for the curves."""
        run = self.pretence.run() if self.pretence else None
        if run is None or run.id != self.told_of:
            self.told, self.told_of = 0, run.id if run else None
        records = self.pretence.records if self.pretence else []
        after = max(0, self.told - OVERLAP)
        data = feed(run, records[after:], after)
        if not (self.query.get("drop") and self.beats % 2):
            self.told = data["until"]
        data |= {
            "learning_rate": 0.001,
            "ack": {"client": self.client, "last": self.obeyed},
            "saying": what_is_happening(run, records) if run and self.query.get("say") else [],
            "ghosts": self.ghosts,
            "scrubbed": self.scrubbed,
            "labels": {},
            "editable": self.query.get("editable") != "0",
            "forks": True,
        }
        self.bytes.append(len(json.dumps(data)))
        return data


st.set_page_config(layout="wide")
st.html("<style>.stMainBlockContainer { padding: 1rem; max-width: none } .stAppHeader { display: none }</style>")
if "session" not in st.session_state:
    st.session_state["session"] = Session(st.query_params.to_dict())


@st.fragment(run_every=float(st.query_params.get("beat", 0.1)))
def live() -> None:
    """One update."""
    session = st.session_state["session"]
    session.beats += 1
    if session.pretence:
        session.pretence.advance()
    data = session.message()
    mount_curves(
        "curves",
        data=data,
        on_commands=lambda: session.receive("curves"),
        on_scrub=lambda: session.scrub("curves"),
        on_need=lambda: session.need("curves"),
    )
    summary = {
        "state": data["state"],
        "run": data["run"],
        "epoch": data.get("epoch"),
        "until": data["until"],
        "commands": session.commands,
        "needs": session.needs,
        "scrubbed": session.scrubbed,
        "bytes": session.bytes[-20:],
    }
    st.html(f"<div id='summary' hidden>{json.dumps(summary)}</div>")


live()
