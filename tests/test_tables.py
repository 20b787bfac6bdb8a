"""Tables: a person's CSV becomes arrays, is refused in a sentence with row and column, and travels with the code."""

import io

import numpy as np
import pytest

from components.codegen import generate_code
from components.datasets import MissingFile, load_dataset, named_dataset
from components.experiment import Data, Experiment, Training
from components.limits import LimitError
from components.problems.columns import columns_of
from components.store import Store, default_url
from components.store import files as store_files
from components.tables import CATEGORY, LEFT_OUT, NUMBER, TableError, read_table, table_config, usual_kinds
from components.training.feeding import load_splits
from components.weaving import Loom
from presets.datasets.table import make_table

CITIES = ("Oslo", "Rome", "Kyoto")


def people(rows=50, separator=",", decimal="."):
    """Age, height, city and whether they like tea; everyone in Kyoto does."""
    rng = np.random.default_rng(5)
    lines = [separator.join(("age", "height", "city", "tea"))]
    for row in range(rows):
        city = CITIES[row % 3]
        height = f"{rng.normal(1.7, 0.1):.2f}".replace(".", decimal)
        tea = "yes" if city == "Kyoto" or rng.random() < 0.2 else "no"
        lines.append(separator.join((str(rng.integers(18, 80)), height, city, tea)))
    return ("\n".join(lines) + "\n").encode()


@pytest.fixture
def store(tmp_path):
    """A store of its own in which this process finds files."""
    opened = Store(f"sqlite:///{tmp_path}/store.db")
    before = list(store_files._url)
    store_files.look_in(opened.url)
    yield opened
    store_files._url[:] = before
    opened.close()


def chosen(content, target="tea", name="people.csv", skip=False, **kinds):
    table = read_table(name, content)
    return table_config(table, "", target, {**usual_kinds(table, target), **kinds}, skip)


def refused(content, **choice):
    with pytest.raises((TableError, LimitError)) as error:
        chosen(content, **choice)
    sentence = str(error.value)
    assert sentence.endswith(".")
    assert sentence.count(". ") == 0
    return sentence


# What it becomes


def test_columns_become_inputs_and_the_target_classes():
    config = {**chosen(people()), "file": io.BytesIO(people())}
    splits = make_table(seed=1, **config)
    inputs, targets = splits["train"]
    assert {name: array.shape for name, array in inputs.items()} == {
        "features": (30, 5), "numbers": (30, 2), "city": (30, 1),
    }  # fmt: skip
    assert [len(splits[name][1]["tea"]) for name in splits] == [30, 10, 10]
    assert targets["tea"].dtype == np.int32
    assert set(np.unique(inputs["city"])) == {1, 2, 3}
    assert np.array_equal(inputs["features"][:, 2:], np.eye(3)[inputs["city"][:, 0] - 1])
    assert {array.dtype.name for part in splits.values() for array in part[0].values()} == {"float32", "int32"}


def test_numbers_are_scaled_by_the_training_rows_alone():
    splits = make_table(seed=1, **{**chosen(people()), "file": io.BytesIO(people())})
    train, test = splits["train"][0]["numbers"], splits["test"][0]["numbers"]
    assert np.allclose(train.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(train.std(axis=0), 1, atol=1e-5)
    assert not np.allclose(test.mean(axis=0), 0, atol=1e-3)


def test_the_same_seed_splits_alike_and_no_row_is_in_two_splits():
    content = b"x,y\n" + b"".join(b"%d,%d\n" % (n, n % 2) for n in range(100))
    config = chosen(content, target="y", x=NUMBER)

    def rows(seed):
        splits = make_table(seed=seed, **{**config, "file": io.BytesIO(content)})
        return [tuple(np.round(part[0]["features"][:, 0], 5)) for part in splits.values()]

    assert rows(3) == rows(3) != rows(4)
    assert len(set(sum(rows(3), ()))) == 100


def test_a_target_of_numbers_is_scaled_and_few_whole_numbers_are_classes():
    assert chosen(people(), target="height")["numbers"] == ["age", "height"]
    target = make_table(**{**chosen(people(), target="height"), "file": io.BytesIO(people())})["train"][1]["height"]
    assert target.shape == (30, 1)
    assert abs(float(target.std()) - 1) < 1e-3
    stars = b"x,stars\n" + b"".join(b"%d,%d\n" % (n, n % 5) for n in range(40))
    assert chosen(stars, target="stars", x=NUMBER)["categories"] == ["stars"]


def test_semicolons_decimal_commas_tabs_and_a_mark_at_the_beginning_are_read():
    plain = make_table(**{**chosen(people()), "file": io.BytesIO(people())})["train"][0]["features"]
    european = b"\xef\xbb\xbf" + people(separator=";", decimal=",")
    config = chosen(european)
    assert (config["separator"], config["decimal"]) == (";", ",")
    read = make_table(**{**config, "file": io.BytesIO(european)})["train"][0]["features"]
    assert np.array_equal(plain, read)
    assert chosen(people(separator="\t"))["separator"] == "\t"


def test_row_numbers_of_a_nameless_first_column_are_left_out():
    lines = people().decode().splitlines()
    content = "\n".join([f",{lines[0]}", *(f"{n},{line}" for n, line in enumerate(lines[1:]))]).encode()
    assert chosen(content)["numbers"] == ["age", "height"]


# What is refused


def broken(row, column, cell):
    """The people, one cell of whom is another; rows counted from 1 with the header."""
    lines = [line.split(",") for line in people().decode().splitlines()]
    lines[row - 1][column - 1] = cell
    return "\n".join(map(",".join, lines)).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a,b\n", "has none"),
        (broken(7, 1, ""), "Row 7, column 1 (“age”) is empty"),
        (broken(51, 3, " "), "Row 51, column 3 (“city”) is empty"),
        (broken(9, 2, "tall"), "Row 9, column 2 (“height”) holds “tall” where a number is wanted"),
        (broken(9, 2, "inf"), "Row 9, column 2 (“height”) holds “inf”"),
        (broken(9, 2, "1e300"), "Row 9, column 2 (“height”) holds “1e300”"),
        (broken(1, 2, "age"), "columns 1 and 2 of row 1 are both called “age”"),
        (b"\n".join(people().splitlines()[1:]), "Row 1 is the header"),
        (b"1,2\n3,4\n5,6\n", "Row 1 is the header"),
        (broken(4, 4, "yes,no"), "row 4 has 5"),
        (broken(4, 4, '"yes'), "double quote is opened in row 4"),
        (broken(12, 3, "Málaga").decode().encode("latin-1"), "row 12, column 3 holds a byte that is none (0xe1)"),
        (people().decode().encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest of a workbook", "workbook"),
        (b"a,b\n1,\x00\n", "row 2, column 2 holds a byte"),
        (b"only\n1\n2\n", "one column, “only”"),
        (people(5), "at least 10 rows"),
        (people().replace(b"no\n", b"yes\n"), "“tea” is “yes” in all 50 rows (2 to 51)"),
        (broken(1, 1, "features"), "rename column 1"),
    ],
)  # fmt: skip
def test_bad_tables_are_refused_in_a_sentence_with_row_and_column(content, said):
    assert said in refused(content)


def test_a_choice_that_cannot_be_learnt_from_is_refused():
    assert "all are left out" in refused(people(), age=LEFT_OUT, height=LEFT_OUT, city=LEFT_OUT)
    many = b"id,y\n" + b"".join(b"name%d,%d\n" % (n, n % 2) for n in range(200))
    assert "“id” has 200; leave it out" in refused(many, target="y", id=CATEGORY)


def test_too_large_a_table_is_refused_before_it_is_read(monkeypatch):
    assert "at most 50 MB here, and “people.csv” has 200 MB" in refused(bytes(200_000_000))
    monkeypatch.setenv("LAYERLOOM_MOST_ROWS", "20")
    assert "at most 20 rows" in refused(people())


def test_rows_that_cannot_be_used_can_be_left_out():
    content = broken(7, 1, "").replace(b"Rome", b"", 1)
    assert "and 1 more such row)" in refused(content)
    splits = make_table(**{**chosen(content, skip=True), "file": io.BytesIO(content)})
    assert sum(len(part[1]["tea"]) for part in splits.values()) == 48


# In the store, the engine's path and the code


def door(name="features", width=5):
    loom = Loom()
    x = loom.input(name, [width])
    return loom.graph(loom("Dense", x, name="tea", units=2, activation="softmax"))


def test_a_kept_table_is_loaded_as_every_dataset_is(store):
    reference = store.keep_file("me", "people.csv", people())
    data = Data("table", {**chosen(people()), "file": reference})
    experiment = Experiment("Tea", door(), data, Training(losses={"tea": "sparse_categorical_crossentropy"}))
    splits = load_splits(experiment)
    assert splits["train"][0].shape == (30, 5)
    assert splits["test"][1].shape == (10,)
    inputs, targets = columns_of(data, 0)
    assert inputs["features"].shape == (5,)
    assert (targets["tea"].classes, targets["tea"].named) == (2, True)
    named = named_dataset("table", data.config)
    assert named.classes == {"tea": ("no", "yes")}
    assert named.vocabulary() == {"city": ("", "Kyoto", "Oslo", "Rome")}


def test_a_file_that_is_not_here_is_a_sentence(store):
    config = {**chosen(people()), "file": f"{'0' * 64}/people.csv"}
    with pytest.raises(MissingFile, match=r"“people\.csv” is not kept here"):
        load_dataset("table", config, 0)
    for reference in ("/etc/passwd", "../people.csv", f"{'0' * 64}/../x", 7, ["x"]):
        with pytest.raises(MissingFile, match="a file of a person's own"):
            load_dataset("table", {**config, "file": reference}, 0)


def test_exported_code_reads_the_file_beside_it(store, tmp_path, monkeypatch):
    reference = store.keep_file("me", "people.csv", people())
    data = Data("table", {**chosen(people()), "file": reference})
    code = generate_code(Experiment("Tea", door(), data, seed=4))
    assert 'file="people.csv"' in code
    (tmp_path / "people.csv").write_bytes(people())
    monkeypatch.chdir(tmp_path)
    space: dict = {"__name__": "exported"}
    source = code[code.index("def make_table") : code.index("def select_arrays")]
    exec(source, space)
    config = {**data.config, "file": "people.csv"}
    theirs, ours = space["make_table"](seed=4, **config), load_dataset("table", data.config, 4)
    for split in ours:
        for mine, other in zip(ours[split], theirs[split], strict=True):
            assert mine.keys() == other.keys()
            assert all(np.array_equal(mine[name], other[name]) for name in mine)


def test_files_are_kept_by_visitor_and_the_oldest_go_first(store, monkeypatch):
    first = store.keep_file("me", "a/b\\people.csv", b"one")
    assert first.endswith("/people.csv")
    assert store.keep_file("you", "other.csv", b"one").partition("/")[0] == first.partition("/")[0]
    assert [file.name for file in store.files("me")] == ["people.csv"]
    store.delete_file("you", first)
    assert store.file(first) == b"one"
    monkeypatch.setattr(store_files, "MOST_BYTES", 10)
    second = store.keep_file("me", "two.csv", b"22222")
    third = store.keep_file("me", "three.csv", b"333333")
    assert not store.has_file(first)
    assert not store.has_file(second)
    assert store.has_file(third)
    monkeypatch.setattr(store_files, "MOST_BYTES", 100)
    monkeypatch.setattr(store_files, "MOST_FILES", 2)
    for text in (b"4", b"5"):
        store.keep_file("me", "next.csv", text)
    assert len(store.files("me")) == 2
    assert not store.has_file(third)


def test_a_store_of_before_gets_the_table(tmp_path):
    assert default_url()
    store = Store(f"sqlite:///{tmp_path}/old.db")
    with store._writing() as connection:
        connection.exec_driver_sql("DROP TABLE files")
    store.close()
    again = Store(f"sqlite:///{tmp_path}/old.db")
    assert again.files("me") == []
    again.close()
