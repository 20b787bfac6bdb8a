"""Canvas and code side by side: what is pointed at on one side lights up on the other, without asking the server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.pages import BROWSER, without_errors

pytestmark = BROWSER

HOVERED = re.compile(r"\bhovered\b")
"""The class of what is pointed at on the canvas."""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The studio with the code of twins beside the canvas."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    with without_errors(context.new_page()) as page:
        page.set_default_timeout(60_000)
        page.goto(f"{address}/studio?preset=siamese_lstm")
        page.locator("[data-id]").first.wait_for()
        page.get_by_role("tab", name="Code").click()
        page.locator(".st-key-code_source code").wait_for()
        yield page
    context.close()


def texts(page: Page) -> list[str]:
    """The lines of the code."""
    return page.locator(".st-key-code_source code").inner_text().rstrip("\n").split("\n")


def lit(page: Page) -> list[str]:
    """The lines of the code that are lit."""
    numbers = page.locator(".st-key-code_source pre > div").get_attribute("data-lines") or ""
    return [texts(page)[int(number) - 1].strip() for number in numbers.split()]


def test_a_node_that_is_pointed_at_lights_up_its_lines(page: Page):
    nodes = page.locator("[data-id]").evaluate_all("all => all.map(node => node.dataset.id)")
    assert len(nodes) > 4
    for node in nodes:
        page.locator(f"#node-{node}").hover()
        assert any(line.startswith(f"{node} = ") for line in lit(page)), (node, lit(page))
    page.locator(f"#node-{shared_call(page)}").hover()
    assert sum("shared_" in line for line in lit(page)) == 2  # made, and called
    shown = page.evaluate(
        """() => {
            const [panel, code] = [".st-key-panel", ".st-key-code_source code"].map((at) => document.querySelector(at));
            const [seen, box] = [panel, code].map((element) => element.getBoundingClientRect());
            const count = code.textContent.replace(/\\n$/, "").split("\\n").length;
            const line = Number(code.parentElement.dataset.lines.split(" ")[0]);
            const at = box.top + ((line - 0.5) * box.height) / count;
            return at > seen.top && at < seen.bottom;
        }"""
    )
    assert shown  # the panel scrolled there
    page.mouse.move(5, 5)
    assert lit(page) == []


def shared_call(page: Page) -> str:
    """The node that calls a shared layer first."""
    return next(line.split(" = ")[0].strip() for line in texts(page) if "= shared_" in line)


def test_a_line_that_is_pointed_at_lights_up_its_node(page: Page):
    lines, node = texts(page), shared_call(page)
    at = next(number for number, text in enumerate(lines) if text.strip().startswith(f"{node} = "))
    code = page.locator(".st-key-code_source code")
    height = code.bounding_box()["height"] / len(lines)
    code.evaluate("(code, top) => code.closest('.st-key-panel').scrollTo(0, top)", height * at)
    page.wait_for_timeout(300)
    box = code.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + height * (at + 0.5))
    expect(page.locator(f"#node-{node}")).to_have_class(HOVERED)
    page.mouse.move(5, 5)
    expect(page.locator(f"#node-{node}")).not_to_have_class(HOVERED)


def test_the_keyboard_lights_up_lines_too(page: Page):
    page.locator(".stage").focus()
    page.keyboard.press("ArrowDown")
    first = lit(page)
    page.keyboard.press("ArrowDown")
    assert first
    assert lit(page)
    assert lit(page) != first
