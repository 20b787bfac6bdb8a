"""Signing in where a provider is named: every page asks for it, and a person's work opens for that person alone."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import signing_in
from dashboard.workspace import NAME

PAGES = "../dashboard/pages.py"
ISSUER = "https://issuer.example"
AUTH = {"auth": {"redirect_uri": "http://here/oauth2callback", "cookie_secret": "c" * 32, "client_id": "us"}}


def pages(user: dict | None = None, secrets: dict | None = None) -> AppTest:
    """The dashboard, for whoever is signed in."""
    app = AppTest.from_file(PAGES, default_timeout=60)
    app.secrets = AUTH if secrets is None else secrets
    app.user = {"is_logged_in": False} if user is None else {"is_logged_in": True, **user}
    return app.run()


def test_nobody_is_let_in_who_has_not_signed_in():
    app = pages()
    assert not app.exception
    assert [button.label for button in app.button] == ["Sign in"]
    assert "nobody else sees them" in app.caption[0].value


def test_a_button_for_each_provider():
    named = {"google": {"client_id": "us"}, "school": {"client_id": "us"}, "client_kwargs": {"scope": "openid"}}
    app = pages(secrets={"auth": named})
    assert [button.label for button in app.button] == ["Sign in with Google", "Sign in with School"]


def test_who_signed_in_is_in_the_gallery():
    app = pages({"iss": ISSUER, "sub": "ada"})
    assert not app.exception
    assert app.button(key="open_spirals")


@pytest.mark.parametrize("claims", [{"sub": "ada"}, {"iss": ISSUER}, {"iss": ISSUER, "sub": ""}, {"iss": 1, "sub": 2}])
def test_whoever_the_provider_does_not_name_is_not_let_in(claims):
    assert [button.label for button in pages(claims).button] == ["Sign in"]


def test_a_workspace_is_of_one_person_alone_and_no_cookie_names_it():
    people = [("a", "b"), ("a", "c"), ("ab", ""), ("", "ab"), ('a","', "b"), ("a", ',"b')]
    places = [signing_in.place_of({"is_logged_in": True, "iss": iss, "sub": sub}) for iss, sub in people]
    known = [place for place in places if place]
    assert len(known) == len(set(known)) == 4
    assert known[0] == signing_in.place_of({"is_logged_in": True, "iss": "a", "sub": "b", "email": "new@example"})
    assert not any(NAME.fullmatch(place) for place in known)
    assert signing_in.place_of({"is_logged_in": False, "iss": "a", "sub": "b"}) is None


def test_secrets_that_cannot_be_read_let_nobody_in(tmp_path, monkeypatch):
    assert signing_in.providers() is None
    (tmp_path / "secrets.toml").write_text("[auth\n")
    monkeypatch.setattr(st, "secrets", type(st.secrets)())
    monkeypatch.setattr(st, "get_option", lambda _: [str(tmp_path / "secrets.toml")])
    assert signing_in.providers() == []
    app = AppTest.from_file(PAGES, default_timeout=60).run()
    assert (len(app.button), "cannot be read" in app.error[0].value) == (0, True)
