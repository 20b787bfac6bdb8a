"""Edits of graphs: each a pure function `(graph, arguments) → graph`, entered in EDITS under its own name."""

from components.edits.copies import copy_part
from components.edits.nesting import group, ungroup
from components.edits.registry import EDITS, apply_edit, edit_inside
from components.edits.wiring import add_node, configure, connect, delete_and_bridge, disconnect, redirect

__all__ = [
    "EDITS",
    "add_node",
    "apply_edit",
    "configure",
    "connect",
    "copy_part",
    "delete_and_bridge",
    "disconnect",
    "edit_inside",
    "group",
    "redirect",
    "ungroup",
]
