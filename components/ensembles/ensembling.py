"""Ensembling: members (finished runs, trials, trees) brought to the same data, put together on validation, judged once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np

from components.building import build_model
from components.calling import call_layer
from components.checks import losses_of
from components.ensembles.grounds import EnsembleError, experiment_of, ground_of, trial_of
from components.ensembles.reaching import reach
from components.ensembles.trees import TREES, fit_tree
from components.ensembles.weighing import (
    METHODS,
    MOST_MEMBERS,
    Answers,
    contributions,
    correlation,
    disagreement,
    wrong,
)
from components.experiment import Experiment
from components.graph import Graph, Json, Layer, calls_within, output_names
from components.runs import Run
from components.searching.bench import open_data, read_test
from components.searching.seals import open_once, rows_of
from components.searching.tuning import trained_model
from components.store import Store
from components.training.checkpoints import BEST, LAST, restore_weights
from components.training.feeding import Split
from components.training.reporting import Reporter
from components.training.running import sentence_of

MOST_ROWS_SHOWN = 150
"""Rows of which it is told who is wrong there."""


# The job


def ensemble_job(store_url: str, run_id: str) -> None:
    """Find the weights of an ensemble on validation data, and tell what its members are like."""
    store = Store(store_url)
    reporter = Reporter(store, run_id)
    reporter.start()
    try:
        reporter.tell(state="running", message="")
        members = gather(store, store.run(run_id).experiment)
        answers = answer_all(members, "validation")
        for head, found in answers.items():
            reporter.record("ensemble", 0, 0, describe(head, [member.name for member in members], found))
        reporter.close(state="finished", message="")
    except Exception as error:
        reporter.close(state="failed", message=sentence_of(error))


def judge(store_url: str, run_id: str, agreed: Collection[str] = ()) -> Json:
    """Each way to put the members together on the test data, by head: read once, then recorded for ever.

    Where searches keep the same test data sealed, a person has to agree that they are opened: `agreed` holds the ids
    of those searches. It is recorded with each of them, and ends them.
    """
    store = Store(store_url)
    run, told = store.run(run_id), read_ensemble(store, run_id)
    return open_once(store, run, lambda: {"heads": judge_all(store, run, told)}, agreed)


def judge_all(store: Store, run: Run, told: Mapping[str, Json]) -> dict[str, Json]:
    """Every head on the test data."""
    answers = answer_all(gather(store, run.experiment), "test")
    return {head: judge_head(one, told[head]) for head, one in answers.items()}


def read_ensemble(store: Store, run_id: str) -> dict[str, Json]:
    """What is told of each head of an ensemble."""
    told = {record.values["head"]: record.values for record in store.records(run_id, kinds=["ensemble"])}
    if not told:
        raise EnsembleError("An ensemble is of use when its weights are found, and they are not yet; wait for them.")
    return told


def judge_head(answers: Answers, told: Json) -> Json:
    """Loss and score of every member and of every way to put them together, with the weights found on validation."""
    corners = np.eye(answers.members)
    return {
        "members": [measured(answers, corner) for corner in corners],
        "methods": {name: measured(answers, np.array(one["weights"])) for name, one in told["methods"].items()},
    }


def measured(answers: Answers, weights: np.ndarray) -> dict[str, float]:
    """Loss and score under some weights."""
    return {"loss": answers.loss(weights), "score": answers.score(weights)}


def describe(head: str, names: Sequence[str], answers: Answers) -> Json:
    """All that is told of one head: members, weights by every method, diversity, contributions."""
    corners = np.eye(answers.members)
    methods = {}
    for name, (_, find) in METHODS.items():
        weights = find(answers, 0)
        methods[name] = {"weights": weights.tolist(), **measured(answers, weights)}
    return {
        "head": head,
        "classes": answers.classes,
        "names": list(names),
        "members": [measured(answers, corner) for corner in corners],
        "methods": methods,
        "correlation": correlation(answers).tolist(),
        "disagreement": disagreement(answers).tolist(),
        "plain_contributions": contributions(answers, METHODS["plain"][1]),
        "contributions": contributions(answers, METHODS["stacking"][1]),
        "wrong": wrong(answers)[:, :MOST_ROWS_SHOWN].tolist(),
    }


# Members


class Member:
    """One voice: its name, and what it predicts for the inputs of its data."""

    def __init__(self, name: str, experiment: Experiment, content: Json, store: Store) -> None:
        self.name, self.experiment, self.content, self._store = name, experiment, content, store
        self._model: Any = None

    @property
    def heads(self) -> list[str]:
        """The target array of each output."""
        return [self.experiment.data.targets.get(name, name) for name in output_names(self.experiment.graph)]

    @property
    def model(self) -> Any:
        """Its trained model, loaded when first asked for."""
        if self._model is None:
            self._model = self._load()
        return self._model

    def predict(self, split: Split) -> dict[str, np.ndarray]:
        """What it says for each head; float [rows, …]."""
        said = self.model.predict(split[0], batch_size=256, verbose=0)
        said = said if isinstance(said, (list, tuple)) else [said]
        return dict(zip(self.heads, map(np.asarray, said), strict=True))

    def _load(self) -> Any:
        run = self._store.run(self.content["run"])
        if self.content["kind"] == "trial":
            return load_trial(self._store, run, self.content["sampler"], self.content["number"])
        model = build_model(self.experiment.graph, seed=self.experiment.seed)
        weights = self._store.artefact(run.id, BEST) or self._store.artefact(run.id, LAST)
        if weights is None:
            raise EnsembleError(f"The weights of “{self.name}” were not kept; train it again or leave it out.")
        restore_weights(model, weights)
        return model


class TreeMember(Member):
    """Trees on the same rows, a forest for each head: on the inputs flattened, or on what a network gives at a call."""

    network: Member | None = None
    call: str = ""
    """The call in the network, if any, on whose output the trees stand."""

    def stand_on(self, network: Member, call: str) -> TreeMember:
        """The same trees on what that call gives in the trained network."""
        self.network, self.call, self.experiment = network, call, network.experiment
        return self

    @cached_property
    def part(self) -> keras.Model | None:
        """The network up to the call."""
        if self.network is None:
            return None
        graph, make = self.network.experiment.graph, Tensors()
        return make.part(self.network.model, reach(make, self.network.model, graph, calls_within(graph)[self.call].way))

    def features(self, split: Split) -> Any:
        """What the trees are given; arrays [rows, …]."""
        if self.part is None:
            return split[0]
        return keras.tree.flatten(self.part.predict(split[0], batch_size=256, verbose=0))

    def predict(self, split: Split) -> dict[str, np.ndarray]:
        """What the trees say for each head."""
        given = self.features(split)
        return {head: trees.predict(given) for head, trees in self.model.items()}

    def _load(self) -> Any:
        train = open_data(self.experiment)["train"]
        given, targets = self.features(train), targets_of(self.experiment, train)
        classes = class_heads(self.experiment, targets)
        return {head: fit_tree(self.content["tree"], given, targets[head], classes[head]) for head in self.heads}


class Tensors:
    """What is made on the way to a call, in Keras's tensors; see `components.ensembles.reaching`."""

    def layer(self, model: keras.Model, name: str) -> keras.Layer:
        """The model's layer of that name."""
        return model.get_layer(name)

    def outputs(self, layer: keras.Layer) -> Any:
        """What a layer gives that is called once."""
        return layer.output

    def call(self, layer: Any, held: Layer | Graph, inputs: Sequence[Any]) -> Any:
        """What a layer, as the graph holds it, gives for other tensors."""
        outputs = call_layer(layer, held, inputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def item(self, outputs: Any, place: int) -> Any:
        """One of several tensors."""
        return outputs[place]

    def part(self, model: keras.Model, outputs: Any) -> keras.Model:
        """The model up to those tensors."""
        return keras.Model(model.input, outputs)


class ScrambledMember(Member):
    """A member gone wrong: it answers as another does, but for another row."""

    def predict(self, split: Split) -> dict[str, np.ndarray]:
        """Its answers, rows in another order."""
        said = super().predict(split)
        order = np.random.default_rng(0).permutation(len(next(iter(said.values()))))
        return {head: one[order] for head, one in said.items()}


def load_trial(store: Store, run: Run, sampler: str, number: int) -> Any:
    """The model of a trial of a study."""
    return trained_model(store, run, sampler, number, trial_of(store, run, sampler, number).values)


def gather(store: Store, spec: Json) -> list[Member]:
    """The members of a specification `{"members": [{"kind", "name", …}]}`; EnsembleError when they do not fit."""
    contents = spec["members"]
    if not 2 <= len(contents) <= MOST_MEMBERS:
        raise EnsembleError(
            f"An ensemble has from 2 to {MOST_MEMBERS} members, and this has {len(contents)}; change it."
        )
    networks = [content for content in contents if content["kind"] != "tree"]
    if not networks:
        raise EnsembleError("Trees stand beside at least one network here, and none is chosen; choose a run.")
    common = experiment_of(store, networks[0])
    members = [make_member(store, content, common) for content in contents]
    for member in members:
        refuse_other_data(member, members[0])
    return members


def make_member(store: Store, content: Json, common: Experiment) -> Member:
    """A member from its part of the specification."""
    if content["kind"] == "tree":
        if content["tree"] not in TREES:
            raise EnsembleError(f"Trees are one of {', '.join(TREES)}, and not “{content['tree']}”; choose one.")
        trees = TreeMember(content["name"], common, content, store)
        return trees.stand_on(*ground(store, content["on"])) if content.get("on") else trees
    kind = ScrambledMember if content.get("scrambled") else Member
    return kind(content["name"], experiment_of(store, content), content, store)


def ground(store: Store, on: Json) -> tuple[Member, str]:
    """The network of `{"run", "node"}` and its call that trees stand on; a trial is named as where it is a member.

    `node` names a call as `components.graph.calls_within` does; without one it is that of the last hidden layer.
    """
    content = {"kind": "run", **on}
    name = store.run(content["run"]).name
    network = Member(name, experiment_of(store, content), content, store)
    return network, ground_of(name, network.experiment.graph, content.get("node"))


def refuse_other_data(member: Member, first: Member) -> None:
    """Members answer for the same rows and the same heads."""
    if rows_of(member.experiment) != rows_of(first.experiment):
        raise EnsembleError(
            f"Members answer for the same rows, and “{member.name}” has other data or another seed than “{first.name}”; "
            "choose runs on the same data."
        )
    if set(member.heads) != set(first.heads):
        raise EnsembleError(
            f"Members answer the same questions, and “{member.name}” has {', '.join(member.heads)} where “{first.name}” "
            f"has {', '.join(first.heads)}; choose runs with the same outputs."
        )


# Answers


def answer_all(members: Sequence[Member], split: str) -> dict[str, Answers]:
    """What all members say on a split, by head."""
    said: list[dict[str, np.ndarray]] = []
    targets: Mapping[str, np.ndarray] = {}
    for member in members:
        data = read_test(member.experiment) if split == "test" else open_data(member.experiment)[split]
        targets = targets or targets_of(member.experiment, data)
        said.append(member.predict(data))
    heads = class_heads(members[0].experiment, targets)
    return {head: make_answers([one[head] for one in said], targets[head], heads[head]) for head in members[0].heads}


def targets_of(experiment: Experiment, split: Split) -> dict[str, np.ndarray]:
    """The true values, by head."""
    heads = [experiment.data.targets.get(name, name) for name in output_names(experiment.graph)]
    y = split[1] if isinstance(split[1], list) else [split[1]]
    return dict(zip(heads, map(np.asarray, y), strict=True))


def class_heads(experiment: Experiment, targets: Mapping[str, np.ndarray]) -> dict[str, bool]:
    """Whether each head names classes: its loss is one over shares, and its target names them."""
    losses = losses_of(experiment)
    names = output_names(experiment.graph)
    heads = [experiment.data.targets.get(name, name) for name in names]
    return {
        head: "crossentropy" in losses.get(name, "") and names_classes(targets[head])
        for head, name in zip(heads, names, strict=True)
    }


def names_classes(target: np.ndarray) -> bool:
    """Whole numbers, or rows of ones and zeros with a single one in each."""
    if target.ndim == 2 and target.shape[-1] > 1:
        return bool(np.isin(target, (0, 1)).all() and (target.sum(axis=-1) == 1).all())
    return target.ndim <= 2 and bool(np.equal(target, np.round(target)).all())


def make_answers(predictions: Sequence[np.ndarray], target: np.ndarray, classes: bool) -> Answers:
    """Predictions of one head as shares of classes or as numbers."""
    if not classes:
        rows = len(target)
        numbers = np.stack([one.reshape(rows, -1).astype(float) for one in predictions])
        return Answers(numbers, target.reshape(rows, -1).astype(float), classes=False)
    named = target.argmax(axis=1) if target.ndim == 2 and target.shape[1] > 1 else target.reshape(-1).astype(int)
    shares = [both_sides(one.reshape(len(target), -1).astype(float)) for one in predictions]
    width = max(one.shape[1] for one in shares)
    padded = [np.pad(one, ((0, 0), (0, width - one.shape[1]))) for one in shares]
    if named.max() >= width:
        raise EnsembleError(
            f"The target has classes up to {named.max()}, and the members give {width}; check the heads."
        )
    return Answers(np.stack(padded), named, classes=True)


def both_sides(shares: np.ndarray) -> np.ndarray:
    """A single probability as the shares of no and yes."""
    return np.concatenate([1 - shares, shares], axis=1) if shares.shape[1] == 1 else shares
