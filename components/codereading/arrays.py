"""Which arrays of a split feed the model and which it is to answer, as an exported file's own function says."""

from __future__ import annotations

import ast

from components.unpacking import is_whole

FUNCTION = "select_arrays"
"""What an exported file calls it; it takes a split's inputs and targets, and gives x and y."""

Feed = str | tuple[str, ...] | dict[str, str]
"""One array, several in order, or several by the name of what they feed."""


def read_arrays(module: ast.Module) -> tuple[Feed | None, Feed | None]:
    """The arrays that go in and those that are answered; None for what is not told in a known form."""
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == FUNCTION]
    if not functions or len(functions[-1].args.args) != 2:
        return None, None
    told = {
        target.id: statement.value
        for statement in functions[-1].body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    inputs, targets = (argument.arg for argument in functions[-1].args.args)
    return feed_of(told.get("x"), inputs), feed_of(told.get("y"), targets)


def feed_of(node: ast.expr | None, table: str) -> Feed | None:
    """`table["a"]`, `[table["a"], table["b"]]` or `{"one": table["a"], …}`."""
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        items = [array_of(value, table) for value in node.values]
        named = {key: item for key, item in zip(keys, items, strict=True) if isinstance(key, str) and item is not None}
        return named if len(named) == len(keys) else None
    if isinstance(node, (ast.List, ast.Tuple)):
        found = [array_of(value, table) for value in node.elts]
        return tuple(item for item in found if item is not None) if None not in found else None
    return array_of(node, table)


def array_of(node: ast.expr | None, table: str) -> str | None:
    """The name in `table["name"]`."""
    match node:
        case ast.Subscript(value=ast.Name(id=found), slice=ast.Constant(value=str(name))) if found == table:
            return name if is_whole(name) else None
    return None
