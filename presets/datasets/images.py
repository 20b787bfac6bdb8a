"""A person's own pictures: a zip with a folder for each class."""

from components.datasets import Dataset, register_dataset


def make_images(seed=0, file="pictures.zip", side=32, names_only=False):
    """Pictures of side×side×3 numbers from 0 to 1, and the folder that each lay in."""
    import zipfile

    import numpy as np
    from PIL import Image

    def read(archive, path):
        with archive.open(path) as held, Image.open(held) as picture:
            resized = picture.convert("RGB").resize((side, side))
            return np.asarray(resized, "float32") / 255

    with zipfile.ZipFile(file) as archive:
        paths = sorted(path for path in archive.namelist() if not path.endswith("/"))
        kinds = [path.split("/")[-2] for path in paths]
        classes = sorted(set(kinds))
        if names_only:
            return classes
        picture = np.stack([read(archive, path) for path in paths])
    kind = np.array([classes.index(name) for name in kinds], "int32")
    order = np.random.default_rng(seed).permutation(len(kind))
    picture, kind = picture[order], kind[order]
    most, rest = int(0.6 * len(kind)), int(0.8 * len(kind))

    def part(first, last):
        return {"picture": picture[first:last]}, {"kind": kind[first:last]}

    return {
        "train": part(0, most),
        "validation": part(most, rest),
        "test": part(rest, None),
    }


def names(**config):
    """The classes: the names of the folders."""
    return {"kind": tuple(make_images(names_only=True, **config))}, {}


DATASET = register_dataset(
    Dataset(
        name="images",
        title="Your own pictures",
        summary="Pictures of your own in folders; tell which folder each is from.",
        make=make_images,
        config={"file": "", "side": 32},
        names=names,
        file="file",
    )
)
