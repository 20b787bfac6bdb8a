"""Names of variables and functions: valid in Python, resembling the layer's, and free where they are used."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator

from components.codegen.layout import width
from components.codegen.repeating import Repetition

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

    def has(self, wanted: str) -> bool:
        """Whether the name was handed out already."""
        name = identifier(wanted)
        return name in self._taken and name not in TAKEN


def identifier(text: str) -> str:
    """A Python identifier that resembles the text: normalised as Python does it, without leading underscores."""
    name = unicodedata.normalize("NFKC", text).strip("_")
    if not name.isidentifier():
        name = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
        name = name if name.isidentifier() else f"layer_{name}".rstrip("_")
    while width(name) > LONGEST:
        name = name[:-1]
    return name.rstrip("_")


def loop_variables(found: Iterable[Repetition], names: Names) -> Iterator[list[str]]:
    """For each loop in turn the variables of its block; one that is no longer needed serves the next loop too."""
    held: dict[str, tuple[str, int]] = {}
    for loop in found:
        free = {stem: variable for stem, (variable, last_use) in held.items() if last_use < loop.start + loop.length}
        bare, lettered = ([name.stems[way] for name in loop.names] for way in (0, 1))
        wanted = lettered if any(names.has(stem) and stem not in free for stem in bare) else bare
        variables = [free.pop(stem, "") or names.claim(stem) for stem in wanted]
        held |= {stem: (variable, loop.end) for stem, variable in zip(wanted, variables, strict=True)}
        held[wanted[-1]] = variables[-1], loop.last_use
        yield variables
