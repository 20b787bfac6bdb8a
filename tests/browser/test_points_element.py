"""The points in a real Chromium: pictures on hover and near by, what keys choose, and a legend that tells without colour."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import pages
from tests.browser.pages import BROWSER, ROOT, picture, served

pytestmark = BROWSER


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(ROOT / "tests/browser/points_harness.py", tmp_path_factory.mktemp("home"), PYTHONPATH=str(ROOT)) as at:
        yield at


@contextmanager
def visit(browser: Browser, address: str, query: str = "", **options: Any) -> Iterator[Page]:
    """A page with the points on it, once they rest after the last epoch."""
    with pages.visit(browser, f"{address}/?{query}", viewport={"width": 700, "height": 700}, **options) as page:
        page.locator(".points[data-epoch='1']").wait_for()
        pixels(page)
        yield page


def turn_to(page: Page, epoch: int | None) -> None:
    """As the epoch slider tells."""
    page.evaluate(
        """epoch => {
            window.layerloomLooked = { run: "made up", epoch };
            window.dispatchEvent(new CustomEvent("layerloom:looked", { detail: window.layerloomLooked }));
        }""",
        epoch,
    )


def pixels(page: Page, unlike: str | None = None) -> str:
    """What is drawn of the points, once they rest; with `unlike` once that is another picture."""
    return picture(page, "body", unlike)


def test_pictures_appear_under_the_hand_and_near_by_at_the_points(browser: Browser, address: str):
    with visit(browser, address, "count=300&pictures=1") as page:
        points, canvas = page.locator(".points"), page.locator(".points > canvas")
        expect(points).to_have_attribute("data-pictures", "0")
        canvas.press("PageDown")
        expect(page.locator(".hint canvas")).to_be_visible()
        expect(page.locator(".hint")).to_contain_text("word 0 · true: kind")
        canvas.press("0")
        for _ in range(30):
            canvas.press("+")
            pixels(page)
            if points.get_attribute("data-pictures") != "0":
                break
        assert 0 < int(points.get_attribute("data-pictures") or 0) <= 70


def test_the_keyboard_goes_from_point_to_point_and_chooses(browser: Browser, address: str):
    with visit(browser, address, "count=50") as page:
        canvas = page.locator(".points > canvas")
        for _ in range(3):
            canvas.press("PageDown")
        expect(page.locator(".points .voice")).to_contain_text("word 2")
        canvas.press("Enter")
        page.wait_for_function("() => JSON.parse(document.querySelector('#summary').textContent)?.row === 2")
        assert json.loads(page.locator("#summary").text_content() or "")["times"] == 1


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_points_glide_to_another_epoch_and_are_there_at_once_without_motion(
    browser: Browser, address: str, motion: str
):
    with visit(browser, address, reduced_motion=motion) as page:
        newest = pixels(page)
        page.clock.install()
        page.clock.pause_at(datetime.now() + timedelta(minutes=1))  # a busy machine draws a glide in a single frame
        turn_to(page, 0)
        soon, there = after(page, 40), after(page, 400)
        assert newest != there
        assert (soon == there) is (motion == "reduce")
        turn_to(page, None)
        assert after(page, 400) == newest


def after(page: Page, milliseconds: int) -> str:
    """What is drawn of the points after so much of the page's own time."""
    page.clock.run_for(milliseconds)
    return page.locator(".points > canvas").evaluate("canvas => canvas.toDataURL()")


def test_the_legend_names_classes_mistakes_and_the_ends_of_numbers(browser: Browser, address: str):
    with visit(browser, address) as page:
        expect(page.locator(".legend li")).to_have_count(10)
        expect(page.locator(".legend li svg").first).to_be_attached()
    with visit(browser, address, "colour=mistakes") as page:
        expect(page.locator(".legend")).to_contain_text("wrong")
    with visit(browser, address, "numbers=1") as page:
        expect(page.locator(".legend")).to_contain_text("value")
        expect(page.locator(".legend")).to_contain_text("3.00")


def test_who_cannot_see_is_told_how_far_to_trust_it(browser: Browser, address: str):
    with visit(browser, address, "count=40&dimensions=3") as page:
        label = page.locator(".points > canvas").get_attribute("aria-label") or ""
        for part in (
            "After epoch 1.",
            "40 points of dense in 3 dimensions",
            "70 % of the variance",
            "Trustworthiness 0.90",
            "Arrows",
        ):
            assert part in label
