"""Nothing is lost in the dashboard: edits against a slow server, a reload, a restarted server, two tabs."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from components.engine import SILENT
from components.experiment import Experiment
from components.links import experiment_to_link
from components.runs import logs_by_epoch
from components.store import Store
from presets import ARCHITECTURES
from tests.browser.pages import BROWSER, ROOT, WARM, free_port, served, wait_for_run

pytestmark = BROWSER


def studio(page: Page, address: str) -> None:
    """The studio with the first preset; its shapes may come later."""
    page.goto(f"{address}/studio?preset=spirals")
    page.locator("#node-hidden").wait_for(timeout=WARM)
    page.locator(".stage").focus()


def wait_until_saved(page: Page) -> None:
    """Until the server has acknowledged everything."""
    expect(page.locator(".canvas")).to_have_attribute("data-saving", "false", timeout=60_000)


def card(page: Page, name: str) -> Locator:
    """The node's card, which says how far to the right it is in the graph."""
    return page.locator(f"#node-{name} .card")


def place_of(page: Page, name: str) -> float:
    """How far to the right the node's card is in the graph."""
    return float(card(page, name).get_attribute("x") or 0)


def expect_place(page: Page, name: str, place: float) -> None:
    """Wait until the node's card is so far to the right."""
    expect(card(page, name)).to_have_attribute("x", f"{place:g}")


@contextmanager
def slowed(address: str, stopped: float = 0.7, going: float = 0.3) -> Iterator[None]:
    """The server stands still most of the time."""
    port = address.rpartition(":")[2]
    found = subprocess.run(["pgrep", "-f", f"streamlit run .*--server.port {port}"], capture_output=True, text=True)
    server, over = int(found.stdout.split()[0]), threading.Event()

    def hold() -> None:
        while not over.is_set():
            os.kill(server, signal.SIGSTOP)
            over.wait(stopped)
            os.kill(server, signal.SIGCONT)
            over.wait(going)

    holding = threading.Thread(target=hold)
    holding.start()
    try:
        yield
    finally:
        over.set()
        holding.join()


def test_two_hundred_edits_in_twenty_seconds_against_a_slow_server(browser: Browser, address: str):
    """They are there at once, when the server has caught up, and after a reload."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    studio(page, address)
    page.keyboard.press("Home")
    before = place_of(page, "point")
    with slowed(address):
        for index in range(200):
            page.keyboard.press("Alt+ArrowRight" if index % 2 else "Alt+ArrowLeft" if index % 4 else "Control+d")
            page.keyboard.press("Home") if index % 4 == 0 else None
            page.wait_for_timeout(80)
    wait_until_saved(page)
    copies = 4 + 50
    expect(page.locator(".canvas .node")).to_have_count(copies)
    expect_place(page, "point", before + 20 * (100 - 50))
    page.reload()
    expect(page.locator(".canvas .node")).to_have_count(copies, timeout=60_000)
    expect_place(page, "point", before + 20 * (100 - 50))
    page.close()


def test_a_dropped_connection_and_the_same_server(browser: Browser, address: str):
    """What is done meanwhile stands on the canvas at once, and is with the server once the network is back."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    studio(page, address)
    page.keyboard.press("Home")
    before = place_of(page, "point")
    page.keyboard.press("Alt+ArrowRight")
    wait_until_saved(page)
    context.set_offline(True)
    for _ in range(5):
        page.keyboard.press("Alt+ArrowRight")
    page.wait_for_timeout(1500)  # that nothing is taken back has no sign to wait for
    expect_place(page, "point", before + 6 * 20)
    expect(page.locator(".canvas")).to_have_attribute("data-saving", "true")
    context.set_offline(False)
    page.keyboard.press("Alt+ArrowRight")
    wait_until_saved(page)
    page.reload()
    page.locator("#node-point").wait_for(timeout=60_000)
    expect_place(page, "point", before + 7 * 20)
    context.close()


@pytest.mark.soak
def test_a_reload_in_the_middle_of_edits(browser: Browser, address: str):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    studio(page, address)
    page.keyboard.press("Home")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_url("**/studio?work=*")
    wait_until_saved(page)
    before = place_of(page, "point")
    with slowed(address, stopped=1.5, going=0.5):
        for _ in range(30):
            page.keyboard.press("Alt+ArrowRight")
        page.reload()
        expect(page.locator(".canvas .node").first).to_be_attached(timeout=60_000)
    wait_until_saved(page)
    page.reload()
    expect(page.locator("#node-point")).to_be_attached(timeout=60_000)
    expect_place(page, "point", before + 30 * 20)


@pytest.mark.soak
def test_two_tabs_do_not_overwrite_each_other(browser: Browser, address: str):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    first, second = context.new_page(), context.new_page()
    studio(first, address)
    first.keyboard.press("Home")
    first.keyboard.press("Alt+ArrowRight")
    first.wait_for_url("**/studio?work=*")
    wait_until_saved(first)
    second.goto(first.url)
    second.locator("#node-hidden").wait_for(timeout=60_000)
    first.locator("#node-hidden").click()
    first.keyboard.press("Delete")
    wait_until_saved(first)
    second.locator("#node-deeper").click()
    second.keyboard.press("Delete")
    expect(second.locator(".canvas .notice")).to_contain_text("Another tab changed this")
    second.wait_for_function("old => location.href !== old", arg=first.url)
    for page, gone, kept in ((first, "hidden", "deeper"), (second, "deeper", "hidden")):
        page.reload()
        expect(page.locator(f"#node-{kept}")).to_be_attached(timeout=60_000)
        expect(page.locator(f"#node-{gone}")).to_have_count(0)


@pytest.mark.soak
def test_a_restarted_server_goes_on_with_the_graph(browser: Browser, tmp_path: Path):
    port = free_port()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    with served(ROOT / "dashboard/app.py", tmp_path, port) as address:
        studio(page, address)
        page.keyboard.press("Home")
        before = place_of(page, "point")
        for _ in range(5):
            page.keyboard.press("Alt+ArrowRight")
        wait_until_saved(page)
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Alt+ArrowRight")
    with served(ROOT / "dashboard/app.py", tmp_path, port):
        wait_until_saved(page)
        expect_place(page, "point", before + 7 * 20)
        page.reload()
        expect(page.locator("#node-point")).to_be_attached(timeout=60_000)
        expect_place(page, "point", before + 7 * 20)


@pytest.mark.soak
def test_a_killed_dashboard_keeps_its_run_and_the_next_one_goes_on_with_it(browser: Browser, tmp_path: Path):
    port, store = free_port(), Store(f"sqlite:///{tmp_path / 'layerloom.db'}")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    link = experiment_to_link(long_training())
    with served(ROOT / "dashboard/app.py", tmp_path, port) as address:
        page.goto(f"{address}/studio?link={link}")
        expect(page.locator("#node-hidden")).to_contain_text("(None, 32)", timeout=WARM)
        page.get_by_role("button", name="Start training").last.click()
        wait_for_run(page, epochs=10, points=0)
        run = page.locator("[data-run]").get_attribute("data-run") or ""
        kill_server(port)
    with served(ROOT / "dashboard/app.py", tmp_path, port):
        page.reload()
        expect(page.locator(f"[data-run='{run}']")).to_have_attribute("data-state", "lost", timeout=WARM)
        kept = max(record.epoch for record in store.records(run, kinds=("epoch",)))
        assert kept >= 10
        assert store.run(run).message == SILENT
        assert [record.epoch for record in store.records(run, kinds=("epoch",))] == list(range(1, kept + 1))
        page.get_by_role("button", name="Resume", exact=True).click()
        expect(page.locator(f"[data-run='{run}'][data-state=running]")).to_be_attached(timeout=WARM)
        wait_for_run(page, epochs=kept + 5, points=0)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator(f"[data-run='{run}']")).to_have_attribute("data-state", "stopped", timeout=WARM)
        counted = list(logs_by_epoch(store.records(run, kinds=("epoch", "mark"))))
        assert counted == list(range(1, len(counted) + 1))
        assert len(counted) > kept
    store.close()


def long_training() -> Experiment:
    """The spirals, with so many points that no test sees the end."""
    experiment = ARCHITECTURES["spirals"].experiment
    data = replace(experiment.data, config={**experiment.data.config, "rows": 40_000})
    return replace(experiment, data=data, training=replace(experiment.training, epochs=10_000))


def kill_server(port: int) -> None:
    """End the dashboard that listens on the port as abruptly as can be."""
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "streamlit" in words and str(port) in words:
            process.kill()
