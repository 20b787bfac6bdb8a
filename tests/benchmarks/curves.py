"""How lively the curves are on the real dashboard, and whether a person's zoom stays while they grow.

Run as `python -m tests.benchmarks.curves`; one JSON object per preset. `moves_per_s` counts how often in a second of
training the element had new points to draw, `update_ms` is the median of what these cost the page; `zoom_kept` whether
a zoom made in mid-training was still there later.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import ROOT, chromium, served

PRESETS = ("spirals", "question_answering", "inception_digits")
SECONDS = 20
"""The longest that a training is watched, from its first point on; what it compiles meanwhile counts."""

COUNT = """seconds => void (window.counted = new Promise(done => {
    const panel = [...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean)
        .map(r => r.querySelector('[data-run]')).concat(document.querySelector('[data-run]')).find(Boolean);
    const costs = [];
    let moves = 0, last = panel.dataset.until, began = performance.now(), training = 0, before = began;
    const look = () => {
        const now = performance.now();
        if (panel.dataset.state === 'running') training += now - before;
        before = now;
        if (panel.dataset.until !== last) { moves += 1; last = panel.dataset.until; costs.push(Number(panel.dataset.cost)); }
        if (now - began < seconds * 1000 && ['running', 'starting'].includes(panel.dataset.state)) requestAnimationFrame(look);
        else done([training ? moves / (training / 1000) : 0, training / 1000, costs.sort((a, b) => a - b)[costs.length >> 1] ?? null]);
    };
    look();
}))"""


def liveliness(browser: Browser, address: str, preset: str) -> dict[str, object]:
    """One preset, trained from the start."""
    page = start(browser, address, preset)
    page.evaluate(COUNT, SECONDS)
    kept = zoom_is_kept(page)
    moves, watched, cost = page.evaluate("window.counted")
    page.close()
    times = {"moves_per_s": round(moves, 1), "watched_s": round(watched, 1), "update_ms": cost}
    return {"case": preset, **times, "zoom_kept": kept}


def start(browser: Browser, address: str, preset: str) -> Page:
    """A page on which the preset is being trained and its first point drawn."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/studio?preset={preset}")
    page.get_by_text("parameters", exact=False).first.wait_for(timeout=120_000)
    page.wait_for_function("() => !document.querySelector('.st-key-engine_line')", timeout=120_000)
    page.get_by_role("button", name="Start training").last.click()
    expect(page.locator("[data-run][data-state=running]")).not_to_have_attribute("data-points", "0", timeout=60_000)
    return page


def zoom_is_kept(page: Page) -> bool:
    """Zoom the first chart with the wheel; whether it is still zoomed when a second of training has gone by."""
    everything = page.get_by_role("button", name="all epochs")
    page.locator("canvas.chart").first.hover()
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(300)
    zoomed = everything.is_visible()
    page.wait_for_timeout(1000)
    return zoomed and everything.is_visible()


def main() -> None:
    """Print the measurements."""
    with (
        tempfile.TemporaryDirectory() as home,
        chromium() as browser,
        served(ROOT / "dashboard/app.py", Path(home)) as address,
    ):
        for preset in PRESETS:
            print(json.dumps(liveliness(browser, address, preset)), flush=True)


if __name__ == "__main__":
    main()
