"""The data that Keras downloads: MNIST, Fashion-MNIST, CIFAR-10, California housing, and IMDB's reviews.

Nothing is unpickled. So CIFAR-10 is read from its binary form, and IMDB from the reviews' texts: the files that Keras
itself loads of these two hold Python objects.
"""

from components.datasets import Dataset, register_dataset

KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def make_mnist(seed=0, rows=6000):
    """Handwritten digits, 28×28×1 numbers from 0 to 1: `rows` of them to learn from."""
    import keras
    import numpy as np

    folder = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
    path = keras.utils.get_file("mnist.npz", origin=folder + "mnist.npz")
    with np.load(path, allow_pickle=False) as held:
        x, y = held["x_train"][..., None], held["y_train"].astype("int32")
        x_test, y_test = held["x_test"][..., None], held["y_test"].astype("int32")
    order = np.random.default_rng(seed).permutation(len(x))
    train, watched = order[:rows], order[rows : rows + rows // 4]

    def part(x, y):
        return {"picture": x.astype("float32") / 255}, {"digit": y}

    return {
        "train": part(x[train], y[train]),
        "validation": part(x[watched], y[watched]),
        "test": part(x_test[: rows // 4], y_test[: rows // 4]),
    }


def make_fashion(seed=0, rows=6000):
    """Clothes, 28×28×1 numbers from 0 to 1: `rows` of them to learn from."""
    import gzip

    import keras
    import numpy as np

    def read(name, skipped):
        folder = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
        where = {"origin": folder + name, "cache_subdir": "datasets/fashion-mnist"}
        with gzip.open(keras.utils.get_file(name, **where)) as held:
            return np.frombuffer(held.read(), "uint8", offset=skipped)

    def part(x, y):
        return {"picture": x.astype("float32") / 255}, {"garment": y.astype("int32")}

    x = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
    y = read("train-labels-idx1-ubyte.gz", 8)
    x_test = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)
    y_test = read("t10k-labels-idx1-ubyte.gz", 8)
    order = np.random.default_rng(seed).permutation(len(x))
    train, watched = order[:rows], order[rows : rows + rows // 4]
    return {
        "train": part(x[train], y[train]),
        "validation": part(x[watched], y[watched]),
        "test": part(x_test[: rows // 4], y_test[: rows // 4]),
    }


def make_cifar10(seed=0, rows=4000):
    """Photos, 32×32×3 numbers from 0 to 1: `rows` of them to learn from."""
    import tarfile

    import keras
    import numpy as np

    def part(records):
        planes = records[:, 1:].reshape(-1, 3, 32, 32)
        picture = planes.transpose(0, 2, 3, 1).astype("float32") / 255
        return {"picture": picture}, {"thing": records[:, 0].astype("int32")}

    name = "cifar-10-binary.tar.gz"
    folder = "https://www.cs.toronto.edu/~kriz/"
    held = {}
    with tarfile.open(keras.utils.get_file(name, origin=folder + name)) as archive:
        for member in archive:
            file = member.name.split("/")[-1]
            if member.isfile() and file.endswith(".bin"):
                content = archive.extractfile(member).read()
                held[file] = np.frombuffer(content, "uint8").reshape(-1, 3073)
    known = [held[file] for file in sorted(held) if file != "test_batch.bin"]
    known = np.concatenate(known)
    order = np.random.default_rng(seed).permutation(len(known))
    return {
        "train": part(known[order[:rows]]),
        "validation": part(known[order[rows : rows + rows // 4]]),
        "test": part(held["test_batch.bin"][: rows // 4]),
    }


def make_california(seed=0, rows=8000):
    """Eight measurements of a district, and its houses' price in units of its spread."""
    import keras
    import numpy as np

    folder = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
    name = "california_housing.npz"
    path = keras.utils.get_file(name, origin=folder + name)
    with np.load(path, allow_pickle=False) as held:
        columns = np.column_stack([held["x"], held["y"]]).astype("float64")
    columns = columns[np.random.default_rng(seed).permutation(len(columns))]
    known = columns[:rows]
    scaled = ((columns - known.mean(axis=0)) / known.std(axis=0)).astype("float32")

    def part(first, last):
        return {"district": scaled[first:last, :-1]}, {"price": scaled[first:last, -1:]}

    return {
        "train": part(0, rows),
        "validation": part(rows, rows + rows // 4),
        "test": part(rows + rows // 4, rows + rows // 2),
    }


def make_imdb(seed=0, rows=2000, length=100, words=2000, words_only=False):
    """Reviews of films as word numbers, 0 for none, and whether they are kind.

    The most frequent words of the training data have numbers, 1 is any other; of a
    review the first count. The test data are from the folder that is meant for it.
    """
    import re
    import tarfile
    from collections import Counter

    import keras
    import numpy as np

    name = "aclImdb_v1.tar.gz"
    folder = "https://ai.stanford.edu/~amaas/data/sentiment/"
    fewer = rows // 4
    wanted = {"train": (rows + 1) // 2 + (fewer + 1) // 2, "test": (fewer + 1) // 2}
    texts = {(part, kind): [] for part in wanted for kind in ("neg", "pos")}
    with tarfile.open(keras.utils.get_file(name, origin=folder + name)) as archive:
        for member in archive:
            place = tuple(member.name.split("/")[-3:-1])
            held = texts.get(place)
            if member.isfile() and held is not None and len(held) < wanted[place[0]]:
                content = archive.extractfile(member).read().decode("utf-8", "replace")
                plain = content.lower().replace("<br />", " ")
                held.append(re.findall(r"[a-z']+", plain))
            if all(len(held) == wanted[part] for (part, _), held in texts.items()):
                break
    told = {"train": [], "validation": [], "test": []}
    for label, kind in enumerate(("neg", "pos")):
        first, then = (rows + label) // 2, (fewer + label) // 2
        known, unseen = texts["train", kind], texts["test", kind]
        told["train"] += [(text, label) for text in known[:first]]
        told["validation"] += [(text, label) for text in known[first : first + then]]
        told["test"] += [(text, label) for text in unseen[:then]]
    counts = Counter(word for text, _ in told["train"] for word in text)
    frequent = [word for word, _ in counts.most_common(words - 2)]
    if words_only:
        return ["", "(rare)", *frequent]
    number = {word: place for place, word in enumerate(frequent, 2)}
    random = np.random.default_rng(seed)

    def part(reviews):
        review = np.zeros((len(reviews), length), "int32")
        for row, (text, _) in enumerate(reviews):
            numbers = [number.get(word, 1) for word in text[:length]]
            review[row, : len(numbers)] = numbers
        kind = np.array([label for _, label in reviews], "int32")
        order = random.permutation(len(reviews))
        return {"review": review[order]}, {"kind": kind[order]}

    return {split: part(reviews) for split, reviews in told.items()}


def names_of_imdb(**config):
    """The two kinds, and the words."""
    words = tuple(make_imdb(words_only=True, **config))
    return {"kind": ("unkind", "kind")}, {"review": words}


FASHION = (
    "train-images-idx3",
    "train-labels-idx1",
    "t10k-images-idx3",
    "t10k-labels-idx1",
)

DOWNLOADED = {
    dataset.name: register_dataset(dataset)
    for dataset in (
        Dataset(
            name="mnist",
            title="MNIST",
            summary="Handwritten digits of 28 × 28 grey pixels; tell which.",
            make=make_mnist,
            config={"rows": 6000},
            classes={"digit": tuple("0123456789")},
            downloads={"mnist.npz": KERAS + "mnist.npz"},
        ),
        Dataset(
            name="fashion_mnist",
            title="Fashion-MNIST",
            summary="Clothes of 28 × 28 grey pixels; tell which.",
            make=make_fashion,
            config={"rows": 6000},
            classes={
                "garment": (
                    "T-shirt",
                    "trousers",
                    "pullover",
                    "dress",
                    "coat",
                    "sandal",
                    "shirt",
                    "sneaker",
                    "bag",
                    "ankle boot",
                )
            },
            downloads={
                f"fashion-mnist/{name}-ubyte.gz": f"{KERAS}{name}-ubyte.gz"
                for name in FASHION
            },
        ),
        Dataset(
            name="cifar10",
            title="CIFAR-10",
            summary="Photos of 32 × 32 pixels; tell what is on them.",
            make=make_cifar10,
            config={"rows": 4000},
            classes={
                "thing": (
                    "airplane",
                    "automobile",
                    "bird",
                    "cat",
                    "deer",
                    "dog",
                    "frog",
                    "horse",
                    "ship",
                    "truck",
                )
            },
            downloads={
                "cifar-10-binary.tar.gz": "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
            },
        ),
        Dataset(
            name="california",
            title="California housing",
            summary="Eight measurements of a district; tell what its houses cost.",
            make=make_california,
            config={"rows": 8000},
            downloads={"california_housing.npz": KERAS + "california_housing.npz"},
        ),
        Dataset(
            name="imdb",
            title="IMDB",
            summary="Reviews of films in their own words; tell whether they are kind.",
            make=make_imdb,
            config={"rows": 2000, "length": 100, "words": 2000},
            names=names_of_imdb,
            downloads={
                "aclImdb_v1.tar.gz": "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
            },
        ),
    )
}
