"""What TensorBoard reads: the log files of a fit that is over hold the losses that the fit told."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import tensorflow as tf

from components.graph import Json
from components.proofs.exhibit import exhibit
from components.proofs.fitting import fit, read_all


def prove_json(experiments: list[Json], options: Json) -> Json:
    """Fit with the TensorBoard callback, let go of the model, and read the files again."""
    epochs = int(options.get("epochs", 3))
    with tempfile.TemporaryDirectory() as folder:
        told = fit(read_all(experiments)[0], epochs=epochs, callbacks=[keras.callbacks.TensorBoard(folder)]).history
        files = sorted(path for path in Path(folder).rglob("events.out.tfevents.*"))
        size = sum(file.stat().st_size for file in files)
        read = {part: scalars(Path(folder) / part, "epoch_loss") for part in ("train", "validation")}
    pairs = list(zip([*read["train"], *read["validation"]], [*told["loss"], *told["val_loss"]], strict=False))
    apart = max((abs(a - b) for a, b in pairs), default=float("inf"))
    return exhibit(
        len(pairs) == 2 * epochs and apart < 1e-5,
        "After the fit had ended, {files} files of {size} bytes gave {count} losses back, which differ from those of the fit "
        "by at most {apart:.1e}.",
        {"files": len(files), "size": size, "count": len(pairs), "apart": apart},
        columns=("read from the files", "told by fit"),
        rows=[(f"{a:.6f}", f"{b:.6f}") for a, b in pairs],
    )  # fmt: skip


def scalars(folder: Path, tag: str) -> list[float]:
    """The values of a tag in a folder's event files, in their order."""
    values = []
    for file in sorted(folder.rglob("events.out.tfevents.*")):
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            values += [float(tf.make_ndarray(v.tensor)) for v in event.summary.value if v.tag == tag]
    return values
