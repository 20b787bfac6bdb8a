"""Files that hold Keras's configs, `.keras` and JSON: opened as data, within limits; nothing in them is loaded or run."""

from __future__ import annotations

import zipfile
import zlib

from components.graph import Graph, Json
from components.keras_config import KerasConfigError, read_config
from components.unpacking import TooMany, load_json, open_zip

__all__ = ["read_json", "read_keras_file", "read_model_json"]

MOST_BYTES = 8_000_000
"""The largest config that is read."""

MOST_ENTRIES = 1_000
"""Files in a .keras; Keras writes four or five."""

PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How Keras packs its files."""

BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError)
"""What a zip that is broken, locked or none at all makes Python raise."""

HDF5 = b"\x89HDF\r\n\x1a\n"


def read_keras_file(content: bytes) -> Graph:
    """The graph in a `.keras` file; only its config is opened, and nothing in it is loaded or run."""
    if content.startswith(HDF5):
        raise KerasConfigError("A .h5 file can run code when it is opened, so none is read; save the model as .keras.")
    try:
        with open_zip(content, MOST_ENTRIES) as archive:
            held = archive.getinfo("config.json")
            if held.file_size > MOST_BYTES:
                raise KerasConfigError(too_large(held.file_size))
            if held.compress_type not in PACKINGS:
                raise NotImplementedError("other packings ask for as much memory as the file says")
            with archive.open(held) as member:
                text = member.read(MOST_BYTES + 1)
    except (*BROKEN, OSError, ValueError) as error:
        if isinstance(error, KerasConfigError):
            raise
        if isinstance(error, TooMany):
            raise KerasConfigError(f"{error}; save the model again with model.save.") from error
        raise KerasConfigError(
            "A .keras file is a zip with a config.json in it, and this is not one; save it again with model.save."
        ) from error
    return read_model_json(text)


def read_model_json(text: str | bytes) -> Graph:
    """The graph in what `model.to_json()` wrote."""
    return read_config(read_json(text))


def read_json(text: str | bytes) -> Json:
    """The plain data in the text, be it a model's config or not. Raises KerasConfigError."""
    if len(text) > MOST_BYTES:
        raise KerasConfigError(too_large(len(text)))
    try:
        return load_json(text)
    except TooMany as error:
        raise KerasConfigError(f"{error}; save a smaller model.") from error
    except ValueError as error:
        raise KerasConfigError(
            "A model's config is JSON, and this is not; write it again with model.to_json()."
        ) from error


def too_large(size: int) -> str:
    """The sentence for a config that is too large."""
    most = MOST_BYTES // 1_000_000
    return f"A model's config has at most {most} MB, and this has {size / 1e6:.0f} MB; save a smaller model."
