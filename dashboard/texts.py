"""The words on the page: every text a person reads is asked of `say`, which translates it."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

LOCALE = Path(__file__).parent / "locale"
SOURCE = "en"
"""The language that the messages are written in."""

_language: ContextVar[str] = ContextVar("language", default=SOURCE)


class Catalogue:
    """One language's messages; the source's has none and gives back what it is asked for."""

    def __init__(self, messages: gettext.NullTranslations) -> None:
        self.messages = messages
        known = getattr(messages, "_catalog", {})  # gettext has no public way to list what it knows
        self.patterns = [(pattern_of(message), message) for message in known if is_made_of_words(message)]

    def say(self, message: str) -> str:
        """The message's translation; of a sentence with its values in it, that of the message it was made from."""
        text = self.messages.gettext(message) if message else ""  # gettext answers nothing with its own header
        return text if text != message else self.retell(message)

    def retell(self, sentence: str) -> str:
        """A sentence that the engine room has made: its errors and problems come to the page as plain text."""
        for pattern, message in self.patterns:
            made = pattern.fullmatch(sentence)
            if made:
                return self.messages.gettext(message).format(**made.groupdict())
        return sentence


def is_made_of_words(message: str) -> bool:
    """Whether values go into the message and words stand around them; a lesson's braces may be those of code."""
    try:
        parts = list(Formatter().parse(message))
    except ValueError:
        return False
    fields = [field for _, field, _, _ in parts if field is not None]
    words = re.findall(r"[a-z]{2,}", " ".join(literal for literal, *_ in parts))
    return bool(fields) and all(field.isidentifier() for field in fields) and len(words) > 1


def pattern_of(message: str) -> re.Pattern[str]:
    """What matches every sentence made from the message, each field a group."""
    seen: set[str] = set()
    parts = []
    for literal, field, _, _ in Formatter().parse(message):
        parts.append(re.escape(literal))
        if field:
            parts.append(f"(?P={field})" if field in seen else f"(?P<{field}>.+?)")
            seen.add(field)
    return re.compile("".join(parts), re.DOTALL)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; that of the source where there is none."""
    return Catalogue(gettext.translation("layerloom", LOCALE, [language], fallback=True))


@cache
def languages() -> tuple[str, ...]:
    """What the product speaks."""
    return (SOURCE, *sorted(folder.name for folder in LOCALE.glob("*") if (folder / "LC_MESSAGES").is_dir()))


@contextmanager
def speaking(wanted: str | None) -> Iterator[None]:
    """Inside, `say` speaks the language that a browser wants most (`ko-KR`, `ko,en;q=0.8`), or the source's."""
    most = re.split("[-,;]", wanted or SOURCE)[0].strip()
    before = _language.set(most if most in languages() else SOURCE)
    try:
        yield
    finally:
        _language.reset(before)


def language() -> str:
    """The language that is spoken now."""
    return _language.get()


def say(message: str, /, **values: Any) -> str:
    """The message in the reader's language, with `{name}` fields filled in."""
    text = catalogue(language()).say(message)
    return text.format(**values) if values else text


def number(value: float) -> str:
    """A whole number with thin spaces between its thousands."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def duration(seconds: float) -> str:
    """Seconds as a person says them: `4 s`, `2 min 10 s`, `1 h 5 min`."""
    seconds = round(seconds)
    if seconds < 60:
        return say("{seconds} s", seconds=seconds)
    if seconds < 3600:
        return say("{minutes} min {seconds} s", minutes=seconds // 60, seconds=seconds % 60)
    return say("{hours} h {minutes} min", hours=seconds // 3600, minutes=seconds % 3600 // 60)
