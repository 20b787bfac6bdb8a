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
def without_errors(page: Page) -> Iterator[Page]:
    """The page, whose scripts must not fail meanwhile."""
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    assert failures == []


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


def middle(target: Locator) -> tuple[float, float]:
    """Where the middle of an element is on the screen."""
    box = target.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, go and let go."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()
