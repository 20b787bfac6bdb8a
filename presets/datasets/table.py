"""A person's own table: a CSV of numbers and categories, one column of which is the target."""

from components.datasets import Dataset, register_dataset


def make_table(
    seed=0,
    file="table.csv",
    target="",
    numbers=(),
    categories=(),
    separator=",",
    decimal=".",
    names_only=False,
):
    """The columns of a CSV: `features` holds all of them but the target.

    Numbers are scaled to mean 0 and spread 1 over the training rows. A category is an
    array of its own, counted from 1, and a column of ones and zeros per value in
    `features`. Rows in which a cell is empty or no number are left out.
    """
    import numpy as np
    import pandas as pd

    read = {"sep": separator, "encoding": "utf-8-sig", "engine": "c"}
    read |= {"dtype": str, "keep_default_na": False, "index_col": False}
    table = pd.read_csv(file, **read)[[*numbers, *categories]].fillna("")
    table = table.apply(lambda column: column.str.strip())
    for name in numbers:
        plain = table[name].str.replace(decimal, ".", regex=False)
        table[name] = pd.to_numeric(plain, errors="coerce").astype("float64")
    readable = (table[list(numbers)].abs() < 1e30).all(axis=1)
    table = table[readable & (table[list(categories)] != "").all(axis=1)]
    values = {name: sorted(set(table[name])) for name in categories}
    if names_only:
        return values
    table = table.iloc[np.random.default_rng(seed).permutation(len(table))]
    most, rest = int(0.6 * len(table)), int(0.8 * len(table))

    def scaled(name):
        column = table[name].to_numpy()
        known = column[:most]
        spread = known.std() if known.min() < known.max() else 1
        return ((column - known.mean()) / spread).astype("float32")[:, None]

    def counted(name):
        places = {value: place for place, value in enumerate(values[name])}
        return table[name].map(places).to_numpy("int32")

    def wide(name):
        if name in values:
            return np.eye(len(values[name]), dtype="float32")[counted(name)]
        return scaled(name)

    columns = [name for name in [*numbers, *categories] if name != target]
    inputs = {"features": np.concatenate([wide(name) for name in columns], axis=1)}
    if any(name in values for name in columns):
        plain = [scaled(name) for name in columns if name not in values]
        inputs |= {"numbers": np.concatenate(plain, axis=1)} if plain else {}
        inputs |= {n: counted(n)[:, None] + 1 for n in columns if n in values}
    targets = {target: counted(target) if target in values else scaled(target)}

    def part(first, last):
        return tuple(
            {name: array[first:last] for name, array in arrays.items()}
            for arrays in (inputs, targets)
        )

    return {
        "train": part(0, most),
        "validation": part(most, rest),
        "test": part(rest, None),
    }


def names(target="", **config):
    """The classes of the target, and the values of each category, of which 0 is none."""
    values = make_table(target=target, names_only=True, **config)
    classes = {name: tuple(found) for name, found in values.items() if name == target}
    words = {name: ("", *found) for name, found in values.items() if name != target}
    return classes, words


DATASET = register_dataset(
    Dataset(
        name="table",
        title="Your own table",
        summary="A CSV of your own: its columns are what goes in, and one is told from the rest.",
        make=make_table,
        config={"file": "", "target": ""},
        names=names,
        file="file",
    )
)
