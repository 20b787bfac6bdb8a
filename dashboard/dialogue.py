"""Dialogue: what the canvas says of a graph and what it is told; over its socket, and over the page where that is shut."""

from __future__ import annotations

from components.graph import Json
from components.layers import LAYERS
from components.searching.pointing import varied_nodes
from dashboard.backstage import inspect_experiment
from dashboard.canvas import LABELS, patch_between, view_of, whole_view
from dashboard.editing import Document
from dashboard.state import Work, has_seen, inspection_at, receive_operations
from dashboard.texts import number, say
from presets import BLOCKS

MOST_VIEWS = 60
"""Views after which a canvas that never says what it has gets all of it again."""


def hear(work: Work, message: Json) -> None:
    """Take in what the canvas says: `ops`, operations to carry out, or `selected`, the nodes that it selected."""
    with work.lock:
        if message.get("ops"):
            receive_operations(work, message["ops"], inspect_experiment)
        if message.get("selected"):
            choose(work, message["selected"])


def choose(work: Work, selected: Json) -> None:
    """Other nodes of the open graph are selected, or an edge."""
    work.choice = (selected.get("client", ""), selected.get("n", 0))
    if selected.get("document") in (None, document_id(work)):
        edge = selected.get("edge")
        work.chosen = tuple(selected.get("ids", ()))
        work.chosen_edge = (edge["target"], edge["place"]) if edge else None
        has_seen(work, selected.get("seen"))


def tell(work: Work) -> Json:
    """What the canvas is to be told now: the whole view of a newly opened graph, then only what changed.

    Keras is asked outside the lock, so that the other way to the canvas need not wait; should the graph have become
    another meanwhile, it is asked again.
    """
    while True:
        document = work.document
        inspection = inspect_experiment(document.experiment)
        with work.lock:
            if document is work.document:
                return message(work, document, inspection)


def message(work: Work, document: Document, inspection: Json | None) -> Json:
    """What there is to tell, with its turn: what is overtaken on the other way comes too late."""
    work.turn += 1
    inner = inspection_at(inspection, document.path)
    varied = varied_nodes(document.experiment.graph, document.space, document.path)
    view = view_of(document.graph, document.layout, inner, document.path, varied)
    view["title"] = work.experiment.name
    view["summary"] = summary(document, inner)
    return {
        **news(work, view),
        "channel": work.channel,
        "turn": work.turn,
        "document": document_id(work),
        "draft": work.id if work.revision else None,
        "ack": {"client": work.client, "last": work.acknowledged, "choice": work.choice},
        "selected": list(work.selected),
        "notice": work.notice,
        "noticed": work.refusals,
        **({"copied": work.copied} if work.copied else {}),
        "reading": inspection is None,
    }


def document_id(work: Work) -> str:
    """The open graph, by a name that is another whenever another graph is open."""
    return "/".join((work.canvas, *work.document.path))


def news(work: Work, view: Json) -> Json:
    """The view as a whole, or as a patch upon the oldest that the canvas may have.

    What was sent last may never arrive: Streamlit drops what a later run of the page overtakes.
    """
    views = work.sent["views"] if work.sent.get("document") == document_id(work) else {}
    if len(views) > MOST_VIEWS:
        views = {}
    if not views or views[work.sent_count] != view:
        work.sent_count += 1
    base = min(views, default=None)
    work.sent = {"document": document_id(work), "views": {**views, work.sent_count: view}}
    if base is None:
        return {"base": None, "revision": work.sent_count, "view": whole_view(view), **palette()}
    return {"base": base, "revision": work.sent_count, "view": patch_between(views[base], view)}


def palette() -> Json:
    """What can be placed."""
    return {
        "catalogue": [
            {
                "kind": layer.name,
                "family": layer.group,
                "group": say(layer.group),
                "summary": say(layer.summary),
                "start": dict(layer.start),
                "arity": list(layer.arity),
            }
            for layer in LAYERS.values()
        ],
        "blocks": [
            {"name": block.name, "title": say(block.title), "summary": say(block.summary)} for block in BLOCKS.values()
        ],
        "labels": {label: say(label) for label in LABELS},
    }


def summary(document: Document, inspection: Json | None) -> str:
    """The graph in one line."""
    graph = document.graph
    inputs, outputs = len(graph.inputs), len(graph.outputs)
    sizes = [say("1 input") if inputs == 1 else say("{count} inputs", count=inputs)]
    sizes.append(say("1 output") if outputs == 1 else say("{count} outputs", count=outputs))
    if inspection is not None:
        sizes.insert(0, say("{count} parameters", count=number(inspection["parameters"])))
    return " · ".join(sizes)
