"""The dual camera: one whole Xception looks through both lenses."""

from components.experiment import Data, Experiment, Training
from components.graph import Graph
from components.weaving import Loom
from presets.architectures.xception import weave_trunk
from presets.preset import Architecture


def weave_eye(side: int) -> Graph:
    """Xception without its head, as a model."""
    loom = Loom()
    return loom.graph(weave_trunk(loom, loom.input("view", [side, side, 3])))


def weave(side: int = 250) -> Graph:
    """The model called on both views, joined, and the distance."""
    loom = Loom()
    left = loom.input("left", [side, side, 3])
    right = loom.input("right", [side, side, 3])
    seen = loom.model("eye", weave_eye(side), left)
    seen_right = loom.again(seen, right, name="eye_right")
    joined = loom("Concatenate", seen, seen_right, name="joined")
    summary = loom("GlobalAveragePooling2D", joined, name="summary")
    return loom.graph(loom("Dense", summary, name="distance", units=1))


ARCHITECTURE = Architecture(
    name="dual_camera",
    title="Dual camera, full size",
    idea="A whole Xception is a layer here, called on both views: its 20.9 million weights count once.",
    concepts=("branches", "concat", "shared", "nested", "residual", "many inputs"),
    experiment=Experiment(
        name="Dual camera, full size",
        graph=weave(),
        data=Data("stereo", {"rows": 16, "side": 250}),
        training=Training(losses={"distance": "mse"}, metrics={"distance": ("mae",)}, epochs=1, batch_size=2),
    ),
    parameters=20_865_577,
)
