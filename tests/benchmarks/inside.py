"""What looking inside costs, as JSON lines: `python -m tests.benchmarks.inside [case …]`, say `cost spirals`, `tsne 10000`.

For each preset `cost` is the share of an epoch that all three kinds of histogram take, looked at after every epoch;
`ratio` is how many times longer `keras.callbacks.TensorBoard(histogram_freq=1)` takes after an epoch for weights alone
than ours does for weights alone, `ratio_all` than ours for all three. Both are timed where they happen, within the fit
and after the first epochs, in which they compile. `tsne 2000` has our time over scikit-learn's as `ratio`, with both
trustworthinesses, and the seconds to the first frame; `tsne 10000` the time in `ms`. `slider` has for each view the
time in `ms` from a move of the epoch slider until the view has come to rest, in a real Chromium, and at last the worst of
all; `points 10000` what 95 of 100 frames take while as many points are shifted and zoomed.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

import presets
from components.inside.histograms import LayerProbe
from components.training.feeding import first_rows, load_splits, probed_rows
from components.training.live_fit import train_model
from presets.preset import Architecture
from tests.benchmarks import projections
from tests.benchmarks.training import Watch, compiled, settled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SECONDS = float(os.environ.get("SECONDS_PER_MEASUREMENT", "12"))
EPOCHS = 6
"""Epochs that TensorBoard's callback is watched over, and ours at least."""

MOVES = 12
GOALS = {"cost": 0.15, "ratio": 3.0}


class WeightsAlone(LayerProbe):
    """The probe with an eye on weights only, as TensorBoard's callback has."""

    def _look(self) -> dict[str, tf.Tensor]:
        weights = {named.name: named.variable.value for named in self._variables}
        return self._gather(weights=weights, activations={}, gradients={}, backward={})


class Timed:
    """A probe with a clock beside it."""

    def __init__(self, probe: LayerProbe) -> None:
        self.probe = probe
        self.seconds: list[float] = []

    def __call__(self, epoch: int, last: bool = False) -> list[tuple[str, Any]]:
        began = time.perf_counter()
        found = self.probe(epoch, last)
        self.seconds.append(time.perf_counter() - began)
        return found


class TimedBoard(keras.callbacks.TensorBoard):
    """Keras's callback with a clock around what it does after an epoch."""

    def __init__(self, folder: str, histogram_freq: int) -> None:
        super().__init__(folder, histogram_freq=histogram_freq, write_graph=False)
        self.seconds: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        began = time.perf_counter()
        super().on_epoch_end(epoch, logs)
        self.seconds.append(time.perf_counter() - began)


def usual(seconds: list[float]) -> float:
    """The median without the first two, in which things are compiled."""
    return float(statistics.median(seconds[2:] or seconds))


def measure(architecture: Architecture) -> dict[str, Any]:
    """The figures of one preset."""
    ours, epoch = live(architecture, LayerProbe)
    alone, _ = live(architecture, WeightsAlone)
    board = max(0.0, theirs(architecture, 1) - theirs(architecture, 0))
    return {
        "case": architecture.name,
        "cost": round(ours / epoch, 3),
        "ratio": round(board / alone, 2),
        "ratio_all": round(board / ours, 2),
        "goals": GOALS,
        "probe_ms": round(1000 * ours, 2),
        "weights_ms": round(1000 * alone, 2),
        "tensorboard_ms": round(1000 * board, 2),
        "epoch_ms": round(1000 * epoch, 2),
    }


def live(architecture: Architecture, kind: type[LayerProbe]) -> tuple[float, float]:
    """Seconds of a look in our fit, and of an epoch without it."""
    experiment = architecture.experiment
    splits = load_splits(experiment)
    data = {name: splits[name] for name in ("train", "validation")}
    model = compiled(experiment, data)
    probe = Timed(kind(model, probed_rows(data["train"])))
    watch = Watch(SECONDS / 2)
    train_model(
        model,
        data,
        epochs=1_000_000,
        batch_size=experiment.training.batch_size,
        record=watch.record,
        control=watch.control,
        probes=[probe],
        probe_share=None,
    )
    look = usual(probe.seconds)
    return look, max(settled(watch.settling) - look, 1e-9)


def theirs(architecture: Architecture, histogram_freq: int) -> float:
    """Seconds that TensorBoard's callback takes after an epoch."""
    experiment = architecture.experiment
    splits = load_splits(experiment)
    data = {name: splits[name] for name in ("train", "validation")}
    model = compiled(experiment, data)
    with tempfile.TemporaryDirectory() as folder:
        board = TimedBoard(folder, histogram_freq)
        # Its time depends on the weights alone: one batch is enough to have epochs to end.
        batch = experiment.training.batch_size
        x, y = first_rows(data["train"], batch)
        model.fit(x, y, batch_size=batch, epochs=EPOCHS, verbose=0, callbacks=[board])
        return usual(board.seconds)


# Projections


def tsne_2000() -> dict[str, Any]:
    """2,000 points of 128 numbers, against scikit-learn."""
    projections.timed(projections.clusters(50), iterations=10)
    return {**projections.tsne(2_000, True), "goals": {"ratio": 0.5, "first_frame_s": 0.5}}


def tsne_10000() -> dict[str, Any]:
    """As many points as are shown at most."""
    projections.timed(projections.clusters(50), iterations=10)
    found = projections.tsne(10_000, False)
    return {"case": found["case"], "ms": round(1000 * found["seconds"]), **found, "goals": {"ms": 15_000}}


# The slider

REDRAWN = """([place, quiet]) => new Promise(done => {
    const within = (root) => [root, ...[...root.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean)];
    const slider = within(document).map(r => r.querySelector('.scrubber input[type=range]')).find(Boolean);
    const began = performance.now();
    let last = null, waits = setTimeout(() => done(null), 5000);
    const seen = new MutationObserver(() => {
        requestAnimationFrame(() => { last = performance.now() - began; });
        clearTimeout(waits);
        waits = setTimeout(() => { seen.disconnect(); done(last); }, quiet);
    });
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    for (const root of within(document.querySelector(place))) seen.observe(root, all);
    slider.value = Number(slider.value) - 1;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
})"""
"""Milliseconds from a move of the slider to the last change at a place before it comes to rest; null without any."""

REST = 500
"""Milliseconds without a change after which a place is at rest."""

PANEL, CURVES, CANVAS = ".st-key-panel", ".st-key-curves", ".st-key-canvas"
VIEWS: dict[str, dict[str, str]] = {
    "word_families": dict.fromkeys(("Histograms", "Signals", "Projection", "Answers"), PANEL),
    "spirals": {"Surface": PANEL},
    "social_posts": {"Losses": PANEL, "Curves": CURVES, "Canvas": CANVAS},
    "residual_digits": {"Maps": PANEL},
}
"""By preset the views of the inside that are looked at with it, and where they are; the last two are not of the panel."""


def slider() -> Iterator[dict[str, Any]]:
    """From a move of the slider to the epoch that it stands on, drawn, in each view; the median over some moves, and the worst."""
    worst = 0.0
    with session() as (browser, address):
        for preset, views in VIEWS.items():
            page = trained(browser, address, preset)
            for name, place in views.items():
                found = [moved for moved in moves_of(page, name, place) if moved]
                worst = max([worst, *found])
                ms = round(statistics.median(found)) if found else None
                figures = {"worst_ms": round(max(found, default=0)), "drawn": len(found), "moves": MOVES}
                yield {"case": f"slider {name.lower()}", "ms": ms, **figures, "goals": {"ms": 150}}
            page.close()
    yield {"case": "slider", "ms": round(worst), "goals": {"ms": 150}}


@contextmanager
def session(script: str = "dashboard/app.py") -> Iterator[tuple[Browser, str]]:
    """A Chromium and the address of a dashboard of its own."""
    from tests.browser.pages import ROOT, chromium, served

    with (
        tempfile.TemporaryDirectory() as home,
        chromium() as browser,
        served(ROOT / script, Path(home), PYTHONPATH=str(ROOT)) as address,
    ):
        yield browser, address


def trained(browser: Browser, address: str, preset: str) -> Page:
    """The studio with a finished run of a preset, looked into."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/studio?preset={preset}")
    page.get_by_text("parameters", exact=False).first.wait_for(timeout=120_000)
    page.wait_for_function("() => !document.querySelector('.st-key-engine_line')", timeout=120_000)
    page.get_by_role("button", name="Start training").last.click(timeout=120_000)
    page.locator("[data-run][data-state=finished]").wait_for(timeout=240_000)
    page.get_by_role("tab", name="Inside").click()
    return page


def moves_of(page: Page, name: str, place: str) -> list[float | None]:
    """How long each move takes, one epoch back at a time, once what is worked out ahead is there."""
    view = page.get_by_test_id("stButtonGroup").get_by_role("radio", name=name, exact=True)
    if view.count() and view.get_attribute("aria-checked") != "true":
        view.click()
    newest = "s => { s.value = s.max; s.dispatchEvent(new Event('input', { bubbles: true })); }"
    page.get_by_label("Look at epoch").evaluate(newest)
    page.wait_for_timeout(SETTLING)
    found = []
    for _ in range(MOVES):
        found.append(page.evaluate(REDRAWN, [place, REST]))
        page.wait_for_timeout(200)
    return found


SETTLING = 15_000
"""Milliseconds that a view is given to work out the epochs ahead."""


# Many points

PANNED = """seconds => new Promise(done => {
    const within = (root) => [root, ...[...root.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean)];
    const figure = within(document).map(r => r.querySelector('.points.cloud')).find(Boolean);
    const canvas = figure.querySelector('canvas'), box = canvas.getBoundingClientRect(), frames = [];
    const tell = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, button: 0, buttons: 1, bubbles: true, clientX: box.x + x, clientY: box.y + y }));
    canvas.setPointerCapture = () => {};
    tell('pointerdown', 100, 100);
    const began = performance.now();
    let last = began;
    const step = (at) => {
        const now = performance.now();
        frames.push(now - last);
        last = now;
        if (now - began > seconds * 1000) { tell('pointerup', 100, 100); done(frames.slice(5)); return; }
        tell('pointermove', 100 + 60 * Math.sin(now / 300), 100 + 60 * Math.cos(now / 300));
        if (Math.floor(now / 400) % 2) canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: 20 * Math.sin(now / 500), clientX: box.x + 150, clientY: box.y + 150, cancelable: true }));
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""
"""Milliseconds of each frame while a hand shifts and zooms the points."""


def points_10000() -> dict[str, Any]:
    """As many points as are shown at most, shifted and zoomed for some seconds: what 95 of 100 frames take no longer than."""
    with session("tests/browser/points_harness.py") as (browser, address):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/?count=10000")
        page.locator(".points[data-points='10000']").wait_for(timeout=120_000)
        page.wait_for_timeout(1000)
        frames = sorted(page.evaluate(PANNED, SECONDS_OF_PANNING))
    return {
        "case": "points 10000",
        "ms": round(frames[int(0.95 * len(frames))], 1),
        "median_ms": round(statistics.median(frames), 1),
        "frames_per_s": round(1000 * len(frames) / sum(frames), 1),
        "goals": {"ms": 20},
    }


SECONDS_OF_PANNING = 4


def measurements() -> dict[str, Callable[[], dict[str, Any] | Iterator[dict[str, Any]]]]:
    """Every case by name."""
    cases: dict[str, Callable[[], dict[str, Any] | Iterator[dict[str, Any]]]] = {
        name: lambda architecture=architecture: measure(architecture)
        for name, architecture in presets.ARCHITECTURES.items()
    }
    return {**cases, "tsne_2000": tsne_2000, "tsne_10000": tsne_10000, "slider": slider, "points_10000": points_10000}


def named(chosen: list[str]) -> list[str]:
    """The cases as they are asked for: "spirals", or in two words "cost spirals", "tsne 10000"; "cost" is every preset."""
    if chosen[:1] == ["cost"]:
        return chosen[1:] or list(presets.ARCHITECTURES)
    return [f"{chosen[0]}_{count}" for count in chosen[1:]] if chosen[:1] in (["tsne"], ["points"]) else chosen


def main(chosen: list[str]) -> None:
    """Print a line for each case."""
    cases = measurements()
    asked = named(chosen) or list(cases)
    unknown = [name for name in asked if name not in cases]
    if unknown:
        raise SystemExit(f"There is no case “{unknown[0]}”; choose one of {', '.join(cases)}.")
    for name in asked:
        found = cases[name]()
        for line in [found] if isinstance(found, dict) else found:
            print(json.dumps(line), flush=True)
        keras.utils.clear_session()


if __name__ == "__main__":
    main(sys.argv[1:])
