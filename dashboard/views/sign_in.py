"""Sign-in: what a visitor sees first where people sign in, and the way out again."""

from __future__ import annotations

import streamlit as st

from dashboard import signing_in
from dashboard.texts import say


def show() -> None:
    """The page: what this is, and a button for each provider."""
    signing_in.keep_address()
    with st.container(key="sign_in"):
        st.subheader(say("Layerloom"), anchor=False)
        st.markdown(say("Weave layers into graphs, watch them learn, and take home the code."))
        providers = signing_in.providers() or []
        for name in providers:
            st.button(
                say("Sign in with {provider}", provider=name.capitalize()) if name else say("Sign in"),
                key=f"sign_in_{name}", type="primary", width="stretch", icon=":material/login:",
                on_click=st.login, args=[name] if name else [],
            )  # fmt: skip
        if providers:
            st.caption(say("Your work and your runs are kept under your name; nobody else sees them."))
        else:
            st.error(say("Signing in is asked for here and its settings cannot be read; correct secrets.toml."))


def leave() -> None:
    """The way out: the page of the bar that signs out."""
    st.logout()
