"""The whole way, as a person goes it: gallery → change → train → look inside → take the code home and run it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from components.store import Store
from tests.browser.pages import BROWSER, WARM, rest, start_training, view, visit, wait_for_run

pytestmark = BROWSER


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The gallery in a fresh browser."""
    with visit(browser, address, accept_downloads=True) as page:
        yield page


def tab(page: Page, name: str) -> None:
    """Turn to a tab of the panel."""
    page.get_by_role("tab", name=name).click()


def run_panel(page: Page) -> Locator:
    """The element that draws the run."""
    return page.locator("[data-run]")


def start_and_wait(page: Page, epochs: int) -> None:
    """Start a run and wait until it has trained so many epochs."""
    start_training(page)
    wait_for_run(page, epochs)


def test_from_the_gallery_to_a_file_that_runs(page: Page, tmp_path: Path):
    page.get_by_text("Question answering").first.wait_for()
    page.locator(".st-key-open_question_answering button").click()

    node = page.locator("[data-id=encoded_text]")
    node.wait_for()
    expect(node).to_contain_text("(None, 32)", timeout=WARM)
    node.click()
    units = page.get_by_role("spinbutton", name="units")
    units.fill("24")
    units.press("Enter")
    expect(node).to_contain_text("(None, 24)")
    expect(page.locator("[data-id=joined]")).to_contain_text("(None, 40)")

    start_and_wait(page, epochs=1)
    page.get_by_role("button", name="Pause", exact=True).click()  # it would end while the page is loaded
    expect(run_panel(page)).to_have_attribute("data-state", "paused", timeout=WARM)
    for part in (page.locator(".canvas"), run_panel(page).locator("canvas.chart").first):
        expect(part).to_be_in_viewport(ratio=1)  # nobody scrolls to see whether the loss moves
    run = run_panel(page).get_attribute("data-run")
    page.reload()
    again = page.locator(f"[data-run='{run}']")
    expect(again).not_to_have_attribute("data-points", "0", timeout=WARM)
    reached = int(again.get_attribute("data-epoch") or 0)
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(again).not_to_have_attribute("data-epoch", str(reached), timeout=WARM)  # still moving
    expect(page.locator("[data-id=encoded_text]")).to_contain_text("(None, 24)")

    tab(page, "Inside")
    expect(page.locator(".st-key-inside_histogram canvas").first).to_be_visible(timeout=WARM)
    view(page, "Projection")
    points = page.locator(".st-key-inside_projection .points").last
    expect(points.locator("canvas").first).to_be_visible(timeout=WARM)
    expect(points.locator("figcaption")).to_contain_text("of the variance", timeout=WARM)

    tab(page, "Code")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download Python").click()
    source = tmp_path / "taken_home.py"
    download.value.save_as(source)
    text = source.read_text()
    assert "layers.LSTM(24" in text or "units=24" in text
    run_alone(source, text)


def run_alone(source: Path, text: str) -> None:
    """The file in a fresh process, away from the project, with a single epoch."""
    source.write_text(re.sub(r"epochs=\d+|EPOCHS = \d+", lambda m: re.sub(r"\d+", "1", m.group()), text))
    done = subprocess.run(
        [sys.executable, source.name], cwd=source.parent, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


TELL = """path => new Promise(done => {
    const socket = new WebSocket(path), stop = { client: "me", list: [{ n: 1, command: "stop" }] };
    socket.onopen = () => { socket.send(JSON.stringify({ commands: stop })); socket.send("stop"); };
    let heard = "";
    socket.onmessage = ({ data }) => { heard ||= data; setTimeout(() => done(heard), 1000); };
    socket.onclose = ({ code }) => done(heard || String(code));
})"""
"""Say “stop” on a run's socket; a second later the first that was heard on it."""


def test_the_server_has_not_imported_tensorflow(address: str):
    """Read from the running server's own memory map: what is imported is mapped."""
    port = address.rpartition(":")[2]
    pids = subprocess.run(
        ["pgrep", "-f", f"streamlit run .*--server.port {port}"], capture_output=True, text=True, check=True
    )
    maps = [Path(f"/proc/{pid}/maps").read_text() for pid in pids.stdout.split()]
    assert any("python" in memory for memory in maps)
    assert not any("tensorflow" in memory for memory in maps)


def test_the_server_listens_on_this_machine_alone(address: str):
    """The server itself, the engine behind it and their workers."""
    port = int(address.rpartition(":")[2])
    (server,) = {
        c.pid for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr.port == port
    }
    assert server
    processes = [psutil.Process(server), *psutil.Process(server).children(recursive=True)]
    assert {place for one in processes for place in listens_at(one)} == {"127.0.0.1"}


def listens_at(process: psutil.Process) -> list[str]:
    """The addresses at which a process listens; one that has ended meanwhile does not."""
    with suppress(psutil.NoSuchProcess):
        return [c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
    return []


def test_an_edit_the_keyboard_and_undo(page: Page, address: str):
    page.goto(f"{address}/studio?preset=spirals")
    node = page.locator("[data-id=deeper]")
    expect(node).to_contain_text("(None, 32)", timeout=WARM)
    node.click()
    page.keyboard.press("Delete")
    expect(node).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-id=deeper]")).to_contain_text("(None, 32)")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(browser: Browser, address: str, width: int, height: int, scheme: str):
    with visit(browser, address, viewport={"width": width, "height": height}, color_scheme=scheme) as page:
        for place, sign in (("/", "Question answering"), ("/studio?preset=question_answering", "encoded_text")):
            page.goto(address + place)
            page.get_by_text(sign).first.wait_for()
            rest(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_others_watch_a_run_by_its_link_and_only_so(page: Page, browser: Browser, address: str, home: Path):
    page.goto(f"{address}/studio?preset=inception_digits")
    start_and_wait(page, epochs=1)
    page.get_by_role("button", name="Share").click()
    page.get_by_text("Others may watch this run").click()
    link = page.get_by_role("dialog").locator("code").filter(has_text="watch?watch=").inner_text()
    run = run_panel(page).get_attribute("data-run")
    with visit(browser, link) as other:
        expect(other.locator(f"[data-run='{run}']")).not_to_have_attribute("data-points", "0", timeout=WARM)
        expect(other.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
        other.goto(f"{address}/runs")
        other.get_by_text("No runs yet").wait_for()
        closed = other.evaluate(
            "path => new Promise(done => new WebSocket(path).onclose = event => done(event.code))",
            f"{address.replace('http', 'ws')}/runs/{run}/records",
        )
        assert closed == 4404
        # Nor does the owner's own address show it, nor is anybody's word heard on the socket of the link.
        other.goto(page.url)
        expect(run_panel(other).first).to_be_attached(timeout=WARM)
        expect(other.locator(f"[data-run='{run}']")).to_have_count(0)
        told = other.evaluate(
            TELL, f"{address.replace('http', 'ws')}/runs/{run}/records?token={link.rpartition('=')[2]}"
        )
        assert json.loads(told)["run"] == run
        store = Store(f"sqlite:///{home / 'layerloom.db'}")
        assert [control.command for control in store.controls(run)] == []
        assert store.run(run).state in ("running", "finished")
        store.send(run, "stop")
        store.close()
    page.locator("[data-state=stopped], [data-state=finished]").first.wait_for()
