"""How fast the canvas is in the whole dashboard, engine included, in a real Chromium, by the size of the graph.

Run as `python -m tests.benchmarks.canvas`; one JSON object per line. An edit is a duplicate, from its key to the
shape on the new card; a click goes to Python and back, and then the form beside the canvas shows the layer (`form_ms`);
frames are those of a steady pan and zoom.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

from components.experiment import Data, Experiment
from components.links import experiment_to_link
from presets import DATASETS
from tests.benchmarks.graphs import tower
from tests.browser.install import find_browser
from tests.browser.pages import FLAGS, ROOT, served

SIZES = (30, 150, 1000)
INCEPTION = "InceptionV3"
EDITS, CLICKS, FRAMES = 20, 20, 120
STARTED = 180_000  # ms for the engine to warm up

SCRIPTS = """
window.bench = {
  root: () => [...document.querySelectorAll("*")].map((e) => e.shadowRoot?.querySelector(".canvas")).find(Boolean),
  until: (done, give = 20000) => new Promise((resolve, reject) => {
    const begun = performance.now();
    const look = () => {
      const taken = performance.now() - begun;
      if (done()) resolve(taken);
      else if (taken > give) reject(new Error("too slow"));
      else setTimeout(look, 2);
    };
    look();
  }),
  press: (key, held = {}) => {
    const options = { key, code: "Key" + key.toUpperCase(), bubbles: true, composed: true, cancelable: true, ...held };
    bench.root().querySelector(".stage").dispatchEvent(new KeyboardEvent("keydown", options));
  },
  shapes: () => [...bench.root().querySelectorAll(".node .shape")].filter((line) => line.textContent !== "…").length,
  edit: async () => {
    const { root } = bench;
    bench.press("d", { ctrlKey: true });
    const fresh = root().querySelector(".stage").getAttribute("aria-activedescendant");
    const known = () => !["", "…", undefined].includes(root().querySelector(`#${fresh} .shape`)?.textContent);
    const taken = await bench.until(known);
    bench.press("z", { ctrlKey: true });
    await bench.until(() => !root().querySelector(`#${fresh}`));
    return taken;
  },
  click: async (name) => {
    const { left, top, width, height } = bench.root().querySelector(`#node-${name} .card`).getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true, composed: true, isPrimary: true };
    const stage = bench.root().querySelector(".stage");
    stage.setPointerCapture = () => {};
    const target = bench.root().querySelector(`#node-${name} .card`);
    target.dispatchEvent(new PointerEvent("pointerdown", { ...at, pointerId: 7, pointerType: "mouse" }));
    stage.dispatchEvent(new PointerEvent("pointerup", { ...at, pointerId: 7, pointerType: "mouse" }));
    const heard = await bench.until(() => bench.root().dataset.selected === name);
    const named = () => document.querySelector(".st-key-panel input[aria-label=name]")?.value === name;
    return [heard, heard + (await bench.until(named))];
  },
  frames: (count, zooms) => new Promise((resolve) => {
    const stage = bench.root().querySelector(".stage");
    const { left, top } = stage.getBoundingClientRect();
    const times = [];
    let last = performance.now();
    const tick = (now) => {
      times.push(now - last);
      last = now;
      if (times.length > count) return resolve(times.slice(1));
      const turn = times.length / 9;
      const pan = { deltaX: 12 * Math.sin(turn), deltaY: 14 * Math.cos(turn) };
      const move = zooms ? { deltaY: 6 * Math.cos(turn), ctrlKey: true } : pan;
      const at = { clientX: left + 300, clientY: top + 200, bubbles: true, cancelable: true };
      stage.dispatchEvent(new WheelEvent("wheel", { ...at, ...move }));
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }),
};
"""


class Traffic:
    """The sizes of the messages that the canvas got after the first, which brings the catalogue along."""

    def __init__(self, page: Page) -> None:
        self.sizes: list[int] = []
        page.on("websocket", self.listen)

    def listen(self, socket: WebSocket) -> None:
        """Hear every frame from the server."""
        socket.on("framereceived", self.hear)

    def hear(self, payload: bytes | str) -> None:
        """Keep the length of the canvas's data in this frame, if it holds any."""
        text = payload.decode("utf-8", "ignore") if isinstance(payload, bytes) else payload
        start = text.find('{"base"')
        if start >= 0:
            message, end = json.JSONDecoder().raw_decode(text[start:])
            if message["base"] is not None:
                self.sizes.append(end)


def where(case: str) -> str:
    """The address of a case: InceptionV3 itself, or a generated graph of so many nodes."""
    if case == INCEPTION:
        return "studio?preset=inception_v3"
    graph = tower(int(case.split()[0]))
    return f"studio?link={experiment_to_link(Experiment(case, graph, Data(next(iter(DATASETS)))))}"


def measure(browser: Browser, address: str, case: str) -> dict[str, float | str]:
    """All figures of one case."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    traffic = Traffic(page)
    page.goto(f"{address}/{where(case)}")
    page.locator(".canvas .node, .canvas .silhouette .block").first.wait_for(state="attached", timeout=STARTED)
    page.evaluate(SCRIPTS)
    page.wait_for_function("() => !bench.root().querySelector('.stage').classList.contains('reading')", timeout=STARTED)
    drawn = page.evaluate("() => performance.getEntriesByName('canvas first draw')[0].duration")
    frames = [
        page.evaluate("([count, zooms]) => bench.frames(count, zooms)", [FRAMES, zooms]) for zooms in (False, True)
    ]
    clicks, edits = act(page)
    figures = {
        "case": case,
        "edit_p50_ms": median(edits),
        "edit_p95_ms": quantiles(edits, n=20)[-1],
        "click_ms": median(heard for heard, _ in clicks),
        "form_ms": median(shown for _, shown in clicks),
        "first_draw_ms": drawn,
        "frame_p95_ms": quantiles([time for part in frames for time in part], n=20)[-1],
        "bytes_per_edit": max(traffic.sizes),
    }
    page.close()
    return {key: value if isinstance(value, str) else round(value, 1) for key, value in figures.items()}


def act(page: Page) -> tuple[list[tuple[float, float]], list[float]]:
    """Milliseconds of clicks, until Python has answered and until the form is there, and of edits, at natural size."""
    page.locator(".stage").focus()
    page.keyboard.press("Home")
    page.keyboard.press("0")
    page.wait_for_timeout(600)
    names = page.evaluate(
        "() => [...bench.root().querySelectorAll('.node')].slice(0, 2).map((node) => node.dataset.id)"
    )
    clicks = [page.evaluate("(name) => bench.click(name)", names[turn % 2]) for turn in range(CLICKS + 1)]
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(400)
    edits = [page.evaluate("() => bench.edit()") for _ in range(EDITS + 1)]
    return clicks[1:], edits[1:]


def main() -> None:
    """Print the measurements, of the sizes named on the command line or of all."""
    named = [f"{size} nodes" if size.isdigit() else size for size in sys.argv[1:]]
    cases = named or [*(f"{size} nodes" for size in SIZES), INCEPTION]
    path = find_browser()
    with (
        tempfile.TemporaryDirectory() as home,
        served(ROOT / "dashboard/app.py", Path(home)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for case in cases:
            print(json.dumps(measure(browser, address, case)), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
