"""The curves in a real Chromium: they grow, keep a person's zoom, lose no command and no record, and can be listened to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from components.graph import Json
from tests.browser import pages
from tests.browser.pages import BROWSER, ROOT, box_of, served

pytestmark = [pytest.mark.soak, *BROWSER]

PATIENCE = 30_000  # ms
RUNNING = "epochs=2000&speed=120&done=6"
PAUSED = "epochs=40&done=20&state=paused"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(ROOT / "tests/browser/curves_harness.py", tmp_path_factory.mktemp("home"), PYTHONPATH=str(ROOT)) as at:
        yield at


@contextmanager
def visit(
    browser: Browser, address: str, query: str, width: int = 1440, height: int = 900, **options: Any
) -> Iterator[Page]:
    """A page with the curves on it, once it has the first points; an error of its scripts fails the test."""
    options = {"viewport": {"width": width, "height": height}, **options}
    with pages.visit(browser, f"{address}/?{query}", **options) as page:
        page.locator(".curves").wait_for()
        if "state=none" not in query:
            page.locator("canvas.chart").first.wait_for()
        yield page


def summary(page: Page) -> Json:
    """What the server has come to."""
    return json.loads(page.locator("#summary").text_content() or "{}")


def until(page: Page, condition: str) -> Json:
    """Wait until the server's summary `s` fulfils a JavaScript condition; return it."""
    page.wait_for_function(
        f"() => {{ const s = JSON.parse(document.querySelector('#summary').textContent); return {condition} }}",
        timeout=PATIENCE,
    )
    return summary(page)


def facts(page: Page) -> dict[str, str]:
    """What the element says of itself."""
    return page.locator(".curves").evaluate("element => ({...element.dataset})")


def wait_for_fact(page: Page, condition: str) -> None:
    """Until the element's facts `d` fulfil a JavaScript condition."""
    page.locator(".curves").evaluate(
        f"""element => new Promise((resolve, reject) => {{
            const started = Date.now();
            const look = () => {{
                const d = element.dataset;
                if ({condition}) resolve();
                else if (Date.now() - started > {PATIENCE}) reject(new Error(JSON.stringify(d)));
                else setTimeout(look, 30);
            }};
            look();
        }})"""
    )


def chart(page: Page, place: int = 0) -> Locator:
    return page.locator("canvas.chart").nth(place)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def settled(page: Page) -> None:
    """Until what glides has arrived."""
    page.wait_for_timeout(900)


def picture(page: Page, place: int = 0) -> bytes:
    settled(page)
    return chart(page, place).screenshot()


def drag(page: Page, start: tuple[int, int], end: tuple[int, int], place: int = 0) -> None:
    box = box_of(chart(page, place))
    page.mouse.move(box["x"] + start[0], box["y"] + start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0], box["y"] + end[1], steps=5)
    page.mouse.up()


# Growing


def test_curves_grow(browser, address):
    with visit(browser, address, RUNNING) as page:
        wait_for_fact(page, f"Number(d.points) > {facts(page)['points']}")


def test_nothing_is_lost_when_updates_are_skipped(browser, address):
    with visit(browser, address, f"{PAUSED}&drop=1") as page:
        button(page, "Resume").click()
        until(page, "s.state === 'finished'")
        wait_for_fact(page, f"d.until === '{summary(page)['until']}'")
        assert facts(page)["epoch"] == "40"


def test_a_page_loaded_anew_shows_the_whole_run(browser, address):
    with visit(browser, address, f"{PAUSED}&done=40&epochs=400") as page:
        wait_for_fact(page, "Number(d.points) > 1000")
        page.reload()
        page.locator("canvas.chart").first.wait_for(timeout=PATIENCE)
        wait_for_fact(page, f"d.until === '{summary(page)['until']}' && Number(d.points) > 1000")


def test_missing_records_are_asked_for(browser, address):
    with visit(browser, address, PAUSED) as page:
        told = summary(page)["until"]
        wait_for_fact(page, f"d.until === '{told}'")
        page.evaluate("() => window.stop()")
        button(page, "Epoch").click()
        until(page, f"s.until > {told} && s.state === 'paused'")
        wait_for_fact(page, f"d.until === '{summary(page)['until']}'")


# Steering


def test_the_bar_sends_every_command_once(browser, address):
    with visit(browser, address, RUNNING) as page:
        button(page, "Pause").click()
        until(page, "s.state === 'paused'")
        button(page, "Step").click()
        until(page, "s.commands.length === 2 && s.state === 'paused'")
        button(page, "Epoch").click()
        state = until(page, "s.commands.length === 3 && s.state === 'paused'")
        button(page, "Resume").click()
        until(page, "s.state === 'running'")
        button(page, "Stop").click()
        state = until(page, "s.state === 'stopped'")
        assert [command for command, _ in state["commands"]] == ["pause", "step", "epoch", "resume", "stop"]


def test_quick_presses_are_all_kept(browser, address):
    with visit(browser, address, f"{PAUSED}&beat=1") as page:
        for _ in range(8):
            button(page, "Step").click()
        state = until(page, "s.commands.length >= 8")
        assert [command for command, _ in state["commands"]] == ["step"] * 8


def test_start_begins_another_run(browser, address):
    with visit(browser, address, "state=none&speed=500") as page:
        expect(page.locator(".empty")).to_contain_text("Press Start")
        button(page, "Start training").click()
        until(page, "s.run === 'pretence run 1'")
        chart(page).wait_for(timeout=PATIENCE)


def test_restart_asks_once_in_place(browser, address):
    with visit(browser, address, PAUSED) as page:
        back = button(page, "Back to the start: the same initial weights again")
        back.click()
        expect(back).to_have_text("Restart?")
        assert summary(page)["commands"] == []
        back.click()
        until(page, "s.commands.length === 1 && s.commands[0][0] === 'restart'")


def test_the_learning_rate_is_changed_in_place(browser, address):
    with visit(browser, address, RUNNING) as page:
        rate = page.get_by_label("learning rate")
        rate.fill("0,0005")
        rate.press("Enter")
        state = until(page, "s.commands.length === 1")
        assert state["commands"] == [["learning_rate", 0.0005]]
        expect(rate).to_have_value("0.0005")


@pytest.mark.parametrize("typed", ["", "abc", "-1", "0", "1e9"])
def test_what_is_no_learning_rate_is_put_back(browser, address, typed):
    with visit(browser, address, PAUSED) as page:
        rate = page.get_by_label("learning rate")
        rate.fill(typed)
        rate.press("Enter")
        expect(rate).to_have_value("0.001")
        assert summary(page)["commands"] == []


def test_who_only_watches_has_nothing_to_press(browser, address):
    with visit(browser, address, f"{PAUSED}&editable=0") as page:
        for name in ("Resume", "Step", "Stop"):
            expect(button(page, name)).to_be_hidden()
        expect(page.get_by_label("learning rate")).to_be_disabled()


# Looking


def test_zoom_is_kept_while_points_arrive_and_a_double_click_shows_all(browser, address):
    with visit(browser, address, RUNNING) as page:
        everything = page.get_by_role("button", name="all epochs")
        expect(everything).to_be_hidden()
        drag(page, (70, 80), (140, 80))
        expect(everything).to_be_visible()
        told = summary(page)["until"]
        until(page, f"s.until > {told + 10}")
        expect(everything).to_be_visible()
        box = box_of(chart(page))
        page.mouse.dblclick(box["x"] + 100, box["y"] + 80)
        expect(everything).to_be_hidden()


def test_a_zoomed_chart_stays_where_it_is(browser, address):
    with visit(browser, address, PAUSED) as page:
        page.mouse.move(0, 0)
        whole = picture(page)
        drag(page, (70, 80), (200, 80))
        page.mouse.move(0, 0)
        zoomed = picture(page)
        assert zoomed != whole
        button(page, "Epoch").click()
        until(page, "s.epoch === 21 && s.state === 'paused'")
        assert picture(page) == zoomed


def test_the_wheel_zooms_and_zero_shows_all(browser, address):
    with visit(browser, address, PAUSED) as page:
        chart(page).hover()
        page.mouse.wheel(0, -400)
        expect(page.get_by_role("button", name="all epochs")).to_be_visible()
        chart(page).press("0")
        expect(page.get_by_role("button", name="all epochs")).to_be_hidden()


def test_the_slider_scrubs_and_now_returns(browser, address):
    with visit(browser, address, PAUSED) as page:
        slider = page.get_by_role("slider", name="Look at epoch")
        slider.focus()
        for _ in range(5):
            slider.press("ArrowLeft")
        expect(page.locator(".place")).to_have_text("epoch 15 of 40")
        until(page, "s.scrubbed === 15")
        button(page, "Now").click()
        until(page, "s.scrubbed === null")
        expect(page.locator(".place")).to_have_text("epoch 20 of 40")


def test_one_goes_on_from_an_earlier_epoch(browser, address):
    with visit(browser, address, PAUSED) as page:
        slider = page.get_by_role("slider", name="Look at epoch")
        slider.fill("8")
        button(page, "Go on from here").click()
        state = until(page, "s.commands.length === 1")
        assert state["commands"] == [["rewind", 8]]
        until(page, "s.epoch >= 9")


def test_a_run_that_was_lost_can_be_resumed(browser, address):
    with visit(browser, address, "epochs=40&done=20&state=lost") as page:
        button(page, "Resume").click()
        assert until(page, "s.commands.length === 1")["commands"] == [["resume", None]]
    with visit(browser, address, "epochs=20&done=20&state=finished") as page:
        expect(button(page, "Resume")).to_be_hidden()


def test_curves_are_chosen_and_the_scale_is_switched(browser, address):
    with visit(browser, address, f"{PAUSED}&outputs=age,income") as page:
        expect(page.locator("canvas.chart")).to_have_count(3)
        linear = picture(page)
        page.get_by_role("button", name="Which curves, and how").click()
        page.get_by_role("checkbox", name="age loss").uncheck()
        expect(page.locator("canvas.chart")).to_have_count(2)
        page.get_by_role("checkbox", name="age loss").check()
        page.get_by_label("losses on a logarithmic scale").check()
        page.keyboard.press("Escape")
        expect(page.locator("canvas.chart")).to_have_count(3)
        assert picture(page) != linear


# For everybody


def test_the_keys_work_where_the_focus_is_and_nowhere_else(browser, address):
    with visit(browser, address, RUNNING) as page:
        chart(page).focus()
        page.keyboard.press("Space")
        until(page, "s.state === 'paused'")
        page.keyboard.press("s")
        until(page, "s.commands.length === 2")
        page.keyboard.press("r")
        page.keyboard.press("c")
        page.wait_for_timeout(300)
        assert page.get_by_role("dialog").count() == 0


def test_a_chart_is_read_with_the_arrow_keys(browser, address):
    with visit(browser, address, PAUSED) as page:
        focused = page.get_by_role("slider", name="Live curve: loss")
        focused.focus()
        focused.press("ArrowLeft")
        focused.press("ArrowLeft")
        expect(focused).to_have_attribute("aria-valuenow", "19")
        expect(focused).to_have_attribute(
            "aria-valuetext", re.compile(r"^epoch 19: train \d\.\d\d, validation \d\.\d\d$")
        )
        focused.press("Home")
        expect(focused).to_have_attribute("aria-valuenow", "0")


def test_the_run_is_spoken_but_not_without_end(browser, address):
    with visit(browser, address, RUNNING) as page:
        told = page.locator(".told[aria-live=polite]")
        expect(told).to_have_text(
            re.compile(r"epoch \d+, training loss \d\.\d+, (falling|level|rising)"), timeout=PATIENCE
        )
        said = told.text_content()
        page.wait_for_timeout(2000)
        assert told.text_content() == said
        button(page, "Pause").click()
        expect(told).to_have_text(re.compile("^paused"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_enough(browser, address, scheme):
    with visit(browser, address, f"{PAUSED}&say=1", color_scheme=scheme) as page:
        assert facts(page)["theme"] == scheme
        least = page.locator(".curves").evaluate(CONTRAST)
        assert least["ratio"] >= 4.5, least


CONTRAST = """root => {
  const numbers = (colour) => {
    const parts = colour.match(/[\\d.]+/g).map(Number);
    return colour.startsWith('color(') ? parts.map((part, i) => (i < 3 ? part * 255 : part)) : parts;
  };
  const light = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0.5) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const texts = [...root.querySelectorAll('*')].filter((element) => element.checkVisibility() && !element.disabled
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  const ratios = texts.map((element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
    return { ratio: (a + 0.05) / (b + 0.05), text: element.textContent };
  });
  return ratios.reduce((least, other) => (other.ratio < least.ratio ? other : least));
}"""


def test_on_a_phone_everything_is_in_reach(browser, address):
    with visit(browser, address, f"{PAUSED}&say=1", width=390, height=844) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for element in page.locator(".transport button:visible, .transport input:visible").all():
            box = element.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        assert chart(page).bounding_box()["height"] > 150


def test_screenshots(browser, address):
    """Pictures to look at, when a folder for them is there."""
    folder = Path(ROOT / "screenshots")
    if not folder.is_dir():
        pytest.skip("there is no folder screenshots/")
    for name, width, height, scheme in (
        ("wide", 1440, 900, "light"),
        ("wide", 1440, 900, "dark"),
        ("phone", 390, 844, "light"),
    ):
        with visit(browser, address, f"{PAUSED}&say=1&ghosts=1", width, height, color_scheme=scheme) as page:
            settled(page)
            page.screenshot(path=folder / f"curves-{name}-{scheme}.png")
