"""Downloading: data that Keras fetches from the internet, into Keras's own cache; a sentence where there is no way."""

from __future__ import annotations

import importlib
from urllib.parse import urlparse

import keras

from components.datasets import DATASETS, cached_file, find_dataset
from components.graph import Json


class DownloadError(ValueError):
    """Data that could not be fetched; the text says from where, why, and what else can be done."""


def fetch_json(name: str) -> Json:
    """Fetch the files of a dataset that are not here; their names. Raises DownloadError."""
    if name not in DATASETS:
        importlib.import_module("presets")
    fetched = []
    for path, url in find_dataset(name).downloads.items():
        file = cached_file(path)
        if file.is_file():
            continue
        folder = file.parent.relative_to(file.parents[len(path.split("/"))])
        try:
            keras.utils.get_file(file.name, origin=url, cache_dir=str(cache_of(path)), cache_subdir=str(folder))
        except Exception as error:  # Keras wraps what the network says in a plain Exception
            file.unlink(missing_ok=True)
            raise DownloadError(
                f"{file.name} comes from {urlparse(url).hostname}, which cannot be reached from this machine "
                f"({reason(error)}); put the file into {file.parent} yourself, or choose data that ships."
            ) from error
        fetched.append(file.name)
    return {"fetched": fetched}


def cache_of(path: str) -> str:
    """Keras's home: the cached files lie in its folder `datasets`."""
    return str(cached_file(path).parents[len(path.split("/"))])


def reason(error: Exception) -> str:
    """The last thing that the network said, short."""
    return str(error).rpartition(" -- ")[2].strip().splitlines()[0].rstrip(".")[:120] or type(error).__name__
