"""Ensemble files: an ensemble as one Python file, the trained weights beside it, and one Keras model of models."""

from __future__ import annotations

import base64
import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from components.building import build_model
from components.codegen.ensemble_voices import Head, Voice, arrays_of, keyed
from components.codegen.ensembles import generate_ensemble
from components.codegen.errors import CodeError
from components.ensembles.ensembling import Member, ScrambledMember, TreeMember, gather, read_ensemble
from components.ensembles.grounds import EnsembleError
from components.ensembles.weighing import METHODS
from components.exports.saving import SavingError, save_model
from components.graph import Json, clean_name, unique_name
from components.searching.studies import read_study
from components.store import Store

LEAST_WEIGHT = 1e-9
"""A member that counts less is left out of the files."""


@dataclass(frozen=True)
class Ensemble:
    """Members that count, and for each head whether it names classes and how much each of them counts."""

    title: str
    members: Sequence[Member]
    heads: Mapping[str, Head]
    left_out: Sequence[str] = ()
    """Names of the members that do not count."""


def save_ensemble_json(store_url: str, run_id: str, method: str) -> Json:
    """An ensemble's files by their endings, in base 64, and a sentence for each that cannot be.

    `{"files": {".py": …, ".npz": …, ".keras": …}, "refused": […], "left_out": […]}`, the last being the names of
    members that count nothing and so are in no file. Raises EnsembleError when the ensemble has no
    weights of that method, or a member that has gone.
    """
    store = Store(store_url)
    ensemble = open_ensemble(store, run_id, method)
    files: dict[str, str] = {}
    refused: list[str] = []
    for ending, write in FORMS.items():
        try:
            files[ending] = base64.b64encode(write(ensemble, store)).decode()
        except (EnsembleError, CodeError, SavingError) as error:
            refused.append(f"{ending}: {error}")
    return {"files": files, "refused": refused, "left_out": list(ensemble.left_out)}


def open_ensemble(store: Store, run_id: str, method: str) -> Ensemble:
    """The ensemble with the weights that the method found, without the members that do not count."""
    if method not in METHODS:
        raise EnsembleError(
            f"Members are put together by one of {', '.join(METHODS)}, and not by “{method[:40]}”; choose one."
        )
    run = store.run(run_id)
    told = read_ensemble(store, run_id)
    found = {head: np.array(one["methods"][method]["weights"]) for head, one in told.items()}
    counts = np.max(list(found.values()), axis=0) >= LEAST_WEIGHT
    everyone = gather(store, run.experiment)
    members = [member for member, counted in zip(everyone, counts, strict=True) if counted]
    left_out = [member.name for member in everyone if member not in members]
    heads = {head: Head(told[head]["classes"], weights[counts].tolist()) for head, weights in found.items()}
    for member in members:
        if isinstance(member, ScrambledMember):
            raise EnsembleError(
                f"“{member.name}” answers for other rows, on purpose, which no file can; find the weights without it."
            )
    return Ensemble(run.name, members, heads, left_out)


# Python


def as_python(ensemble: Ensemble, store: Store) -> bytes:
    """The Python file."""
    return generate_ensemble(ensemble.title, voices_of(ensemble, store), ensemble.heads).encode()


def as_weights(ensemble: Ensemble, store: Store) -> bytes:
    """The trained weights of the networks, under the names that the Python file knows them by."""
    arrays: dict[str, Any] = {}
    for (key, _), member in zip(keyed(voices_of(ensemble, store)), everyone(ensemble.members), strict=True):
        if not isinstance(member, TreeMember):
            arrays |= {f"{key}.{place:04d}": array for place, array in enumerate(member.model.get_weights())}
    if not arrays:
        raise EnsembleError("Only trees count here, and they are fitted anew by the Python file; it needs no weights.")
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    return held.getvalue()


def voices_of(ensemble: Ensemble, store: Store) -> list[Voice]:
    """The members as the Python file takes them, then the networks that only trees stand on."""
    networks = everyone(ensemble.members)
    return [voice_of(member, networks, store, place >= len(ensemble.members)) for place, member in enumerate(networks)]


def voice_of(member: Member, networks: Sequence[Member], store: Store, silent: bool) -> Voice:
    """One of them; trees name the network's place among all."""
    monitor = monitor_of(store, member.content)
    if not isinstance(member, TreeMember):
        return Voice(member.name, member.experiment, monitor, silent=silent)
    on = place_of(member.network, networks) if member.network is not None else None
    return Voice(member.name, member.experiment, monitor, member.content["tree"], on, member.call)


def everyone(members: Sequence[Member]) -> list[Member]:
    """The members, then each network that trees of theirs stand on and that is no member itself."""
    found = list(members)
    for member in members:
        if isinstance(member, TreeMember) and member.network and place_of(member.network, found) is None:
            found.append(member.network)
    return found


def place_of(network: Member, members: Sequence[Member]) -> int | None:
    """Where the network stands among members, whatever they call it."""
    wanted = [network.content.get(name) for name in NAMING]
    told = ([member.content.get(name) for name in NAMING] for member in members)
    return next((place for place, one in enumerate(told) if one == wanted), None)


NAMING = ("kind", "run", "sampler", "number")
"""What tells a network from others."""


def monitor_of(store: Store, content: Json) -> str:
    """The value by which the member's best epoch was chosen."""
    return read_study(store.run(content["run"]))[1].monitor if content["kind"] == "trial" else "val_loss"


# A model of models


def as_keras(ensemble: Ensemble, store: Store) -> bytes:
    """The `.keras` file; `keras.models.load_model` opens it, in its safe mode too."""
    with tempfile.TemporaryDirectory(prefix="layerloom-ensemble-") as folder:
        return save_model(merge(ensemble), "keras", Path(folder))


def merge(ensemble: Ensemble) -> keras.Model:
    """One model of the members' models with their trained weights: an input for each array, an output for each head.

    Several inputs, and several outputs, go by their names. Raises EnsembleError when a member is no network, or when
    members answer a head in widths that no layer brings together.
    """
    trees = next((member.name for member in ensemble.members if isinstance(member, TreeMember)), None)
    if trees is not None:
        raise EnsembleError(f"A Keras model holds networks only, and “{trees}” is trees; take the Python file instead.")
    names = Taken()
    doors = make_doors(ensemble.members, names)
    said = [ask(member, doors, names) for member in ensemble.members]
    outputs = {
        head: put_together(names.claim(head), [one[head] for one in said], one.weights, one.classes, names)
        for head, one in ensemble.heads.items()
    }
    entering = {door.name: door for door in doors.values()}
    return keras.Model(bare(entering), bare(outputs), name=names.claim("ensemble"))


class Taken:
    """Names of layers that are taken: each is handed out once."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def claim(self, wanted: str) -> str:
        """A valid name like the wanted one."""
        name = unique_name(clean_name(wanted), self._names)
        self._names.add(name)
        return name


def make_doors(members: Sequence[Member], names: Taken) -> dict[str, Any]:
    """An input for each array of the data that a member takes in."""
    shapes: dict[str, list[tuple[int | None, ...]]] = {}
    dtypes: dict[str, str] = {}
    for member in members:
        for array, tensor in zip(arrays_of(member.experiment), member.model.inputs, strict=True):
            shapes.setdefault(array, []).append(tuple(tensor.shape[1:]))
            dtypes.setdefault(array, tensor.dtype)
    return {
        array: keras.Input(common_shape(array, found), dtype=dtypes[array], name=names.claim(array))
        for array, found in shapes.items()
    }


def common_shape(array: str, shapes: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    """The shape that all members can take in: sizes that some leave open are those that others name."""
    sizes = [{size for size in axis if size is not None} for axis in zip(*shapes, strict=False)]
    if len({len(shape) for shape in shapes}) > 1 or any(len(known) > 1 for known in sizes):
        told = " and ".join(map(str, dict.fromkeys(shapes)))
        raise EnsembleError(f"Members take in “{array}” in one shape, and here are {told}; leave one of them out.")
    return tuple(next(iter(known), None) for known in sizes)


def ask(member: Member, doors: Mapping[str, Any], names: Taken) -> dict[str, Any]:
    """What a copy of the member's model says of the inputs, by head."""
    model = build_model(member.experiment.graph, name=names.claim(member.name))
    model.set_weights(member.model.get_weights())
    tensors = [doors[array] for array in arrays_of(member.experiment)]
    return dict(zip(member.heads, keras.tree.flatten(model(bare(tensors))), strict=True))


def put_together(name: str, voices: Sequence[Any], weights: Sequence[float], classes: bool, names: Taken) -> Any:
    """The weighted average of the members' answers to one head, by layers of Keras's own."""
    if len({tuple(voice.shape) for voice in voices}) > 1:
        voices = [side_by_side(voice, classes) for voice in voices]
    widths = {tuple(voice.shape) for voice in voices}
    if len(widths) > 1:
        told = " and ".join(str(shape[1:]) for shape in widths)
        raise EnsembleError(f"Members answer “{name}” in one shape, and here are {told}; take the Python file instead.")
    if len(voices) == 1:
        return keras.layers.Identity(name=name)(voices[0])
    if len(set(weights)) == 1:
        return keras.layers.Average(name=name)(voices)
    shares = [
        keras.layers.Rescaling(float(weight), name=names.claim(f"{name}_share"))(voice)
        for weight, voice in zip(weights, voices, strict=True)
    ]
    return keras.layers.Add(name=name)(shares)


def side_by_side(voice: Any, classes: bool) -> Any:
    """An answer as one row of numbers; a single probability as the shares of no and yes."""
    flat = keras.layers.Flatten()(voice)
    if not classes or flat.shape[-1] != 1:
        return flat
    return keras.layers.Concatenate()([keras.layers.Rescaling(-1.0, offset=1.0)(flat), flat])


def bare(things: Any) -> Any:
    """A single thing by itself; several as they are."""
    if len(things) > 1:
        return things
    return next(iter(things.values() if isinstance(things, dict) else things))


FORMS: Mapping[str, Callable[[Ensemble, Store], bytes]] = {".py": as_python, ".npz": as_weights, ".keras": as_keras}
