"""The words on the page: every text a person reads is asked of `say`, which translates it."""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).parent / "locale"
LANGUAGES = {"en": "English"}


@cache
def translation(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; English, the source, where there is none."""
    return gettext.translation("layerloom", LOCALE, [language], fallback=True)


def say(message: str, /, **values: Any) -> str:
    """The message in the reader's language, with `{name}` fields filled in."""
    text = translation("en").gettext(message)
    return text.format(**values) if values else text


def number(value: float) -> str:
    """A whole number with thin spaces between its thousands."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def duration(seconds: float) -> str:
    """Seconds as a person says them: `4 s`, `2 min 10 s`, `1 h 5 min`."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
