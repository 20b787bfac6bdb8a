"""Canvas and code side by side: what is pointed at on one side lights up on the other, without asking the server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import BROWSER, WARM, box_of, visit

pytestmark = BROWSER

HOVERED = re.compile(r"\bhovered\b")
"""The class of what is pointed at on the canvas."""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The studio with the code of twins beside the canvas."""
    with visit(browser, f"{address}/studio?preset=siamese_lstm") as page:
        expect(page.locator(".canvas .summary")).to_contain_text("parameters", timeout=WARM)
        page.get_by_role("tab", name="Code").click()
        page.locator(".st-key-code_source code").wait_for()
        box_of(page.locator(".canvas .node").first)
        yield page


def texts(page: Page) -> list[str]:
    """The lines of the code."""
    return page.locator(".st-key-code_source code").inner_text().rstrip("\n").split("\n")


def ground(page: Page) -> Locator:
    """What lies under the code and names the lines that are lit."""
    return page.locator(".st-key-code_source pre > div")


def lines_of(page: Page, node: str) -> list[int]:
    """The numbers of the lines in which a node is called."""
    return [number for number, text in enumerate(texts(page), 1) if text.strip().startswith(f"{node} = ")]


def lit(page: Page) -> list[str]:
    """The lines of the code that are lit."""
    numbers = ground(page).get_attribute("data-lines") or ""
    return [texts(page)[int(number) - 1].strip() for number in numbers.split()]


def test_a_node_that_is_pointed_at_lights_up_its_lines(page: Page):
    nodes = page.locator("[data-id]").evaluate_all("all => all.map(node => node.dataset.id)")
    assert len(nodes) > 4
    for node in [*nodes, shared_call(page)]:
        (line,) = lines_of(page, node)
        page.locator(f"#node-{node}").hover()
        expect(ground(page)).to_have_attribute("data-lines", re.compile(rf"\b{line}\b"))
    assert sum("shared_" in line for line in lit(page)) == 2  # made, and called
    page.wait_for_function(SHOWN)  # the panel scrolled there
    page.mouse.move(5, 5)
    expect(ground(page)).to_have_attribute("data-lines", "")


SHOWN = """() => {
    const [panel, code] = [".st-key-panel", ".st-key-code_source code"].map((at) => document.querySelector(at));
    const [seen, box] = [panel, code].map((element) => element.getBoundingClientRect());
    const count = code.textContent.replace(/\\n$/, "").split("\\n").length;
    const line = Number(code.parentElement.dataset.lines.split(" ")[0]);
    const at = box.top + ((line - 0.5) * box.height) / count;
    return at > seen.top && at < seen.bottom;
}"""
"""Whether the first line that is lit can be seen."""


def shared_call(page: Page) -> str:
    """The node that calls a shared layer first."""
    return next(line.split(" = ")[0].strip() for line in texts(page) if "= shared_" in line)


def test_a_line_that_is_pointed_at_lights_up_its_node(page: Page):
    node = shared_call(page)
    (line,) = lines_of(page, node)
    code = page.locator(".st-key-code_source code")
    height = box_of(code)["height"] / len(texts(page))
    code.evaluate("(code, top) => code.closest('.st-key-panel').scrollTo(0, top)", height * (line - 1))
    box = box_of(code)
    page.mouse.move(box["x"] + 60, box["y"] + height * (line - 0.5))
    expect(page.locator(f"#node-{node}")).to_have_class(HOVERED)
    page.mouse.move(5, 5)
    expect(page.locator(f"#node-{node}")).not_to_have_class(HOVERED)


def test_the_keyboard_lights_up_lines_too(page: Page):
    page.locator(".stage").focus()
    page.keyboard.press("ArrowDown")
    expect(ground(page)).to_have_attribute("data-lines", re.compile(r"\d"))
    first = ground(page).get_attribute("data-lines") or ""
    page.keyboard.press("ArrowDown")
    expect(ground(page)).not_to_have_attribute("data-lines", first)
    expect(ground(page)).to_have_attribute("data-lines", re.compile(r"\d"))
