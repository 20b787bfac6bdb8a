"""Pictures: folders and zips of images become small arrays; what is broken or too large is named, never decoded."""

import io
import re
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from components import pictures as reading
from components.codegen import generate_code
from components.datasets import load_dataset, named_dataset
from components.experiment import Data, Experiment, Training
from components.limits import LimitError
from components.pictures import PictureError, common_folder, files_of_zip, pack, read_pictures
from components.store import Store
from components.store import files as store_files
from components.weaving import Loom
from presets.datasets import OWN


def drawn(colour, kind="PNG", size=(40, 20)):
    """A picture of one colour."""
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, kind)
    return held.getvalue()


def album(count=6):
    """Reds and blues."""
    return {
        f"album/{name}/{n}.{ending}": drawn(colour, kind)
        for name, colour in (("red", (200, 10, 10)), ("blue", (10, 10, 200)))
        for n in range(count)
        for ending, kind in ([("png", "PNG")] if n % 2 else [("jpg", "JPEG")])
    }


def held(files):
    return [(path, lambda content=content: content) for path, content in files.items()]


def zipped(files, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()


def huge_png(side):
    """The header of a picture of side × side pixels, and hardly any content."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def test_a_folder_and_a_zip_of_it_give_the_same_small_pictures():
    folder = read_pictures(held(album()), 16)
    zipped_album = read_pictures(files_of_zip(zipped(album())), 16)
    assert folder == zipped_album
    assert folder.classes == {"blue": 6, "red": 6}
    assert folder.broken == ()
    assert Image.open(io.BytesIO(next(iter(folder.kept.values())))).size == (16, 16)
    assert pack(folder) == pack(zipped_album)
    assert common_folder(list(album())) == "album"
    assert common_folder(["red/1.png", "blue/1.png"]) == "pictures"


def test_kept_pictures_are_a_dataset_with_three_splits(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/store.db")
    before = list(store_files._url)
    store_files.look_in(store.url)
    try:
        reference = store.keep_file("me", "album.zip", pack(read_pictures(held(album(10)), 32)))
        config = {**OWN["images"].config, "file": reference}
        splits = load_dataset("images", config, 3)
        again = load_dataset("images", config, 3)
        assert named_dataset("images", config).classes == {"kind": ("blue", "red")}
    finally:
        store_files._url[:] = before
        store.close()
    assert [len(part[1]["kind"]) for part in splits.values()] == [12, 4, 4]
    for split, (inputs, targets) in splits.items():
        assert inputs["picture"].shape[1:] == (32, 32, 3)
        assert inputs["picture"].dtype == np.float32
        reds = inputs["picture"][..., 0].mean(axis=(1, 2)) > 0.5
        assert np.array_equal(reds.astype("int32"), targets["kind"])
        assert np.array_equal(inputs["picture"], again[split][0]["picture"])


def test_exported_code_learns_from_the_pictures_beside_it(tmp_path):
    loom = Loom()
    flat = loom("Flatten", loom.input("picture", [16, 16, 3]), name="flat")
    graph = loom.graph(loom("Dense", flat, name="kind", units=2, activation="softmax"))
    data = Data("images", {"file": f"{'a' * 64}/my album.zip", "side": 16})
    losses, metrics = {"kind": "sparse_categorical_crossentropy"}, {"kind": ("accuracy",)}
    training = Training(losses=losses, metrics=metrics, epochs=30, batch_size=4)
    code = generate_code(Experiment("Album", graph, data, training, seed=3))
    assert code.splitlines()[2] == "# Its data is my album.zip: put that file into the folder this is run from."
    (tmp_path / "exported.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "exported.py"]
    alone = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert alone.returncode != 0
    assert "my album.zip" in alone.stderr
    (tmp_path / "my album.zip").write_bytes(pack(read_pictures(held(album(10)), 32)))
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stderr[-2000:]
    assert float(re.findall(r"accuracy: ([\d.]+)", run.stdout)[-1]) == 1.0


def broken_album(content, name="album/red/bad.png"):
    return held({**album(), name: content})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "none of PNG"),
        (b"no picture", "none of PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "none of PNG"),
        (drawn((1, 2, 3), "TIFF"), "none of PNG"),
        (drawn((1, 2, 3), size=(400, 400))[:200], "damaged or cut short"),
        (drawn((1, 2, 3), "JPEG", (400, 400))[:700], "damaged or cut short"),
        (huge_png(8_000), "64 million pixels"),
        (huge_png(30_000), "more than 40 million pixels"),
    ],
)  # fmt: skip
def test_a_broken_picture_is_named_and_the_rest_is_read(content, said):
    pictures = read_pictures(broken_album(content), 16)
    assert len(pictures.kept) == 12
    assert len(pictures.broken) == 1
    assert "“album/red/bad.png” cannot be used" in pictures.broken[0]
    assert said in pictures.broken[0]


def test_what_systems_leave_in_zips_is_passed_over():
    files = {**album(), "__MACOSX/album/red/._1.png": b"x", "album/.DS_Store": b"x", "album/red/Thumbs.db": b"x"}
    assert read_pictures(files_of_zip(zipped(files)), 16).broken == ()


def test_a_zip_that_unpacks_to_too_much_is_never_unpacked(monkeypatch):
    bomb = zipped({**album(), "album/red/bomb.png": bytes(50_000_000)})
    pictures = read_pictures(files_of_zip(bomb), 16)
    assert "far more than a picture has" in pictures.broken[0]
    with pytest.raises(PictureError, match="at most 200 MB together"):
        list(files_of_zip(zipped({**album(), "album/red/bomb.png": bytes(210_000_000)})))
    monkeypatch.setenv("LAYERLOOM_MOST_UPLOAD", "1KB")
    with pytest.raises(LimitError, match=r"at most 0\.001 MB"):
        list(files_of_zip(bomb))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "none was found"),
        ({f"{n}.png": drawn((n, 0, 0)) for n in range(12)}, "lies in no folder"),
        ({f"red/{n}.png": drawn((n, 0, 0)) for n in range(12)}, "all 12 pictures lie in “red”"),
        (album(2), "at least 10 pictures"),
    ],
)  # fmt: skip
def test_pictures_that_cannot_be_told_apart_are_refused(files, said):
    with pytest.raises(PictureError, match=said):
        read_pictures(held(files), 16)


def test_too_many_pictures_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_PICTURES", 11)
    with pytest.raises(PictureError, match="at most 11 pictures"):
        read_pictures(held(album()), 16)
    monkeypatch.setattr(reading, "MOST_PICTURES", 100)
    monkeypatch.setattr(reading, "MOST_CELLS", 11 * 16 * 16 * 3)
    with pytest.raises(PictureError, match="at most 11 pictures fit here"):
        read_pictures(held(album()), 16)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"a text"])
def test_what_is_no_zip_is_a_sentence(content):
    with pytest.raises(PictureError, match="not a zip"):
        list(files_of_zip(content))


def test_paths_that_climb_out_are_only_names():
    files = {f"../../etc/{name}": content for name, content in album().items()}
    assert read_pictures(files_of_zip(zipped(files)), 16).classes == {"blue": 6, "red": 6}
