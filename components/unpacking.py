"""Unpacking: JSON and zips that a person gives, refused by what they announce before they take up memory."""

from __future__ import annotations

import io
import json
import re
import zipfile

from components.graph import Json

MOST_VALUES = 400_000
"""Lists and objects in a JSON; the largest network that Keras ships has a twentieth of them."""

ENTRY = b"PK\x01\x02"
"""What every entry of a zip's directory begins with."""


HALF = re.compile("[\ud800-\udfff]")
HALVES = re.compile(r"\\u[dD][89a-fA-F]")
"""Halves of surrogate pairs as JSON writes them: alone they are no character, and nothing can write or show them."""


class TooMany(ValueError):
    """A file whose parts would take up more memory than the file; its text says the rule and the value."""


def load_json(text: str | bytes) -> Json:
    """The plain data that the text writes.

    Raises TooMany, and ValueError where it is no JSON, is nested without end or holds half a character.
    """
    opened = text.count("[") + text.count("{") if isinstance(text, str) else text.count(b"[") + text.count(b"{")
    if opened > MOST_VALUES:
        raise TooMany(f"A JSON has at most {MOST_VALUES:,} lists and objects here, and this has {opened:,}")
    try:
        content = json.loads(text)
        if HALVES.search(text if isinstance(text, str) else text.decode("latin-1")):
            json.dumps(content, ensure_ascii=False).encode()  # a UnicodeEncodeError is a ValueError
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return content


def is_whole(text: str) -> bool:
    """Whether the text can be written to a file: no half of a surrogate pair stands in it."""
    return HALF.search(text) is None


def open_zip(content: bytes, most: int) -> zipfile.ZipFile:
    """The zip, its directory read. Raises TooMany where that has more than `most` entries, BadZipFile where it is none."""
    entries = content.count(ENTRY)
    if entries > most:
        raise TooMany(f"A zip has at most {most:,} files here, and this has {entries:,}")
    return zipfile.ZipFile(io.BytesIO(content))
