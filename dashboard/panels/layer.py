"""The Layer tab: what the selected layer is, its parameters as a form, and what can be done with it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components.graph import Graph, Json, Layer, Node, calls_of, is_input
from components.layers import check_config, find_layer
from dashboard.editing import apply_operation
from dashboard.forms import controlled, parameter_form
from dashboard.panels.block import block_form
from dashboard.panels.train import data_form
from dashboard.panels.varying import vary_in_search
from dashboard.state import Work, inspection_at, try_change
from dashboard.texts import number, say


def show(work: Work, inspection: Json | None) -> None:
    """The tab, for the node that was selected last."""
    inner = inspection_at(inspection, work.document.path)
    if not work.selected:
        overview(work, inner)
        return
    node = work.document.graph.node(work.selected[-1])
    layer = work.document.graph.layer_of(node)
    heading(work, node, layer, inner)
    problems(work, node.id, inner)
    if isinstance(layer, Layer):
        config_form(work, node.layer, layer)
    vary_in_search(work, node.id)
    acts(work, node, layer)
    flow(work, node, inner)
    block_form(work, node.id, inner)


def operate(work: Work, **operation: Any) -> None:
    """One operation of the canvas, from the panel."""
    try_change(work, lambda document: apply_operation(document, operation))


def overview(work: Work, inspection: Json | None) -> None:
    """What to see when nothing is selected: the experiment as a whole."""
    st.markdown(f"#### {work.experiment.name}")
    st.caption(say("Select a node to change its layer; press / on the canvas to add one."))
    if not work.document.graph.nodes:
        data_form(work)
    problems(work, None, inspection)
    for reference in work.document.graph.outputs:
        st.markdown(say("Output **{name}**", name=reference))
    block_form(work, None, inspection)


def heading(work: Work, node: Node, layer: Layer | Graph, inspection: Json | None) -> None:
    """Kind, name and parameters."""
    kind = layer.kind if isinstance(layer, Layer) else say("Model")
    known = (inspection or {}).get("nodes", {}).get(node.id, {})
    count = known.get("parameters")
    size = f" · {say('{count} parameters', count=number(count))}" if count is not None else ""
    st.markdown(f"#### {kind}")
    if isinstance(layer, Layer):
        st.caption(say(find_layer(layer.kind).summary) + size)
    else:
        st.caption(say("A model of {count} layers, used as a layer.", count=len(layer.nodes)) + size)
    controlled(
        st.text_input,
        say("name"),
        node.layer,
        lambda name: operate(work, edit="rename_layer", layer=node.layer, name=name.strip()),
        f"name/{work.id}/{node.id}",
    )


def problems(work: Work, node_id: str | None, inspection: Json | None) -> None:
    """The node's problems, each with its mends."""
    for place, problem in enumerate((inspection or {}).get("problems", ())):
        if problem["node"] != node_id:
            continue
        with st.container(border=True, key=f"problem_{place}"):
            st.markdown(f":red[:material/error:] {problem['message']}")
            for index, fix in enumerate(problem["fixes"]):
                st.button(
                    fix["label"],
                    key=f"fix_{place}_{index}",
                    on_click=lambda edits=fix["edits"]: operate(work, edit="many", edits=edits),
                )


def config_form(work: Work, name: str, layer: Layer) -> None:
    """The layer's parameters."""

    def change(parameter: str, value: Any) -> None:
        default = next(p for p in find_layer(layer.kind).parameters if p.name == parameter)
        setting = {"unset": [parameter]} if value == default.default and not default.required else {parameter: value}
        sentences = [] if "unset" in setting else check_config(layer.kind, {**layer.config, **setting})
        if sentences:
            work.notice = sentences[0]
        else:
            operate(work, edit="configure", layer=name, config=setting)

    path = "/".join(work.document.path)
    parameter_form(find_layer(layer.kind).parameters, layer.config, change, f"layer/{work.id}/{path}/{name}")


def acts(work: Work, node: Node, layer: Layer | Graph) -> None:
    """Share, unshare, group, open, output, delete."""
    graph = work.document.graph
    with st.container(horizontal=True, key="layer_acts"):
        if not is_input(layer):
            act(
                say("Call again"), "again", lambda: call_again(work, node), say("A second call that shares the weights")
            )
        if len(calls_of(graph, node.layer)) > 1:
            act(say("Unshare"), "unshare", lambda: operate(work, edit="unshare", id=node.id))
        if isinstance(layer, Graph):
            act(say("Open"), "open", lambda: operate(work, edit="open", layer=node.layer))
            act(say("Ungroup"), "ungroup", lambda: operate(work, edit="ungroup", id=node.id))
        if not is_input(layer):
            label = say("Not an output") if node.id in graph.outputs else say("Make output")
            act(label, "output", lambda: operate(work, edit="toggle_output", id=node.id))
        act(say("Delete"), "delete", lambda: operate(work, edit="delete_nodes", ids=list(work.selected)))


def act(label: str, key: str, do: Any, help: str | None = None) -> None:
    """One button of the row."""
    st.button(label, key=f"act_{key}", on_click=do, help=help)


def call_again(work: Work, node: Node) -> None:
    """One more call of the node's layer, on the same inputs, beside it."""
    taken = {other.id for other in work.document.graph.nodes}
    number = 2
    while f"{node.layer}_call_{number}" in taken:
        number += 1
    operate(work, edit="add_call", id=f"{node.layer}_call_{number}", layer=node.layer, inputs=list(node.inputs))


def flow(work: Work, node: Node, inspection: Json | None) -> None:
    """Where the node's output goes, in words."""
    known = (inspection or {}).get("nodes", {}).get(node.id, {})
    if not known.get("outputs"):
        return
    shape = "(" + ", ".join(str(size) for size in known["outputs"][0]["shape"]) + ")"
    fed = [other.id for other in work.document.graph.nodes if any(r.partition(":")[0] == node.id for r in other.inputs)]
    st.caption(
        say("Output {shape} goes to {targets}.", shape=shape, targets=", ".join(fed))
        if fed
        else say("Output {shape}.", shape=shape)
    )
