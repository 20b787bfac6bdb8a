"""The inside in a real Chromium: the slider turns its pages, the film plays and halts, a point shows its neighbours.

While Streamlit draws anew, an element may for a moment stand beside the one that goes: what is looked at is the last.
Tests share a page, and each begins by turning it to what it looks at.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from tests.browser.pages import BROWSER, WARM, box_of, drag, picture, start_training, view, visit

pytestmark = BROWSER

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

Carried = dict[str, dict]
"""How wide edges are, and what cards say."""


@contextmanager
def training(browser: Browser, address: str, preset: str) -> Iterator[Page]:
    """The studio in which a run of a preset has just been started."""
    with visit(browser, f"{address}/studio?preset={preset}") as page:
        start_training(page)
        yield page


def look_inside(page: Page, name: str) -> None:
    """A view of the inside, once the run has ended."""
    page.locator("[data-run][data-state=finished]").wait_for(timeout=WARM)
    page.get_by_role("tab", name="Inside").click()
    view(page, name)


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A finished run of words, looked into."""
    with training(browser, address, "word_families") as page:
        look_inside(page, "Histograms")
        yield page


@pytest.fixture(scope="module")
def flowing(browser: Browser, address: str) -> Iterator[tuple[Page, Carried]]:
    """A run of pictures, and what edges and cards carried while it went on."""
    with training(browser, address, "residual_digits") as page:
        yield page, carried(page, "running")


@pytest.fixture
def digits(flowing: tuple[Page, Carried]) -> Page:
    """The run of pictures, at its end."""
    page, _ = flowing
    page.locator("[data-run][data-state=finished]").wait_for(timeout=WARM)
    return page


def carried(page: Page, state: str) -> Carried:
    """What edges and cards carry as soon as the run is in that state and they carry something."""
    return page.wait_for_function(CARRIED, arg=[state], timeout=WARM).json_value()


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


FORMS = {"ridges": "ridges", "heat map": "heat", "percentiles": "percentiles"}
"""What a person calls each picture of the histograms."""

TWO_FRAMES = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(null))))"


def pixels(page: Page, unlike: str | None = None) -> str:
    """What is drawn of the histograms; with `unlike` once that is another picture."""
    return picture(page, ".st-key-inside_histogram", unlike)


def histograms(page: Page, form: str = "ridges") -> str:
    """What is drawn of the histograms after the last epoch, in that form on a plain scale and with no hand on them."""
    page.mouse.move(5, 5)
    slide(page, 25)
    view(page, "Histograms")
    turn_to(page, "ridges")
    scale = page.locator(".st-key-inside_log").last
    if scale.locator("input").is_checked():
        scale.locator("label").click()
    expect(scale.locator("input")).not_to_be_checked()
    turn_to(page, form)
    return pixels(page)


def turn_to(page: Page, form: str) -> None:
    """Another form of the histograms, drawn after the last epoch."""
    view(page, form)
    expect(flipbook(page)).to_have_attribute("data-picture", FORMS[form])
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")


EARLY = re.compile("^([1-9]|1[0-2])$")
"""The epochs up to the twelfth: on a busy machine histograms are not taken of all."""


def test_the_slider_turns_the_histograms_at_once_and_back(page: Page):
    newest = histograms(page)
    slide(page, 12)
    expect(flipbook(page)).to_have_attribute("data-epoch", EARLY)
    shown = flipbook(page).get_attribute("data-epoch")
    expect(flipbook(page).locator("figcaption")).to_contain_text(f"from epoch 1 to {shown}")
    pixels(page, unlike=newest)
    slide(page, 25)
    expect(flipbook(page)).to_have_attribute("data-epoch", "25")
    assert pixels(page) == newest


@pytest.mark.parametrize("form", ["heat map", "percentiles"])
def test_every_form_follows_the_slider(page: Page, form: str):
    newest = histograms(page, form)
    slide(page, 12)
    expect(flipbook(page)).to_have_attribute("data-epoch", EARLY)
    pixels(page, unlike=newest)


def test_what_was_chosen_in_a_view_is_there_again(page: Page):
    histograms(page, "heat map")
    view(page, "Signals")
    page.locator(".st-key-inside_depth .flipbook").last.wait_for()
    view(page, "Histograms")
    expect(page.get_by_role("radio", name="heat map", exact=True)).to_have_attribute("aria-checked", "true")
    expect(flipbook(page)).to_have_attribute("data-picture", "heat")


@pytest.mark.parametrize("form", ["ridges", "heat map"])
def test_a_logarithmic_scale_lifts_what_is_rare(page: Page, form: str):
    plain = histograms(page, form)
    toggle = page.locator(".st-key-inside_log label").last
    toggle.click()
    lifted = pixels(page, unlike=plain)
    toggle.click()
    assert pixels(page, unlike=lifted) == plain


def test_signals_follow_with_their_bars_and_numbers(page: Page):
    slide(page, 25)
    view(page, "Signals")
    signals = page.locator(".st-key-inside_depth .flipbook").last
    numbers = signals.locator("tbody").first
    expect(signals).to_have_attribute("data-epoch", "25")
    newest = numbers.inner_text()
    slide(page, 2)
    expect(signals.locator("figcaption")).to_contain_text(re.compile("After epoch [12];"))
    expect(numbers).not_to_have_text(newest, use_inner_text=True)


def test_a_hand_on_a_ridge_reads_it(page: Page):
    histograms(page)
    page.locator(".st-key-inside_histogram canvas").last.hover(position={"x": 200, "y": 281})
    expect(flipbook(page).locator(".reading")).to_contain_text("epoch 25: mean")


def test_the_film_plays_every_epoch_and_halts_where_it_is_told(page: Page):
    histograms(page)
    page.evaluate("""() => {
        const book = document.querySelector(".st-key-inside_histogram");
        const roots = [...book.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean);
        const figure = roots.map((r) => r.querySelector(".flipbook")).findLast(Boolean);
        const within = [...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean);
        const halt = () => within.map((r) => r.querySelector("[aria-label='Halt here']")).find(Boolean).click();
        window.seen = [];
        window.watching?.disconnect();
        window.watching = new MutationObserver(() => {
            window.seen.push(Number(figure.dataset.epoch));
            if (window.seen.filter((epoch) => epoch > 0).length === 4) halt(); // a hand may come late on a busy machine
        });
        window.watching.observe(figure, { attributeFilter: ["data-epoch"] });
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
    return picture(page, ".st-key-inside_projection", unlike)


def projected(page: Page) -> None:
    """The plane of the last epoch's principal components, with its pages for the others and no hand on it."""
    page.mouse.move(5, 5)
    slide(page, 25)
    view(page, "Projection")
    view(page, "PCA")
    view(page, "2D")
    expect(cloud(page).locator("figcaption")).to_contain_text("in 2 dimensions", timeout=WARM)
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
    box = box_of(canvas)
    drag(page, (box["x"] + 200, box["y"] + 100), (box["x"] + 260, box["y"] + 130))
    expect(cloud(page)).not_to_have_attribute("data-turn", turn or "")
    drawn(page, unlike=before)
    turned = cloud(page).get_attribute("data-turn")
    canvas.press("ArrowLeft")
    expect(cloud(page)).not_to_have_attribute("data-turn", turned or "")
    canvas.dblclick(position={"x": 5, "y": 5})
    expect(cloud(page)).to_have_attribute("data-turn", turn or "")


def test_a_click_on_a_point_shows_its_neighbours(page: Page):
    projected(page)
    table = page.get_by_role("button", name="Download as CSV")
    for _ in range(4):  # the view may be drawn anew under the hand
        drawn(page)
        click_a_point(page)
        with suppress(TimeoutError):
            table.first.wait_for(state="attached", timeout=15_000)
            break
    expect(table).to_have_count(1)


def click_a_point(page: Page) -> None:
    """As a person does: a hand that goes over the picture until a hint says that there is one under it."""
    box = box_of(cloud(page).locator("canvas").first)
    for down in (0.55, 0.4, 0.7, 0.25):
        for across in range(30, int(box["width"]) - 30, 6):
            page.mouse.move(box["x"] + across, box["y"] + box["height"] * down)
            page.evaluate(TWO_FRAMES)  # a hint that comes late belongs to a place that the hand has left
            if cloud(page).locator(".hint").is_visible():
                page.mouse.down()
                page.mouse.up()
                return
    pytest.fail("no hint on any of four lines over the picture")


def test_the_surface_grows_while_it_trains_and_turns_with_the_slider(browser: Browser, address: str):
    with training(browser, address, "spirals") as page:
        look_inside(page, "Surface")
        surface = page.locator(".points.plane").last
        expect(surface).to_have_attribute("data-epoch", "120", timeout=WARM)
        expect(surface).to_have_attribute("data-pages", re.compile("^([2-9]|[1-9][0-9]+)$"))
        slide(page, 30)
        expect(surface).to_have_attribute("data-epoch", re.compile("^([12]?[0-9]|30)$"))
        expect(surface.locator("figcaption")).to_contain_text("after epoch")


def test_edges_and_cards_carry_what_flows_while_the_run_goes_on(flowing: tuple[Page, Carried]):
    _, carried = flowing
    # into a merge, out of one, out of an activation
    assert carried["lines"].keys() >= {"kept:1", "third:0", "summary:0"}
    assert max(carried["lines"].values()) == 8
    assert min(carried["lines"].values()) < 8
    assert all(float(size) >= 0 for size in carried["cards"].values())
    assert carried["cards"].keys() >= {"stem", "kept", "active"}


def test_what_flowed_last_stays_when_the_run_has_ended_and_is_there_for_who_comes_later(digits: Page):
    later = digits.context.new_page()
    later.goto(digits.url)
    deadline = time.monotonic() + 60  # the last signals may come after the word that the run has ended
    while (kept := carried(digits, "finished")) != carried(later, "finished") and time.monotonic() < deadline:
        digits.wait_for_timeout(300)
    assert carried(later, "finished") == kept
    later.close()


def test_the_slider_turns_the_maps(digits: Page):
    look_inside(digits, "Maps")
    slide(digits, 20)
    maps = digits.locator(".st-key-inside_maps .points").last
    expect(maps).to_have_attribute("data-pages", "21", timeout=WARM)
    expect(maps).to_have_attribute("data-epoch", "20")
    newest = picture(digits, ".st-key-inside_maps")
    slide(digits, 2)
    expect(maps).to_have_attribute("data-epoch", "2")
    expect(maps.locator("figcaption")).to_contain_text("after epoch 2:")
    picture(digits, ".st-key-inside_maps", unlike=newest)
    slide(digits, 20)
    expect(maps).to_have_attribute("data-epoch", "20")
    assert picture(digits, ".st-key-inside_maps") == newest


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
    again = page.context.new_page()
    again.goto(page.url.partition("/studio")[0] + "/studio?preset=word_families")
    start_training(again)
    look_inside(again, "Histograms")
    plain = histograms(again)
    alone = counted_colours(again)
    again.get_by_role("combobox", name="beside").click()
    again.get_by_role("option").first.click()
    expect(flipbook(again).locator("figcaption")).to_contain_text("Dashed")
    pixels(again, unlike=plain)
    laid = counted_colours(again)
    assert alone["red"] < laid["red"]
    turn_to(again, "heat map")
    pixels(again)
    halves = again.locator(".st-key-inside_histogram canvas").last.evaluate("""canvas => {
        const pen = canvas.getContext("2d"), half = Math.floor(canvas.height / 2);
        // The same seed gives the same run: both halves have ink in the same places.
        const ink = (top) => [...pen.getImageData(60, top + 24, canvas.width - 60, half - 60).data].filter((_, i) => i % 4 === 3).map((a) => a > 8);
        const [above, below] = [ink(0), ink(half)];
        return { inked: above.filter(Boolean).length, same: above.filter((a, i) => a === below[i]).length / above.length };
    }""")
    assert halves["inked"] > 1_000
    assert halves["same"] > 0.97
    again.close()
