"""Columns: what is known of a dataset's arrays without looking at their rows again: shapes, ranges, classes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from components.datasets import load_dataset, named_dataset
from components.experiment import Data

ROWS_LOOKED_AT = 5_000
MOST_CLASSES = 1_000
"""Whole numbers above this are counts, not classes, unless the dataset names its classes."""


@dataclass(frozen=True)
class Column:
    """One array: its shape without the rows, and the range of its values.

    `classes` is how many classes a flat column of class numbers has; 0 when it holds something else.
    `named` says that the dataset itself calls them classes.
    """

    shape: tuple[int, ...]
    dtype: str
    least: float = 0.0
    greatest: float = 0.0
    classes: int = 0
    named: bool = False

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self.dtype.startswith(("int", "uint", "bool"))

    @property
    def flat(self) -> bool:
        """Whether it has one value per sample."""
        return self.shape in ((), (1,))


Columns = dict[str, Column]


def columns_of(data: Data, seed: int) -> tuple[Columns, Columns]:
    """The input and the target columns of an experiment's training data; ValueError when it cannot be made."""
    return read_columns(data.dataset, json.dumps(dict(data.config), sort_keys=True), seed)


@lru_cache(maxsize=32)
def read_columns(dataset: str, config: str, seed: int) -> tuple[Columns, Columns]:
    """The columns, kept per dataset, arguments and seed."""
    inputs, targets = load_dataset(dataset, json.loads(config), seed)["train"]
    named = named_dataset(dataset, json.loads(config)).classes
    return (
        {name: describe(array) for name, array in inputs.items()},
        {name: describe(array, len(named.get(name, ()))) for name, array in targets.items()},
    )


def describe(array: np.ndarray, named: int = 0) -> Column:
    """The array as a column; `named` is the number of classes that the dataset names."""
    shape, dtype = array.shape[1:], str(array.dtype)
    if not array.size or array.dtype.kind not in "iufb":
        return Column(shape, dtype)
    least, greatest = float(array.min()), float(array.max())
    column = Column(shape, dtype, least, greatest)
    counted = named or counted_classes(column, array)
    return Column(shape, dtype, least, greatest, counted if column.flat else 0, bool(named))


def counted_classes(column: Column, array: np.ndarray) -> int:
    """How many classes a column of whole numbers from 0 seems to have; 0 when it looks like something else."""
    if not column.whole or not column.flat or column.least < 0 or not 1 <= column.greatest < MOST_CLASSES:
        return 0
    return int(column.greatest) + 1 if np.unique(array[:ROWS_LOOKED_AT]).size > 1 else 0
