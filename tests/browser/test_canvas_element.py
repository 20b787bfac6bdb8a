"""The canvas in a real Chromium: hands, keys, words, and nothing lost against a slow server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from components.graph import Json
from tests.browser import pages
from tests.browser.pages import BROWSER, ROOT, box_of, drag, middle, served

pytestmark = [pytest.mark.soak, *BROWSER]

READY = 120_000  # ms; the first visit waits for the import of TensorFlow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(ROOT / "tests/browser/canvas_harness.py", tmp_path_factory.mktemp("home"), PYTHONPATH=str(ROOT)) as at:
        yield at


@contextmanager
def visit(
    browser: Browser, address: str, query: str, width: int = 1440, height: int = 900, **options: Any
) -> Iterator[Page]:
    """A page with the canvas on it; an error of its scripts fails the test."""
    options = {"viewport": {"width": width, "height": height}, **options}
    with pages.visit(browser, f"{address}/?{query}", **options) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        page.locator(".canvas .bar").wait_for(timeout=READY)
        page.locator("#summary").wait_for(state="attached")
        yield page


def summary(page: Page) -> Json:
    """What the server has come to."""
    return json.loads(page.locator("#summary").text_content() or "{}")


def until(page: Page, condition: str, seconds: float = 30) -> Json:
    """Wait until the server's summary `s` fulfils a JavaScript condition; return it."""
    page.wait_for_function(
        f"() => {{ const s = JSON.parse(document.querySelector('#summary').textContent); return {condition} }}",
        timeout=seconds * 1000,
    )
    return summary(page)


def nodes_of(state: Json) -> dict[str, list[str]]:
    """Inputs by node."""
    return {node: inputs for node, _, inputs in state["graph"]["nodes"]}


def node(page: Page, name: str) -> Locator:
    return page.locator(f"#node-{name}")


def centre(page: Page, name: str) -> tuple[float, float]:
    return middle(page.locator(f"#node-{name} .card"))


def port(page: Page, name: str) -> tuple[float, float]:
    return middle(page.locator(f"#node-{name} .port.out"))


def place(page: Page, words: str) -> None:
    """Add a layer by keyboard."""
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def connect(page: Page, target: str) -> None:
    """Connect the current node to another by keyboard."""
    page.keyboard.press("c")
    for _ in range(20):
        if page.locator(f"#node-{target}.wanted").count():
            return page.keyboard.press("Enter")
        page.keyboard.press("n")
    raise AssertionError(f"the keyboard does not reach {target}")


def choose(page: Page, name: str) -> None:
    """Walk to a node by keyboard."""
    page.keyboard.press("Home")
    for _ in range(30):
        if page.locator(".stage").get_attribute("aria-activedescendant") == f"node-{name}":
            return
        page.keyboard.press("n")
    raise AssertionError(f"the keyboard does not reach {name}")


# The keyboard alone


def test_a_residual_block_grows_from_nothing_by_keyboard_alone(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=empty") as page:
        page.locator(".stage").focus()
        for words in ("input", "conv2d", "relu", "conv2d", "add"):
            place(page, words)
        choose(page, "input")
        connect(page, "add")
        state = until(page, "s.graph.nodes.length == 5 && s.graph.nodes.at(-1)[2].length == 2")
        assert nodes_of(state)["add"] == ["conv2d_1", "input"]
        assert state["graph"]["outputs"] == ["add"]


def test_a_mend_is_one_key_and_one_undo(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=broken") as page:
        expect(page.locator(".problem-card")).to_be_visible()
        page.locator(".stage").focus()
        page.keyboard.press(".")
        page.keyboard.press("1")
        until(page, "s.graph.nodes.length > 4")
        expect(page.locator(".problem-card")).to_have_count(0)
        page.keyboard.press("Control+z")
        until(page, "s.graph.nodes.length == 4")
        expect(page.locator(".problem-card")).to_be_visible()


def test_a_siamese_network_by_keyboard(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=empty") as page:
        page.locator(".stage").focus()
        place(page, "input")
        place(page, "dense")
        page.keyboard.press("a")
        until(page, "s.graph.nodes.length == 3")
        page.keyboard.press("Escape")
        place(page, "input")
        until(page, "s.graph.nodes.length == 4")
        connect(page, "dense_1")
        choose(page, "dense")
        page.keyboard.press("Escape")
        choose(page, "dense")
        place(page, "subtract")
        choose(page, "dense_1")
        connect(page, "subtract")
        state = until(page, "s.graph.nodes.length == 5 && s.graph.nodes.at(-1)[2].length == 2")
        assert nodes_of(state)["subtract"] == ["dense", "dense_1"]
        assert [layer for _, layer, _ in state["graph"]["nodes"]].count("dense") == 2
        expect(node(page, "dense")).to_have_class(re.compile(r"\bshared\b.*\bkin\b"))


def test_the_order_of_inputs_changes_by_key(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=siamese") as page:
        page.locator(".stage").focus()
        choose(page, "subtract")
        page.keyboard.press("e")
        page.keyboard.press("]")
        state = until(page, "s.graph.nodes.find(([id]) => id == 'subtract')[2][0] == 'encoder_1'")
        assert nodes_of(state)["subtract"] == ["encoder_1", "encoder"]


def test_models_open_close_group_and_ungroup(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=siamese") as page:
        page.locator(".stage").focus()
        choose(page, "encoder")
        page.keyboard.press("Enter")
        until(page, "s.path.length == 1")
        expect(page.locator(".crumbs")).to_contain_text("encoder")
        expect(node(page, "conv2d")).to_be_visible()
        page.keyboard.press("Shift+Enter")
        until(page, "s.path.length == 0")
        choose(page, "encoder_1")
        page.keyboard.press("u")
        until(page, "'encoder_1' in s.graph.layers")
        page.keyboard.press("Shift+G")
        until(page, "s.graph.nodes.length == 8")
        expect(page.locator(".canvas .node.selected")).to_have_count(3)  # they come after the graph
        page.keyboard.press("g")
        state = until(page, "'model' in s.graph.layers")
        assert len(state["graph"]["layers"]["model"]["nodes"]) == 4
        assert state["graph"]["layers"]["model"]["layers"]["input_1"]["config"]["shape"] == [28, 28, 1]


def test_copies_paste_between_tabs(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        page.locator(".stage").focus()
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+c")
        other = page.context.new_page()
        other.goto(f"{address}/?graph=empty")
        other.locator(".canvas .bar").wait_for(timeout=READY)
        other.locator(".stage").focus()
        other.keyboard.press("Control+v")
        state = until(other, "s.graph.nodes.length == 8")
        assert nodes_of(state)["concatenate"] == ["lstm", "lstm_1"]
        other.keyboard.press("Control+z")
        until(other, "s.graph.nodes.length == 0")


def test_a_model_is_pasted_in_another_tab_with_what_is_inside(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=siamese") as page:
        page.locator(".stage").focus()
        choose(page, "encoder")
        page.keyboard.press("Control+c")
        page.wait_for_function("() => localStorage.getItem('layerloom.clipboard')?.includes('layers')")
        other = page.context.new_page()
        other.goto(f"{address}/?graph=empty")
        other.locator(".canvas .bar").wait_for(timeout=READY)
        other.locator(".stage").focus()
        other.keyboard.press("Control+v")
        state = until(other, "s.graph.nodes.length == 1")
        assert "conv2d" in state["graph"]["layers"]["encoder"]["layers"]
        page.bring_to_front()
        page.keyboard.press("Control+d")
        state = until(page, "s.graph.nodes.length == 7")
        assert nodes_of(state)["encoder_2"] == ["left"]
        assert state["most"] < 2000


def test_a_text_that_is_no_graph_is_refused_whatever_was_copied_before(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        page.locator(".stage").focus()
        choose(page, "lstm")
        page.keyboard.press("Control+c")
        page.evaluate("() => navigator.clipboard.writeText('a shopping list')")
        page.keyboard.press("Control+v")
        expect(page.locator(".notice.shown")).to_contain_text("Only layers copied from a canvas")
        assert len(summary(page)["graph"]["nodes"]) == 8


def test_keys_move_the_view_and_nothing_else(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        page.locator(".stage").focus()
        choose(page, "lstm")
        before, layout = centre(page, "lstm"), summary(page)["layout"]
        page.keyboard.press("Control+ArrowRight")
        page.keyboard.press("Control+ArrowDown")
        assert centre(page, "lstm") == pytest.approx((before[0] - 80, before[1] - 80), abs=1)
        assert summary(page)["layout"] == layout


def test_any_output_connects_and_leads_out_by_key(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=stateful") as page:
        page.locator(".stage").focus()
        choose(page, "lstm")
        expect(node(page, "lstm").locator(".port.out")).to_have_count(3)
        page.keyboard.press("o")
        page.keyboard.press("2")
        state = until(page, "s.graph.outputs.length == 2")
        assert state["graph"]["outputs"] == ["answer", "lstm:1"]
        page.keyboard.press("c")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        until(page, "s.graph.nodes.find(([id]) => id == 'answer')[2][0] == 'lstm:2'")


def test_any_output_leads_out_by_mouse(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=stateful") as page:
        expect(node(page, "lstm").locator(".port.out")).to_have_count(3)
        node(page, "lstm").locator(".card").click(button="right")
        page.get_by_role("menuitem", name="Make it an output, or not").click()
        page.get_by_role("menuitemcheckbox", name="Output 3").click()
        until(page, "s.graph.outputs.includes('lstm:2')")
        node(page, "lstm").locator(".card").click(button="right")
        page.get_by_role("menuitem", name="Make it an output, or not").click()
        expect(page.get_by_role("menuitemcheckbox", name="Output 3")).to_have_attribute("aria-checked", "true")


def test_an_edge_says_where_it_comes_from(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=siamese") as page:
        page.locator(".stage").focus()
        choose(page, "subtract")
        page.keyboard.press("e")
        expect(page.locator(".told")).to_have_text("From encoder to Subtract, input 1 of 2")
        page.keyboard.press("]")
        expect(page.locator(".told")).to_have_text("From encoder to Subtract, input 2 of 2")


def test_duplicates_keep_what_feeds_them(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        page.locator(".stage").focus()
        choose(page, "lstm")
        page.keyboard.press("Control+d")
        state = until(page, "s.graph.nodes.length == 9")
        assert nodes_of(state)["lstm_2"] == ["embedding"]


def test_streamlits_own_keys_stay_silent(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        page.locator(".stage").focus()
        page.keyboard.press("r")
        page.keyboard.press("c")
        page.wait_for_timeout(300)
        assert page.locator("[data-testid=stDialog], [role=dialog]:visible").count() == 0


# The mouse


def test_an_inception_fork_grows_by_mouse(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=broken") as page:
        page.keyboard.press("Escape")
        drag(page, port(page, "image"), (400, 420))
        page.keyboard.type("maxpooling2d")
        page.keyboard.press("Enter")
        state = until(page, "s.graph.nodes.length == 5")
        assert nodes_of(state)["max_pooling2d"] == ["image"]
        drag(page, port(page, "max_pooling2d"), centre(page, "add"))
        state = until(page, "s.graph.nodes.find(([id]) => id == 'add')[2].length == 3")
        assert nodes_of(state)["add"][2] == "max_pooling2d"


def test_a_layer_dropped_on_an_edge_goes_between(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        page.locator(".tool-layer").click()
        page.locator(".search").fill("dropout")
        entry = box_of(page.locator(".entry").first)
        (x, top), (_, bottom) = centre(page, "embedding"), centre(page, "lstm")
        drag(page, (entry["x"] + 30, entry["y"] + 10), (x, (top + bottom) / 2))
        state = until(page, "s.graph.nodes.length == 9")
        assert nodes_of(state)["lstm"] == ["dropout"]
        assert nodes_of(state)["dropout"] == ["embedding"]


def test_a_block_stands_where_it_is_dropped(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        before = summary(page)["layout"]
        card = box_of(node(page, "text").locator(".card"))
        zoom = card["width"] / 200
        dropped = before["text"][1] + (200 - card["y"]) / zoom
        page.get_by_role("button", name="Add a block").click()
        entry = box_of(page.locator(".entry").first)
        drag(page, (entry["x"] + 30, entry["y"] + 10), (1250, 200))
        state = until(page, "s.graph.nodes.length > 8")
        top = min(y for name, (_, y) in state["layout"].items() if name not in before)
        assert top + 35 == pytest.approx(dropped, abs=2)


def test_all_that_is_wrong_at_a_node_stands_beside_it(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=doubtful") as page:
        card = page.locator(".problem-card[data-of=spare]")
        expect(card.locator(".count")).to_have_text("2 problems")
        expect(card.locator("p")).to_have_count(2)
        expect(node(page, "spare").locator(".mark")).to_have_text("2")
        expect(page.locator(".alarm")).to_have_text("2 problems")
        page.locator(".stage").focus()
        page.keyboard.press(".")
        mend = card.get_by_role("button", name="Delete it")
        page.keyboard.press((mend.get_attribute("title") or "").removeprefix("Key "))
        until(page, "s.graph.nodes.length == 3")


def test_a_refusal_that_has_faded_is_shown_when_it_comes_again(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=siamese") as page:
        drag(page, port(page, "same"), centre(page, "subtract"))
        expect(page.locator(".notice.shown")).to_contain_text("no cycles")
        expect(page.locator(".notice.shown")).to_have_count(0, timeout=15_000)
        drag(page, port(page, "same"), centre(page, "subtract"))
        expect(page.locator(".notice.shown")).to_contain_text("no cycles")


def test_a_cycle_is_refused_with_a_sentence_before_it_is_sent(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=siamese") as page:
        before = summary(page)["acknowledged"]
        drag(page, port(page, "same"), centre(page, "subtract"))
        expect(page.locator(".notice")).to_contain_text("no cycles")
        page.wait_for_timeout(400)
        assert summary(page)["acknowledged"] == before


def test_cards_move_and_come_back_with_undo(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        before = summary(page)["layout"]["answer"]
        x, y = centre(page, "answer")
        drag(page, (x, y), (x + 260, y - 20))
        state = until(page, f"s.layout.answer[0] > {before[0] + 100}")
        assert set(state["selected"]) <= {"answer"}
        page.keyboard.press("Control+z")
        until(page, f"s.layout.answer[0] == {before[0]}")


def test_a_rubber_band_selects_and_delete_deletes(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        x, y = centre(page, "text")
        right, bottom = centre(page, "lstm_1")
        page.keyboard.down("Shift")
        drag(page, (x - 190, y - 60), (right + 10, bottom + 10))
        page.keyboard.up("Shift")
        state = until(page, "s.selected.length == 6")
        assert "concatenate" not in state["selected"]
        page.keyboard.press("Delete")
        state = until(page, "s.graph.nodes.length == 2")
        assert nodes_of(state)["concatenate"] == []


# Everyone


def test_the_tree_reads_the_graph(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering") as page:
        named = node(page, "concatenate")
        expect(named).to_have_attribute("aria-label", re.compile("from LSTM lstm and LSTM lstm_1, to Dense"))
        expect(named).to_have_attribute("aria-label", re.compile(re.escape("output (None, 48)")))
        stage = page.locator("[role=tree]")
        expect(stage).to_have_attribute("aria-label", "Graph of 8 layers")
        node(page, "concatenate").click()
        expect(stage).to_have_attribute("aria-activedescendant", "node-concatenate")
        page.keyboard.press("d")
        expect(page.locator(".sheet li")).to_have_count(8)


def test_who_wants_no_motion_sees_none(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=answering", reduced_motion="reduce") as page:
        page.locator(".stage").focus()
        page.keyboard.press("Control+ArrowRight")
        page.wait_for_timeout(100)
        places = page.evaluate(
            """async () => {
                const root = [...document.querySelectorAll("*")].map((e) => e.shadowRoot?.querySelector(".canvas")).find(Boolean)
                  ?? document.querySelector(".canvas");
                const [stage, world] = [root.querySelector(".stage"), root.querySelector(".world")];
                const places = [world.style.transform];
                stage.dispatchEvent(new KeyboardEvent("keydown", { key: "f", code: "KeyF", bubbles: true }));
                for (let frame = 0; frame < 12; frame++) {
                    await new Promise(requestAnimationFrame);
                    places.push(world.style.transform);
                }
                return [...new Set(places)];
            }"""
        )
        assert len(places) == 2  # from here to there, and nowhere between
        assert page.locator(".edge .line").first.evaluate("line => getComputedStyle(line).transitionProperty") == "none"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_the_whole_toolbar_and_pinches(browser: Browser, address: str, theme: str) -> None:
    with visit(browser, address, "graph=answering", 390, 844, has_touch=True, color_scheme=theme) as page:
        bar = page.locator(".bar").bounding_box()
        last = page.locator(".acts button").last.bounding_box()
        assert bar
        assert last
        assert last["x"] + last["width"] <= bar["x"] + bar["width"]
        node(page, "concatenate").tap()
        until(page, "s.selected[0] == 'concatenate'")
        width = box_of(page.locator("#node-text .card"))["width"]
        pinch(page, 60, 140)
        assert box_of(page.locator("#node-text .card"))["width"] > 1.5 * width


def pinch(page: Page, start: int, end: int) -> None:
    """Two fingers move apart."""
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, span: int) -> None:
        points = [{"x": 195 - span / 2, "y": 400, "id": 0}, {"x": 195 + span / 2, "y": 400, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else points})

    fingers("touchStart", start)
    for span in range(start, end + 1, 10):
        fingers("touchMove", span)
    fingers("touchEnd", end)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_picture_is_saved(browser: Browser, address: str, kind: str, tmp_path: Path) -> None:
    with visit(browser, address, "graph=answering") as page:
        page.locator(".tool[aria-haspopup]").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=f"Save the picture as {kind.upper()}").click()
        content = Path(download.value.path()).read_bytes()
        assert download.value.suggested_filename == f"harness.{kind}"
        assert content.startswith(b"\x89PNG" if kind == "png" else b"<svg")
        if kind == "svg":
            assert b"Concatenate" in content
            assert b"var(" not in content


# Nothing lost


def test_two_hundred_edits_against_a_slow_server_are_all_kept(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=empty&slow=0.7") as page:
        page.locator(".stage").focus()
        place(page, "input")
        for index in range(200):
            page.keyboard.press("o" if index % 2 else "Alt+ArrowRight")
            page.wait_for_timeout(80)
        state = until(page, "s.acknowledged >= 201", seconds=60)
        assert state["layout"]["input"][0] >= 100 * 20
        assert state["graph"]["outputs"] == []


def test_an_edit_of_a_large_graph_sends_little(browser: Browser, address: str) -> None:
    with visit(browser, address, "graph=300") as page:
        page.locator(".stage").focus()
        page.keyboard.press("End")
        place(page, "relu")
        until(page, "s.graph.nodes.length == 301")
        page.keyboard.press("Delete")
        state = until(page, "s.graph.nodes.length == 300")
        assert state["most"] < 2000
