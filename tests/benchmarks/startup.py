"""How soon the dashboard shows itself, against a bare one-line app, and how soon a run its first loss.

Run as `python -m tests.benchmarks.startup`; one JSON object per line.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page

from tests.browser.pages import ROOT, chromium, served

TIMES = 5


def first_paint(browser: Browser, script: Path, text: str) -> float:
    """Seconds from the start of the server's process to the text on the screen."""
    with tempfile.TemporaryDirectory() as home:
        begun = time.perf_counter()
        with served(script, Path(home)) as address:
            page = browser.new_page()
            page.goto(address)
            page.get_by_text(text).first.wait_for(timeout=60_000)
            taken = time.perf_counter() - begun
            page.close()
    return taken


def startup(browser: Browser) -> dict[str, float | str]:
    """First paints of ours and of the bare app, taken in turn; their medians and ratio."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text('import streamlit as st; st.write("A bare page")')
        pairs = [
            (
                first_paint(browser, bare, "A bare page"),
                first_paint(browser, ROOT / "dashboard/app.py", "Start from a network"),
            )
            for _ in range(TIMES)
        ]
    theirs, ours = (median(column) for column in zip(*pairs, strict=True))
    return {
        "case": "first paint",
        "first_paint_s": round(ours, 2),
        "bare_s": round(theirs, 2),
        "first_paint_ratio": round(ours / theirs, 2),
        "runs": TIMES,
    }


def first_loss(browser: Browser) -> dict[str, float | str]:
    """Seconds from a click on Start to the first point of the curve, the engine being warm."""
    with tempfile.TemporaryDirectory() as home, served(ROOT / "dashboard/app.py", Path(home)) as address:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/studio?preset=spirals")
        page.get_by_text("parameters", exact=False).first.wait_for(timeout=120_000)
        page.wait_for_function("() => !document.querySelector('.st-key-engine_line')", timeout=120_000)
        page.get_by_role("tab", name="Train").click()
        taken = [click_to_point(page) for _ in range(TIMES + 1)][1:]
    return {
        "case": "first loss",
        "first_loss_s": round(median(taken), 2),
        "worst_s": round(max(taken), 2),
        "runs": TIMES,
    }


def click_to_point(page: Page) -> float:
    """Seconds from the click to the first drawn point of that run."""
    before = page.locator("[data-run]").get_attribute("data-run")
    begun = time.perf_counter()
    page.get_by_role("button", name="Start training").last.click()
    page.wait_for_function(
        "before => { const e = [...document.querySelectorAll('*')].map(x => x.shadowRoot).filter(Boolean)"
        ".map(r => r.querySelector('[data-run]')).concat(document.querySelector('[data-run]')).find(Boolean);"
        "return e && e.dataset.run !== before && Number(e.dataset.points) > 0 }",
        arg=before,
        polling=10,
        timeout=30_000,
    )
    taken = time.perf_counter() - begun
    stop(page)
    return taken


def stop(page: Page) -> None:
    """End the run, so that the next one need not wait for its worker."""
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator("[data-state=stopped], [data-state=finished]").wait_for(timeout=30_000)
    page.wait_for_timeout(500)


def main() -> None:
    """Print the measurements."""
    with chromium() as browser:
        print(json.dumps(startup(browser)), flush=True)
        print(json.dumps(first_loss(browser)), flush=True)


if __name__ == "__main__":
    main()
