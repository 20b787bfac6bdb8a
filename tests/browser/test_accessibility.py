"""What axe-core finds on the pages: nothing serious, light or dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.pages import BROWSER, WARM, rest, visit

pytestmark = BROWSER

GRAVE = {"serious", "critical"}


def grave_findings(page: Page) -> list[str]:
    """What axe-core holds to be serious or worse: the rule, and where."""
    rest(page)
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def gallery(page: Page) -> None:
    """The gallery, drawn."""
    page.get_by_text("Question answering").first.wait_for()


def studio(page: Page) -> None:
    """The studio with a node selected."""
    page.locator("[data-id=encoded_text]").click()
    page.get_by_role("textbox", name="name").wait_for()


def palette(page: Page) -> None:
    """The studio with its palette open, and a graph that has problems."""
    for words in ("input", "dense"):
        page.get_by_role("button", name="Add a layer").click()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
    page.locator(".problem-card").first.wait_for(timeout=WARM)
    page.get_by_role("button", name="Add a layer").click()
    page.locator(".palette .entry").first.wait_for()


def cheat_sheet(page: Page) -> None:
    """The studio with its keys explained."""
    page.locator(".stage").focus()
    page.keyboard.press("?")
    page.locator(".sheet").wait_for()


def lesson(page: Page) -> None:
    """The first lesson, with its code, its graph and the question."""
    page.get_by_role("radiogroup").wait_for()


def compared(page: Page) -> None:
    """Two deep networks side by side."""
    page.locator(".side_by_side img").last.wait_for()
    page.get_by_text("Differences as code").wait_for()


PLACES = {
    gallery: "",
    studio: "/studio?preset=question_answering",
    palette: "/studio?empty=digits",
    cheat_sheet: "/studio?preset=spirals",
    lesson: "/learn?lesson=functional_api",
    compared: "/compare",
}
"""What is looked at, and its address."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("looked_at", PLACES)
def test_nothing_serious_is_found(browser: Browser, address: str, looked_at: Callable[[Page], None], scheme: str):
    with visit(browser, address + PLACES[looked_at], color_scheme=scheme) as page:
        looked_at(page)
        for _ in range(3):  # a script that runs meanwhile makes what it draws anew pale for a moment
            if not (found := grave_findings(page)):
                break
        assert found == []
