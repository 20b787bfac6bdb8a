"""Training: the live fit in compiled chunks, its callbacks, checkpoints and steering, and what a run tells the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.training.live_fit import train_model

__all__ = ["train_model"]


def __getattr__(name: str) -> Any:
    """`train_model`, when it is asked for: the server process reads this package's records, and never imports Keras."""
    if name != "train_model":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from components.training.live_fit import train_model

    return train_model
