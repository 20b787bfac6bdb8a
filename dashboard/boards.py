"""Boards: the command that opens a run in the stock TensorBoard, and where it is shown."""

from __future__ import annotations

import shlex
from pathlib import Path

import streamlit as st

from dashboard import backstage
from dashboard.texts import say


def command_for(folder: Path) -> str:
    """The command for a run's folder of event files, as a shell takes it."""
    return f"tensorboard --logdir {shlex.quote(str(folder))}"


def show_command(run_id: str) -> None:
    """The command with its button to copy it."""
    st.caption(say("In TensorBoard, while it trains and afterwards:"))
    st.code(command_for(backstage.event_folder() / run_id), language="sh", wrap_lines=False)
