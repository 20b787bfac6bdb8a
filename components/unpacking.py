"""Unpacking: JSON and zips that a person gives, refused by what they announce before they take up memory."""

from __future__ import annotations

import io
import json
import zipfile

from components.graph import Json

MOST_VALUES = 400_000
"""Lists and objects in a JSON; the largest network that Keras ships has a twentieth of them."""

ENTRY = b"PK\x01\x02"
"""What every entry of a zip's directory begins with."""


class TooMany(ValueError):
    """A file whose parts would take up more memory than the file; its text says the rule and the value."""


def load_json(text: str | bytes) -> Json:
    """The plain data that the text writes. Raises TooMany, and ValueError where it is no JSON or nested without end."""
    opened = text.count("[") + text.count("{") if isinstance(text, str) else text.count(b"[") + text.count(b"{")
    if opened > MOST_VALUES:
        raise TooMany(f"A JSON has at most {MOST_VALUES:,} lists and objects here, and this has {opened:,}")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def open_zip(content: bytes, most: int) -> zipfile.ZipFile:
    """The zip, its directory read. Raises TooMany where that has more than `most` entries, BadZipFile where it is none."""
    entries = content.count(ENTRY)
    if entries > most:
        raise TooMany(f"A zip has at most {most:,} files here, and this has {entries:,}")
    return zipfile.ZipFile(io.BytesIO(content))
