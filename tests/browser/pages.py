"""A dashboard of one's own and a Chromium to look at it with: what every journey starts from, and how hands move."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser.install import find_browser

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None and not os.environ.get("CI"), reason="no Chromium on this machine"),
]
"""The marks of every test that drives one."""

WARM = 180_000
"""Milliseconds that Keras may take to warm up on a busy machine."""

PATIENCE = 60_000
"""Milliseconds that a hand waits for what it is to press."""

expect.set_options(timeout=20_000)  # a busy machine, two tests at a time


def free_port() -> int:
    """A port that nothing listens on, below those that systems give to outgoing connections: none of them takes it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def served(script: Path, home: Path, port: int = 0, **environment: str) -> Iterator[str]:
    """The address of a Streamlit server of its own that shows the script; it ends with the block."""
    port = port or free_port()
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(script),
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    settings = {**os.environ, "LAYERLOOM_HOME": str(home), **environment}
    with open(home / "server.log", "wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def wait_for(address: str, server: subprocess.Popen, seconds: float = 120) -> None:
    """Until the address answers; an error when the server ends first or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode} before it answered")
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"{address} did not answer within {seconds} s")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    found = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A page in a browser of its own, which is closed whatever happens; an error of its scripts fails the test."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    try:
        with without_errors(context.new_page()) as page:
            page.set_default_timeout(PATIENCE)
            page.goto(address)
            yield page
    finally:
        context.close()


@contextmanager
def without_errors(page: Page) -> Iterator[Page]:
    """The page, whose scripts must not fail meanwhile."""
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    assert failures == []


# What several journeys do


def start_training(page: Page) -> None:
    """Start a run in the studio, once Keras has said what the graph is."""
    expect(page.locator(".canvas .summary")).to_contain_text("parameters", timeout=WARM)
    page.get_by_role("button", name="Start training").last.click()


def wait_for_run(page: Page, epochs: int = 0, points: int = 10) -> None:
    """Until the run that the page shows has trained so many epochs, and its curves have more than so many points."""
    page.wait_for_function(
        """([epochs, points]) => {
            const roots = [...document.querySelectorAll("*")].map((element) => element.shadowRoot).filter(Boolean);
            const panel = roots.map((root) => root.querySelector("[data-run]")).find(Boolean);
            return panel && Number(panel.dataset.epoch) >= epochs && Number(panel.dataset.points) > points;
        }""",
        arg=[epochs, points],
        timeout=WARM,
    )


def view(page: Page, name: str) -> None:
    """Turn to a view of the inside, or to a form of it: a second press would let it go again."""
    button = page.get_by_test_id("stButtonGroup").get_by_role("radio", name=name, exact=True).last
    if button.get_attribute("aria-checked") != "true":
        button.click()
    expect(button).to_have_attribute("aria-checked", "true")


# What is at rest

BOX = """element => new Promise((found) => {
    let [last, same] = ["", 0];
    const look = () => {
        const { x, y, width, height } = element.getBoundingClientRect();
        const now = [x, y, width, height].join();
        same = now === last ? same + 1 : 0;
        last = now;
        if (same < 5) requestAnimationFrame(look);
        else found({ x, y, width, height });
    };
    look();
})"""

PICTURE = """([place, unlike]) => {
    const canvas = [...document.querySelectorAll(`${place} *`)].map((e) => e.shadowRoot?.querySelector("canvas")).findLast(Boolean);
    const now = canvas?.width ? canvas.toDataURL() : null;
    window.samePictures = now && now === window.lastPicture && now !== unlike ? window.samePictures + 1 : 0;
    window.lastPicture = now;
    return window.samePictures < 4 ? null : now;
}"""

REST = """() => {
    const within = (root) => [root, ...[...root.querySelectorAll("*")].flatMap((e) => (e.shadowRoot ? within(e.shadowRoot) : []))];
    const ends = (animation) => animation.playState === "running" && animation.effect?.getComputedTiming().endTime < Infinity;
    const app = document.querySelector("[data-testid=stApp]");
    const moves = app?.dataset.testScriptState !== "notRunning" || document.querySelector("[data-stale=true]")
        || within(document).some((root) => root.getAnimations().some(ends));
    window.stillFrames = moves ? 0 : window.stillFrames + 1;
    return window.stillFrames > 15;
}"""


def box_of(target: Locator) -> dict[str, float]:
    """Where an element is on the screen, once it stays there."""
    return target.evaluate(BOX)


def middle(target: Locator) -> tuple[float, float]:
    """Where the middle of an element is on the screen, once it stays there."""
    box = box_of(target)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def picture(page: Page, place: str, unlike: str | None = None) -> str:
    """What is drawn on the last canvas in a place once it stays so; with `unlike` once that is another picture."""
    page.evaluate("() => Object.assign(window, { lastPicture: null, samePictures: 0 })")
    return page.wait_for_function(PICTURE, arg=[place, unlike], polling=75, timeout=WARM).json_value()


def rest(page: Page) -> None:
    """Wait until no script runs, nothing stands pale because it is drawn anew, and nothing moves."""
    page.evaluate("() => { window.stillFrames = 0; }")
    page.wait_for_function(REST, timeout=WARM)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, go and let go."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()
