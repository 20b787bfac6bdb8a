"""What is happening: plain sentences about a run, each by a stated rule; silent where it knows nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from components.runs import Record, Run
from dashboard import texts
from dashboard.shares import PENALTIES, finite, parts_of, shares_of

__all__ = ["RULES", "Situation", "inside_words", "what_is_happening"]

MOST_SENTENCES = 2

FEW = 4
"""Epochs below which a curve says nothing yet."""

STALE = 4
"""Epochs without improvement that are more than chance."""

LONG = 10
"""Epochs over which a plateau is one."""

ACTIVATIONS = {"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU"}
"""Layers without units of their own in which those before them die."""

MOST_NAMES = 4
"""Of layers that share a trouble."""

Say = Callable[..., str]
"""Says an English text, its fields given by name, in the reader's language."""


@dataclass(frozen=True)
class Situation:
    """What the rules look at: a run, its logs epoch by epoch, the latest look inside, and what its losses count for."""

    run: Run
    epochs: Sequence[int]
    logs: Sequence[Mapping[str, Any]]
    signals: Mapping[str, Any]
    say: Say
    losses: Mapping[str, Any] = field(default_factory=dict)
    taken_over: Record | None = None
    """What a fork's callbacks remember of the run that it comes from."""

    def curve(self, name: str) -> list[float]:
        """One logged value through the epochs; empty unless every epoch has it as a finite number."""
        values = [finite(log.get(name)) for log in self.logs]
        return [] if None in values else [value for value in values if value is not None]

    def signal(self, kind: str) -> dict[str, float]:
        """One kind of signal by layer, those that are finite numbers."""
        found = self.signals.get(kind)
        numbers = {name: finite(value) for name, value in found.items()} if isinstance(found, Mapping) else {}
        return {name: value for name, value in numbers.items() if value is not None}

    @property
    def training(self) -> Mapping[str, Any]:
        """How the run is trained, as the experiment's JSON has it."""
        return self.run.experiment.get("training", {})

    def epoch_of(self, place: int) -> int:
        """The epoch at a place of a curve."""
        return self.epochs[place]


Rule = Callable[[Situation], str | None]


def what_is_happening(run: Run, records: Sequence[Record], say: Say = texts.say) -> list[str]:
    """At most two sentences, the most urgent first."""
    situation = situation_of(run, records, say)
    sentences = (rule(situation) for rule in RULES)
    return [sentence for sentence in sentences if sentence][:MOST_SENTENCES]


def inside_words(run: Run, signals: Mapping[str, Any], say: Say = texts.say) -> list[str]:
    """What one look inside says by itself."""
    sentences = (rule(Situation(run, [], [], signals, say)) for rule in (dead_layer, saturated, vanishing, exploding))
    return [sentence for sentence in sentences if sentence]


def situation_of(run: Run, records: Sequence[Record], say: Say) -> Situation:
    """What the records hold, without the epochs that a rewind took back."""
    epochs: dict[int, Mapping[str, Any]] = {}
    signals: Mapping[str, Any] = {}
    losses: Mapping[str, Any] = {}
    taken_over: Record | None = None
    for record in records:
        if record.kind == "epoch":
            epochs = {epoch: logs for epoch, logs in epochs.items() if epoch < record.epoch}
            epochs[record.epoch] = record.values
        elif record.kind == "signals":
            signals = record.values
        elif record.kind == "losses":
            losses = record.values
        elif record.kind == "mark" and record.values.get("mark") == "rewound":
            epochs = {epoch: logs for epoch, logs in epochs.items() if epoch <= record.epoch}
        elif record.kind == "mark" and record.values.get("mark") == "remembered":
            taken_over = taken_over or record
    return Situation(run, list(epochs), list(epochs.values()), signals, say, losses, taken_over)


def least(values: Sequence[float]) -> int:
    """The place of the least value."""
    return min(range(len(values)), key=values.__getitem__)


# Something is wrong


def not_a_number(now: Situation) -> str | None:
    """The last epoch's loss is NaN or infinite."""
    if not now.logs or "loss" not in now.logs[-1] or finite(now.logs[-1]["loss"]) is not None:
        return None
    return now.say("The loss is no longer a number: the steps are too long. Rewind and lower the learning rate.")


def diverging(now: Situation) -> str | None:
    """The training loss has been half as high again as where it began, for three epochs."""
    loss = now.curve("loss")
    if len(loss) < FEW or loss[0] <= 0 or min(loss[-3:]) <= 1.5 * loss[0]:
        return None
    return now.say("The training loss is above where it began: it diverges. A smaller learning rate would calm it.")


def overfitting(now: Situation) -> str | None:
    """For four epochs or more validation has been 3 % above its best, and training has fallen by 2 % since."""
    loss, validation = now.curve("loss"), now.curve("val_loss")
    if len(validation) < FEW or len(loss) != len(validation):
        return None
    best = least(validation)
    since = now.epochs[-1] - now.epoch_of(best)
    rising = validation[-1] > validation[best] + 0.03 * abs(validation[best])
    falling = loss[-1] < loss[best] - 0.02 * abs(loss[best])
    if since < STALE or not rising or not falling:
        return None
    sentence = now.say(
        "Validation loss has not improved for {since} epochs while training loss falls: the network begins to remember "
        "its training data.",
        since=since,
    )
    return " ".join(filter(None, [sentence, stop_ahead(now, "val_loss")]))


# EarlyStopping


def early_stopping(now: Situation) -> str | None:
    """Half of EarlyStopping's patience is used up."""
    for config in early_stoppings(now):
        monitor = str(config.get("monitor", "val_loss"))
        waited, patience = waiting(now, config)
        sentence = stop_ahead(now, monitor) if 2 * waited >= patience and waited >= 2 else None
        if sentence:
            return (
                now.say("{monitor} has not improved for {waited} epochs.", monitor=monitor, waited=waited)
                + " "
                + sentence
            )
    return None


def stop_ahead(now: Situation, monitor: str) -> str | None:
    """When EarlyStopping will end the run, if what it monitors does not improve; None when it will not."""
    for config in early_stoppings(now):
        waited, patience = waiting(now, config)
        end = now.epochs[-1] + patience - waited if waited else 0
        if str(config.get("monitor", "val_loss")) == monitor and now.run.active and 0 < waited < patience:
            return now.say(
                "EarlyStopping (patience {patience}) will stop at epoch {epoch}.", patience=patience, epoch=end
            )
    return None


def early_stoppings(now: Situation) -> list[Mapping[str, Any]]:
    """The configs of the run's EarlyStopping callbacks."""
    return [c.get("config", {}) for c in now.training.get("callbacks", ()) if c.get("kind") == "EarlyStopping"]


def waiting(now: Situation, config: Mapping[str, Any]) -> tuple[int, int]:
    """Epochs since what EarlyStopping monitors improved by its `min_delta`, and its patience; 0 when it is not logged."""
    curve = now.curve(str(config.get("monitor", "val_loss")))
    upwards = is_better_higher(str(config.get("monitor", "val_loss")), config.get("mode", "auto"))
    delta = abs(finite(config.get("min_delta")) or 0.0)
    best, at = best_taken_over(now, config)
    best *= -1 if upwards and math.isfinite(best) else 1
    for place, value in enumerate(-value if upwards else value for value in curve):
        if value < best - delta:
            best, at = value, now.epoch_of(place)
    patience = max(1, int(finite(config.get("patience")) or 0))
    return (now.epochs[-1] - at if curve and at >= 0 else 0), patience


def best_taken_over(now: Situation, config: Mapping[str, Any]) -> tuple[float, int]:
    """The best value that an EarlyStopping remembers of the run that this one comes from, and after which epoch."""
    if now.taken_over is None:
        return math.inf, -1
    name = f"EarlyStopping {config.get('monitor', 'val_loss')} {config.get('mode', 'auto')}"
    for told in now.taken_over.values.get("callbacks", ()):
        best = finite(told.get("best"))
        if told.get("of") == name and best is not None:
            return best, now.taken_over.epoch - int(told.get("wait") or 0)
    return math.inf, -1


def is_better_higher(monitor: str, mode: Any) -> bool:
    """Whether a greater value is a better one."""
    if mode in ("min", "max"):
        return mode == "max"
    return monitor.endswith(("accuracy", "acc", "auc", "precision", "recall", "f1_score", "r2_score"))


# Inside


def drowning(now: Situation) -> str | None:
    """One output's weighted loss, or the penalties on the weights, are 85 % or more of the sum of all."""
    weights = now.losses.get("weights", now.training.get("loss_weights"))
    known = weights if isinstance(weights, Mapping) else {}
    shares = shares_of(parts_of(now.logs[-1], known, now.losses.get("penalty"))) if now.logs else {}
    largest = max(shares, key=shares.__getitem__, default=None)
    if len(shares) < 2 or largest is None or shares[largest] < 0.85:
        return None
    share = round(100 * shares[largest])
    if largest == PENALTIES:
        return now.say("The penalties on the weights make {share} % of the total loss; regularise less.", share=share)
    if len(shares) - (PENALTIES in shares) < 2:
        return None
    return now.say(
        "{name} makes {share} % of the total loss and drowns the others; lower its loss weight.",
        name=largest,
        share=share,
    )


def dead_layer(now: Situation) -> str | None:
    """Half or more of the units of a layer with weights, or of an activation, are 0 for every sample."""
    weights, dead = now.signal("weights"), now.signal("dead")
    activations = {name for name, kind in kinds_of(now.run.experiment.get("graph", {})).items() if kind in ACTIVATIONS}
    own = {name: dead[name] for name in dead if name.partition(":")[0] in activations | weights.keys()}
    worst, others = stuck(own)
    if worst is None:
        return None
    return now.say(
        "{share} % of the units of {name} never answer: they are dead and learn nothing.",
        share=round(100 * own[worst]),
        name=worst,
    ) + also(now, others)


def saturated(now: Situation) -> str | None:
    """Half or more of a hidden layer's units are next to a bound of their activation for every sample."""
    shares = now.signal("saturated")
    worst, others = stuck(shares)
    if worst is None:
        return None
    return now.say(
        "{share} % of the units of {name} stand at the end of their activation: they are saturated and hardly learn.",
        share=round(100 * shares[worst]),
        name=worst,
    ) + also(now, others)


def stuck(shares: Mapping[str, float]) -> tuple[str | None, list[str]]:
    """The layer of the greatest share, if that is half or more, and the others of which that is true."""
    worst = max(shares, key=shares.__getitem__, default=None)
    if worst is None or not 0.5 <= shares[worst] <= 1:
        return None, []
    return worst, [name for name in shares if name != worst and 0.5 <= shares[name] <= 1]


def kinds_of(graph: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Each layer's kind by its name, those inside a nested model after the model's."""
    kinds: dict[str, str] = {}
    for name, layer in graph.get("layers", {}).items():
        kinds |= kinds_of(layer, f"{prefix}{name}/") if "layers" in layer else {f"{prefix}{name}": layer["kind"]}
    return kinds


def vanishing(now: Situation) -> str | None:
    """One layer's gradient is 0, or less than a thousandth of another's."""
    sizes = now.signal("gradients")
    if len(sizes) < 3:
        return None
    smallest, greatest = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    if sizes[greatest] <= 0 or sizes[smallest] >= 1e-3 * sizes[greatest]:
        return None
    nothing = now.say("No gradient reaches {least}: it is exactly 0, so that it learns nothing.", least=smallest)
    little = now.say(
        "The gradient at {least} is less than a thousandth of that at {greatest}: it vanishes on the way.",
        least=smallest,
        greatest=greatest,
    )
    sentence, others = (
        (nothing, [name for name in sizes if name != smallest and sizes[name] == 0])
        if sizes[smallest] == 0
        else (little, [name for name in sizes if name != smallest and sizes[name] < 1e-3 * sizes[greatest]])
    )
    return sentence + also(now, others)


def exploding(now: Situation) -> str | None:
    """A layer's gradient is a hundred times the size of its weights."""
    weights = now.signal("weights")
    ratios = {name: size / weights[name] for name, size in now.signal("gradients").items() if weights.get(name, 0) > 0}
    worst = max(ratios, key=ratios.__getitem__, default=None)
    if worst is None or ratios[worst] < 100:
        return None
    sentence = now.say(
        "The gradient at {name} is over a hundred times its weights: it explodes. Lower the learning rate.", name=worst
    )
    return sentence + also(now, [name for name in ratios if name != worst and ratios[name] >= 100])


def also(now: Situation, names: Sequence[str]) -> str:
    """The other layers of which the same is true, the first of many by name."""
    if not names:
        return ""
    shown = ", ".join(names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    if more > 0:
        return " " + now.say("So it is with {names} and {count} more.", names=shown, count=more)
    return " " + now.say("So it is with {names}.", names=shown)


# Progress


def plateau(now: Situation) -> str | None:
    """While it trains, the training loss has moved by less than 1 % in ten epochs and is still above a tenth of its start."""
    loss = now.curve("loss")
    recent = loss[-LONG:]
    if not now.run.active or len(recent) < LONG or max(recent) - min(recent) > 0.01 * abs(recent[0]):
        return None
    if abs(recent[-1]) < 0.1 * abs(loss[0]):
        return None
    return now.say("The training loss has hardly moved for ten epochs: a plateau. Another learning rate may help.")


def ended(now: Situation) -> str | None:
    """How far the run came: its best epoch, and whether more epochs might have helped."""
    validation = now.curve("val_loss")
    if now.run.active or not validation:
        return None
    best = least(validation)
    sentences = [
        now.say(
            "Best at epoch {epoch}: validation loss {loss}.", epoch=now.epoch_of(best), loss=f"{validation[best]:.3g}"
        )
    ]
    accuracy = now.curve("val_accuracy")
    if accuracy:
        sentences.append(now.say("Validation accuracy there: {share} %.", share=f"{100 * accuracy[best]:.1f}"))
    if best == len(validation) - 1 and len(validation) >= FEW and now.run.state == "finished":
        sentences.append(now.say("It was still improving: more epochs may help."))
    return " ".join(sentences)


def learning(now: Situation) -> str | None:
    """While it trains, both losses have fallen over the last four epochs."""
    loss, validation = now.curve("loss"), now.curve("val_loss")
    if not now.run.active or len(loss) < FEW or len(validation) < FEW:
        return None
    if loss[-1] < loss[-FEW] - 0.02 * abs(loss[-FEW]) and validation[-1] < validation[-FEW]:
        return now.say("Training and validation loss fall together: the network learns what carries over.")
    return None


RULES: tuple[Rule, ...] = (
    not_a_number,
    diverging,
    exploding,
    overfitting,
    early_stopping,
    drowning,
    dead_layer,
    saturated,
    vanishing,
    plateau,
    ended,
    learning,
)
"""In the order of urgency."""
