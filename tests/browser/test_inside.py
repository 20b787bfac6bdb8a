"""The inside in a real Chromium: the slider turns its pages, the film plays and halts, a point shows its neighbours.

While Streamlit draws anew, an element may for a moment stand beside the one that goes: what is looked at is the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from tests.browser.pages import BROWSER, WARM, without_errors

pytestmark = BROWSER


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A finished run of words, looked into."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    with without_errors(context.new_page()) as page:
        page.set_default_timeout(60_000)
        page.goto(f"{address}/studio?preset=word_families")
        page.get_by_text("parameters", exact=False).first.wait_for(timeout=WARM)
        page.wait_for_function("() => !document.querySelector('.st-key-engine_line')", timeout=WARM)
        page.get_by_role("button", name="Start training").last.click()
        page.locator("[data-run][data-state=finished]").wait_for(timeout=WARM)
        page.get_by_role("tab", name="Inside").click()
        yield page
    context.close()


def view(page: Page, name: str) -> None:
    """Turn to a view of the inside, or to a form of it: a second press would let it go again."""
    button = page.get_by_test_id("stButtonGroup").get_by_role("radio", name=name, exact=True).last
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
    return page.locator(".st-key-inside_histogram .flipbook").last


TWO_FRAMES = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(null))))"

AT_REST = """async ([place, unlike]) => {
    const canvases = () => [...document.querySelectorAll(`${place} *`)].map((e) => e.shadowRoot?.querySelector("canvas")).filter(Boolean);
    let [last, same] = [null, 0];
    while (same < 4) {
        await new Promise((done) => setTimeout(done, 75));
        const now = canvases().at(-1)?.toDataURL() ?? null;
        same = now && now === last && now !== unlike ? same + 1 : 0;
        last = now;
    }
    return last;
}"""
"""The picture of the last canvas in a place, once it has come to rest and is another than the one given."""


def pixels(page: Page, unlike: str | None = None, place: str = ".st-key-inside_histogram") -> str:
    """What is drawn of the histograms, or at another place; with `unlike` once that is another picture."""
    return page.evaluate(AT_REST, [place, unlike])


def test_the_slider_turns_the_histograms_at_once_and_back(page: Page):
    view(page, "Histograms")
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    newest = pixels(page)
    slide(page, 3)
    expect(flipbook(page)).to_have_attribute("data-epoch", "3")
    expect(flipbook(page).locator("figcaption")).to_contain_text("from epoch 1 to 3")
    pixels(page, unlike=newest)
    slide(page, 25)
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    assert pixels(page) == newest


@pytest.mark.parametrize("form", ["heat map", "percentiles"])
def test_every_form_follows_the_slider(page: Page, form: str):
    view(page, "Histograms")
    slide(page, 25)
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    ridges = pixels(page)
    view(page, form)
    newest = pixels(page, unlike=ridges)
    slide(page, 2)
    expect(flipbook(page)).to_have_attribute("data-epoch", "2")
    pixels(page, unlike=newest)
    slide(page, 25)
    view(page, "ridges")


def test_a_logarithmic_scale_lifts_what_is_rare(page: Page):
    view(page, "Histograms")
    slide(page, 25)
    toggle = page.locator(".st-key-inside_log label").last
    before = None
    for form in ("ridges", "heat map"):
        view(page, form)
        expect(flipbook(page)).to_have_attribute("data-epoch", "25")
        plain = before = pixels(page, unlike=before)
        toggle.click()
        lifted = pixels(page, unlike=plain)
        toggle.click()
        assert pixels(page, unlike=lifted) == plain
    view(page, "ridges")


def test_signals_follow_with_their_bars_and_numbers(page: Page):
    view(page, "Signals")
    signals = page.locator(".st-key-inside_depth .flipbook").last
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
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    pixels(page)
    page.locator(".st-key-inside_histogram canvas").last.hover(position={"x": 200, "y": 281})
    expect(flipbook(page).locator(".reading")).to_contain_text("epoch 25: mean")


def test_the_film_plays_every_epoch_and_halts_where_it_is_told(page: Page):
    view(page, "Histograms")
    slide(page, 25)
    page.evaluate("""() => {
        const book = document.querySelector(".st-key-inside_histogram");
        const roots = [...book.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean);
        const figure = roots.map((r) => r.querySelector(".flipbook")).findLast(Boolean);
        const within = [...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean);
        const halt = () => within.map((r) => r.querySelector("[aria-label='Halt here']")).find(Boolean).click();
        window.seen = [];
        new MutationObserver(() => {
            window.seen.push(Number(figure.dataset.epoch));
            if (window.seen.filter((epoch) => epoch > 0).length === 4) halt(); // a hand may come late on a busy machine
        }).observe(figure, { attributeFilter: ["data-epoch"] });
    }""")
    page.get_by_role("button", name="Play the epochs").click()
    page.wait_for_function("() => window.seen.filter((epoch) => epoch > 0).length >= 4")
    expect(page.get_by_role("button", name="Play the epochs")).to_be_visible()
    pixels(page)
    halted = flipbook(page).get_attribute("data-epoch")
    page.wait_for_timeout(700)  # that nothing happens has no sign to wait for
    assert flipbook(page).get_attribute("data-epoch") == halted
    seen = [epoch for epoch in page.evaluate("() => window.seen") if epoch < 25]
    assert seen == sorted(seen)
    assert 0 < int(halted or 0) < 25


def cloud(page: Page) -> Locator:
    """The projection."""
    return page.locator(".st-key-inside_projection .points").last


def drawn(page: Page, unlike: str | None = None) -> str:
    """What is drawn of the projection, once its points have come to rest."""
    return pixels(page, unlike, ".st-key-inside_projection")


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
    drawn(page, unlike=newest)
    slide(page, 25)
    expect(cloud(page)).to_have_attribute("data-epoch", "25")
    assert drawn(page) == newest


def test_t_sne_moves_while_it_iterates(page: Page):
    projected(page)
    page.evaluate("""() => {
        window.iterations = [];
        window.looking = setInterval(() => {
            const roots = [...document.querySelectorAll(".st-key-inside_projection *")].map((e) => e.shadowRoot).filter(Boolean);
            const figure = roots.map((r) => r.querySelector(".points")).findLast(Boolean);
            const now = figure?.dataset.iteration;
            if (now && now !== window.iterations.at(-1)) window.iterations.push(now);
        }, 20);
    }""")
    cloud(page).evaluate("figure => { figure.dataset.kept = 'yes'; }")
    view(page, "t-SNE")
    page.wait_for_function("() => window.iterations.length >= 3", timeout=WARM)
    expect(cloud(page).locator("figcaption")).to_contain_text("Trustworthiness", timeout=WARM)
    seen = [int(iteration) for iteration in page.evaluate("() => window.iterations")]
    page.evaluate("() => clearInterval(window.looking)")
    assert seen == sorted(seen)
    view(page, "PCA")
    expect(cloud(page)).to_have_attribute("data-pages", "26")
    expect(page.locator(".st-key-inside_projection .points")).to_have_count(1)
    expect(cloud(page)).to_have_attribute("data-kept", "yes")  # the same element all the time


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
    drawn(page, unlike=before)
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
    """As a person does: a hand that goes over the picture until a hint says that there is one under it."""
    box = cloud(page).locator("canvas").first.bounding_box()
    assert box is not None
    for down in (0.55, 0.4, 0.7, 0.25):
        for across in range(30, int(box["width"]) - 30, 6):
            page.mouse.move(box["x"] + across, box["y"] + box["height"] * down)
            page.evaluate(TWO_FRAMES)  # a hint that comes late belongs to a place that the hand has left
            if cloud(page).locator(".hint").is_visible():
                page.mouse.down()
                page.mouse.up()
                return
    pytest.fail("no hint on any of four lines over the picture")


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
    surface = tab.locator(".points.plane").last
    tab.locator("[data-run][data-state=finished]").wait_for(timeout=WARM)
    expect(surface).to_have_attribute("data-epoch", "120")
    expect(surface).to_have_attribute("data-pages", re.compile("^[1-9][0-9]+$"))
    slide(tab, 30)
    expect(surface).to_have_attribute("data-epoch", re.compile("^([12]?[0-9]|30)$"))
    expect(surface.locator("figcaption")).to_contain_text("after epoch")
    tab.close()


CARRIED = """states => {
    const drawn = [...document.querySelectorAll("*")].flatMap((e) => e.shadowRoot ? [...e.shadowRoot.querySelectorAll("*")] : []);
    if (!drawn.some((e) => e.matches("[data-run]") && states.includes(e.dataset.state))) return null;
    const lines = drawn.filter((e) => e.matches(".edge .line")).map((line) => [
        line.parentElement.dataset.edge, parseFloat(line.style.strokeWidth || "0"),
    ]);
    const cards = drawn.filter((e) => e.matches(".node")).map((node) => [node.dataset.id, node.querySelector(".meter .size")?.textContent]);
    const [wide, told] = [lines.filter(([, width]) => width > 0), cards.filter(([, size]) => size)];
    return wide.length && told.length ? { lines: Object.fromEntries(wide), cards: Object.fromEntries(told) } : null;
}"""


@pytest.fixture(scope="module")
def digits(browser: Browser, address: str) -> Iterator[Page]:
    """A run of pictures that has just begun."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    with without_errors(context.new_page()) as page:
        page.set_default_timeout(60_000)
        page.goto(f"{address}/studio?preset=residual_digits")
        page.get_by_text("parameters", exact=False).first.wait_for(timeout=WARM)
        page.get_by_role("button", name="Start training").last.click()
        yield page
    context.close()


def test_edges_and_cards_carry_what_flows_while_the_run_goes_on(digits: Page):
    carried = digits.wait_for_function(CARRIED, arg=["running"], timeout=WARM).json_value()
    assert carried["lines"].keys() >= {
        "kept:1",
        "third:0",
        "summary:0",
    }  # into a merge, out of one, out of an activation
    assert max(carried["lines"].values()) == 8
    assert min(carried["lines"].values()) < 8
    assert all(float(size) >= 0 for size in carried["cards"].values())
    assert carried["cards"].keys() >= {"stem", "kept", "active"}


def test_what_flowed_last_stays_when_the_run_has_ended_and_is_there_after_a_reload(digits: Page):
    digits.locator("[data-run][data-state=finished]").wait_for(timeout=WARM)
    kept, before = at_the_end(digits), None
    for _ in range(20):  # the last signals may come after the word that the run has ended
        if kept == before:
            break
        digits.wait_for_timeout(1_000)
        kept, before = at_the_end(digits), kept
    digits.reload()
    assert at_the_end(digits) == kept


def at_the_end(page: Page) -> dict[str, dict]:
    """What edges and cards carry once the run has ended."""
    return page.wait_for_function(CARRIED, arg=["finished"], timeout=WARM).json_value()


def test_the_slider_turns_the_maps(digits: Page):
    digits.get_by_role("tab", name="Inside").click()
    view(digits, "Maps")
    maps = digits.locator(".st-key-inside_maps .points").last
    expect(maps).to_have_attribute("data-pages", "21", timeout=WARM)
    expect(maps).to_have_attribute("data-epoch", "20")
    newest = pixels(digits, place=".st-key-inside_maps")
    slide(digits, 2)
    expect(maps).to_have_attribute("data-epoch", "2")
    expect(maps.locator("figcaption")).to_contain_text("after epoch 2:")
    pixels(digits, unlike=newest, place=".st-key-inside_maps")
    slide(digits, 20)
    expect(maps).to_have_attribute("data-epoch", "20")
    assert pixels(digits, place=".st-key-inside_maps") == newest


def counted_colours(page: Page) -> dict[str, int]:
    """How many pixels of the histograms have each colour, those that say nothing left out."""
    return page.locator(".st-key-inside_histogram canvas").last.evaluate("""canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const found = { blue: 0, red: 0 };
        for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] < 40) continue;
            if (data[i + 2] > data[i] + 60) found.blue += 1;
            else if (data[i] > data[i + 2] + 60) found.red += 1;
        }
        return found;
    }""")


def test_another_run_is_laid_over_the_ridges_and_below_the_heat_on_the_same_scales(page: Page):
    page.get_by_role("button", name="Start training").last.click()
    page.locator("[data-run][data-state=running]").wait_for()
    page.locator("[data-run][data-state=finished]").wait_for(timeout=WARM)
    view(page, "Histograms")
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    plain = pixels(page)
    alone = counted_colours(page)
    page.get_by_role("combobox", name="beside").click()
    page.get_by_role("option").first.click()
    expect(flipbook(page).locator("figcaption")).to_contain_text("Dashed")
    ridges = pixels(page, unlike=plain)
    laid = counted_colours(page)
    assert alone["red"] < laid["red"]
    view(page, "heat map")
    pixels(page, unlike=ridges)
    halves = page.locator(".st-key-inside_histogram canvas").last.evaluate("""canvas => {
        const pen = canvas.getContext("2d"), half = Math.floor(canvas.height / 2);
        // The same seed gives the same run: both halves have ink in the same places.
        const ink = (top) => [...pen.getImageData(60, top + 24, canvas.width - 60, half - 60).data].filter((_, i) => i % 4 === 3).map((a) => a > 8);
        const [above, below] = [ink(0), ink(half)];
        return { inked: above.filter(Boolean).length, same: above.filter((a, i) => a === below[i]).length / above.length };
    }""")
    assert halves["inked"] > 1_000
    assert halves["same"] > 0.97
    view(page, "ridges")
