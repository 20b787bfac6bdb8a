"""A run from its experiment in the store to its last record: what the engine does when training is asked for."""

from __future__ import annotations

import logging

import keras
import numpy as np

from components.building import build_model
from components.checks import check_training, losses_of
from components.experiment import Experiment, ExperimentError, experiment_from_json
from components.graph import Json, output_names
from components.inside.catching_up import LateProbe
from components.inside.event_files import finish_events
from components.inside.event_logs import EventLog
from components.inside.histograms import LayerProbe
from components.limits import limits_from_environment
from components.runs import NoSuchRun, Run, best_epoch, logs_by_epoch
from components.store import Store
from components.store.files import look_in
from components.training.callbacks import build_callbacks, names_of_left
from components.training.checkpoints import LAST, Shelf, epoch_name, epoch_of, nearest_kept, restore_state
from components.training.feeding import Split, first_array, load_splits, probed_rows
from components.training.filing import FilingShelf
from components.training.hook_calls import HookCalls
from components.training.live_fit import train_model
from components.training.regularising import scale_penalties
from components.training.reporting import Reporter, RunShelf
from components.training.steering import steered_of
from components.training.surfaces import Surface, surface_of

logger = logging.getLogger(__name__)


def run_job(store_url: str, run_id: str, heard: int = 0) -> None:
    """Train a run of the store to its end; whatever happens is told in the store.

    A run that had ended goes on from its last checkpoint, or from where a rewind or a restart, if that is what was
    asked of it first after the control `heard`, leads back to.
    """
    store = Store(store_url)
    look_in(store_url)
    try:
        Job(store, store.run(run_id), heard).run()
    except NoSuchRun:
        logger.info("The run was deleted while it trained.")
    except Exception as error:
        logger.exception("A run failed")
        store.end_run(run_id, "failed", sentence_of(error))
    finish_events(store, run_id)


def sentence_of(error: Exception) -> str:
    """One sentence for a person: ours as it stands, of others the first line."""
    if isinstance(error, ValueError) and type(error).__module__.startswith("components."):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "There was not enough memory to train this model; use fewer units or a smaller batch size."
    first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:300]
    return f"Keras could not train this experiment: {first}. Look at the shapes, the losses and the data."


class Job:
    """One run being trained: its experiment, its model, and what is told of it."""

    def __init__(self, store: Store, run: Run, heard: int = 0) -> None:
        self.store, self.run_row, self.heard = store, run, heard
        self.events = EventLog(store, run.id)
        self.reporter = Reporter(store, run.id, self.events)
        self.shelf = FilingShelf(store, run.id, self.reporter)
        self.resumed = False
        self.elder: Shelf | None = None

    def run(self) -> None:
        """Train, and say how it ended."""
        self.reporter.start()
        try:
            state, message = self.train()
            self.shelf.keep_files()
            self.reporter.close(state=state, message=message)
        except BaseException:
            self.reporter.close()
            raise
        finally:
            self.events.close()
            self.shelf.close()

    def train(self) -> tuple[str, str]:
        """Build, train; the final state and what there is to say of it."""
        self.reporter.tell(state="starting", message="")
        experiment = experiment_from_json(self.run_row.experiment)
        refuse(check_training(experiment))
        splits = load_splits(experiment)
        keras.utils.set_random_seed(experiment.seed % 2**32)
        model = build_model(experiment.graph, seed=experiment.seed, limits=limits_from_environment())
        self.weights, self.penalties = compile_model(model, experiment, splits), scale_penalties(model)
        self.events.follow(model)
        callbacks = build_callbacks(experiment.training.callbacks, self.shelf.folder)
        steps = -(-len(first_array(splits["train"])) // experiment.training.batch_size)
        epoch = self.stand_where_it_stood(model, steps)
        self.reporter.listen(after=self.heard)
        self.reporter.tell(state="running", steps_per_epoch=steps, epoch=epoch, step=epoch * steps)
        self.reporter.step = epoch * steps
        before = self.logs_until(epoch)

        def late(kind: str, at: int, values: Json) -> None:
            self.reporter.record(kind, at, at * steps, values)

        probe = LateProbe(LayerProbe(model, probed_rows(splits["train"])), late)
        history = train_model(
            model,
            splits,
            epochs=experiment.training.epochs,
            batch_size=experiment.training.batch_size,
            seed=experiment.seed,
            shuffle=experiment.training.shuffle,
            callbacks=[*callbacks, self.hook_calls()],
            record=self.reporter.record,
            control=self.reporter.commands,
            shelf=self.shelf,
            probes=[probe],
            surface=surface_for(splits),
            initial_epoch=epoch,
            earlier=before,
            elder=self.elder,
            loss_weights=self.weights,
            regularisation=self.penalties,
            announce=lambda text: self.reporter.tell(message=text),
        )
        probe.settle()
        self.mark_best(before, history, steps)
        return self.ending(steps, experiment)

    def hook_calls(self) -> HookCalls:
        """Counts the calls of hooks, going on from those of the run's earlier jobs."""
        last = self.store.last_record(self.run_row.id, "hooks")
        return HookCalls(self.reporter.record, last.values["calls"] if last else None)

    def logs_until(self, epoch: int) -> dict[int, Json]:
        """The run's own logs up to that epoch, from before it was resumed."""
        logs = logs_by_epoch(self.store.records(self.run_row.id, kinds=("epoch", "mark"))) if self.resumed else {}
        return {done: values for done, values in logs.items() if done <= epoch}

    def mark_best(self, before: dict[int, Json], history: keras.callbacks.History, steps: int) -> None:
        """Mark on the curve where the validation loss was lowest."""
        columns = history.history
        since = {e + 1: {n: values[i] for n, values in columns.items()} for i, e in enumerate(history.epoch)}
        best = best_epoch({**before, **since})
        if best is not None:
            text = f"Best here: epoch {best[0]}, validation loss {best[1]:.4g}."
            self.reporter.record("mark", best[0], best[0] * steps, {"mark": "best", "text": text, "value": best[1]})

    def ending(self, steps: int, experiment: Experiment) -> tuple[str, str]:
        """How the run ended: a person's stop, after an epoch or within one, a callback's, or the last epoch."""
        done, within = divmod(self.reporter.step, steps)
        if self.reporter.stopped:
            if not self.reporter.step:
                return "stopped", "Stopped before the first step."
            return "stopped", f"Stopped in epoch {done + 1}." if within else f"Stopped after epoch {done}."
        if done < experiment.training.epochs:
            return "finished", self.reporter.stop or f"A callback ended the training after epoch {done}."
        return "finished", ""

    def stand_where_it_stood(self, model: keras.Model, steps: int) -> int:
        """Put the model where it is to go on from: where a person went back to, its last checkpoint, or the fork."""
        model.optimizer.build(model.trainable_variables)
        back = self.way_back()
        name = self.state_at(self.run_row.epoch if back is None else back, back is not None)
        if name is None:
            return self.fork(model)
        epoch = restore_state(model, self.shelf[name], self.steered)
        self.shelf.bring_files()
        self.resumed = True
        self.mark_return(epoch, steps, f"Resumed from epoch {epoch}." if back is None else f"Back to epoch {epoch}.")
        return epoch

    @property
    def steered(self) -> list[keras.Variable]:
        """What a person may turn beside the learning rate."""
        return steered_of(self.weights, self.penalties)

    def way_back(self) -> int | None:
        """The epoch to which a person goes back before the run goes on; None where nobody does."""
        asked = next(iter(self.store.controls(self.run_row.id, self.heard)), None)
        if asked is None or asked.command not in ("rewind", "restart"):
            return None
        self.heard = asked.seq
        return int(asked.value) if asked.command == "rewind" else 0

    def state_at(self, epoch: int, exactly: bool) -> str | None:
        """The name of the newest state no later than that epoch; the last one may have begun another, unless `exactly`.

        After a way back the last state may be one of those that were left.
        """
        kept = nearest_kept(self.shelf, epoch)
        last = None if exactly or LAST not in self.shelf else epoch_of(self.shelf[LAST])
        if last is not None and (kept is None or kept <= last <= epoch):
            return LAST
        return None if kept is None else epoch_name(kept)

    def mark_return(self, epoch: int, steps: int, text: str) -> None:
        """Mark where the run goes on; what it recorded beyond is trained once more, and counts no longer."""
        beyond = self.run_row.step > epoch * steps or self.run_row.epoch > epoch
        self.reporter.record("mark", epoch, epoch * steps, {"mark": "rewound" if beyond else "resumed", "text": text})

    def fork(self, model: keras.Model) -> int:
        """Put the model into the parent's state at the fork, with what its callbacks wrote; 0 for a run without a parent."""
        parent, at = self.run_row.parent, self.run_row.forked_at
        if not parent or at is None:
            return 0
        shelf = RunShelf(self.store, parent, None)
        try:
            kept, before = nearest_kept(shelf, at), self.store.run(parent).experiment["training"]
        except NoSuchRun:
            raise ExperimentError("The run that this one forks from was deleted; start a new run instead.") from None
        if kept is None:
            raise ExperimentError(f"No weights of the run it forks from were kept at or before epoch {at}; fork later.")
        own = self.run_row.experiment["training"]
        epoch = restore_state(model, shelf[epoch_name(kept)], self.steered)
        self.elder = shelf
        self.shelf.bring_files(shelf, without=names_of_left(before["callbacks"], own["callbacks"]))
        # The state brought what the parent had come to; where the person has chosen something else, that holds.
        if own["learning_rate"] != before["learning_rate"]:
            model.optimizer.learning_rate = own["learning_rate"]
        for name, variable in self.weights.items():
            chosen = own["loss_weights"].get(name, 1.0)
            if chosen != before["loss_weights"].get(name, 1.0):
                variable.assign(chosen)
        return epoch


def refuse(sentences: list[str]) -> None:
    """Raise the first sentence, if there is one."""
    if sentences:
        raise ExperimentError(sentences[0])


def surface_for(splits: dict[str, Split]) -> Surface | None:
    """The surface on which to draw what the model says, for a single input of two features."""
    x = splits["train"][0]
    plane = isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[1] == 2 and np.issubdtype(x.dtype, np.floating)
    return surface_of(x) if plane else None


# Compiling


def compile_model(model: keras.Model, experiment: Experiment, splits: dict[str, Split]) -> dict[str, keras.Variable]:
    """Compile as the experiment says; the variables that are its loss weights, which may change meanwhile."""
    training, outputs = experiment.training, output_names(experiment.graph)
    chosen = losses_of(experiment)
    losses = {name: fitting_loss(loss, target_of(splits, outputs, name)) for name, loss in chosen.items()}
    weights = {
        name: keras.Variable(float(training.loss_weights.get(name, 1.0)), trainable=False, name=f"{name}_loss_weight")
        for name in losses
    }
    optimizer = {"class_name": training.optimizer, "config": {"learning_rate": training.learning_rate}}
    metrics = {name: list(chosen) for name, chosen in training.metrics.items() if chosen}
    single = len(outputs) == 1
    model.compile(
        optimizer=keras.optimizers.get(optimizer),
        loss=losses[outputs[0]] if single else {name: losses.get(name) for name in outputs},
        loss_weights=None if single else {name: weights.get(name) for name in outputs},
        metrics=(metrics.get(outputs[0]) if single else metrics) or None,
    )
    return {} if single else weights


def target_of(splits: dict[str, Split], outputs: list[str], name: str) -> np.ndarray:
    """The array that an output is compared with."""
    y = splits["train"][1]
    return y[outputs.index(name)] if isinstance(y, list) else y


def fitting_loss(loss: str, target: np.ndarray) -> str:
    """The loss itself; for classes given one-hot, the kind of crossentropy that takes them so."""
    one_hot = target.ndim > 1 and target.shape[-1] > 1 and np.issubdtype(target.dtype, np.floating)
    return "categorical_crossentropy" if loss == "sparse_categorical_crossentropy" and one_hot else loss
