"""Your own data: a table that a person gives, checked, kept in the store, and chosen for the open experiment."""

from __future__ import annotations

import hashlib

import streamlit as st

from components.experiment import Data
from components.graph import Json
from components.limits import LimitError, limits_from_environment
from components.runs import StoreError
from components.tables import (
    CATEGORY,
    KINDS,
    LEFT_OUT,
    Table,
    TableError,
    faulty_rows,
    read_table,
    table_config,
    usual_kinds,
)
from dashboard import backstage
from dashboard.editing import change_experiment
from dashboard.state import Work, try_change
from dashboard.texts import number, say
from dashboard.workspace import workspace

SHOWN_ROWS = 5


@st.dialog(say("Your own data"), width="large")
def show_own_data(work: Work) -> None:
    """The dialog; until something is chosen here, the experiment keeps the data that it has."""
    table_form(work)


def take(work: Work, dataset: str, config: Json) -> None:
    """Train on it from now on; undo takes it back."""
    try_change(work, change_experiment, data=Data(dataset, config))
    st.rerun()


# A table


def table_form(work: Work) -> None:
    """A CSV: chosen, looked at, and one of its columns made the target."""
    st.caption(
        say(
            "A CSV with a header: numbers and categories, one column to be told from the others. It is kept on this "
            "server; whoever gets a link to the experiment can train on it too."
        )
    )
    given = st.file_uploader(say("CSV"), type=["csv", "tsv", "txt"], key="own_table", label_visibility="collapsed")
    named = (given.name, given.size) if given is not None else earlier_file(("csv", "tsv", "txt"))
    if named is None:
        return
    try:
        limits_from_environment().check_upload(*named)
        content = given.getvalue() if given is not None else backstage.store().file(named[0])
        table = read_once(named[0].rpartition("/")[2], content)
        config_form(work, table, content)
    except (TableError, LimitError, StoreError, ValueError) as error:
        st.error(str(error))


def earlier_file(endings: tuple[str, ...]) -> tuple[str, int] | None:
    """A file that was given before, by its reference, with its size."""
    kept = [file for file in backstage.store().files(workspace()) if file.name.lower().endswith(endings)]
    if not kept:
        return None
    sizes = {file.reference: file.bytes for file in kept}
    chosen = st.selectbox(
        say("or one that you gave before"), list(sizes), index=None, key=f"own_earlier/{endings[0]}",
        format_func=lambda reference: reference.rpartition("/")[2],
    )  # fmt: skip
    return (chosen, sizes[chosen]) if chosen else None


def read_once(name: str, content: bytes) -> Table:
    """The table; read again only when another file is given."""
    digest = hashlib.sha256(content).hexdigest()
    known = st.session_state.get("own_table_read")
    if known is None or known[0] != (name, digest):
        known = st.session_state["own_table_read"] = ((name, digest), read_table(name, content))
    return known[1]


def config_form(work: Work, table: Table, content: bytes) -> None:
    """Target and kinds, and the button that takes them."""
    digest = hashlib.sha256(content).hexdigest()[:12]
    target = st.selectbox(
        say("What is to be told"), table.names, index=len(table.names) - 1, key=f"own_target/{digest}",
        help=say("A column of classes or of numbers; all others go in."),
    )  # fmt: skip
    kinds = kinds_form(table, target, f"own_kinds/{digest}/{target}")
    count, sentence = faulty_rows(table, kinds)
    skip = False
    if count:
        st.warning(say("{sentence}. {count} of {rows} rows cannot be used as they are.",
                       sentence=sentence, count=number(count), rows=number(len(table.cells))))  # fmt: skip
        skip = st.checkbox(say("Leave out such rows ({count})", count=number(count)), key=f"own_skip/{digest}")
    st.dataframe(table.cells.head(SHOWN_ROWS), height=36 * (SHOWN_ROWS + 1), width="stretch")
    if st.button(say("Train on it"), key="own_take", type="primary"):
        config = table_config(table, "", target, kinds, skip)  # refused before it is kept
        reference = backstage.store().keep_file(workspace(), table.name, content)
        st.session_state.pop("own_table_read", None)
        take(work, "table", {**config, "file": reference})


def kinds_form(table: Table, target: str, key: str) -> dict[str, str]:
    """By column, whether it holds numbers or categories or is left out."""
    usual = usual_kinds(table, target)
    rows: list[Json] = [
        {
            "column": column.name,
            "kind": usual[column.name],
            "values": column.values,
            "for example": ", ".join(column.first),
        }
        for column in table.columns
    ]
    edited = st.data_editor(
        rows, key=key, hide_index=True, width="stretch", disabled=["column", "values", "for example"],
        height=min(36 * (len(rows) + 1), 260),
        column_config={
            "column": st.column_config.TextColumn(say("column")),
            "kind": st.column_config.SelectboxColumn(
                say("kind"), options=list(KINDS), required=True, format_func=lambda kind: say(str(kind))
            ),
            "values": st.column_config.NumberColumn(say("different values")),
            "for example": st.column_config.TextColumn(say("for example")),
        },
    )  # fmt: skip
    kinds = {row["column"]: row["kind"] for row in edited}
    return {**kinds, target: CATEGORY if kinds[target] == LEFT_OUT else kinds[target]}
