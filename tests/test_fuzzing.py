"""Fuzzing: whatever a person gives, code, files or links, the answer is a sentence; nothing runs, memory stays bounded."""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import random
import struct
import sys
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from components.bringing import ENDINGS, bring_file
from components.codegen import CodeError, generate_code
from components.codegen.script import generate_script
from components.codereading import read_code
from components.experiment import (
    ExperimentError,
    check_experiment,
    experiment_to_json,
    read_experiment,
    write_experiment,
)
from components.exports.model_cards import write_model_card
from components.exports.notebooks import generate_notebook
from components.following import follow_code
from components.keras_config import KerasConfigError
from components.keras_files import read_keras_file, read_model_json
from components.links import MOST_LINK_CHARACTERS, checksum, experiment_from_link, experiment_to_link
from presets import ARCHITECTURES

QUICK, LONG = 3.0, 300.0
"""Seconds for each sort of gift, by default and under soak."""

MOST_MEMORY = 120_000_000
"""Bytes that the answer to one gift may take."""

SLOWEST = 10.0
"""Seconds that one answer may take on a busy machine."""

LISTINGS = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent / "listings").glob("*.py"))]
EXPERIMENTS = [preset.experiment for preset in ARCHITECTURES.values()]
SMALL = [ARCHITECTURES[name].experiment for name in ("spirals", "social_posts", "residual_digits")]

SCRAPS = (
    "import os; os.system('touch /tmp/fuzzed')", "__import__('os').system('id')", "eval('1')", "exec('x=1')", "open('/etc/passwd')",
    "while True: pass", "for i in range(10**12): x = layers.Dense(i)(x)", "x = [0] * 10**10", "9**9**9**9", "'a' * 10**10",
    "def f(): return f()\nf()", "lambda: 0", "((((", "\x00", "\ufeff", "\u202e", "שלום", "🙂", "x = x", "*a, b = range(10**9)",
    "class A(keras.Model): pass", "x = layers.Dense(2, activation='\\ud800')(x)", "@decorator", "model = keras.Sequential([model])", "x = x(x)", "a.b.c.d(e)(f)[g]", "None", "...",
    "'%s' % ('a' * 10**6)", "'{:>1000000000}'.format(1)", "f'{1:>1000000000}'", "1 << 10**9", "-" * 5_000 + "1", "[" * 90 + "]" * 90,
)  # fmt: skip

VALUES = (
    None, True, "\ud800", -1, 0, 10**30, 1e308, float("nan"), float("inf"), "", "\x00", "x" * 10_000, "__import__('os')", '"""', "\n", "שלום", "🙂",
    "a/b", [], {}, [[]], {"": {}}, [[[[[[]]]]]], {"class_name": "Lambda"}, {"class_name": "__lambda__", "config": {"value": "aWQ="}},
)  # fmt: skip


# What forbids: nothing that is given may reach the machine

FORBIDDEN = {
    "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect", "shutil.rmtree", "os.remove", "os.rename",
    "ctypes.dlopen", "pickle.find_class",  "code.__new__",
}  # fmt: skip

_watched: list[str] | None = None


def watch(event: str, arguments: tuple) -> None:
    """An audit hook: notes what was done that must not be, and every file opened for writing, while it is asked to."""
    if _watched is None:
        return
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    # Python executes its own modules when it first needs one; those come from files, a visitor's text would not.
    executes = event == "exec" and not Path(getattr(arguments[0], "co_filename", "")).is_file()
    if event in FORBIDDEN or writes or executes:
        _watched.append(f"{event} {arguments!r}"[:200])


generate_notebook(EXPERIMENTS[0])  # nbformat compiles its own check of notebooks when it writes its first
sys.addaudithook(watch)


@contextlib.contextmanager
def watched():
    """The block, after which nothing may have been run or written, and little memory taken."""
    global _watched
    traced = tracemalloc.is_tracing()
    tracemalloc.start()
    _watched = seen = []
    began = time.perf_counter()
    try:
        yield
    finally:
        _watched = None
        _, peak = tracemalloc.get_traced_memory()
        if not traced:
            tracemalloc.stop()
    seconds = time.perf_counter() - began
    assert not seen, seen
    assert peak < MOST_MEMORY, f"took {peak / 1e6:.0f} MB"
    assert seconds < SLOWEST, f"took {seconds:.1f} s"


# Gifts


def spoiled_text(dice: random.Random, text: str) -> str:
    """A text with lines doubled, dropped, swapped, cut and strewn with scraps."""
    lines = text.split("\n")
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(lines) + 1)
        match dice.randrange(6):
            case 0:
                lines.insert(place, dice.choice(SCRAPS))
            case 1:
                lines[place : place + dice.randint(1, 4)] = []
            case 2:
                lines[place:place] = lines[place - 1 : place]
            case 3 if lines:
                cut = dice.randrange(len(lines))
                lines[cut] = lines[cut][: dice.randint(0, 60)]
            case 4 if lines:
                chosen = dice.randrange(len(lines))
                lines[chosen] = lines[chosen].replace(
                    dice.choice("(),=[]"), dice.choice(["", "((", "*", "**", "@", "0"]), 1
                )
            case _:
                dice.shuffle(lines[place : place + 4])
        lines = lines or [""]
    return "\n".join(lines)


def spoiled_value(dice: random.Random, value: object, level: int = 0, rate: float | None = None) -> object:
    """Plain data in which some value, key or item was replaced, dropped or doubled; few in most, many in some."""
    rate = dice.choice([0.002, 0.005, 0.05]) if rate is None else rate
    if dice.random() < rate * (level + 1) / 2:
        return dice.choice(VALUES)
    if isinstance(value, dict):
        items = [(key, spoiled_value(dice, item, level + 1, rate)) for key, item in value.items()]
        if items and dice.random() < rate:
            items.pop(dice.randrange(len(items)))
        if dice.random() < rate:
            items.append(
                (dice.choice(["name", "class_name", "layers", "inputs", "config", "x" * 3_000]), dice.choice(VALUES))
            )
        return dict(items)
    if isinstance(value, list):
        items = [spoiled_value(dice, item, level + 1, rate) for item in value]
        if items and dice.random() < rate:
            items *= dice.choice([0, 2])
        return items
    return value


def spoiled_bytes(dice: random.Random, content: bytes) -> bytes:
    """Bytes cut short, or with some of them changed."""
    changed = bytearray(content[: dice.randrange(len(content) + 1)] if dice.random() < 0.3 else content)
    for _ in range(dice.randint(0, 8)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def zipped(content: bytes, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A `.keras` file with that config."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", packing) as archive:
        archive.writestr("config.json", content)
    return held.getvalue()


# Answers


def code(dice: random.Random) -> None:
    """Code that was spoiled is read, with a note for each line at most."""
    reading = read_code(spoiled_text(dice, dice.choice(LISTINGS)))
    for line, sentence in reading.notes:
        assert line >= 0
        assert sentence
        assert "Traceback" not in sentence
    if reading.graph is None:
        assert reading.notes


def changed_code(dice: random.Random) -> None:
    """The code of an experiment that was spoiled is followed, and what of it is not is told in sentences."""
    before = dice.choice(SMALL)
    source = generate_code(before)
    found = follow_code(before, source, spoiled_text(dice, source))
    assert all(line >= 0 and sentence.strip() for line, sentence in found.notes)
    if found.experiment is None:
        assert found.notes
        return
    with sentences(ExperimentError, CodeError):
        ast.parse(generate_code(check_experiment(found.experiment)))


def experiment(dice: random.Random) -> None:
    """An experiment that was spoiled is refused, or what it is exported to is Python."""
    content = json.dumps(spoiled_value(dice, experiment_to_json(dice.choice(EXPERIMENTS))))
    with sentences(ExperimentError):
        taken_home(read_experiment(content))


def taken_home(read) -> None:
    """Every text form of an accepted experiment: valid Python, a notebook, a link that opens; or a sentence why not."""
    for write, check in FORMS:
        with sentences(CodeError):
            check(write(read))
    assert experiment_to_json(read_experiment(write_experiment(read))) == experiment_to_json(read)


FORMS = (
    (generate_code, ast.parse),
    (generate_script, ast.parse),
    (generate_notebook, json.loads),
    (write_model_card, str),
)
"""Each form and what reads it; nothing is run."""


@contextlib.contextmanager
def sentences(*refusals: type[Exception]):
    """The block may be refused, in a sentence."""
    try:
        yield
    except refusals as error:
        if not str(error).endswith("."):
            raise AssertionError(f"no sentence: {error}") from error


MODEL = {
    "class_name": "Functional", "module": "keras", "registered_name": "Functional",
    "config": {
        "name": "m",
        "layers": [
            {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 4], "dtype": "float32", "name": "a"},
             "name": "a", "inbound_nodes": []},
            {"module": "keras.layers", "class_name": "Dense", "config": {"name": "b", "units": 3, "activation": "relu"}, "name": "b",
             "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["a", 0, 0]}}], "kwargs": {}}]},
        ],
        "input_layers": [["a", 0, 0]], "output_layers": [["b", 0, 0]],
    },
}  # fmt: skip


def model_config(dice: random.Random) -> None:
    """A Keras config that was spoiled is read or refused, alone and in its zip."""
    text = json.dumps(spoiled_value(dice, MODEL)).encode()
    for read, content in ((read_model_json, text), (read_keras_file, spoiled_bytes(dice, zipped(text)))):
        with sentences(KerasConfigError):
            read(content)


def link(dice: random.Random) -> None:
    """A link that was spoiled, or carries spoiled content under a right checksum, is opened or refused."""
    whole = experiment_to_link(dice.choice(EXPERIMENTS))
    spoiled = spoiled_bytes(dice, whole.encode()).decode("latin-1")
    body = zlib.compress(json.dumps(spoiled_value(dice, experiment_to_json(dice.choice(EXPERIMENTS)))).encode())
    forged = base64.urlsafe_b64encode(checksum(body) + body).decode().rstrip("=")
    for text in (spoiled, forged):
        with sentences(ExperimentError):
            experiment_from_link(text)


def file(dice: random.Random) -> None:
    """A file of any ending around whole or spoiled content of any sort is opened or refused; a notebook among them."""
    cells = [{"cell_type": "code", "source": spoiled_text(dice, dice.choice(LISTINGS)).split("\n")}]
    contents = (
        json.dumps(spoiled_value(dice, {"cells": cells, "nbformat": 4})).encode(),
        json.dumps({"cells": cells}).encode(),
        json.dumps(spoiled_value(dice, MODEL)).encode(),
        write_experiment(dice.choice(EXPERIMENTS)).encode(),
        zipped(json.dumps(MODEL).encode()),
        dice.choice(LISTINGS).encode(),
    )
    content = dice.choice(contents)
    given = content if dice.random() < 0.5 else spoiled_bytes(dice, content)
    with sentences(KerasConfigError, ExperimentError):
        brought = bring_file(f"mine.{dice.choice((*ENDINGS, 'txt', ''))}", given, EXPERIMENTS[0])
        if brought.experiment is not None:
            experiment_to_json(brought.experiment)


def long_link(dice: random.Random) -> None:
    """A link of any length up to the longest, around what inflates, is opened or refused."""
    body = zlib.compress(dice.choice((b"[]", b"0", b'{"a":', b" ")) * dice.randrange(1, 2_000_000), dice.randrange(10))
    text = base64.urlsafe_b64encode(checksum(body) + body).decode()
    with sentences(ExperimentError):
        experiment_from_link(text[: dice.randrange(1, MOST_LINK_CHARACTERS + 10)])
    with sentences(ExperimentError):
        experiment_from_link(text)


GIFTS: tuple[Callable[[random.Random], None], ...] = (
    code,
    changed_code,
    experiment,
    model_config,
    link,
    file,
    long_link,
)


def fuzz(gift: Callable[[random.Random], None], seconds: float, first: int) -> int:
    """Give spoiled gifts, by their number, until the time is over; how many."""
    deadline, number = time.monotonic() + seconds, first
    while time.monotonic() < deadline:
        try:
            with watched():
                gift(random.Random(number))
        except Exception as error:
            raise AssertionError(f"{gift.__name__} number {number}: {type(error).__name__}: {error}") from error
        number += 1
    return number - first


@pytest.mark.parametrize("gift", GIFTS, ids=lambda gift: gift.__name__)
def test_spoiled_gifts_are_answered_with_sentences(gift):
    assert fuzz(gift, QUICK, first=0) > 5


@pytest.mark.soak
@pytest.mark.parametrize("gift", GIFTS, ids=lambda gift: gift.__name__)
def test_many_spoiled_gifts_are_answered_with_sentences(gift):
    assert fuzz(gift, LONG, first=random.SystemRandom().randrange(10**9)) > 100


@pytest.mark.parametrize("scrap", SCRAPS, ids=range(len(SCRAPS)))
def test_every_scrap_alone_is_answered(scrap):
    with watched():
        reading = read_code(f"import keras\nfrom keras import layers\nx = keras.Input((3,))\n{scrap}\n")
        assert reading.notes


def test_the_watch_sees_what_it_must():
    with pytest.raises(AssertionError), watched():
        exec("pass")
    with pytest.raises(AssertionError), watched():
        bytearray(2 * MOST_MEMORY)


BOMBS = {
    "a link that inflates": lambda: experiment_from_link(forged_link(b"0" * 60_000_000)),
    "a zip that inflates": lambda: read_keras_file(zipped(b"0" * 60_000_000)),
    "a zip packed in another way": lambda: read_keras_file(zipped(json.dumps(MODEL).encode(), zipfile.ZIP_LZMA)),
    "fifty megabytes of JSON": lambda: read_experiment(b"[" * 50_000_000),
    "JSON nested deep": lambda: read_experiment(b"[" * 1_000_000),
    "a config nested deep": lambda: read_model_json(b'{"a":' * 100_000),
    "JSON of nothing but lists": lambda: read_experiment(b"[" + b"[]," * 1_300_000 + b"[]]"),
    "a config of nothing but lists": lambda: read_model_json(b"[" + b"[]," * 2_600_000 + b"[]]"),
    "a zip of nothing but names": lambda: read_keras_file(crowded_zip(300_000)),
    "a long link": lambda: experiment_from_link("A" * 10_000_000),
}


def forged_link(content: bytes) -> str:
    """A link with a right checksum around any content."""
    body = zlib.compress(content, 9)
    return base64.urlsafe_b64encode(checksum(body) + body).decode().rstrip("=")


@cache
def crowded_zip(count: int) -> bytes:
    """A zip whose directory names one empty file again and again."""
    whole = zipped(b"")
    first, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    directory = whole[first:end] * count
    sizes = struct.pack("<HHLL", 65_535, 65_535, len(directory), first)
    return whole[:first] + directory + whole[end : end + 8] + sizes + whole[end + 20 :]


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_without_unpacking_them(bomb):
    with pytest.raises((ExperimentError, KerasConfigError)) as caught, watched():
        BOMBS[bomb]()
    assert str(caught.value).endswith(".")
