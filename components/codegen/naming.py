"""Names of variables and functions: valid in Python, resembling the layer's, and free where they are used."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

from components.codegen.layout import width

LONGEST = 36
"""Columns of a variable's name; ruff would wrap an assignment to a longer one in brackets."""

AMBIGUOUS = {"l", "O", "I"}
"""Names that linters refuse because they look like digits."""

TAKEN = {*keyword.kwlist, *dir(builtins), *AMBIGUOUS, "keras", "layers"}


class Names:
    """The names of one scope: each is handed out once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = TAKEN | set(taken)

    def claim(self, wanted: str) -> str:
        """The wanted name, or one like it that is valid and free."""
        name = identifier(wanted)
        if name in self._taken and name + "_" not in self._taken and name in TAKEN:
            name += "_"
        number = 1
        stem = re.sub(r"_\d+$", "", name)
        while name in self._taken:
            name = f"{stem}_{number}"
            number += 1
        self._taken.add(name)
        return name


def identifier(text: str) -> str:
    """A Python identifier that resembles the text: normalised as Python does it, without leading underscores."""
    name = unicodedata.normalize("NFKC", text).strip("_")
    if not name.isidentifier():
        name = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        name = name if name.isidentifier() else f"layer_{name}".rstrip("_")
    while width(name) > LONGEST:
        name = name[:-1]
    return name.rstrip("_")
