"""The parallel coordinates in a real Chromium: ranges by hand and by keys, trials named and opened, on any screen."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import BROWSER, ROOT, drag, served

pytestmark = BROWSER


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(
        ROOT / "tests/browser/parallel_harness.py", tmp_path_factory.mktemp("home"), PYTHONPATH=str(ROOT)
    ) as at:
        yield at


def visit(browser: Browser, address: str, query: str = "", width: int = 900, trials: int = 40, **options) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 700}, **options)
    page.goto(f"{address}/?trials={trials}&{query}")
    drawn(page, trials)
    page.wait_for_timeout(300)
    return page


def drawn(page: Page, trials: int) -> Locator:
    figure = page.locator(f".parallel[data-trials='{trials}']")
    figure.wait_for(timeout=60_000)
    return figure


def spot(page: Page, axis: float, share: float) -> tuple[float, float]:
    """Where a share of an axis is on the screen, or of the way from one axis to the next; the last holds the score."""
    figure = page.locator(".parallel")
    across, (first, last) = (
        [float(at) for at in (figure.get_attribute(f"data-{name}") or "").split()] for name in ("across", "along")
    )
    box = page.locator(".parallel > canvas").bounding_box()
    assert box
    at = across[0] + (across[-1] - across[0]) * axis / (len(across) - 1), first + (last - first) * share
    x, y = at if figure.get_attribute("data-upright") == "true" else at[::-1]
    return box["x"] + x, box["y"] + y


def told(page: Page) -> dict:
    return json.loads(page.locator("#summary").text_content() or "null")


def test_a_drag_along_an_axis_keeps_a_range_and_a_press_lets_it_go(browser: Browser, address: str):
    for width in (900, 390):
        page = visit(browser, address, width=width)
        figure = drawn(page, 40)
        drag(page, spot(page, 3, 1.0), spot(page, 3, 0.4))
        expect(figure).to_have_attribute("data-kept", "2")  # 1, 1/2; the score goes on from there to 1/3
        expect(figure.locator("figcaption")).to_contain_text("2 of 40 trials are in the range.")
        # Taken in its middle it moves as a whole.
        drag(page, spot(page, 3, 0.7), spot(page, 3, 0.3))
        expect(figure).not_to_have_attribute("data-kept", "2")
        page.get_by_role("button", name="More").click()
        figure = drawn(page, 50)
        assert figure.get_attribute("data-kept") not in ("50", None)  # the range stays while trials come
        page.mouse.click(*spot(page, 3, 0.3))
        expect(figure).to_have_attribute("data-kept", "50")
        assert told(page) is None
        page.close()


def test_two_ranges_keep_what_is_in_both_and_a_double_click_everything(browser: Browser, address: str):
    page = visit(browser, address)
    figure = drawn(page, 40)
    drag(page, spot(page, 1, 0.8), spot(page, 1, 1.0))
    expect(figure).to_have_attribute("data-kept", "20")
    drag(page, spot(page, 3, 1.0), spot(page, 3, 0.2))
    expect(figure).to_have_attribute("data-kept", "2")  # of 1, 1/2, 1/3, 1/4 every other one
    page.mouse.dblclick(*spot(page, 1.5, 0.02))
    expect(figure).to_have_attribute("data-kept", "40")
    page.close()


def test_a_line_tells_its_trial_and_a_click_opens_it(browser: Browser, address: str):
    page = visit(browser, address)
    figure = drawn(page, 40)
    page.mouse.move(*spot(page, 2.99, 0.995))
    expect(figure).to_have_attribute("data-hovered", "random 0")
    expect(figure.locator(".hint")).to_contain_text("random 0 · val_accuracy 1.00 · learning_rate")
    page.mouse.move(5, 5)
    expect(figure.locator(".hint")).to_be_hidden()
    # A line that a range leaves out is not there to be pointed at.
    drag(page, spot(page, 3, 0.0), spot(page, 3, 0.4))
    page.mouse.move(*spot(page, 2.99, 0.995))
    expect(figure).to_have_attribute("data-hovered", "")
    page.mouse.dblclick(*spot(page, 1.5, 0.02))
    page.mouse.click(*spot(page, 2.94, 0.97))
    page.wait_for_function("() => JSON.parse(document.querySelector('#summary').textContent)?.trial === 'random 0'")
    expect(figure).to_have_attribute("data-chosen", "random 0")
    page.close()


def test_the_keyboard_narrows_ranges_and_goes_from_trial_to_trial(browser: Browser, address: str):
    page = visit(browser, address)
    figure, canvas, voice = drawn(page, 40), page.locator(".parallel > canvas"), page.locator(".parallel .voice")
    label = canvas.get_attribute("aria-label") or ""
    for part in ("40 trials over learning_rate, kind, units, val_accuracy", "The best is random 0", "Page Down"):
        assert part in label
    for _ in range(2):
        canvas.press("ArrowRight")
    expect(voice).to_contain_text("kind from LSTM to GRU")
    canvas.press("ArrowUp")
    expect(voice).to_contain_text("20 of 40")
    expect(figure).to_have_attribute("data-kept", "20")
    canvas.press("ArrowLeft")
    for _ in range(3):
        canvas.press("ArrowDown")
    expect(voice).to_contain_text("learning_rate from 0.0001 to 0.0126")
    expect(figure).to_have_attribute("data-kept", re.compile("^1?[1-9]$"))  # fewer than of one axis alone
    names = [""]
    for _ in range(2):
        canvas.press("PageDown")
        expect(figure).not_to_have_attribute("data-hovered", names[-1])
        names.append(figure.get_attribute("data-hovered") or "")
        expect(voice).to_contain_text(f"{names[-1]}, val_accuracy")
    expect(voice).to_contain_text("kind GRU")
    canvas.press("Enter")
    page.wait_for_function(
        "name => JSON.parse(document.querySelector('#summary').textContent)?.trial === name", arg=names[-1]
    )
    canvas.press("0")
    expect(figure).to_have_attribute("data-kept", "40")
    page.close()


def test_a_single_value_can_be_kept_by_keys_and_what_lacks_a_dimension_stands_apart(browser: Browser, address: str):
    page = visit(browser, address, "lacking=1")
    figure, canvas, voice = drawn(page, 40), page.locator(".parallel > canvas"), page.locator(".parallel .voice")
    for _ in range(3):
        canvas.press("ArrowRight")
    expect(voice).to_contain_text("units from not there to 64")
    for _ in range(9):
        canvas.press("ArrowDown")
    expect(voice).to_contain_text("units from not there to not there")
    expect(figure).to_have_attribute("data-kept", str(math.ceil(40 / 3)))
    page.close()


def test_on_a_narrow_screen_the_axes_lie_and_a_finger_still_scrolls(browser: Browser, address: str):
    page = visit(browser, address, width=390)
    figure, canvas = drawn(page, 40), page.locator(".parallel > canvas")
    assert figure.get_attribute("data-upright") == "false"
    assert canvas.evaluate("canvas => canvas.style.touchAction") == "pan-y"
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    page.mouse.move(*spot(page, 2.99, 0.995))
    expect(figure).to_have_attribute("data-hovered", "random 0")
    page.set_viewport_size({"width": 900, "height": 700})
    expect(figure).to_have_attribute("data-upright", "true")
    page.close()


def test_the_best_stands_out_in_both_themes(browser: Browser, address: str):
    # The average colour around a place, by how much there is of it.
    reading = """(canvas, [x, y]) => {
        const [side, ratio] = [canvas.getBoundingClientRect(), window.devicePixelRatio];
        const { data } = canvas.getContext("2d").getImageData((x - side.x) * ratio - 4, (y - side.y) * ratio - 4, 8, 8);
        let [light, cover] = [0, 0];
        for (let i = 0; i < data.length; i += 4) {
            light += data[i + 3] * (data[i] + data[i + 1] + data[i + 2]) / 3;
            cover += data[i + 3];
        }
        return light / cover;
    }"""
    for scheme, sign in (("light", -1), ("dark", 1)):
        page = visit(browser, address, color_scheme=scheme)
        canvas = page.locator(".parallel > canvas")
        best, worst = (canvas.evaluate(reading, spot(page, 2.96, share)) for share in (0.98, 0.01))
        assert sign * (best - worst) > 40, (scheme, best, worst)
        expect(page.locator(".parallel .legend")).to_contain_text("val_accuracy0.0251.00")
        page.close()
