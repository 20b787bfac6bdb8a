"""The inside in a real Chromium: the slider turns its pages, the film plays and halts, a point shows its neighbours."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.browser.install import find_browser
from tests.browser.pages import ROOT, chromium, served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_browser() is None and not os.environ.get("CI"), reason="no Chromium on this machine"),
]

WARM = 180_000
"""Milliseconds that Keras may take to warm up on a busy machine."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A finished run of words, looked into."""
    with (
        served(ROOT / "dashboard/app.py", tmp_path_factory.mktemp("home")) as address,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(f"{address}/studio?preset=word_families")
        page.get_by_text("parameters", exact=False).first.wait_for(timeout=WARM)
        page.wait_for_function("() => !document.querySelector('.st-key-engine_line')", timeout=WARM)
        page.get_by_role("button", name="Start training").last.click()
        page.locator("[data-run][data-state=finished]").wait_for(timeout=WARM)
        page.get_by_role("tab", name="Inside").click()
        yield page
        assert failures == []


def view(page: Page, name: str) -> None:
    """Turn to a view of the inside, or to a form of it: a second press would let it go again."""
    button = page.get_by_test_id("stButtonGroup").get_by_role("radio", name=name, exact=True)
    if button.get_attribute("aria-checked") != "true":
        button.click()


def slide(page: Page, epoch: int) -> None:
    """Move the epoch slider."""
    page.get_by_label("Look at epoch").evaluate(
        """(slider, epoch) => {
            slider.value = epoch;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        epoch,
    )


def flipbook(page: Page) -> Locator:
    """The histograms."""
    return page.locator(".st-key-inside_histogram .flipbook")


def pixels(page: Page) -> str:
    """What is drawn of the histograms."""
    return page.locator(".st-key-inside_histogram canvas").evaluate("canvas => canvas.toDataURL()")


def test_the_slider_turns_the_histograms_at_once_and_back(page: Page):
    view(page, "Histograms")
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    newest = pixels(page)
    slide(page, 3)
    expect(flipbook(page)).to_have_attribute("data-epoch", "3")
    expect(flipbook(page).locator("figcaption")).to_contain_text("from epoch 1 to 3")
    assert pixels(page) != newest
    slide(page, 25)
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    assert pixels(page) == newest


@pytest.mark.parametrize("form", ["heat map", "percentiles"])
def test_every_form_follows_the_slider(page: Page, form: str):
    view(page, "Histograms")
    view(page, form)
    slide(page, 25)
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    newest = pixels(page)
    slide(page, 2)
    expect(flipbook(page)).to_have_attribute("data-epoch", "2")
    assert pixels(page) != newest
    slide(page, 25)
    view(page, "ridges")


def test_signals_follow_with_their_bars_and_numbers(page: Page):
    view(page, "Signals")
    signals = page.locator(".st-key-inside_depth .flipbook")
    slide(page, 25)
    expect(signals).to_have_attribute("data-epoch", "25")
    numbers = signals.locator("tbody").first.inner_text()
    slide(page, 2)
    expect(signals.locator("figcaption")).to_contain_text("After epoch 2;")
    assert signals.locator("tbody").first.inner_text() != numbers
    slide(page, 25)


def test_a_hand_on_a_ridge_reads_it(page: Page):
    view(page, "Histograms")
    slide(page, 25)
    page.locator(".st-key-inside_histogram canvas").hover(position={"x": 200, "y": 281})
    expect(flipbook(page).locator(".reading")).to_contain_text("epoch 25: mean")


def test_the_film_plays_every_epoch_and_halts_where_it_is_told(page: Page):
    view(page, "Histograms")
    slide(page, 25)
    page.evaluate("""() => {
        const book = document.querySelector(".st-key-inside_histogram");
        const roots = [...book.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean);
        const figure = roots.map((r) => r.querySelector(".flipbook")).find(Boolean);
        window.seen = [];
        new MutationObserver(() => window.seen.push(Number(figure.dataset.epoch))).observe(figure, { attributeFilter: ["data-epoch"] });
    }""")
    page.get_by_role("button", name="Play the epochs").click()
    page.wait_for_function("() => window.seen.filter((epoch) => epoch > 0).length >= 4")
    page.get_by_role("button", name="Halt here").click()
    halted = flipbook(page).get_attribute("data-epoch")
    page.wait_for_timeout(700)
    assert flipbook(page).get_attribute("data-epoch") == halted
    seen = [epoch for epoch in page.evaluate("() => window.seen") if epoch < 25]
    assert seen == sorted(seen)
    assert 0 < int(halted or 0) < 25


def cloud(page: Page) -> Locator:
    """The projection."""
    return page.locator(".st-key-inside_projection .points")


def drawn(page: Page) -> str:
    """What is drawn of the projection, once its points have come to rest."""
    page.wait_for_timeout(400)
    return cloud(page).locator("canvas").first.evaluate("canvas => canvas.toDataURL()")


def projected(page: Page) -> None:
    """The projection of the newest epoch, with its pages for the others."""
    slide(page, 25)
    view(page, "Projection")
    expect(cloud(page)).to_have_attribute("data-epoch", "25", timeout=WARM)
    expect(cloud(page)).to_have_attribute("data-pages", "26", timeout=WARM)


def test_the_slider_turns_the_projection_and_its_words_name_the_epoch(page: Page):
    projected(page)
    newest = drawn(page)
    slide(page, 2)
    expect(cloud(page)).to_have_attribute("data-epoch", "2")
    expect(cloud(page).locator("figcaption")).to_contain_text("After epoch 2.")
    assert drawn(page) != newest
    slide(page, 25)
    expect(cloud(page)).to_have_attribute("data-epoch", "25")
    assert drawn(page) == newest


def test_t_sne_moves_while_it_iterates(page: Page):
    projected(page)
    page.evaluate("""() => {
        window.iterations = [];
        window.looking = setInterval(() => {
            const roots = [...document.querySelectorAll(".st-key-inside_projection *")].map((e) => e.shadowRoot).filter(Boolean);
            const figure = roots.map((r) => r.querySelector(".points")).find(Boolean);
            const now = figure?.dataset.iteration;
            if (now && now !== window.iterations.at(-1)) window.iterations.push(now);
        }, 20);
    }""")
    view(page, "t-SNE")
    page.wait_for_function("() => window.iterations.length >= 3", timeout=WARM)
    expect(cloud(page).locator("figcaption")).to_contain_text("Trustworthiness", timeout=WARM)
    seen = [int(iteration) for iteration in page.evaluate("() => window.iterations")]
    page.evaluate("() => clearInterval(window.looking)")
    assert seen == sorted(seen)
    view(page, "PCA")


def test_three_dimensions_turn_under_the_hand_and_by_the_keyboard(page: Page):
    projected(page)
    view(page, "3D")
    canvas = cloud(page).locator("canvas").first
    expect(cloud(page).locator("figcaption")).to_contain_text("in 3 dimensions", timeout=WARM)
    before, turn = drawn(page), cloud(page).get_attribute("data-turn")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 130, steps=4)
    page.mouse.up()
    expect(cloud(page)).not_to_have_attribute("data-turn", turn or "")
    assert drawn(page) != before
    turned = cloud(page).get_attribute("data-turn")
    canvas.press("ArrowLeft")
    expect(cloud(page)).not_to_have_attribute("data-turn", turned or "")
    canvas.dblclick(position={"x": 5, "y": 5})
    expect(cloud(page)).to_have_attribute("data-turn", turn or "")
    view(page, "2D")


def test_a_click_on_a_point_shows_its_neighbours(page: Page):
    projected(page)
    table = page.get_by_role("button", name="Download as CSV")
    for _ in range(6):  # the view may be drawn anew under the hand
        click_a_point(page)
        with suppress(TimeoutError):
            table.first.wait_for(state="attached", timeout=4_000)
            break
    expect(table).to_have_count(1)


def click_a_point(page: Page) -> None:
    """As a person does: a hand that goes over the picture until a hint says that there is one."""
    box = cloud(page).locator("canvas").first.bounding_box()
    assert box is not None
    for across in range(30, int(box["width"]) - 30, 6):
        page.mouse.move(box["x"] + across, box["y"] + box["height"] * 0.55)
        if cloud(page).locator(".hint").is_visible():
            page.mouse.down()
            page.mouse.up()
            return


def test_the_surface_grows_while_it_trains_and_turns_with_the_slider(page: Page):
    assert page.context.browser is not None
    tab = page.context.browser.new_page(viewport={"width": 1440, "height": 900})
    tab.set_default_timeout(60_000)
    tab.goto(page.url.partition("/studio")[0] + "/studio?preset=spirals")
    tab.get_by_text("parameters", exact=False).first.wait_for(timeout=WARM)
    tab.get_by_role("button", name="Start training").last.click()
    tab.locator("[data-run]").first.wait_for(timeout=WARM)
    tab.get_by_role("tab", name="Inside").click()
    view(tab, "Surface")
    surface = tab.locator(".points.plane")
    tab.locator("[data-run][data-state=finished]").wait_for(timeout=WARM)
    expect(surface).to_have_attribute("data-epoch", "120")
    assert int(surface.get_attribute("data-pages") or 0) > 10
    slide(tab, 30)
    expect(surface).to_have_attribute("data-epoch", re.compile("^([12]?[0-9]|30)$"))
    expect(surface.locator("figcaption")).to_contain_text("after epoch")
    tab.close()


CARRIED = """() => {
    const drawn = [...document.querySelectorAll("*")].flatMap((e) => e.shadowRoot ? [...e.shadowRoot.querySelectorAll("*")] : []);
    if (!drawn.some((e) => e.matches("[data-run][data-state=running]"))) return null;
    const lines = drawn.filter((e) => e.matches(".edge .line")).map((line) => [
        line.parentElement.dataset.edge, parseFloat(line.style.strokeWidth || "0"),
    ]);
    const cards = drawn.filter((e) => e.matches(".node")).map((node) => [node.dataset.id, node.querySelector(".meter .size")?.textContent]);
    const [wide, told] = [lines.filter(([, width]) => width > 0), cards.filter(([, size]) => size)];
    return wide.length && told.length ? { lines: Object.fromEntries(wide), cards: Object.fromEntries(told) } : null;
}"""


def test_edges_and_cards_carry_what_flows_while_the_run_goes_on(page: Page):
    assert page.context.browser is not None
    tab = page.context.browser.new_page(viewport={"width": 1440, "height": 900})
    tab.set_default_timeout(60_000)
    tab.goto(page.url.partition("/studio")[0] + "/studio?preset=residual_digits")
    tab.get_by_text("parameters", exact=False).first.wait_for(timeout=WARM)
    tab.get_by_role("button", name="Start training").last.click()
    carried = tab.wait_for_function(CARRIED, timeout=WARM).json_value()
    tab.close()
    assert carried["lines"].keys() >= {
        "kept:1",
        "third:0",
        "summary:0",
    }  # into a merge, out of one, out of an activation
    assert max(carried["lines"].values()) == 8
    assert min(carried["lines"].values()) < 8
    assert all(float(size) >= 0 for size in carried["cards"].values())
    assert carried["cards"].keys() >= {"stem", "kept", "active"}
