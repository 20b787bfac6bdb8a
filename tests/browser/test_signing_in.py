"""Two people and a stranger on a real server where people sign in, with a provider of our own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from components.edits import apply_edit
from components.experiment import experiment_to_json
from components.links import experiment_to_link
from components.runs import Record
from components.store import Store
from dashboard import signing_in
from dashboard.workspace import COOKIE
from presets import ARCHITECTURES
from tests.browser.pages import BROWSER, ROOT, free_port, served
from tests.provider import Provider, provided

pytestmark = BROWSER

EDIT = {"edit": "insert_on_edge", "id": "sent", "kind": "Dropout", "target": "gender", "place": 0}
"""What makes a preset one that only its link knows."""

SIGNED = "_streamlit_user"
"""The cookie that Streamlit signs."""

PATIENCE = 60
"""Seconds that a socket may take to speak."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Where people sign in."""
    with provided() as provider:
        yield provider


@pytest.fixture
def address(provider: Provider, tmp_path: Path) -> Iterator[str]:
    """A dashboard that knows the provider."""
    port = free_port()
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(provider.settings(f"http://127.0.0.1:{port}", "the dashboard's own secret, long enough"))
    with served(ROOT / "dashboard/app.py", tmp_path, port, STREAMLIT_SECRETS_FILES=str(secrets)) as address:
        yield address


def sign_in(browser: Browser, link: str, provider: Provider, who: str) -> Page:
    """A page in a browser of its own, in which somebody has followed a link, signed in, and come to where it leads."""
    page = browser.new_context(viewport={"width": 1200, "height": 800}).new_page()
    page.goto(link)
    sign_in_here(page, provider, who)
    page.wait_for_url(link, timeout=60_000)
    page.get_by_role("link", name="Sign out").wait_for(timeout=60_000)
    return page


def sign_in_here(page: Page, provider: Provider, who: str) -> None:
    """Press the button on whatever page asks for it."""
    provider.who = who
    page.get_by_role("button", name="Sign in").click(timeout=60_000)


def a_run_of(store: Store, provider: Provider, who: str) -> str:
    """A run that somebody keeps."""
    place = signing_in.place_of({"is_logged_in": True, "iss": provider.issuer, "sub": who})
    run = store.create_run(place or "", experiment_to_json(ARCHITECTURES["spirals"].experiment), f"{who}'s run")
    store.append(run, [Record("epoch", 1, 10, {"loss": 0.5})], state="finished")
    return run


def cookies_of(context: BrowserContext) -> dict[str, str]:
    """By name."""
    return {cookie["name"]: cookie["value"] for cookie in context.cookies()}


def is_told(address: str, run: str, cookies: dict[str, str]) -> bool:
    """Whether the socket tells a run to whom has these cookies."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    socket = connect(
        f"{address.replace('http', 'ws')}/runs/{run}/records",
        additional_headers=headers,
        origin=address,
        open_timeout=PATIENCE,
    )
    with socket:
        try:
            return json.loads(socket.recv(PATIENCE))["until"] == 1
        except ConnectionClosed as closed:
            return not (closed.rcvd and closed.rcvd.code == 4404)


def test_people_sign_in_and_see_their_own_alone(browser: Browser, address: str, provider: Provider, tmp_path: Path):
    store = Store(f"sqlite:///{tmp_path / 'layerloom.db'}")
    run, other = a_run_of(store, provider, "ada"), a_run_of(store, provider, "bob")
    shared = store.share(run, store.run(run).workspace)
    ada = sign_in(browser, f"{address}/studio?preset=siamese_lstm", provider, "ada")
    expect(ada.locator("#node-encoder_second")).to_be_attached(timeout=60_000)
    bob = sign_in(browser, f"{address}/watch?watch={shared}", provider, "bob")
    expect(bob.get_by_text("ada's run")).to_be_visible(timeout=60_000)
    mine, yours = cookies_of(ada.context), cookies_of(bob.context)
    assert COOKIE not in mine
    assert is_told(address, run, mine)
    assert is_told(address, other, yours)
    place = store.run(run).workspace
    value = mine[SIGNED]
    for forged in (
        yours,
        {},
        {COOKIE: place},
        {**yours, COOKIE: place},
        {SIGNED: value[:-4] + "AAAA"},
        {SIGNED: place},
    ):
        assert not is_told(address, run, forged)
    # A canvas answers its owner alone, though another knew the name of its socket.
    with ada.expect_websocket(lambda socket: "/canvases/" in socket.url, timeout=60_000) as opened:
        ada.goto(f"{address}/studio?preset=spirals")
    channel = opened.value.url
    expect(ada.locator("#node-hidden")).to_be_attached(timeout=60_000)
    assert [answers(channel, address, cookies) for cookies in (mine, yours, {})] == [True, False, False]
    # What signs out is asked to sign in again, on every page.
    ada.get_by_role("link", name="Sign out").click()
    expect(ada.get_by_role("button", name="Sign in")).to_be_visible()
    assert not is_told(address, run, cookies_of(ada.context))
    for name in ("watch", "sign_out"):
        ada.goto(f"{address}/{name}")
        expect(ada.get_by_role("button", name="Sign in")).to_be_visible()
    # Whoever asked for the page that signs out is not led there again.
    sign_in_here(ada, provider, "ada")
    ada.get_by_role("link", name="Sign out").wait_for(timeout=60_000)
    expect(ada).to_have_url(f"{address}/")
    store.close()


def test_a_link_leads_on_past_the_sign_in(browser: Browser, address: str, provider: Provider, tmp_path: Path):
    """Whoever opens an experiment's link, or that of a shared run, signs in and stands at what it leads to."""
    store = Store(f"sqlite:///{tmp_path / 'layerloom.db'}")
    run = a_run_of(store, provider, "ada")
    shared = store.share(run, store.run(run).workspace)
    network = ARCHITECTURES["social_posts"].experiment
    link = experiment_to_link(replace(network, graph=apply_edit(network.graph, EDIT)))
    opened = sign_in(browser, f"{address}/studio?link={link}", provider, "bob")
    expect(opened.locator("#node-sent")).to_be_attached(timeout=60_000)
    watched = sign_in(browser, f"{address}/watch?watch={shared}", provider, "eve")
    expect(watched.get_by_text("ada's run")).to_be_visible(timeout=60_000)
    curves = watched.locator(f"[data-run='{run}']")
    expect(curves).not_to_have_attribute("data-points", "0", timeout=60_000)
    expect(watched.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    # Whose link it is does not make the run theirs; and what was opened is not opened again on the way out and in.
    assert not is_told(address, run, cookies_of(watched.context))
    watched.goto(f"{address}/runs")
    expect(watched.get_by_text("No runs yet")).to_be_visible(timeout=60_000)
    opened.get_by_role("link", name="Sign out").click()
    sign_in_here(opened, provider, "bob")
    opened.get_by_role("link", name="Sign out").wait_for(timeout=60_000)
    expect(opened).to_have_url(f"{address}/")
    # A share that is taken back while somebody signs in says so.
    late = browser.new_context().new_page()
    late.goto(f"{address}/watch?watch={shared}")
    late.get_by_role("button", name="Sign in").wait_for(timeout=60_000)
    store.unshare(run, store.run(run).workspace)
    sign_in_here(late, provider, "eve")
    expect(late.get_by_text("This link shows no run")).to_be_visible(timeout=60_000)
    store.close()


def answers(channel: str, address: str, cookies: dict[str, str]) -> bool:
    """Whether a canvas's socket speaks with whom has these cookies."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    with connect(channel, additional_headers=headers, origin=address, open_timeout=PATIENCE) as socket:
        try:
            socket.send("{}")
            return isinstance(json.loads(socket.recv(PATIENCE)), dict)
        except ConnectionClosed:
            return False
