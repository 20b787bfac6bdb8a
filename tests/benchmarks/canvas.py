"""How fast the canvas is in the whole dashboard, engine included, in a real Chromium, by the size of the graph.

Run as `python -m tests.benchmarks.canvas`; one JSON object per line. An edit is a duplicate, from its key to the
shape on the new card; a click goes to Python and back, and then the form beside the canvas shows the layer (`form_ms`);
frames are those of a steady pan and zoom. `bytes_per_edit` is all that the canvas is sent of one edit, over its socket
and again with the page that follows. The case "nested" calls a model of 132 layers again; it waits for the answer, since
what is fed nothing has no shape.
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
INCEPTION, NESTED = "InceptionV3", "nested"
PRESETS = {INCEPTION: "inception_v3", NESTED: "dual_camera"}
EDITS, CLICKS, WEIGHED, FRAMES = 20, 20, 5, 120
FOLLOWED = 1500  # ms in which the page has followed an edit
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
  edit: async (key) => {
    const { root } = bench;
    bench.press(key, { ctrlKey: key === "d" });
    const fresh = root().querySelector(".stage").getAttribute("aria-activedescendant");
    bench.fresh = fresh;
    const shaped = () => !["", "…", undefined].includes(root().querySelector(`#${fresh} .shape`)?.textContent);
    const answered = () => root().dataset.saving === "false" && root().querySelector(`#${fresh}`);
    return bench.until(key === "d" ? shaped : answered);
  },
  undo: () => {
    bench.press("z", { ctrlKey: true });
    return bench.until(() => bench.root().dataset.saving === "false" && !bench.root().querySelector(`#${bench.fresh}`));
  },
  inReach: () => [...bench.root().querySelectorAll(".node")].map((node) => node.dataset.id).filter((id) => {
    const { left, top, width, height } = bench.root().querySelector(`#node-${id} .card`).getBoundingClientRect();
    const hit = bench.root().getRootNode().elementFromPoint(left + width / 2, top + height / 2);
    return hit?.closest("[data-id]")?.dataset.id === id;
  }),
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
    """The sizes of the messages that the canvas got, by either way."""

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
            self.sizes.append(json.JSONDecoder().raw_decode(text[start:])[1])


def where(case: str) -> str:
    """The address of a case: a preset, or a generated graph of so many nodes."""
    if case in PRESETS:
        return f"studio?preset={PRESETS[case]}"
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
    key = "a" if case == NESTED else "d"
    clicks, edits = act(page, key)
    figures = {
        "case": case,
        "edit_p50_ms": median(edits),
        "edit_p95_ms": quantiles(edits, n=20)[-1],
        "click_ms": median(heard for heard, _ in clicks),
        "form_ms": median(shown for _, shown in clicks),
        "first_draw_ms": drawn,
        "frame_p95_ms": quantiles([time for part in frames for time in part], n=20)[-1],
        "bytes_per_edit": weigh(page, traffic, key),
    }
    page.close()
    return {key: value if isinstance(value, str) else round(value, 1) for key, value in figures.items()}


def act(page: Page, key: str) -> tuple[list[tuple[float, float]], list[float]]:
    """Milliseconds of clicks, until Python has answered and until the form is there, and of edits, at natural size."""
    page.locator(".stage").focus()
    page.keyboard.press("Home")
    page.keyboard.press("0")
    page.wait_for_timeout(600)
    names = page.evaluate("() => bench.inReach()")[-2:]  # in the graph's order, so the last has inputs
    clicks = [page.evaluate("(name) => bench.click(name)", names[turn % 2]) for turn in range(CLICKS + 1)]
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(400)
    edits = []
    for _ in range(EDITS + 1):
        edits.append(page.evaluate("(key) => bench.edit(key)", key))
        page.evaluate("() => bench.undo()")
    return clicks[1:], edits[1:]


def weigh(page: Page, traffic: Traffic, key: str) -> int:
    """The most bytes that one edit, or the undo of one, had the canvas sent."""
    sums = []
    for _ in range(WEIGHED):
        for step in ("(key) => bench.edit(key)", "() => bench.undo()"):
            page.wait_for_timeout(FOLLOWED)
            before = len(traffic.sizes)
            page.evaluate(step, key)
            page.wait_for_timeout(FOLLOWED)
            sums.append(sum(traffic.sizes[before:]))
    return max(sums)


def main() -> None:
    """Print the measurements, of the sizes named on the command line or of all."""
    named = [f"{size} nodes" if size.isdigit() else size for size in sys.argv[1:]]
    cases = named or [*(f"{size} nodes" for size in SIZES), INCEPTION, NESTED]
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
