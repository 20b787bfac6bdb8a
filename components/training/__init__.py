"""Training: the live fit in compiled chunks, its callbacks, checkpoints and steering, and what a run tells the store."""
