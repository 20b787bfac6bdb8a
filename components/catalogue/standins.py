"""Stand-ins: layers that only `keras.applications` has, as the standard layers that compute the very same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from components.graph import Json

HOME = "keras.src.applications"
"""Where Keras keeps them; a class of the same name from elsewhere is another."""


def stand_in(entry: Json) -> list[Json]:
    """The entry of a model's config itself, or those of the standard layers that stand for it, in order."""
    make = STAND_INS.get((str(entry.get("module")), str(entry.get("class_name"))))
    return [entry] if make is None else make(entry)


def layer_scale(entry: Json) -> list[Json]:
    """`LayerScale` of ConvNeXt, one learned factor for each channel: an einsum with one number a channel.

    H. Touvron et al., "Going deeper with Image Transformers", 2021.
    """
    config = entry["config"]
    start = {"module": "keras.initializers", "class_name": "Constant", "config": {"value": config["init_values"]}}
    scaled = {
        "name": config["name"],
        "trainable": config.get("trainable", True),
        "equation": "...c,c->...c",
        "output_shape": [config["projection_dim"]],
        "kernel_initializer": start,
    }
    return [like(entry, "EinsumDense", scaled, entry.get("inbound_nodes", []))]


def custom_scale(entry: Json) -> list[Json]:
    """`CustomScaleLayer` of InceptionResNetV2, the first input plus the second times a number: that product, then the sum."""
    config = entry["config"]
    name, product = config["name"], f"{config['name']}_product"
    pairs = [call["args"][0] for call in entry["inbound_nodes"]]
    products = [called(second) for _, second in pairs]
    sums = [called([first, tensor(product, number)]) for number, (first, _) in enumerate(pairs)]
    return [
        like(entry, "Rescaling", {"name": product, "scale": config["scale"]}, products),
        like(entry, "Add", {"name": name}, sums),
    ]


def like(entry: Json, class_name: str, config: Mapping[str, Any], calls: list[Json]) -> Json:
    """An entry of one of Keras's own layers, in the place of another."""
    own = {"module": "keras.layers", "class_name": class_name, "registered_name": None}
    return {**entry, **own, "name": config["name"], "config": dict(config), "inbound_nodes": calls}


def called(argument: Json) -> Json:
    """A call with one argument, a tensor or a list of them."""
    return {"args": [argument], "kwargs": {}}


def tensor(name: str, call: int) -> Json:
    """What a call of a layer returns, as a config refers to it."""
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, call, 0]}}


STAND_INS: Mapping[tuple[str, str], Callable[[Json], list[Json]]] = {
    (f"{HOME}.convnext", "LayerScale"): layer_scale,
    (f"{HOME}.inception_resnet_v2", "CustomScaleLayer"): custom_scale,
}
