"""The process in which an exported file proves itself: `python -I proving_child.py folder`; it knows none of our modules.

The folder holds `exported.py`, `weights.npz` and `inputs.npz`; what the file's model says is written to `outputs.npz`.
"""

import runpy
import sys
from pathlib import Path

import keras
import numpy as np

BATCH = 64


def held_arrays(path: Path) -> list[np.ndarray]:
    """The arrays of a file, in the order in which they were saved; nothing is unpickled."""
    with np.load(path, allow_pickle=False) as arrays:
        return [arrays[f"arr_{place}"] for place in range(len(arrays.files))]


def answer(model: keras.Model, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """What the model says of all rows, output by output."""
    parts = []
    for first in range(0, len(inputs[0]), BATCH):
        rows = [array[first : first + BATCH] for array in inputs]
        parts.append(keras.tree.flatten(model(rows if len(rows) > 1 else rows[0], training=False)))
    return [
        np.concatenate([keras.ops.convert_to_numpy(part) for part in column]) for column in zip(*parts, strict=True)
    ]


def main(folder: Path) -> None:
    """Run the file (not its `main`), give its model the weights and write down its outputs."""
    names = runpy.run_path(str(folder / "exported.py"), run_name="exported")
    model = names["build_model"]()
    model.set_weights(held_arrays(folder / "weights.npz"))
    outputs = answer(model, held_arrays(folder / "inputs.npz"))
    np.savez(folder / "outputs.npz", *outputs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
