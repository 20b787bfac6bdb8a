"""The Layer tab: what the selected layer is, its parameters as a form, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from components.drawing.layout import COLUMN, free_place
from components.graph import Graph, Json, Layer, Node, calls_of, is_input, unique_name
from components.layers import check_config, find_layer
from dashboard.editing import apply_operation, shape_of
from dashboard.forms import controlled, parameter_form
from dashboard.panels.block import block_form
from dashboard.panels.train import data_form
from dashboard.state import Work, inspection_at, try_change
from dashboard.texts import number, say


def show(work: Work, inspection: Json | None) -> None:
    """The tab, for the node that was selected last."""
    inner = inspection_at(inspection, work.document.path)
    if work.edge:
        show_edge(work, *work.edge, inner)
        return
    if not work.selected:
        overview(work, inner)
        return
    node = work.document.graph.node(work.selected[-1])
    layer = work.document.graph.layer_of(node)
    heading(work, node, layer, inner)
    problems(work, node.id, inner)
    if isinstance(layer, Layer):
        config_form(work, node.layer, layer)
    from dashboard.panels.varying import vary_in_search  # the samplers are imported for the first layer that is chosen

    vary_in_search(work, node.id)
    acts(work, node, layer, inner)
    flow(work, node, inner)
    block_form(work, inner, node.id)


def operate(work: Work, **operation: Any) -> str | None:
    """One operation of the canvas, from the panel; why it was refused, if it was."""
    return try_change(work, lambda document: apply_operation(document, operation))


def overview(work: Work, inspection: Json | None) -> None:
    """What to see when nothing is selected: the experiment as a whole."""
    st.markdown(f"#### {work.experiment.name}")
    st.caption(say("Select a node to change its layer; press / on the canvas to add one."))
    if not work.document.graph.nodes:
        data_form(work)
    problems(work, None, inspection)
    for reference in work.document.graph.outputs:
        st.markdown(say("Output **{name}**", name=reference))
    block_form(work, inspection)


def show_edge(work: Work, target: str, place: int, inspection: Json | None) -> None:
    """The selected edge: what flows there, and a block to put on it."""
    inputs = work.document.graph.node(target).inputs
    shape = shape_of(inspection, inputs[place])
    st.markdown(say("#### From {source} to {target}", source=inputs[place], target=target))
    st.caption(
        say("Input {place} of {count}", place=place + 1, count=len(inputs)) + (f" · {written(shape)}" if shape else "")
    )
    block_form(work, inspection, target, place)


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
            st.markdown(f":red[:material/error:] {say(problem['message'])}")
            for index, fix in enumerate(problem["fixes"]):
                st.button(
                    say(fix["label"]),
                    key=f"fix_{place}_{index}",
                    on_click=mend,
                    args=(work, fix),
                )


def mend(work: Work, fix: Json) -> None:
    """Carry out what a problem offers."""
    operate(work, edit="many", edits=fix["edits"])


def config_form(work: Work, name: str, layer: Layer) -> None:
    """The layer's parameters."""

    def change(parameter: str, value: Any) -> str | None:
        default = next(p for p in find_layer(layer.kind).parameters if p.name == parameter)
        setting = {"unset": [parameter]} if value == default.default and not default.required else {parameter: value}
        sentences = [] if "unset" in setting else check_config(layer.kind, {**layer.config, **setting})
        return sentences[0] if sentences else operate(work, edit="configure", layer=name, config=setting)

    path = "/".join(work.document.path)
    parameter_form(find_layer(layer.kind).parameters, layer.config, change, f"layer/{work.id}/{path}/{name}")


def acts(work: Work, node: Node, layer: Layer | Graph, inspection: Json | None) -> None:
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
            output_acts(work, node, inspection)
        act(say("Delete"), "delete", lambda: operate(work, edit="delete_nodes", ids=list(work.selected)))


def act(label: str, key: str, do: Any, help: str | None = None) -> None:
    """One button of the row."""
    st.button(label, key=f"act_{key}", on_click=do, help=help)


def output_acts(work: Work, node: Node, inspection: Json | None) -> None:
    """Make each of the node's outputs one of the graph's, or no longer one."""
    count = len((inspection or {}).get("nodes", {}).get(node.id, {}).get("outputs", ())) or 1
    for index in range(count):
        reference = f"{node.id}:{index}" if index else node.id
        is_out = reference in work.document.graph.outputs
        if count == 1:
            label = say("Not an output") if is_out else say("Make output")
        else:
            label = (
                say("{name}: not an output", name=reference) if is_out else say("{name}: make output", name=reference)
            )
        act(label, f"output_{index}", lambda id=reference: operate(work, edit="toggle_output", id=id))


def call_again(work: Work, node: Node) -> None:
    """One more call of the node's layer beside it, to be fed something else, as the canvas makes it."""
    graph, layout = work.document.graph, work.document.layout
    call = unique_name(node.layer, {*graph.layers, *(other.id for other in graph.nodes)})
    x, y = layout[node.id]
    edits = [{"edit": "add_call", "id": call, "layer": node.layer}]
    operate(work, edit="many", edits=edits, positions={call: free_place((x + COLUMN, y), layout.values())})
    work.chosen = (call,)


def flow(work: Work, node: Node, inspection: Json | None) -> None:
    """Where the node's output goes, in words."""
    known = (inspection or {}).get("nodes", {}).get(node.id, {})
    if not known.get("outputs"):
        return
    shape = written(known["outputs"][0]["shape"])
    fed = [other.id for other in work.document.graph.nodes if any(r.partition(":")[0] == node.id for r in other.inputs)]
    st.caption(
        say("Output {shape} goes to {targets}.", shape=shape, targets=", ".join(fed))
        if fed
        else say("Output {shape}.", shape=shape)
    )


def written(shape: Iterable[int | None]) -> str:
    """`(None, 8, 8)`."""
    return "(" + ", ".join(map(str, shape)) + ")"
