"""Limits on what one visitor may ask of the machine, each refused with a sentence before it costs anything."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

BYTES_PER_PARAMETER = 16
"""In training, float32: the weight, its gradient and Adam's two moments."""

TENSORFLOW_BYTES = 900_000_000
"""What a worker holds before it has a model."""

UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


class LimitError(ValueError):
    """More than a limit allows; the text says the rule, the value and the remedy."""


@dataclass(frozen=True)
class Limits:
    """How much is allowed: of one model, one job, one visitor, the machine and the store.

    `memory`, `store` and `upload` are in bytes; `workers` is how many jobs of all visitors run at once, 0 for half the
    processors.
    """

    parameters: int = 50_000_000
    memory: int = 4_000_000_000
    seconds: int = 3_600
    jobs: int = 4
    workers: int = 0
    rows: int = 200_000
    store: int = 2_000_000_000
    upload: int = 50_000_000

    @property
    def workers_here(self) -> int:
        """How many jobs run at once on this machine."""
        return self.workers or max(1, (os.cpu_count() or 2) // 2)

    def check_parameters(self, parameters: int) -> None:
        """Refuse a model that is too large, or whose training needs more memory than a job may use."""
        if parameters > self.parameters:
            raise LimitError(
                f"A model has at most {self.parameters:,} parameters here, and this has {parameters:,}; "
                "use fewer units, filters or words."
            )
        needed = TENSORFLOW_BYTES + BYTES_PER_PARAMETER * parameters
        if self.memory and needed > self.memory:
            raise LimitError(
                f"A job may use {write_bytes(self.memory)} of memory here, and to train {parameters:,} parameters "
                f"takes at least {write_bytes(needed)}; use fewer units, filters or words."
            )

    def check_rows(self, rows: int) -> None:
        """Refuse data with too many rows."""
        if rows > self.rows:
            raise LimitError(f"Data has at most {self.rows:,} rows here, and this has {rows:,}; take a sample of it.")

    def check_upload(self, name: str, size: int) -> None:
        """Refuse a file of a person's that is too large to be kept as data."""
        if size > self.upload:
            raise LimitError(
                f"A file of data has at most {write_bytes(self.upload)} here, and “{name[:60]}” has "
                f"{write_bytes(size)}; take a sample of its rows."
            )

    def check_jobs(self, active: int) -> None:
        """Refuse a further job of a visitor who has so many that wait or run."""
        if active >= self.jobs:
            raise LimitError(
                f"A visitor may have {self.jobs} jobs waiting or running here, and you have {active}; "
                "stop one or wait until one ends."
            )

    def check_seconds(self, seconds: float) -> None:
        """Refuse a job that is known to take too long."""
        if seconds > self.seconds:
            raise LimitError(
                f"A job may run for {self.seconds / 60:g} minutes here, and this would take about "
                f"{seconds / 60:.0f}; train fewer epochs or fewer rows."
            )


def limits_from_environment(environment: Mapping[str, str] = os.environ) -> Limits:
    """The limits, each set by `LAYERLOOM_MOST_<NAME>` where given (`LAYERLOOM_MOST_MEMORY=8GB`); 0 memory: none.

    By default a job may use no more than half of the machine's memory. Raises LimitError for what is no size.
    """
    chosen = {"memory": default_memory()}
    for name in Limits.__dataclass_fields__:
        variable = f"LAYERLOOM_MOST_{name.upper()}"
        if environment.get(variable):
            chosen[name] = read_bytes(environment[variable], variable)
    return Limits(**chosen)


def default_memory() -> int:
    """The default limit, or half of the machine's memory where that is less."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return Limits.memory
    return min(Limits.memory, machine // 2)


def read_bytes(text: str, variable: str) -> int:
    """`"4GB"`, `"512 MiB"` or a plain number, as a whole number."""
    matched = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    unit = matched and UNITS.get(matched[2].upper())
    if not matched or not unit:
        raise LimitError(f"{variable} is a number or a size such as 4GB, and this is {text!r}; correct it.")
    return int(float(matched[1]) * unit)


def write_bytes(size: float) -> str:
    """`4_000_000_000` → `"4 GB"`."""
    return f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.3g} MB"
