"""Tune and Ensemble as a person goes through them: point, search, keep the seal, put together, take home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from components.searching.studies import workspace_of
from components.store import Store
from dashboard.workspace import COOKIE
from tests.browser.pages import BROWSER, ROOT, WARM, free_port, served, visit
from tests.browser.test_nothing_lost import kill_server

pytestmark = BROWSER


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The tune page around the spirals, in a fresh browser."""
    with visit(browser, f"{address}/tune?preset=spirals", accept_downloads=True) as page:
        yield page


def test_from_a_layer_on_the_canvas_to_an_ensemble_taken_home(page: Page, address: str, tmp_path: Path):
    node = page.locator(".canvas.pointing [data-id=hidden]")
    node.click()
    page.locator(".st-key-tune_plan").get_by_role("button", name="units", exact=True).click()
    expect(node.locator(".varies")).to_have_text("1")
    page.keyboard.press("Escape")
    node.click()
    page.keyboard.press("Delete")  # here the canvas changes nothing
    expect(node).to_be_visible()

    page.get_by_role("link", name="Studio", exact=True).first.click()
    expect(page.locator(".canvas:not(.pointing) [data-id=hidden] .varies")).to_have_text("1")
    page.get_by_role("link", name="Tune", exact=True).first.click()
    for label, value in (("trials each", "2"), ("epochs", "3")):
        field = page.locator(".st-key-tune_plan").get_by_label(label, exact=True)
        field.fill(value)
        field.press("Enter")
        expect(field).to_have_value(value)
    page.get_by_role("button", name="Start the search").click()
    expect(page.get_by_text("4 of 4 trials").last).to_be_visible(timeout=WARM)
    page.get_by_role("radio", name="Parallel", exact=True).click()
    page.locator(".parallel[data-trials='4'] > canvas").press("PageUp")
    parallel = page.locator(".parallel")
    expect(parallel).not_to_have_attribute("data-hovered", "")
    worst = parallel.get_attribute("data-hovered") or ""
    parallel.locator("canvas").first.press("Enter")
    expect(parallel).to_have_attribute("data-chosen", worst)
    expect(page.get_by_role("combobox", name="trial", exact=False).last).to_have_value(re.compile(f"^{worst} · "))

    card = page.locator(".st-key-trial_card")
    expect(card).to_contain_text("hidden.units")
    units = re.search(r"hidden.units (\d+)", card.inner_text()).group(1)
    card.get_by_role("button", name="Open trial in the studio").click()
    opened = page.locator(".canvas:not(.pointing) [data-id=hidden]")
    expect(opened).to_contain_text(f"{units} units")
    page.get_by_role("link", name="Tune", exact=True).first.click()
    page.get_by_role("radio", name="Honesty", exact=True).click()
    expect(page.get_by_text("The test data are sealed").last).to_be_visible()

    page.get_by_role("link", name="Ensemble", exact=True).first.click()
    page.get_by_role("button", name="Extra trees", exact=True).click()
    expect(page.locator("[class*=st-key-ensemble_grounds]").last).to_be_visible()
    page.get_by_role("button", name="Find the weights").click()
    expect(page.get_by_text("the test data are still sealed").last).to_be_visible(timeout=WARM)
    page.get_by_role("button", name="Make the files").click()
    python = page.get_by_role("button", name="Python", exact=False).first
    with page.expect_download(timeout=WARM) as download:
        python.click(timeout=WARM)
    source = tmp_path / "ensemble.py"
    download.value.save_as(source)
    compile(source.read_text(), source.name, "exec")
    assert "keras" in source.read_text()


@pytest.mark.soak
def test_a_search_goes_on_when_the_dashboard_is_killed_and_counts_nothing_twice(browser: Browser, tmp_path: Path):
    app, port = ROOT / "dashboard/app.py", free_port()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    with served(app, tmp_path, port) as address:
        page.goto(f"{address}/tune?preset=spirals")
        for label, value in (("trials each", "8"), ("epochs", "300")):
            field = page.locator(".st-key-tune_plan").get_by_label(label, exact=True)
            field.fill(value)
            field.press("Enter")
        page.get_by_role("button", name="Start the search").click()
        page.get_by_text(re.compile(r"^[2-9] of 16 trials")).first.wait_for(timeout=WARM)
        kill_server(port)
    with served(app, tmp_path, port) as address:
        page.goto(f"{address}/tune")
        page.get_by_text("16 of 16 trials").first.wait_for(timeout=WARM)
    visitor = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == COOKIE)
    context.close()
    store = Store(f"sqlite:///{tmp_path}/layerloom.db")
    (run,) = store.runs(workspace_of(visitor))
    told = [record.values for record in store.records(run.id, kinds=["trial"]) if record.values["event"] == "ended"]
    assert len({(one["sampler"], one["number"]) for one in told}) == len(told)
    counted = [one["sampler"] for one in told if not one.get("interrupted")]
    assert {sampler: counted.count(sampler) for sampler in counted} == {"random": 8, "tpe": 8}
