"""Hooks: what Keras calls in a callback, in order and by depth."""

from __future__ import annotations

from collections.abc import Mapping

HOOKS: Mapping[str, int] = {
    "on_train_begin": 0,
    "on_epoch_begin": 1,
    "on_train_batch_begin": 2,
    "on_train_batch_end": 2,
    "on_test_begin": 2,
    "on_test_batch_begin": 3,
    "on_test_batch_end": 3,
    "on_test_end": 2,
    "on_epoch_end": 1,
    "on_train_end": 0,
}
"""Keras's hooks of a fit in the order in which an epoch calls them, and how deep each is nested: train, epoch, batch."""
