"""The search space as a form: pointing at what may vary, its range, and on which choice it hangs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components.graph import Graph, graph_at
from components.searching.conditions import in_order
from components.searching.pointing import parameter_of
from components.searching.search_space import Dimension, SearchSpace
from dashboard.editing import Document, close_model, open_model
from dashboard.forms import controlled
from dashboard.panels.varying import choose_points
from dashboard.searching import (
    change_dimension,
    keep_space,
    points_of_node,
    points_of_training,
    space_of,
)
from dashboard.state import Work, try_change
from dashboard.texts import say

TRAINING = "training"

MOST_CONDITIONS = 12
"""Values of a dimension on which another can be made to depend."""


def pointing(work: Work) -> None:
    """What of the node that is chosen, on the canvas above or by name, may vary."""
    graph, path = work.experiment.graph, work.document.path
    chosen = "/".join((*path, work.selected[-1])) if work.selected else TRAINING
    controlled(
        st.selectbox, say("layer"), chosen, lambda name: turn_to(work, name), f"tune_node/{work.id}",
        options=list(dict.fromkeys([TRAINING, *nodes_of(graph), chosen])),
        format_func=lambda name: say("the training") if name == TRAINING else name,
    )  # fmt: skip
    points = points_of_node(graph, work.selected[-1], path) if work.selected else points_of_training(work.experiment)
    if points:
        choose_points(work, points, f"tune_points/{chosen}")
    else:
        st.caption(say("Nothing of this can vary; point at another layer."))


def turn_to(work: Work, name: str) -> None:
    """Another node is pointed at by its name, inside the models that lead to it."""
    *path, node = name.split("/")
    nodes = () if name == TRAINING else (node,)
    if nodes and tuple(path) != work.document.path:
        try_change(work, open_at, path)
    with work.lock:
        work.chosen, work.chosen_edge = nodes, None


def open_at(document: Document, path: Sequence[str]) -> Document:
    """The document with these models open, one in the other."""
    document = close_model(document, {"to": 0})
    for layer in path:
        document = open_model(document, {"layer": layer})
    return document


def nodes_of(graph: Graph, path: tuple[str, ...] = ()) -> list[str]:
    """The nodes of which something may vary, those inside nested models after the node that calls these."""
    found: list[str] = []
    inner = graph_at(graph, path)
    for node in inner.nodes:
        if points_of_node(graph, node.id, path):
            found.append("/".join((*path, node.id)))
        if isinstance(inner.layer_of(node), Graph):
            found += nodes_of(graph, (*path, node.layer))
    return list(dict.fromkeys(found))


def dimension_form(work: Work, one: Dimension) -> None:
    """The range of a dimension, and the way to take it out."""
    key = f"tune_dimension/{work.id}/{one.name}"
    with st.container(border=True, key=f"dimension_{abs(hash(one.name))}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{one.name}**", width="stretch")
            if one.least is not None:
                controlled(
                    st.toggle, say("log"), one.log, lambda on: change_dimension(work, one.but(log=on, step=None)),
                    f"{key}/log", help=say("Every factor of ten as likely as any other"),
                )  # fmt: skip
            st.button(
                say("Remove"), key=f"{key}/remove", icon=":material/close:", type="tertiary", help=say("Let it not vary"),
                on_click=lambda: keep_space(work, space_of(work).minus(one.name)),
            )  # fmt: skip
        if one.place in ("present", "branch"):
            st.caption(say("there, or left out") if one.place == "present" else say("enters, or is cut"))
        elif one.place == "kind":
            kinds_form(work, one, key)
        elif one.choices:
            choices_form(work, one, key)
        else:
            range_form(work, one, key)
        condition_form(work, one, key)


def condition_form(work: Work, one: Dimension, key: str) -> None:
    """On which choice of another dimension it hangs whether this one counts."""
    others = {
        other.name: other.values for other in space_of(work).dimensions if other.name != one.name and other.values
    }
    others = {name: values for name, values in others.items() if len(values) <= MOST_CONDITIONS}
    if not others and one.only_if is None:
        return
    name, values = one.only_if or ("", ())
    told = say("Counts only if “{name}” is {values}", name=name, values=", ".join(map(str, values)))
    with st.popover(told if name else say("Counts always"), key=f"condition_{abs(hash(one.name))}"):
        controlled(
            st.selectbox, say("counts only if"), name, lambda other: depend_on(work, one, other, others), f"{key}/other",
            options=["", *dict.fromkeys([*others, *([name] if name else [])])], format_func=lambda other: other or say("always"),
        )  # fmt: skip
        if name:
            controlled(
                st.multiselect, say("is one of"), list(values),
                lambda chosen: change_dimension(work, one.but(only_if=(name, tuple(chosen)))), f"{key}/when",
                options=list(dict.fromkeys([*others.get(name, ()), *values])),
            )  # fmt: skip


def depend_on(work: Work, one: Dimension, other: str, offered: Mapping[str, tuple[Any, ...]]) -> None:
    """Another condition, at first on the other's first value; what is depended on comes before."""
    change_dimension(work, one.but(only_if=(other, offered[other][:1]) if other else None))
    keep_space(work, SearchSpace(tuple(in_order(space_of(work), work.experiment.graph))))


def kinds_form(work: Work, one: Dimension, key: str) -> None:
    """Which layers and blocks may stand there."""
    controlled(
        st.multiselect, say("values"), list(one.choices),
        lambda chosen: change_dimension(work, one.but(choices=tuple(chosen))),
        f"{key}/kinds", options=[name for name, _ in one.options], label_visibility="collapsed",
    )  # fmt: skip


def choices_form(work: Work, one: Dimension, key: str) -> None:
    """Which choices there are."""
    known = [*one.choices]
    if all(isinstance(value, str) for value in known):
        offered = points_choices(work, one)
        known = list(dict.fromkeys([*known, *offered]))
    controlled(
        st.multiselect, say("values"), list(one.choices),
        lambda chosen: change_dimension(work, one.but(choices=tuple(read_choice(value) for value in chosen))),
        f"{key}/choices", options=known, format_func=str, label_visibility="collapsed", accept_new_options=True,
    )  # fmt: skip


def points_choices(work: Work, one: Dimension) -> list[str]:
    """All names that the parameter takes."""
    fact = parameter_of(work.experiment, one)
    return [value for value in fact.choices if isinstance(value, str)] if fact is not None else []


def read_choice(value: Any) -> Any:
    """A choice as it was offered, or a number that was typed in."""
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def range_form(work: Work, one: Dimension, key: str) -> None:
    """From, to and the step."""
    kind: Callable[[Any], Any] = int if one.whole else float
    columns = st.columns(3)
    for column, name, label in zip(
        columns, ("least", "most", "step"), (say("from"), say("to"), say("step")), strict=True
    ):
        value = getattr(one, name)
        if name == "step" and one.log:
            continue
        with column:
            controlled(
                st.number_input, label, None if value is None else kind(value),
                partial(enter, work, one, name),
                f"{key}/{name}", format="%d" if one.whole else "%g", step=1 if one.whole else None,
                placeholder=say("any"),
            )  # fmt: skip


def enter(work: Work, one: Dimension, name: str, entered: float | None) -> None:
    """Another end of the range, or another step."""
    change_dimension(work, one.but(**{name: entered}))
