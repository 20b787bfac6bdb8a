"""A class on one machine: thirty watch one run by its link while ten train runs of their own, in one dashboard.

Run as `python -m tests.benchmarks.audience`; one JSON object. The ten are real pages of one Chromium, the thirty are the
sockets that such a page opens. `record_to_page_p95_s` is the time from a record's being in the store to its arrival;
`lost` counts records that a watcher never got.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import threading
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from statistics import quantiles

from playwright.sync_api import Browser, Page, expect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from components.experiment import Experiment
from components.links import experiment_to_link
from components.runs import NoSuchRun
from components.store import Store
from dashboard.curves.feed import KINDS
from presets import ARCHITECTURES
from tests.browser.pages import ROOT, chromium, served

WATCHERS, TRAINERS = 30, 10
SECONDS = 40
"""How long the class goes on."""

EPOCHS = 5000

LOOK = 0.005
"""Seconds between two looks into the store."""


def long_training() -> Experiment:
    """The spirals, for longer than the class goes on."""
    experiment = ARCHITECTURES["spirals"].experiment
    return replace(experiment, training=replace(experiment.training, epochs=EPOCHS))


def begin(browser: Browser, address: str) -> Page:
    """A visitor of their own, whose run is under way or waits for its turn."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{address}/studio?link={experiment_to_link(long_training())}")
    page.get_by_text("parameters", exact=False).first.wait_for(timeout=120_000)
    page.wait_for_function("() => !document.querySelector('.st-key-engine_line')", timeout=120_000)
    page.get_by_role("button", name="Start training").last.click()
    expect(page.locator("[data-run]")).not_to_have_attribute("data-run", "", timeout=60_000)
    return page


def note_records(store: Store, run: str, noted: dict[int, float], ended: threading.Event) -> None:
    """When each record was first seen in the store, by its number."""
    last = 0
    while not ended.is_set():
        for record in store.records(run, last, KINDS):
            last = record.seq
            noted[last] = time.monotonic()
        time.sleep(LOOK)


async def watch(address: str, run: str, token: str, until: float) -> dict[int, float]:
    """When each record arrived at one watcher."""
    arrived: dict[int, float] = {}
    async with connect(f"{address.replace('http', 'ws')}/runs/{run}/records?token={token}", max_size=None) as socket:
        while (left := until - time.monotonic()) > 0:
            try:
                news = json.loads(await asyncio.wait_for(socket.recv(), left))
            except (TimeoutError, ConnectionClosed):
                break
            now = time.monotonic()
            arrived |= {record["seq"]: now for record in news["records"] if record["seq"] not in arrived}
    return arrived


async def watch_all(address: str, run: str, token: str) -> list[dict[int, float]]:
    """All watchers at once."""
    until = time.monotonic() + SECONDS
    return await asyncio.gather(*(watch(address, run, token, until) for _ in range(WATCHERS)))


def main() -> None:
    """Print the measurement."""
    with (
        tempfile.TemporaryDirectory() as home,
        chromium() as browser,
        served(ROOT / "dashboard/app.py", Path(home), LAYERLOOM_MOST_WORKERS=str(TRAINERS)) as address,
    ):
        os.environ["LAYERLOOM_HOME"] = home
        store = Store()
        pages = [begin(browser, address)]
        run = pages[0].locator("[data-run]").get_attribute("data-run") or ""
        token = store.share(run, store.run(run).workspace)
        noted: dict[int, float] = {}
        ended = threading.Event()
        noting = threading.Thread(target=note_records, args=(store, run, noted, ended))
        watching: list[list[dict[int, float]]] = []
        audience = threading.Thread(target=lambda: watching.append(asyncio.run(watch_all(address, run, token))))
        noting.start()
        audience.start()
        pages += [begin(browser, address) for _ in range(TRAINERS - 1)]
        audience.join()
        ended.set()
        noting.join()
        print(json.dumps(figures(noted, watching[0], pages, address, store, run)), flush=True)


def figures(
    noted: dict[int, float],
    watching: list[dict[int, float]],
    pages: list[Page],
    address: str,
    store: Store,
    run: str,
) -> dict[str, object]:
    """What came of it; a record counts as lost when a later one arrived at that watcher and it did not."""
    delays = [max(0.0, arrived[seq] - noted[seq]) for arrived in watching for seq in arrived if seq in noted]
    lost = sum(1 for arrived in watching for seq in noted if seq < max(arrived, default=0) and seq not in arrived)
    with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
        alive = answer.status == 200
    return {
        "case": f"{WATCHERS} watch, {TRAINERS} train",
        "record_to_page_p95_s": round(quantiles(delays, n=20)[-1], 3),
        "records": len(noted),
        "arrivals": len(delays),
        "lost": lost,
        "alive": alive,
        "runs_ended_badly": sum(1 for page in pages if state_of(store, page) in ("failed", "lost")),
        "watched_run": store.run(run).state,
    }


def state_of(store: Store, page: Page) -> str:
    """How the run of a page stands."""
    try:
        return store.run(page.locator("[data-run]").get_attribute("data-run") or "").state
    except NoSuchRun:
        return "lost"


if __name__ == "__main__":
    main()
