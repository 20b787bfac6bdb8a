"""Links: an experiment as the value of an address's parameter, packed, marked with its packing, and checked.

`~a` is raw deflate with the dictionary below, `~b` raw LZMA; both hold a checksum and the short form of the JSON. A link
without a mark is of the first form: a checksum and zlib around the whole JSON.
"""

from __future__ import annotations

import base64
import binascii
import lzma
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from components.drawing.layout import layout_graph
from components.experiment import (
    MOST_BYTES,
    Experiment,
    ExperimentError,
    check_version,
    dump,
    experiment_from_json,
    experiment_to_json,
    read_experiment,
)
from components.graph import Json
from components.unpacking import load_json

MOST_LINK_CHARACTERS = 60_000
"""The longest link that is read."""

MARK = "~"
"""What a link begins with whose next character says how it is packed; it is in no base 64."""

WORDS = (
    b'"padding":"same","recurrent_dropout","return_sequences":true,"negative_slope","target_shape":[,"interpolation":"kernel_regu'
    b'larizer":{"class_name":"L2","config":{"l2":"kernel_initializer":"he_normal","embeddings_regularizer","momentum":,"epsilon":,'
    b'"pool_size":2,"rate":0.5,"mask_zero":true,"dilation_rate":2,"axis":-1,"dtype":"int32","tanh","sigmoid","elu","gelu","Flatt'
    b'en","Multiply","Average","Subtract","Dot","Reshape","UpSampling2D","Conv2DTranspose","Conv1D","MaxPooling1D","GlobalMaxPool'
    b'ing1D","GlobalAveragePooling1D","AveragePooling2D","LayerNormalization","MultiHeadAttention","GRU","Bidirectional","Depthwi'
    b'seConv2D","Rescaling","Activation","ReLU","binary_crossentropy","mean_squared_error","mae","RMSprop","SGD","EarlyStopping",'
    b'"ReduceLROnPlateau","ModelCheckpoint","monitor":"val_loss","patience":["LSTM",{"units":["Embedding",{"input_dim":,"output_d'
    b'im":["Dropout",{"rate":0.["GlobalAveragePooling2D"]["MaxPooling2D",{"padding":"same","pool_size":3,"strides":2}]["SeparableC'
    b'onv2D",{"filters":["BatchNormalization"]["Conv2D",{"activation":"relu","filters":32,"kernel_size":3,"padding":"same","str'
    b'ides":2,"use_bias":false}]["Add"]["Concatenate"]["Dense",{"activation":"relu","units":["InputLayer",{"shape":[{"data":{"co'
    b'nfig":{},"dataset":"","inputs":{},"targets":{"graph":{"l":{"n":[["",[]],["",[""]]],"o":[""]},"layerloom":1,"layout":null,"n'
    b'ame":"seed":0,"training":{"batch_size":32,"callbacks":[],"epochs":20,"learning_rate":0.001,"loss_weights":{},"losses":{"sp'
    b'arse_categorical_crossentropy"},"metrics":{"":["accuracy"]},"optimizer":"Adam","shuffle":true}}'
)
"""What links are full of, the most frequent last. Never to be changed: links that were sent are packed with it."""

LZMA = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20, "lc": 4, "lp": 0, "pb": 0}]
"""The one setting of LZMA that is written and read, which bounds the memory of reading."""

BROKEN = "This link is not whole: part of it was lost on the way; ask for it to be sent again."


def experiment_to_link(experiment: Experiment) -> str:
    """The experiment in the shorter of the two packings."""
    content = dump(short_form(experiment))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, WORDS)
    packed = {
        "a": deflate.compress(content) + deflate.flush(),
        "b": lzma.compress(content, lzma.FORMAT_RAW, filters=LZMA),
    }
    packing, body = min(packed.items(), key=lambda item: len(item[1]))
    return MARK + packing + base64.urlsafe_b64encode(checksum(body) + body).decode().rstrip("=")


def experiment_from_link(link: str) -> Experiment:
    """The experiment in a link; ExperimentError when it was cut, changed or made by a newer version."""
    if len(link) > MOST_LINK_CHARACTERS:
        raise ExperimentError(
            f"A link has at most {MOST_LINK_CHARACTERS} characters, and this has {len(link)}; send the JSON file instead."
        )
    if not link.startswith(MARK):
        return read_experiment(unpacked(link, zlib.decompressobj()))
    packing = PACKINGS.get(link[1:2])
    if packing is None:
        raise ExperimentError(
            f"This link was made by a newer Layerloom (packing “{link[1:2]}”, this one reads {' and '.join(PACKINGS)}); "
            "update Layerloom."
        )
    return experiment_from_json(long_form(unpacked(link[2:], packing())))


PACKINGS: Mapping[str, Callable[[], Any]] = {
    "a": lambda: zlib.decompressobj(-15, WORDS),
    "b": lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=LZMA),
}


def checksum(body: bytes) -> bytes:
    """Four bytes that tell a link cut short from a whole one."""
    return zlib.crc32(body).to_bytes(4, "big")


def unpacked(text: str, stream: Any) -> bytes:
    """The content, never more of it than an experiment may have; ExperimentError where it is not whole."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if checksum(packed[4:]) != packed[:4]:
            raise ExperimentError(BROKEN)
        content = stream.decompress(packed[4:], MOST_BYTES + 1)
    except (binascii.Error, zlib.error, lzma.LZMAError, EOFError) as error:
        raise ExperimentError(BROKEN) from error
    except ValueError as error:
        raise error if isinstance(error, ExperimentError) else ExperimentError(BROKEN) from error
    if len(content) > MOST_BYTES:
        raise ExperimentError(f"An experiment has at most {MOST_BYTES / 1e6:.0f} MB, and this link unpacks to more.")
    if not stream.eof:
        raise ExperimentError(BROKEN)
    return content


# The short form: layers as lists, nodes without what their ids say, no positions where the layout is the automatic one


def short_form(experiment: Experiment) -> Json:
    """The experiment's JSON with its graph and its layout written shorter."""
    content = experiment_to_json(experiment)
    return {**content, "graph": short_graph(content["graph"]), "layout": short_layout(experiment)}


def short_graph(graph: Json) -> Json:
    """A graph, or one of its layers."""
    if "nodes" not in graph:
        return [graph["kind"], graph["config"]] if graph["config"] else [graph["kind"]]
    nodes = [[node, inputs] if node == layer else [node, inputs, layer] for node, layer, inputs in graph["nodes"]]
    return {
        "l": {name: short_graph(layer) for name, layer in graph["layers"].items()},
        "n": nodes,
        "o": graph["outputs"],
    }


def short_layout(experiment: Experiment) -> Json:
    """None for the automatic layout; else the positions, whole numbers as such, in the nodes' order where that will do."""
    layout, ids = experiment.layout, [node.id for node in experiment.graph.nodes]
    if layout and dict(layout) == layout_graph(experiment.graph):
        return None
    points = {node: [int(size) if size == int(size) else size for size in point] for node, point in layout.items()}
    return [points[node] for node in ids] if ids and set(ids) == set(layout) else points


def long_form(text: bytes) -> Json:
    """The JSON that the short form stands for; ExperimentError where it is none."""
    try:
        content = load_json(text)
        check_version(content)
        graph, layout = long_graph(content["graph"]), content["layout"]
        if isinstance(layout, list):
            layout = dict(zip((node[0] for node in graph["nodes"]), layout, strict=True))
        experiment = {**content, "graph": graph, "layout": layout or {}}
        if layout is None:
            drawn = layout_graph(experiment_from_json(experiment).graph)
            experiment["layout"] = {node: list(point) for node, point in drawn.items()}
    except ExperimentError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ExperimentError("This link holds no experiment; ask for it to be sent again.") from error
    return experiment


def long_graph(graph: Json) -> Json:
    """A graph, or one of its layers, from its short form."""
    if isinstance(graph, list):
        return {"kind": graph[0], "config": graph[1] if len(graph) > 1 else {}}
    nodes = [[node, layer[0] if layer else node, inputs] for node, inputs, *layer in graph["n"]]
    return {
        "layers": {name: long_graph(layer) for name, layer in graph["l"].items()},
        "nodes": nodes,
        "outputs": graph["o"],
    }
