"""Signing in: who a visitor is, where `[auth]` in Streamlit's secrets names a provider of OpenID Connect."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.websockets import WebSocket
from streamlit.web.server.starlette import starlette_websocket as streamlits
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.scripting import run_script

MARK = "~"
"""What the workspaces of people begin with: no cookie of a browser's own can name one."""


SIGN_OUT = "sign_out"
"""The page that signs out: nobody is led back to it."""

KEEP_ADDRESS = (
    'sessionStorage.setItem("layerloom_wanted", '
    f'location.pathname.endsWith("/{SIGN_OUT}") ? "" : location.pathname + location.search)'
)
RETURN_TO_ADDRESS = (
    '{ const wanted = sessionStorage.getItem("layerloom_wanted"); sessionStorage.removeItem("layerloom_wanted"); '
    "if (wanted && wanted !== location.pathname + location.search) location.replace(location.origin + wanted) }"
)
"""Whoever signs in comes back to the first page. The tab itself knows what it was opened for: no address that anybody
could forge says where it leads, and none is too long."""


def providers() -> list[str] | None:
    """Where a person can sign in, by name, the only one as "". None where nobody has to.

    Where the secrets are there and cannot be read nobody is let in: the list is empty.
    """
    if not st.secrets.load_if_toml_exists():
        return [] if any(Path(path).exists() for path in st.get_option("secrets.files")) else None
    if "auth" not in st.secrets:
        return None
    section = st.secrets["auth"]
    if "client_id" in section:
        return [""]
    return [name for name, entry in section.items() if isinstance(entry, Mapping) and "client_id" in entry]


def is_wanted() -> bool:
    """Whether people sign in here."""
    return providers() is not None


def is_awaited() -> bool:
    """Whether the page waits for its visitor to sign in."""
    return is_wanted() and person_here() is None


def keep_address() -> None:
    """Note in the browser's tab what it was opened for, before its visitor signs in."""
    run_script(KEEP_ADDRESS)


def return_to_address() -> None:
    """Lead a visitor who has signed in to what their tab was opened for."""
    if is_wanted():
        run_script(RETURN_TO_ADDRESS)


def person_here() -> str | None:
    """The workspace of who is signed in on this page."""
    return place_of(st.user.to_dict())


def person_at(socket: WebSocket) -> str | None:
    """The workspace of who is signed in at the other end of a socket, by the cookie that Streamlit signed for them."""
    signed = streamlits._get_signed_cookie_with_chunks(dict(socket.cookies), USER_COOKIE_NAME)
    claims = streamlits._parse_decoded_user_cookie(signed, socket.headers.get("origin", "")) if signed else {}
    return place_of(claims)


def place_of(claims: Mapping[str, Any]) -> str | None:
    """The workspace of a person: the same for the same subject of the same issuer, wherever they sign in."""
    who = [claims.get("iss"), claims.get("sub")]
    if not claims.get("is_logged_in") or not all(isinstance(part, str) and part for part in who):
        return None
    return MARK + hashlib.sha256(json.dumps(who).encode()).hexdigest()
