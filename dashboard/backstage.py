"""Backstage: the server's one store and one engine, and the calls that reach Keras through them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.codereading import CodeReadingError
from components.datasets import DATASETS, missing_downloads
from components.engine import Engine, EngineError, EngineNotReady, start_engine
from components.experiment import Experiment, dump, experiment_to_json
from components.graph import Graph, Json, graph_from_json, graph_to_json
from components.limits import limits_from_environment

if TYPE_CHECKING:
    from components.store import Run, Store

__all__ = [
    "EngineError",
    "EngineNotReady",
    "begin_study",
    "call_graph",
    "call_later",
    "engine",
    "event_folder",
    "inspect_experiment",
    "keras_network",
    "plot_model",
    "remembered_later",
    "store",
]

OWN = Path(__file__).parents[1]
"""Where our packages are."""

_opening = threading.RLock()
"""Two sessions that ask at the same moment get the same store and the same engine."""


def store() -> Store:
    """The store, opened when first asked for."""
    with _opening:
        return _store()


def engine() -> Engine:
    """The engine, started when first asked for; returns at once while it warms up behind the page."""
    with _opening:
        return _engine()


@cache
def _store() -> Store:
    from components.store import Store  # SQLAlchemy takes a quarter of a second, and the gallery asks for no store

    return Store()


@cache
def _engine() -> Engine:
    from components.inside.finishing import FinishingKeeper
    from components.searching.jobs import StudyKeeper
    from components.store import home_folder

    limits, keeper = limits_from_environment(), FinishingKeeper(StudyKeeper(store(), begin_study), finish_files)
    return start_engine(home_folder(), workers=limits.workers_here, memory=limits.memory, store=keeper)


def begin_study(run: Run) -> None:
    """Hand a queued study to the engine; ValueError while a part of it still runs."""
    from components.searching.jobs import begin_study

    begin_study(engine(), store(), run)


def finish_files(run_id: str) -> None:
    """Have the event files finished of a run whose job was ended before it could, if it had begun to train."""
    from components.inside.finishing import FINISH, files_key

    if store().run(run_id).steps_per_epoch and "search" not in store().run(run_id).experiment:
        seconds = limits_from_environment().seconds
        engine().submit(FINISH, store().url, run_id, key=files_key(run_id), seconds=seconds)


def event_folder() -> Path:
    """Where `tensorboard --logdir` finds the runs."""
    from components.store import event_folder

    return event_folder(store().url)


def inspect_experiment(experiment: Experiment) -> Json | None:
    """Shapes, parameters and problems of an experiment, from Keras; None while the engine is warming."""
    content = experiment_to_json(experiment)
    depends_on = {"graph": content["graph"], "data": content["data"], "losses": content["training"]["losses"]}
    depends_on |= files_here(content["data"]) | {"rows": limits_from_environment().rows}
    try:
        return remembered("inspection", depends_on, "components.building.inspect_experiment_json", content)
    except EngineError as error:
        return {"nodes": {}, "parameters": 0, "models": {}, "problems": [problem_of_graph(str(error))]}


def files_here(data: Json) -> Json:
    """Whether the files are here that the data is made from: without them the answer is another."""
    dataset = DATASETS.get(data["dataset"])
    if dataset is None or not (dataset.file or dataset.downloads):
        return {}
    own = dataset.file is None or store().has_file(data["config"].get(dataset.file))
    return {"here": own and not missing_downloads(dataset)}


def problem_of_graph(message: str) -> Json:
    """A problem of the graph as a whole, without a mend."""
    return {"node": None, "message": message, "fixes": []}


def plot_model(graph: Graph, options: Json) -> Json | None:
    """Keras's own picture of the graph as SVG and DOT; None while the engine is warming."""
    content = graph_to_json(graph)
    return remembered("plot", [content, options], "components.drawing.diagrams.plot_model_json", content, options)


def call_graph(graph: Graph, options: Json) -> Json | None:
    """The graph of calls as SVG and DOT; None while the engine is warming."""
    content = graph_to_json(graph)
    return remembered("calls", [content, options], "components.drawing.diagrams.call_graph_json", content, options)


def keras_network(name: str, options: Mapping[str, Any]) -> Graph:
    """A network of `keras.applications` as a graph; CodeReadingError says why there is none."""
    options = {key: value for key, value in options.items() if key != "weights"}
    try:
        content = remembered("application", [name, options], "components.applications.application_json", name, options)
    except EngineError as error:
        raise CodeReadingError(str(error)) from error
    if content is None:
        raise CodeReadingError(
            "Keras is still warming up, so its networks are not known yet; try again in some seconds."
        )
    return graph_from_json(content)


MOST_ANSWERS = 2_000
_answers: dict[str, Json] = {}


def remembered(what: str, depends_on: Json, function: str, *arguments: Any) -> Json | None:
    """What the function says on the engine, asked once for each value of what it depends on.

    Kept here and in the store, so that what was seen once is there at once, even while the engine warms up.
    """
    key = f"{what}/{digest(depends_on)}"
    if key not in _answers:
        answer = store().recall(key) or ask(key, function, *arguments)
        if answer is None:
            return None
        if len(_answers) >= MOST_ANSWERS:
            _answers.clear()
        _answers[key] = answer
    return _answers[key]


def ask(key: str, function: str, *arguments: Any) -> Json | None:
    """The engine's answer, remembered in the store; None while the engine is warming."""
    try:
        answer = engine().call(function, *arguments)
    except EngineNotReady:
        return None
    store().remember(key, answer)
    return answer


def call_later(function: str, *arguments: Any) -> Future[Json]:
    """A long call that no page waits for; its future holds the answer, or the EngineError."""
    return _callers().submit(engine().call, function, *arguments, timeout=120.0, long=True)


_answering: dict[str, Future[Json]] = {}


def remembered_later(what: str, depends_on: Json, function: str, *arguments: Any) -> Future[Json]:
    """`remembered` for a long call: one future for all who ask the same; what failed is tried again when asked again."""
    key = f"{what}/{digest(depends_on)}"
    with _opening:
        asked = _answering.get(key)
        if asked is None or (asked.done() and asked.exception() is not None):
            if len(_answering) >= MOST_ANSWERS:
                for done in [key for key, future in _answering.items() if future.done()]:
                    del _answering[done]  # the store remembers them
            asked = _answering[key] = _callers().submit(answer_later, key, function, *arguments)
        return asked


def answer_later(key: str, function: str, *arguments: Any) -> Json:
    """What the store remembers, or what the engine says once it is warm."""
    known = store().recall(key)
    if known is not None:
        return known
    engine().wait_until_ready(60)
    answer = engine().call(function, *arguments, timeout=300.0, long=True)
    store().remember(key, answer)
    return answer


@cache
def _callers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(4, "long call")


def digest(data: Json) -> str:
    """A short name for plain data; another version of Keras or of our code gives other answers, so other names."""
    return hashlib.sha256(dump([data, *versions()])).hexdigest()[:32]


@cache
def versions() -> tuple[str, ...]:
    """What answers depend on beside what was asked."""
    return version("keras"), digest_of_code(OWN / "components", OWN / "presets")


def digest_of_code(*packages: Path) -> str:
    """A short name for all modules of packages: a version's number does not change with every line."""
    modules = [(package, path) for package in packages for path in sorted(package.rglob("*.py"))]
    told = [[path.relative_to(package.parent).as_posix(), path.read_text("utf-8")] for package, path in modules]
    return hashlib.sha256(dump(told)).hexdigest()[:32]
