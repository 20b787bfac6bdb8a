"""Tuning: a study from its plan in the store to its last trial; asks, trains with the live trainer, and tells."""

from __future__ import annotations

import io
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from optuna.trial import TrialState

from components.building import build_model
from components.experiment import Experiment
from components.runs import NoSuchRun, Run
from components.searching.archives import Archive, open_storage
from components.searching.bench import Bench, open_data
from components.searching.claims import StoreClaims
from components.searching.feasibility import Feasibility
from components.searching.scoring import Best, Course, best_of
from components.searching.seals import is_opened
from components.searching.search_space import SpaceError
from components.searching.seats import Seats
from components.searching.studies import Plan, read_study, trial_experiment
from components.store import Store
from components.training.checkpoints import restore_weights
from components.training.reporting import Reporter, RunShelf
from components.training.running import compile_model, sentence_of

logger = logging.getLogger(__name__)

TELL_EVERY = 0.1
"""Seconds between two records of a trial's epochs."""

KEPT_WEIGHTS = 8
"""Of the best trials of each sampler; of those that broke its record the weights are kept anyway."""

WAIT = 0.05
"""Seconds until it is looked again whether others ended their trials."""

STEERED = ("pause", "resume", "stop")
"""What may be asked of a study."""

KILLED = "The process that trained it was ended; it does not count."
STOPPED = "The search was stopped while it trained; it does not count."


def study_job(store_url: str, run_id: str, seat: int = 0, seats: int = 1) -> None:
    """Run a study to the end of its budget, or on from where it stood; whatever happens is told in the store.

    `seats` such jobs work on one study, each with its own number from 0. None of them is in charge: when one dies, the
    others go on, and begun again it marks the trial that it left.
    """
    store = Store(store_url)
    try:
        run = store.run(run_id)
        if is_opened(store, run_id):
            raise SpaceError("The test data were opened for this search, so it is over; begin a new one to go on.")
        Study(store, run, seat, seats).run()
    except NoSuchRun:
        logger.info("The study was deleted while it ran.")
    except Exception as error:
        logger.exception("A study failed")
        store.end_run(run_id, "failed", sentence_of(error))


@dataclass
class ToldCourse(Course):
    """A trial while it trains, and what is yet to be told of it."""

    began: float = field(default_factory=time.perf_counter)
    told: float = 0.0
    untold: list[list[float]] = field(default_factory=list)


class Study:
    """A study as one worker runs it: each sampler in turn is asked for a trial, which is trained and told."""

    def __init__(self, store: Store, run: Run, seat: int = 0, seats: int = 1) -> None:
        self.store, self.run_row = store, run
        self.experiment, self.plan = read_study(run)
        self.reporter = Reporter(store, run.id)
        self.shelf = RunShelf(store, run.id, self.reporter)
        self.seats = Seats(store, run.id, seat, seats)
        self.waiting: list[tuple[str, Any]] = []

    def run(self) -> None:
        """Search, and say how it ended."""
        self.reporter.start()
        try:
            with self.seats.taken():
                ending = self.search()
            self.reporter.close(**ending)
        except BaseException:
            self.reporter.close()
            raise

    def search(self) -> dict[str, str]:
        """Run trials until every budget is used up or a person stops it; the final state and its sentence, if any."""
        if self.run_row.state == "queued":
            self.reporter.tell(state="starting", message="")
        self.open_archives()
        self.settle_interrupted()
        if not self.run_row.active:
            return {}
        self.bench = Bench(open_data(self.experiment))
        self.feasibility = Feasibility(self.experiment, self.plan)
        self.begin_to_hear()
        while not self.reporter.stopped and not self.reporter.gone:
            if self.seats.several and self.is_ended():
                return {}
            open_ones = [archive for archive in self.archives if not archive.is_over]
            if not open_ones:
                return {"state": "finished", "message": self.ending()}
            if not self.run_round(open_ones):
                self.wait_for_others()
        return {"state": "stopped", "message": f"Stopped after {self.done} trials; resume to go on."}

    def open_archives(self) -> None:
        """What is known of the trials of every sampler."""
        storage, claims, seat = open_storage(self.store.url), StoreClaims(self.store, self.run_row.id), self.seats.mine
        self.archives = [
            Archive(storage, self.run_row.id, name, self.plan, self.experiment.graph, claims, seat)
            for name in self.plan.samplers
        ]

    def begin_to_hear(self) -> None:
        """Listen to what is asked from now on: what was asked of an earlier process was for that one."""
        self.reporter.listen(None if self.run_row.started is not None else 0)
        if self.run_row.state == "paused":
            self.waiting = [("pause", None)]
        elif self.run_row.state != "running":
            self.reporter.tell(state="running")

    def is_ended(self) -> bool:
        """Learn what other workers did; whether one of them has said that the study is over."""
        for archive in self.archives:
            archive.catch_up()
        return not self.store.run(self.run_row.id).active

    def run_round(self, archives: Sequence[Archive]) -> int:
        """A trial of each sampler that has a budget left; how many there were."""
        count = 0
        for archive in archives:
            # Heard here too: a trial that cannot be built hears nothing.
            self.waiting = self.commands()
            if not self.reporter.stopped:
                count += self.run_trial(archive)
        return count

    def wait_for_others(self) -> None:
        """Every trial is taken, and others still train theirs; those of workers that fell silent are given up."""
        self.waiting = self.commands()
        time.sleep(WAIT)
        for archive in self.archives:
            for number, claim in archive.open.items():
                if self.seats.is_silent(claim.get("seat", 0)):
                    self.settle(archive, number)

    @property
    def done(self) -> int:
        """Trials that count, of all samplers."""
        return sum(archive.done for archive in self.archives)

    def ending(self) -> str:
        """What there is to say at the end."""
        stuck = [archive.sampler for archive in self.archives if archive.is_stuck]
        if stuck:
            return f"What was proposed did not go together too often ({', '.join(stuck)}); leave out what cannot be."
        short = [archive.sampler for archive in self.archives if archive.done < self.plan.trials]
        return f"Every combination was tried ({', '.join(short)})." if short else ""

    # Where it stood

    def settle_interrupted(self) -> None:
        """Mark the trials that this worker had begun and never ended, and those of workers that there are no more."""
        told = {
            (record.values["sampler"], record.values["number"])
            for record in self.store.records(self.run_row.id, kinds=["trial"])
            if record.values["event"] == "ended"
        }
        for archive in self.archives:
            for number, claim in sorted(archive.claimed.items()):
                if (archive.sampler, number) not in told and self.seats.are_mine(claim.get("seat", 0)):
                    self.settle(archive, number)

    def settle(self, archive: Archive, number: int) -> None:
        """Mark a trial that had begun, and whose worker is gone."""
        values = archive.claimed[number].get("values", {})
        archive.note_interrupted(number, KILLED)
        self.tell(archive, number, "begun", values=values)
        self.tell_ended(archive, number)

    # One trial

    def run_trial(self, archive: Archive) -> bool:
        """Ask, train, tell; False when there is nothing to be asked for now."""
        asked = archive.ask()
        if asked is None:
            return False
        trial, values = asked
        course = ToldCourse(archive, trial, Best(self.plan))
        self.tell(archive, course.number, "begun", values=values)
        impossible = self.feasibility.complaint(values)
        if impossible is not None:
            archive.tell(trial, None, TrialState.FAIL, impossible=True, reason=impossible)
            self.tell_ended(archive, course.number)
            return True
        reason = ""
        try:
            experiment = trial_experiment(self.experiment, values, self.plan)
            self.bench.fit(experiment, lambda *of: self.after_epoch(course, *of), self.commands)
        except Exception as error:
            logger.info("Trial %d of %s failed: %s", course.number, archive.sampler, error)
            reason = sentence_of(error)
        self.end_trial(archive, course, reason)
        return True

    def commands(self) -> list[tuple[str, Any]]:
        """What was asked of the study and concerns a fit: where to wait and whether to end."""
        fresh = [(command, value) for command, value in self.reporter.commands() if command in STEERED]
        for command, _ in fresh:
            if command != "stop":
                self.reporter.tell(state="paused" if command == "pause" else "running")
        found, self.waiting = self.waiting + fresh, []
        return found

    def after_epoch(self, course: ToldCourse, epoch: int, logs: Mapping[str, Any], model: keras.Model) -> bool:
        """Tell of an epoch of a trial, with others; whether it is worth going on."""
        course.untold.append([epoch, float(logs[self.plan.monitor]), float(logs["loss"])])
        if time.perf_counter() - course.told > TELL_EVERY:
            self.tell_epochs(course)
        return course.take(epoch, logs, model)

    def end_trial(self, archive: Archive, course: ToldCourse, reason: str) -> None:
        """Tell the sampler and the store how a trial ended; its weights are kept first."""
        self.tell_epochs(course)
        if self.seats.several:
            archive.catch_up()
        attributes: dict[str, Any] = {"epochs": course.best.epoch, "seconds": time.perf_counter() - course.began}
        state = TrialState.FAIL if reason else course.state
        if self.reporter.stopped or self.reporter.gone:
            state, attributes = TrialState.FAIL, {**attributes, "interrupted": True, "reason": STOPPED}
        elif state == TrialState.FAIL:
            attributes["reason"] = reason or "Its loss ceased to be a number; a lower learning rate may help."
        elif state == TrialState.COMPLETE:
            self.keep_weights(archive, course)
        archive.tell(course.trial, course.best.value, state, **attributes)
        self.tell_ended(archive, course.number)

    def keep_weights(self, archive: Archive, course: Course) -> None:
        """Keep the weights of a trial that broke the record or is among the best; of what fell behind they go."""
        assert course.best.value is not None, "a complete trial has a best epoch"
        assert course.best.weights is not None, "a complete trial has a best epoch"
        scored = [
            (number, float(one.value or 0.0))
            for number, one in archive.ended.items()
            if one.state == TrialState.COMPLETE
        ]
        sign = -1.0 if self.plan.maximises else 1.0
        ranked = sorted(scored, key=lambda one: sign * one[1])
        if len(ranked) < KEPT_WEIGHTS or sign * course.best.value < sign * ranked[KEPT_WEIGHTS - 1][1]:
            name = weights_name(archive.sampler, course.number)
            self.shelf[name] = pack_weights(course.best.weights, course.best.epoch)
            for fallen, _ in ranked[KEPT_WEIGHTS - 1 :][:1]:
                if fallen not in record_breakers(scored, sign):
                    self.forget_weights(weights_name(archive.sampler, fallen))

    def forget_weights(self, name: str) -> None:
        """Let go of a trial's weights; without them it can be trained again."""
        try:
            del self.shelf[name]
        except Exception as error:
            logger.info("Weights of a trial were not deleted: %s", error)

    # What is told

    def tell(self, archive: Archive, number: int, what: str, **more: Any) -> None:
        """Record something of a trial."""
        values = {"sampler": archive.sampler, "number": number, "event": what, **more}
        self.reporter.record("trial", 0, 0, values)

    def tell_epochs(self, course: ToldCourse) -> None:
        """Record the epochs that were not told yet: [epoch, monitored value, training loss] each."""
        if course.untold:
            self.tell(course.archive, course.number, "epochs", epochs=course.untold)
            course.untold, course.told = [], time.perf_counter()

    def tell_ended(self, archive: Archive, number: int) -> None:
        """Record how a trial ended, as it stands in Optuna's tables."""
        ended = archive.ended[number]
        value = (
            ended.value if ended.state == TrialState.COMPLETE else ended.intermediate_values.get(ended.last_step or 0)
        )
        attributes = {
            name: ended.user_attrs[name] for name in ("epochs", "seconds", "reason") if name in ended.user_attrs
        }
        spared = {name: True for name in ("interrupted", "impossible") if ended.user_attrs.get(name)}
        state = ended.state.name.lower()
        self.tell(archive, number, "ended", state=state, value=value, **attributes, **spared)
        self.reporter.tell(epoch=self.done)


def record_breakers(scored: list[tuple[int, float]], sign: float) -> list[int]:
    """Numbers of the trials that were the best when they ended; `scored` is in that order, `sign` −1 where higher is better."""
    found: list[int] = []
    best = math.inf
    for number, value in scored:
        if sign * value < best:
            best = sign * value
            found.append(number)
    return found


def weights_name(sampler: str, number: int) -> str:
    """The artefact with the weights of a trial at its best epoch."""
    return f"trials/{sampler}-{number:04d}.npz"


def pack_weights(weights: list[np.ndarray], epoch: int) -> bytes:
    """Weights in the form of `components.training.checkpoints`."""
    content = io.BytesIO()
    named = {f"weight_{place:04d}": array for place, array in enumerate(weights)}
    np.savez(content, epoch=np.int64(epoch), **named)  # type: ignore[arg-type]
    return content.getvalue()


def trained_model(store: Store, run: Run, sampler: str, number: int, values: Mapping[str, Any]) -> keras.Model:
    """A trial's model with the weights of its best epoch: kept ones, or trained again to the same bits."""
    experiment, plan = read_study(run)
    trial = trial_experiment(experiment, values, plan)
    model = build_model(trial.graph, seed=trial.seed)
    data = open_data(trial)
    compile_model(model, trial, data)
    content = store.artefact(run.id, weights_name(sampler, number))
    restore_weights(model, content if content is not None else train_again(trial, plan, data))
    return model


def train_again(trial: Experiment, plan: Plan, data: Mapping[str, Any]) -> bytes:
    """A trial trained once more; its packed weights at the best epoch."""
    best = best_of(Bench(data), trial, plan, keeps=True)
    return pack_weights(best.weights or [], best.epoch)
