"""Your own data: a table or pictures that a person gives, checked, kept, and chosen for the open experiment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import streamlit as st

from components.datasets import missing_downloads
from components.experiment import Data
from components.graph import Json
from components.limits import LimitError, limits_from_environment
from components.pictures import (
    ENDINGS,
    SIDES,
    PictureError,
    Pictures,
    check_room,
    common_folder,
    files_of_zip,
    pack,
    read_pictures,
)
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
from dashboard.frame import dialog
from dashboard.state import Work, try_change
from dashboard.texts import number, say
from dashboard.workspace import workspace
from presets.datasets import DOWNLOADED

SHOWN_ROWS = 5
ROW = 35
"""Pixels of one row of a table."""

MOST_BROKEN = 5
"""Broken pictures that are named; the rest is counted."""


@dialog("Your own data", width="large")
def show_own_data(work: Work) -> None:
    """The dialog; until something is chosen here, the experiment keeps the data that it has."""
    table, pictures, downloaded = st.tabs([say("A table"), say("Pictures"), say("From Keras")])
    with table:
        table_form(work)
    with pictures:
        pictures_form(work)
    with downloaded:
        download_form(work)


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
        st.error(say(str(error)))


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
    if chosen:
        st.button(
            say("Delete it from this server"), key="own_delete", icon=":material/delete:",
            on_click=lambda: backstage.store().delete_file(workspace(), chosen),
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
    st.dataframe(table.cells.head(SHOWN_ROWS), height=ROW * (SHOWN_ROWS + 1) + 2, width="stretch")
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
        height=min(ROW * (len(rows) + 1) + 2, 260),
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


# Pictures


def pictures_form(work: Work) -> None:
    """A folder of folders, or a zip of them: read, looked at and taken."""
    st.caption(
        say(
            "A folder for each class, with pictures in it: choose the folder that holds them, or a zip of it. They are "
            "made small; whoever gets a link to the experiment can train on them too."
        )
    )
    way = st.segmented_control(
        say("Given as"), [FOLDER, ZIP], default=FOLDER, key="own_way", label_visibility="collapsed",
        format_func=lambda way: say(way),
    )  # fmt: skip
    side = st.segmented_control(
        say("size"), SIDES, default=32, key="own_side", format_func=lambda side: f"{side} × {side}"
    )  # fmt: skip
    try:
        given = (given_zip if way == ZIP else given_folder)()
        if given is None or side is None:
            return
        key, name, files = given
        offer_pictures(work, pictures_once((key, side), files, side), name, side)
    except (PictureError, LimitError, StoreError) as error:
        st.error(say(str(error)))


FOLDER, ZIP = "A folder", "A zip"

Given = tuple[Any, str, Callable[[], Any]]
"""What tells it from another gift, its name, and how to come by the files."""


def given_folder() -> Given | None:
    """The files of a folder with their paths in it."""
    files = st.file_uploader(
        say("Folder"), type=list(ENDINGS), accept_multiple_files="directory", key="own_folder",
        label_visibility="collapsed",
    )  # fmt: skip
    if not files:
        return None
    check_room(sum(file.size for file in files))
    key = tuple((file.name, file.size) for file in files)
    return key, common_folder([file.name for file in files]), lambda: ((f.name, f.getvalue) for f in files)


def given_zip() -> Given | None:
    """A zip, not unpacked yet."""
    file = st.file_uploader(say("Zip"), type=["zip"], key="own_zip", label_visibility="collapsed")
    if file is None:
        return None
    return (file.name, file.size, file.file_id), PurePath(file.name).stem, lambda: files_of_zip(file.getvalue())


def pictures_once(key: Any, files: Callable[[], Any], side: int) -> Pictures:
    """The pictures made small; done again only for others or another size."""
    known = st.session_state.get("own_pictures_read")
    if known is None or known[0] != key:
        line = st.empty()

        def told(count: int) -> None:
            if count % 50 == 0:
                line.caption(say("{count} pictures are read…", count=number(count)))

        known = st.session_state["own_pictures_read"] = (key, read_pictures(files(), side, told))
        line.empty()
    return known[1]


def offer_pictures(work: Work, pictures: Pictures, name: str, side: int) -> None:
    """Some of each class, what is broken, and the button that takes them."""
    classes = pictures.classes
    st.write(
        say("{count} pictures: {classes}", count=number(len(pictures.kept)),
            classes=", ".join(f"{kind} {number(many)}" for kind, many in list(classes.items())[:12]))
    )  # fmt: skip
    shown = [next(content for (kind, _), content in pictures.kept.items() if kind == wanted) for wanted in classes]
    st.image(shown[:12], caption=list(classes)[:12], width=64)
    without = not pictures.broken
    if pictures.broken:
        for sentence in pictures.broken[:MOST_BROKEN]:
            st.warning(sentence)
        without = st.checkbox(
            say("Go on without them ({count})", count=number(len(pictures.broken))), key="own_without_broken"
        )
    if st.button(say("Train on them"), key="own_take_pictures", type="primary", disabled=not without):
        reference = backstage.store().keep_file(workspace(), f"{name}.zip", pack(pictures))
        st.session_state.pop("own_pictures_read", None)
        take(work, "images", {"file": reference, "side": side})


# What Keras downloads

MOST_SECONDS = 900


def download_form(work: Work) -> None:
    """A dataset of Keras's: downloaded first where it is not here."""
    st.caption(
        say(
            "Well-known data, from the internet into Keras's own cache. Nothing of it is unpickled, so CIFAR-10 comes "
            "in its binary form and IMDB as texts rather than as the files that Keras loads."
        )
    )
    name = st.selectbox(
        say("Dataset"), list(DOWNLOADED), key="own_download", label_visibility="collapsed",
        format_func=lambda name: say(DOWNLOADED[name].title),
    )  # fmt: skip
    st.write(say(DOWNLOADED[name].summary))
    missing = missing_downloads(DOWNLOADED[name])
    label = say("Download it and train on it") if missing else say("Train on it")
    if st.button(label, key="own_take_download", type="primary") and (not missing or is_fetched(name)):
        take(work, name, {})


def is_fetched(name: str) -> bool:
    """Download it while the dialog waits; whether that went well, else why not is said."""
    with st.spinner(say("Downloading…")):
        try:
            backstage.engine().call("components.downloading.fetch_json", name, timeout=MOST_SECONDS, long=True)
        except backstage.EngineError as error:
            st.error(say(str(error)))
            return False
    return True
