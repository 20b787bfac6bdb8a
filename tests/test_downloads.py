"""What Keras downloads: read from its cache without unpickling, and a sentence where it is not here and cannot come."""

import gzip
import io
import tarfile

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components import downloading
from components.codegen import generate_code
from components.datasets import SPLITS, MissingFile, load_dataset, missing_downloads, named_dataset
from components.downloading import DownloadError, fetch_json
from components.engine import EngineError
from components.experiment import Data, Experiment
from dashboard import backstage
from presets import ARCHITECTURES
from presets.datasets import DOWNLOADED

RNG = np.random.default_rng(0)
CONFIG = {"rows": 40}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Keras's home, empty."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.config.keras_home", lambda: str(tmp_path), raising=False)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path), raising=False)
    (tmp_path / "datasets" / "fashion-mnist").mkdir(parents=True)
    return tmp_path / "datasets"


def pixels(count, *shape):
    return RNG.integers(0, 256, (count, *shape)).astype("uint8")


def write_mnist(cache):
    arrays = {"x_train": pixels(100, 28, 28), "y_train": pixels(100) % 10, "x_test": pixels(20, 28, 28)}
    np.savez(cache / "mnist.npz", **arrays, y_test=pixels(20) % 10)


def write_fashion(cache):
    for name, skipped, content in (
        ("train-images-idx3", 16, pixels(100, 784)), ("train-labels-idx1", 8, pixels(100) % 10),
        ("t10k-images-idx3", 16, pixels(20, 784)), ("t10k-labels-idx1", 8, pixels(20) % 10),
    ):  # fmt: skip
        (cache / "fashion-mnist" / f"{name}-ubyte.gz").write_bytes(gzip.compress(bytes(skipped) + content.tobytes()))


def write_tar(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def write_cifar10(cache):
    def batch(count):
        return np.concatenate([pixels(count, 1) % 10, pixels(count, 3072)], axis=1).tobytes()

    files = {f"cifar-10-batches-bin/data_batch_{n}.bin": batch(20) for n in range(1, 6)}
    write_tar(cache / "cifar-10-binary.tar.gz", {**files, "cifar-10-batches-bin/test_batch.bin": batch(20)})


def write_california(cache):
    x = RNG.normal(5, 3, (100, 8))
    np.savez(cache / "california_housing.npz", x=x, y=x.sum(axis=1))


def write_imdb(cache):
    files = {}
    for split in ("test", "train"):
        for kind, word in (("neg", "awful"), ("pos", "lovely")):
            for n in range(40):
                text = f"An {word} film.<br />It's {word}! No {n}{' premiere' * (split == 'test')}"
                files[f"aclImdb/{split}/{kind}/{n}_1.txt"] = text.encode()
        files[f"aclImdb/{split}/urls_pos.txt"] = b"http://example.org"
    write_tar(cache / "aclImdb_v1.tar.gz", files)


WRITERS = {
    "mnist": write_mnist, "fashion_mnist": write_fashion, "cifar10": write_cifar10, "california": write_california,
    "imdb": write_imdb,
}  # fmt: skip
SHAPES = {
    "mnist": (28, 28, 1), "fashion_mnist": (28, 28, 1), "cifar10": (32, 32, 3), "california": (8,), "imdb": (100,),
}  # fmt: skip
EVERY = pytest.mark.parametrize("name", DOWNLOADED)


@EVERY
def test_it_is_read_from_the_cache_in_three_splits(name, cache):
    WRITERS[name](cache)
    assert missing_downloads(DOWNLOADED[name]) == []
    splits, again, other = (load_dataset(name, CONFIG, seed) for seed in (1, 1, 2))
    assert tuple(splits) == SPLITS
    for split, (inputs, targets) in splits.items():
        assert len({len(array) for array in (*inputs.values(), *targets.values())}) == 1
        for key, array in inputs.items():
            assert array.shape[1:] == SHAPES[name]
            assert array.dtype in (np.float32, np.int32)
            assert np.array_equal(array, again[split][0][key])
    key = next(iter(splits["train"][0]))
    assert len(splits["train"][0][key]) == 40
    assert not np.array_equal(splits["train"][0][key], other["train"][0][key])
    classes = named_dataset(name, CONFIG).classes
    for target, names in classes.items():
        assert set(np.unique(splits["train"][1][target])) <= set(range(len(names)))


def test_words_of_reviews_are_those_of_the_texts(cache):
    write_imdb(cache)
    words = named_dataset("imdb", CONFIG).vocabulary()["review"]
    inputs, targets = load_dataset("imdb", CONFIG, 0)["train"]
    for review, kind in zip(inputs["review"], targets["kind"], strict=True):
        text = " ".join(words[number] for number in review if number)
        assert text.startswith(f"an {('awful', 'lovely')[kind]} film it's")


def test_reviews_to_test_on_are_from_their_own_folder_and_bring_no_words(cache):
    write_imdb(cache)
    splits = load_dataset("imdb", CONFIG, 0)
    assert "premiere" not in named_dataset("imdb", CONFIG).vocabulary()["review"]
    rare = {split: (inputs["review"] == 1).any(axis=1) for split, (inputs, _) in splits.items()}
    assert rare["test"].all()
    assert not rare["train"].any()
    assert not rare["validation"].any()
    assert {split: len(found) for split, found in rare.items()} == {"train": 40, "validation": 10, "test": 10}


def test_objects_in_a_file_are_never_unpickled(cache):
    class Trap:
        def __reduce__(self):
            return (exit, (3,))

    trap = np.array([Trap()], dtype=object)
    np.savez(cache / "mnist.npz", x_train=trap, y_train=trap, x_test=trap, y_test=trap)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_dataset("mnist", CONFIG, 0)


@EVERY
def test_what_is_not_here_is_a_sentence(name, cache):
    with pytest.raises(MissingFile, match="is not on this machine yet"):
        load_dataset(name, {}, 0)


def test_no_connection_is_a_sentence_and_leaves_nothing_behind(cache, monkeypatch):
    def refuse(*arguments, **options):
        raise Exception("URL fetch failure on https://x: None -- [Errno -3] Temporary failure in name resolution")

    monkeypatch.setattr(downloading.keras.utils, "get_file", refuse)
    with pytest.raises(DownloadError) as error:
        fetch_json("mnist")
    sentence = str(error.value)
    assert "comes from storage.googleapis.com, which cannot be reached" in sentence
    assert "Temporary failure in name resolution" in sentence
    assert str(cache) in sentence
    assert not (cache / "mnist.npz").exists()


def test_only_what_is_missing_is_fetched_and_into_kerass_cache(cache, monkeypatch):
    asked = []

    def get_file(name, origin, cache_dir, cache_subdir):
        asked.append(origin)
        assert cache_dir == str(cache.parent)
        (cache.parent / cache_subdir / name).write_bytes(b"x")

    monkeypatch.setattr(downloading.keras.utils, "get_file", get_file)
    (cache / "fashion-mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"x")
    assert len(fetch_json("fashion_mnist")["fetched"]) == 3
    assert not missing_downloads(DOWNLOADED["fashion_mnist"])
    assert fetch_json("fashion_mnist") == {"fetched": []}
    assert len(asked) == 3


@EVERY
def test_the_functions_stand_alone_in_exported_code(name):
    graph = ARCHITECTURES["plain_digits"].experiment.graph if "plain_digits" in ARCHITECTURES else None
    graph = graph or next(iter(ARCHITECTURES.values())).experiment.graph
    code = generate_code(Experiment("X", graph, Data(name)))
    compile(code, name, "exec")
    assert f"{DOWNLOADED[name].make.__name__}(seed=SEED, rows=" in code


def test_the_dialog_says_that_there_is_no_way(cache, monkeypatch):
    class Offline:
        def call(self, function, name, **options):
            assert function == "components.downloading.fetch_json"
            raise EngineError(f"{name}.npz comes from afar, which cannot be reached.")

    monkeypatch.setattr(backstage, "engine", Offline)
    app = AppTest.from_string(
        "from dashboard.panels.own_data import show_own_data; from dashboard.state import current_work; "
        "show_own_data(current_work())",
        default_timeout=60,
    ).run()
    before = app.session_state["work"].experiment
    app.button(key="own_take_download").click().run()
    assert not app.exception
    assert "cannot be reached" in app.error[0].value
    assert app.session_state["work"].experiment == before
    write_mnist(cache)
    app.run()
    app.button(key="own_take_download").click().run()
    assert app.session_state["work"].experiment.data == Data("mnist")
