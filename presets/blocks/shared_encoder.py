"""Shared encoder (Siamese): all that led here is called a second time on a second input, and both are compared."""

from components.graph import INPUT, Layer, ancestors, is_input, split_reference, topological_order
from components.parameters import Parameter
from presets.inserting import IMAGE, Seam, Stitches
from presets.preset import Block

SYMMETRIC, CONCATENATED = "symmetric", "concatenate"


def weave(stitches: Stitches, seam: Seam, units: int, comparison: str) -> str:
    """Twin paths with the same weights, an encoder on both, and their comparison."""
    twin = twin_of(stitches, seam)
    left, right = encode(stitches, seam, seam.source, twin, units)
    if comparison == CONCATENATED:
        return stitches("Concatenate", left, right, name="joined")
    return compare(stitches, left, right)


def twin_of(stitches: Stitches, seam: Seam) -> str:
    """The same path on inputs of its own: every layer before the seam is called once more."""
    if seam.alone:
        kind = "Identity" if stitches.graph.nodes else INPUT
        return stitches(kind, name="second", **({"shape": list(IMAGE[1:])} if kind == INPUT else {}))
    graph = stitches.graph
    source, _ = split_reference(seam.source)
    before = ancestors(graph, source) | {source}
    twins: dict[str, str] = {}
    for node in topological_order(graph):
        layer = graph.layer_of(node)
        if node.id not in before:
            continue
        if isinstance(layer, Layer) and is_input(layer):
            twins[node.id] = stitches(INPUT, name=f"second_{node.id}", **layer.config)
        else:
            inputs = [moved(reference, twins) for reference in node.inputs]
            twins[node.id] = stitches.again(node.layer, *inputs, name=f"second_{node.id}")
    return moved(seam.source, twins)


def moved(reference: str, twins: dict[str, str]) -> str:
    """The same output of the node's twin."""
    node, _ = split_reference(reference)
    return twins[node] + reference[len(node) :]


def encode(stitches: Stitches, seam: Seam, left: str, right: str, units: int) -> tuple[str, str]:
    """Both as vectors: an LSTM for sequences, pooling for images, then a dense layer; each called twice."""
    if seam.shape is None or seam.axes > 4:
        return left, right
    if seam.axes == 3:
        encoder = stitches("LSTM", left, name="encoder", units=units)
        return encoder, stitches.again(encoder, right, name="encoder_second")
    if seam.axes == 4:
        left = stitches("GlobalAveragePooling2D", left, name="summary")
        right = stitches.again(left, right, name="summary_second")
    encoder = stitches("Dense", left, name="encoder", units=units, activation="relu")
    return encoder, stitches.again(encoder, right, name="encoder_second")


def compare(stitches: Stitches, left: str, right: str) -> str:
    """|a − b| and a · b: the same whichever comes first."""
    most = stitches("Maximum", left, right, name="most")
    least = stitches("Minimum", left, right, name="least")
    difference = stitches("Subtract", most, least, name="difference")
    product = stitches("Multiply", left, right, name="product")
    return stitches("Concatenate", difference, product, name="compared")


BLOCK = Block(
    name="shared_encoder",
    title="Shared encoder (Siamese)",
    summary="Reads a second input with the same weights, so that two things of one kind are compared fairly.",
    weave=weave,
    parameters=(
        Parameter("units", "integer", 32, least=1, most=65536, help="How many numbers describe each of the two."),
        Parameter(
            "comparison",
            "choice",
            SYMMETRIC,
            choices=(SYMMETRIC, CONCATENATED),
            help="|a − b| with a · b does not care which comes first; end to end does.",
        ),
    ),
)
