"""Training: the live fit in compiled chunks, its callbacks, checkpoints and steering, and what a run tells the store."""

from components.training.live_fit import train_model

__all__ = ["train_model"]
