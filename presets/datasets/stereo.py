"""What two cameras side by side see of a ball, and how far away it is."""

from components.datasets import Dataset, register_dataset


def make_stereo(seed=0, rows=2000, side=24):
    """Two pictures of side×side×3, and the ball's distance in metres.

    The nearer the ball, the further its two images lie apart. Its size and place tell
    nothing of the distance, so one picture alone is of no use.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    down, across = (np.mgrid[:side, :side] + 0.5) / side

    def part(count):
        distance = rng.uniform(1, 6, count)
        apart = 0.4 / distance
        radius = rng.uniform(0.1, 0.2, count)
        x, y = rng.uniform(0.42, 0.58, (2, count))
        ball, wall = rng.uniform(0.6, 1, (count, 3)), rng.uniform(0, 0.3, (count, 3))

        def seen(shift):
            far = np.hypot(across - (x + shift)[:, None, None], down - y[:, None, None])
            inside = np.clip((radius[:, None, None] - far) * side + 0.5, 0, 1)[
                ..., None
            ]
            picture = inside * ball[:, None, None] + (1 - inside) * wall[:, None, None]
            noise = rng.normal(0, 0.02, picture.shape)
            return np.clip(picture + noise, 0, 1).astype("float32")

        views = {"left": seen(apart / 2), "right": seen(-apart / 2)}
        return views, {"distance": distance[:, None].astype("float32")}

    return {
        "train": part(rows),
        "validation": part(max(1, rows // 4)),
        "test": part(max(1, rows // 4)),
    }


DATASET = register_dataset(
    Dataset(
        name="stereo",
        title="Two cameras",
        summary="A ball seen by two cameras side by side; tell its distance in metres.",
        make=make_stereo,
        config={"rows": 2000, "side": 24},
    )
)
