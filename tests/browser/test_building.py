"""From an empty canvas to a network that trains: once with the keyboard alone, once with the mouse alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pages import BROWSER, WARM, box_of, drag, middle, visit, wait_for_run

pytestmark = BROWSER

MOST_TABS = 120
"""Presses of Tab after which an element counts as out of the keyboard's reach."""

DIGITS, SENTENCES = "Handwritten digits", "Sentence pairs"


@pytest.fixture
def page(browser: Browser, address: str, tmp_path: Path) -> Iterator[Page]:
    """The gallery in a fresh browser; errors of its scripts fail the test, and a failed test leaves a picture."""
    with visit(browser, address) as page:
        page.get_by_role("button", name="Start empty").wait_for(timeout=WARM)
        yield page
        page.screenshot(path=tmp_path / "last.png")


# What both hands do


def node(page: Page, name: str) -> Locator:
    """A node of the canvas."""
    return page.locator(f"#node-{name}")


def nodes(page: Page) -> list[str]:
    """The ids of all nodes."""
    return page.locator(".canvas .node").evaluate_all("nodes => nodes.map((node) => node.dataset.id)")


def mends(page: Page) -> Locator:
    """The mends that the canvas offers."""
    return page.locator(".problem-card .fixes button")


def settle(page: Page, count: int) -> None:
    """Wait until the server has so many nodes and has said what Keras says of them."""
    expect(page.locator(".canvas .node")).to_have_count(count)
    expect(page.locator(".canvas")).to_have_attribute("data-saving", "false", timeout=WARM)
    expect(page.locator(".canvas .summary")).to_contain_text("parameters", timeout=WARM)


def expect_no_problem(page: Page) -> None:
    """Shapes are known, and nothing is wrong."""
    expect(page.locator(".canvas .summary")).to_contain_text("parameters", timeout=WARM)
    expect(page.locator(".canvas .alarm")).to_be_hidden()


# The keyboard


def press_until(page: Page, key: str, reached: Callable[[], bool], most: int = 40) -> None:
    """Press a key until the keyboard has come to where it is to go."""
    for _ in range(most):
        if reached():
            return
        page.keyboard.press(key)
    raise AssertionError(f"the keyboard does not get there by {key}")


def current(page: Page) -> str | None:
    """The node at which the keyboard is."""
    return page.locator(".stage").get_attribute("aria-activedescendant")


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the element has the focus."""
    wanted.wait_for()
    has_focus = "element => element.getRootNode().activeElement === element"
    press_until(page, "Tab", lambda: wanted.evaluate(has_focus), MOST_TABS)


def start_empty_by_key(page: Page, data: str) -> None:
    """An empty graph on that data."""
    tab_to(page, page.get_by_role("button", name="Start empty"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("combobox", name="data"))
    page.keyboard.type(data)
    page.get_by_role("option", name=data).wait_for()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="data")).to_have_value(data)
    tab_to(page, page.locator(".stage"))


def type_in(page: Page, key: str, words: str, count: int) -> None:
    """Open the palette by its key, type and take the first; wait for so many nodes, their shapes known."""
    page.keyboard.press(key)
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    settle(page, count)


def mend_by_key(page: Page, label: str) -> None:
    """Go to the next problem and use its mend of that label."""
    mend = mends(page).filter(has_text=label).first
    mend.wait_for(timeout=WARM)
    faulty = mend.locator("xpath=ancestor::*[@data-of]").get_attribute("data-of")
    press_until(page, ".", lambda: current(page) == f"node-{faulty}")
    title = mend.get_attribute("title") or ""
    page.keyboard.press(title.removeprefix("Key "))
    mend.wait_for(state="detached")


def walk_to(page: Page, name: str) -> None:
    """Go through the nodes in their order until this one is current."""
    page.keyboard.press("Home")
    press_until(page, "n", lambda: current(page) == f"node-{name}")


def connect_by_key(page: Page, target: str) -> None:
    """Connect the current node to another."""
    page.keyboard.press("c")
    press_until(page, "n", lambda: page.locator(f"#node-{target}.wanted").count() == 1)
    page.keyboard.press("Enter")


def train_by_key(page: Page) -> None:
    """Start the training from the bar below."""
    expect_no_problem(page)
    tab_to(page, page.get_by_role("button", name="Start training"))
    page.keyboard.press("Enter")
    wait_for_run(page)


def test_a_residual_block_with_projection_wired_by_keyboard(page: Page):
    """From plain layers: each is placed by its name, and the shortcut is connected key by key."""
    start_empty_by_key(page, DIGITS)
    type_in(page, "/", "input", 1)
    mend_by_key(page, "Feed it image")
    type_in(page, "/", "conv2d", 2)
    type_in(page, "/", "add", 3)
    walk_to(page, "input")
    connect_by_key(page, "add")
    mend_by_key(page, "Conv2D after input")
    settle(page, 4)
    walk_to(page, "add")
    type_in(page, "/", "gap2d", 5)
    type_in(page, "/", "dense", 6)
    mend_by_key(page, "Aim it at digit")
    mend_by_key(page, "Use 10 units, softmax")
    train_by_key(page)


@pytest.mark.soak
def test_a_siamese_network_by_keyboard(page: Page):
    start_empty_by_key(page, SENTENCES)
    type_in(page, "/", "input", 1)
    mend_by_key(page, "Feed it first")
    type_in(page, "/", "embedding", 2)
    type_in(page, "b", "siamese", 11)
    mend_by_key(page, "Feed it second")
    walk_to(page, "compared")
    type_in(page, "/", "dense", 12)
    mend_by_key(page, "Aim it at related")
    mend_by_key(page, "Use 1 unit, sigmoid")
    train_by_key(page)
    expect(node(page, "encoder")).to_contain_text("shared ×2")


@pytest.mark.soak
def test_an_inception_module_by_keyboard(page: Page):
    start_empty_by_key(page, DIGITS)
    type_in(page, "/", "input", 1)
    mend_by_key(page, "Feed it image")
    type_in(page, "b", "inception", 10)
    expect(node(page, "views")).to_contain_text("(None, 4, 4, 128)")
    walk_to(page, "views")
    type_in(page, "/", "gap2d", 11)
    type_in(page, "/", "dense", 12)
    mend_by_key(page, "Aim it at digit")
    mend_by_key(page, "Use 10 units, softmax")
    train_by_key(page)


@pytest.mark.soak
def test_a_residual_block_with_projection_by_keyboard(page: Page):
    start_empty_by_key(page, DIGITS)
    type_in(page, "/", "input", 1)
    mend_by_key(page, "Feed it image")
    type_in(page, "b", "projection", 5)
    expect(node(page, "sum")).to_contain_text("(None, 4, 4, 64)")
    walk_to(page, "sum")
    type_in(page, "/", "gap2d", 6)
    type_in(page, "/", "dense", 7)
    mend_by_key(page, "Aim it at digit")
    mend_by_key(page, "Use 10 units, softmax")
    train_by_key(page)


# The mouse


def start_empty_by_mouse(page: Page, data: str) -> None:
    """An empty graph on that data."""
    page.get_by_role("button", name="Start empty").click()
    page.get_by_role("combobox", name="data").click()
    page.get_by_role("option", name=data).click()
    expect(page.get_by_role("combobox", name="data")).to_have_value(data)


def entry(page: Page, title: str) -> Locator:
    """An entry of the open palette."""
    return page.locator(".palette .entry").filter(has=page.locator(".name").get_by_text(title, exact=True))


def pick(page: Page, button: str, title: str, count: int) -> None:
    """A layer or a block from the palette, which the toolbar opens."""
    page.get_by_role("button", name=button, exact=True).click()
    entry(page, title).click()
    settle(page, count)


def fit(page: Page) -> None:
    """The whole graph, at rest."""
    page.get_by_role("button", name="Fit the graph").click()
    box_of(page.locator(".canvas .node").first)


def wire(page: Page, source: str, target: str) -> None:
    """Drag from the lower dot of one node to another."""
    fit(page)
    node(page, source).locator(".card").hover()
    drag(page, middle(node(page, source).locator(".port.out").first), middle(node(page, target).locator(".card")))


def select_by_mouse(page: Page, *names: str) -> None:
    """These nodes and no others."""
    node(page, names[0]).click()
    for name in names[1:]:
        node(page, name).click(modifiers=["Shift"])


def mend_by_mouse(page: Page, label: str) -> None:
    """Click the mend of that label."""
    mend = mends(page).filter(has_text=label).first
    mend.wait_for(timeout=WARM)
    fit(page)
    mend.click()
    mend.wait_for(state="detached")


def train_by_mouse(page: Page) -> None:
    """Start the training from the bar below."""
    expect_no_problem(page)
    page.get_by_role("button", name="Start training").click()
    wait_for_run(page)


def test_an_inception_module_by_mouse(page: Page):
    """From plain layers: three ways side by side, two led together by the selection and the third by a wire."""
    start_empty_by_mouse(page, DIGITS)
    page.get_by_role("button", name="Add the first layer").click()
    entry(page, "Input").click()
    settle(page, 1)
    mend_by_mouse(page, "Feed it image")
    pick(page, "Add a layer", "Conv2D", 2)
    pick(page, "Add a layer", "Conv2D", 3)
    node(page, "input").click()
    pick(page, "Add a layer", "MaxPooling2D", 4)
    pick(page, "Add a layer", "Conv2D", 5)
    kernel = page.get_by_role("textbox", name="kernel_size")
    kernel.fill("1")
    kernel.press("Enter")
    expect(node(page, "conv2d_2")).to_contain_text("(None, 4, 4, 32)")
    node(page, "input").click()
    pick(page, "Add a layer", "AveragePooling2D", 6)
    select_by_mouse(page, "conv2d_1", "conv2d_2")
    pick(page, "Add a layer", "Concatenate", 7)
    wire(page, "average_pooling2d", "concatenate")
    expect(node(page, "concatenate")).to_contain_text("(None, 4, 4, 65)")
    node(page, "concatenate").click()
    pick(page, "Add a layer", "GlobalAveragePooling2D", 8)
    pick(page, "Add a layer", "Dense", 9)
    mend_by_mouse(page, "Aim it at digit")
    mend_by_mouse(page, "Use 10 units, softmax")
    train_by_mouse(page)


@pytest.mark.soak
def test_a_residual_block_with_projection_by_mouse(page: Page):
    start_empty_by_mouse(page, DIGITS)
    pick(page, "Add a layer", "Input", 1)
    mend_by_mouse(page, "Feed it image")
    pick(page, "Add a layer", "Conv2D", 2)
    pick(page, "Add a layer", "Add", 3)
    wire(page, "input", "add")
    mend_by_mouse(page, "Conv2D after input")
    settle(page, 4)
    node(page, "add").click()
    pick(page, "Add a layer", "GlobalAveragePooling2D", 5)
    pick(page, "Add a layer", "Dense", 6)
    mend_by_mouse(page, "Aim it at digit")
    mend_by_mouse(page, "Use 10 units, softmax")
    train_by_mouse(page)


@pytest.mark.soak
def test_a_siamese_network_by_mouse(page: Page):
    """Both encoders are one layer, called a second time; the second input is wired by hand."""
    start_empty_by_mouse(page, SENTENCES)
    pick(page, "Add a layer", "Input", 1)
    mend_by_mouse(page, "Feed it first")
    pick(page, "Add a layer", "Embedding", 2)
    pick(page, "Add a layer", "LSTM", 3)
    page.locator(".stage").click(position={"x": 60, "y": 60})
    pick(page, "Add a layer", "Input", 4)
    mend_by_mouse(page, "Feed it second")
    for calls, layer in enumerate(("embedding", "lstm"), 5):
        fit(page)
        node(page, layer).click(button="right")
        page.get_by_role("menuitem", name="Call again").click()
        settle(page, calls)
    wire(page, "input_1", "embedding_1")
    wire(page, "embedding_1", "lstm_1")
    select_by_mouse(page, "lstm", "lstm_1")
    pick(page, "Add a layer", "Concatenate", 7)
    pick(page, "Add a layer", "Dense", 8)
    mend_by_mouse(page, "Aim it at related")
    mend_by_mouse(page, "Use 1 unit, sigmoid")
    train_by_mouse(page)
    expect(node(page, "lstm")).to_contain_text("shared ×2")
