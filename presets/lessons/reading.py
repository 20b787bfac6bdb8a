"""Reading a lesson: a plain header, then Markdown in a few known sections; text and data, never code that runs."""

from __future__ import annotations

import re

from presets.preset import Lesson

HEADER = ("title", "rows", "architecture", "beside", "also", "blocks", "styles", "nodes", "claim", "options")
SECTIONS = {"Predict": "question", "See": "see", "Try next": "next", "Put right": "correction"}
CHOICE = re.compile(r"^- \[( |x)\] (.+)$", re.MULTILINE)


class LessonError(ValueError):
    """A lesson's file breaks a rule; the text says the rule, the value and the remedy."""


def read_lesson(name: str, source: str) -> Lesson:
    """The lesson in a file: `key: value` lines, an empty line, the idea, then `## ` sections.

    `## Predict` holds a question and its choices, `- [ ] …`, of which one is marked right by `- [x] …`.
    """
    head, _, body = source.partition("\n\n")
    header = dict(read_line(name, line) for line in head.splitlines())
    idea, *parts = re.split(r"^## ", body, flags=re.MULTILINE)
    sections = {}
    for part in parts:
        title, _, text = part.partition("\n")
        if title not in SECTIONS:
            raise LessonError(f"{name}: a section is one of {', '.join(SECTIONS)}, and this is “{title}”; rename it.")
        sections[SECTIONS[title]] = text.strip()
    choices = CHOICE.findall(sections.get("question", ""))
    if sum(mark == "x" for mark, _ in choices) != 1:
        raise LessonError(f"{name}: of the choices under Predict exactly one is right; mark it with [x].")
    return Lesson(
        name=name,
        title=header["title"],
        text=idea.strip(),
        architecture=header["architecture"],
        rows=words(header["rows"]),
        beside=words(header.get("beside", "")),
        also=words(header.get("also", "")),
        blocks=words(header.get("blocks", "")),
        styles=words(header.get("styles", "")),
        nodes=words(header.get("nodes", "")),
        claim=header.get("claim", ""),
        options=dict(word.split("=", 1) for word in words(header.get("options", ""))),
        question=CHOICE.split(sections["question"])[0].strip(),
        choices=tuple(text for _, text in choices),
        right=[mark for mark, _ in choices].index("x"),
        see=sections.get("see", ""),
        next=sections.get("next", ""),
        correction=sections.get("correction", ""),
    )


def read_line(name: str, line: str) -> tuple[str, str]:
    """One line of the header."""
    key, colon, value = line.partition(":")
    if not colon or key not in HEADER:
        raise LessonError(f"{name}: a header's line is one of {', '.join(HEADER)} and a colon, and this is “{line}”.")
    return key, value.strip()


def words(text: str) -> tuple[str, ...]:
    """The words between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
