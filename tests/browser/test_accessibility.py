"""What axe-core finds on the pages: nothing serious, light or dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.pages import BROWSER, WARM

pytestmark = BROWSER

GRAVE = {"serious", "critical"}


def grave_findings(page: Page) -> list[str]:
    """What axe-core holds to be serious or worse: the rule, and where."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['target']} {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def gallery(page: Page, address: str) -> None:
    """The gallery, drawn."""
    page.goto(address)
    page.get_by_text("Question answering").first.wait_for(timeout=60_000)


def studio(page: Page, address: str) -> None:
    """The studio with a node selected."""
    page.goto(f"{address}/studio?preset=question_answering")
    node = page.locator("[data-id=encoded_text]")
    node.wait_for(timeout=60_000)
    node.click()
    page.get_by_role("textbox", name="name").wait_for(timeout=60_000)


def palette(page: Page, address: str) -> None:
    """The studio with its palette open, and a graph that has problems."""
    page.goto(f"{address}/studio?empty=digits")
    for words in ("input", "dense"):
        page.get_by_role("button", name="Add a layer").click(timeout=60_000)
        page.keyboard.type(words)
        page.keyboard.press("Enter")
    page.locator(".problem-card").first.wait_for(timeout=WARM)
    page.get_by_role("button", name="Add a layer").click()


def cheat_sheet(page: Page, address: str) -> None:
    """The studio with its keys explained."""
    page.goto(f"{address}/studio?preset=spirals")
    page.locator(".stage").focus(timeout=60_000)
    page.keyboard.press("?")
    page.locator(".sheet").wait_for()


def lesson(page: Page, address: str) -> None:
    """The first lesson, with its code, its graph and the question."""
    page.goto(f"{address}/learn?lesson=functional_api")
    page.get_by_role("radiogroup").wait_for(timeout=60_000)


def compared(page: Page, address: str) -> None:
    """Two deep networks side by side."""
    page.goto(f"{address}/compare")
    page.locator(".side_by_side img").last.wait_for(timeout=60_000)
    page.get_by_text("Differences as code").wait_for(timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("visit", [gallery, studio, palette, cheat_sheet, lesson, compared])
def test_nothing_serious_is_found(browser: Browser, address: str, visit, scheme: str):
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visit(page, address)
    page.wait_for_timeout(1000)
    assert grave_findings(page) == []
    page.close()
