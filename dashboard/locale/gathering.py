"""Gathering: every text that a person may read, out of the sources, as the template that translators start from.

`make texts` writes it. A text is what `say` is given, and whatever else reads like one: the sentences of errors and
problems are made where they arise, in the engine room, and known again at the page's door by the message that
they were made from. So an f-string is gathered with its values as named fields.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from presets import LESSONS

ROOT = Path(__file__).parents[2]
TEMPLATE = Path(__file__).parent / "layerloom.pot"
FOLDERS = ("dashboard", "components", "presets")
SILENT = ("components/codegen/", "presets/lessons/reading.py", "dashboard/locale/")
"""Whose strings are code, or no text of the page."""

LIKE_TEXT = re.compile(r"[A-Za-z]{2}\W* \W*[\w“‘({]")
TITLE = re.compile(r"[A-Z][a-z]{2,}")


def gather() -> dict[str, list[tuple[str, int]]]:
    """All messages and where they stand: (file, line)."""
    found: dict[str, list[tuple[str, int]]] = {}
    for folder in FOLDERS:
        for source in sorted((ROOT / folder).rglob("*.py")):
            name = source.relative_to(ROOT).as_posix()
            if not name.startswith(SILENT):
                for message, line in texts_of(source.read_text(encoding="utf-8")):
                    found.setdefault(message, []).append((name, line))
    for lesson in LESSONS.values():
        for text in (lesson.title, lesson.text, lesson.question, *lesson.choices, lesson.see, lesson.next):
            found.setdefault(text, []).append((f"presets/lessons/{lesson.name}.md", 1))
        if lesson.correction:
            found.setdefault(lesson.correction, []).append((f"presets/lessons/{lesson.name}.md", 1))
    return found


def texts_of(source: str) -> Iterator[tuple[str, int]]:
    """The messages in one module, with their lines."""
    tree = ast.parse(source)
    skipped = set(docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in {"say", "dialog"} and node.args:
            skipped.add(node.args[0])
            if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                yield node.args[0].value, node.lineno
        if isinstance(node, ast.JoinedStr):
            skipped.update(node.values)
            message = message_of(node)
            if LIKE_TEXT.search(message):
                yield message, node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            yield from ((text, node.lineno) for text in [node.value] if reads_like_text(text))


def reads_like_text(literal: str) -> bool:
    """Whether it is several words, or one with a capital."""
    return bool(LIKE_TEXT.search(literal) or TITLE.fullmatch(literal))


def docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    """The strings that stand for themselves: documentation."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def called(call: ast.Call) -> str:
    """The name of what is called."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def message_of(text: ast.JoinedStr) -> str:
    """`f"{node.id} has {len(rows)} rows"` → `{id} has {rows} rows`, every field named once."""
    names: dict[str, str] = {}
    parts = []
    for part in text.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value).replace("{", "{{").replace("}", "}}"))
        elif isinstance(part, ast.FormattedValue):
            written = ast.unparse(part.value)
            if written not in names:
                name = name_of(part.value)
                taken = sum(other.rstrip("0123456789_") == name for other in names.values())
                names[written] = f"{name}_{taken + 1}" if taken else name
            parts.append(f"{{{names[written]}}}")
    return "".join(parts)


def name_of(value: ast.expr) -> str:
    """What a translator may call a value: the last word of the expression that gives it."""
    words = re.findall(r"[a-z][a-z_]*", ast.unparse(value).rpartition("(")[2] or ast.unparse(value))
    return words[-1].strip("_") if words else "value"


def main() -> None:
    """Write the template."""
    from babel.messages.catalog import Catalog  # a tool of those who translate, not of those who run the dashboard
    from babel.messages.pofile import write_po

    catalogue = Catalog(project="Layerloom", charset="utf-8")
    for message, places in gather().items():
        catalogue.add(message, locations=places)
    with open(TEMPLATE, "wb") as file:
        write_po(file, catalogue, width=120)
    print(f"{len(catalogue)} messages in {TEMPLATE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
