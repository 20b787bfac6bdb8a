"""Tables: a person's CSV read as text and checked; what is wrong is one sentence that names row and column.

Rows are counted as a spreadsheet does: the header is row 1. pandas reads; nothing is unpickled or executed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from components.graph import Json
from components.limits import limits_from_environment

if TYPE_CHECKING:
    import pandas as pd

NUMBER, CATEGORY, LEFT_OUT = "number", "category", "left out"
KINDS = (NUMBER, CATEGORY, LEFT_OUT)

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MOST_COLUMNS = 200
MOST_VALUES = 100
"""Different values of a category that is an input: each is a column of ones and zeros."""

MOST_CLASSES = 1_000
MOST_CELLS = 20_000_000
"""Rows times columns of what goes in: 80 MB."""

LEAST_ROWS = 10
FEW = 10
"""Whole numbers of a target with at most so many different values are classes."""

SAMPLE = 2_000
"""Cells from which the kind of a column is guessed; all are checked afterwards."""

RESERVED = {"features": "all columns", "numbers": "all number columns"}
GREATEST = 1e30


class TableError(ValueError):
    """A table that cannot be trained on; the text names row and column, the rule and the remedy."""


@dataclass(frozen=True)
class Column:
    """What a column holds: its likely kind, how many different values, and the first few."""

    name: str
    kind: str
    values: int
    first: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A CSV, read: all cells as text, indexed by the row that a spreadsheet shows."""

    name: str
    columns: tuple[Column, ...]
    separator: str
    decimal: str
    cells: pd.DataFrame = field(repr=False, compare=False)
    _unreadable: dict[str, pd.Series] = field(default_factory=dict, repr=False, compare=False)

    @property
    def names(self) -> list[str]:
        """The columns' names in their order."""
        return [column.name for column in self.columns]

    def unreadable(self, name: str) -> pd.Series:
        """Where the column holds no number; worked out once."""
        if name not in self._unreadable:
            self._unreadable[name] = numbers_of(self.cells[name], self.decimal).isna()
        return self._unreadable[name]


# Reading


def read_table(name: str, content: bytes) -> Table:
    """The table in a file. Raises TableError, or LimitError where it is too large."""
    limits = limits_from_environment()
    limits.check_upload(name, len(content))
    check_text(content)
    separator = separator_of(content)
    header, cells = read_cells(content, separator)
    if not len(cells):
        raise TableError("A table has rows below its header, row 1, and this has none; add some.")
    limits.check_rows(len(cells))
    check_header(header, cells)
    check_names(header)
    decimal = decimal_of(cells, separator)
    columns = tuple(describe(title, cells[title], decimal) for title in cells.columns)
    return Table(name, columns, separator, decimal, cells)


def check_text(content: bytes) -> None:
    """Refuse what is no text in UTF-8."""
    if not content.strip():
        raise TableError("A table is a CSV file with a header, and this file is empty; choose another.")
    if content.startswith(b"PK\x03\x04") or content.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError("A table is a CSV file, and this is a workbook; save it as “CSV UTF-8” in the spreadsheet.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError("A table is text in UTF-8, and this is UTF-16; save it as UTF-8 (in Excel: CSV UTF-8).")
    try:
        content.decode("utf-8-sig")
        at = content.find(b"\0")
    except UnicodeDecodeError as error:
        at = error.start
    if at >= 0:
        row, column = place_of(content, at)
        raise TableError(
            f"A table is text in UTF-8, and row {row}, column {column} holds a byte that is none "
            f"(0x{content[at]:02x}); save it as UTF-8 (in Excel: CSV UTF-8)."
        )


def place_of(content: bytes, at: int) -> tuple[int, int]:
    """Row and column of a byte, by the line breaks and separators before it."""
    before = content[:at]
    line = before[before.rfind(b"\n") + 1 :]
    separator = max((b",", b";", b"\t", b"|"), key=content[:10_000].split(b"\n")[0].count)
    return before.count(b"\n") + 1, line.count(separator) + 1


def separator_of(content: bytes) -> str:
    """What stands between two cells of the first line."""
    line = re.sub(r'"[^"]*"', "", content[:100_000].decode("utf-8-sig", "replace").strip().split("\n")[0])
    found = max(SEPARATORS, key=line.count)
    return found if found in line else ","


def read_cells(content: bytes, separator: str) -> tuple[list[str], pd.DataFrame]:
    """The header, and all cells below it as text: without rows that are empty, by their row numbers."""
    import pandas as pd  # half a second that only those pay who bring a table

    read: dict[str, Any] = {"sep": separator, "encoding": "utf-8-sig", "engine": "c", "dtype": str}
    read |= {"keep_default_na": False, "index_col": False}
    try:
        cells = pd.read_csv(io.BytesIO(content), header=None, skip_blank_lines=False, **read).fillna("")
        titles = list(pd.read_csv(io.BytesIO(content), nrows=0, **read).columns)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TableError(said_by_parser(str(error))) from error
    cells = cells.apply(lambda column: column.str.strip())
    cells.index = cells.index + 1
    cells = cells[(cells != "").any(axis=1)]
    header = [str(cell) for cell in cells.iloc[0]]
    cells.columns = pd.Index(titles)
    return header, cells.iloc[1:]


def said_by_parser(text: str) -> str:
    """What pandas' reader refused, as a sentence."""
    ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text)
    if ragged:
        return (
            f"Every row has as many cells as the header, {ragged[1]}, and row {ragged[2]} has {ragged[3]}; "
            "put text that holds the separator in double quotes, or correct the row."
        )
    quote = re.search(r"EOF inside string starting at row (\d+)", text)
    if quote:
        return f"A double quote is opened in row {int(quote[1]) + 1} and never closed; close it."
    return f"This file cannot be read as a table ({text.splitlines()[0][:120]}); save it as CSV again."


def check_names(header: Sequence[str]) -> None:
    """Refuse too many columns, one alone, and two of the same name."""
    if len(header) > MOST_COLUMNS:
        raise TableError(
            f"A table has at most {MOST_COLUMNS} columns here, and this has {len(header)}; leave some out."
        )
    if len(header) < 2:
        raise TableError(
            f"A table has a target and at least one column beside it, and this has one column, “{header[0][:40]}”; "
            f"put a {', '.join(list(SEPARATORS.values())[:-1])} or bar between cells."
        )
    for place, name in enumerate(header):
        if name and name in header[:place]:
            first = header.index(name) + 1
            raise TableError(
                f"Columns have different names, and columns {first} and {place + 1} of row 1 are both called "
                f"“{name[:40]}”; rename one."
            )


def check_header(header: Sequence[str], cells: pd.DataFrame) -> None:
    """Refuse a first row that is a row of data: numbers, or beside numbers a text that its column holds again."""
    numbers = [name for name in header if is_number(name)]
    repeated = [
        name for place, name in enumerate(header) if not is_number(name) and (cells.iloc[:, place] == name).any()
    ]
    if numbers and (len(numbers) == len(header) or repeated):
        column = header.index(numbers[0]) + 1
        raise TableError(
            f"Row 1 is the header, which names the columns, and its column {column} holds the number {numbers[0][:20]}; "
            "add a first row with names."
        )
    for name in header:
        if name in RESERVED:
            raise TableError(
                f"“{name}” is the name of {RESERVED[name]} together; rename column {header.index(name) + 1}."
            )


def is_number(text: str) -> bool:
    """Whether a cell of the header is a number."""
    return re.fullmatch(r"[-+]?\d+(?:[.,]\d*)?(?:e[-+]?\d+)?", text.strip(), re.IGNORECASE) is not None


def decimal_of(cells: pd.DataFrame, separator: str) -> str:
    """A comma where cells are told apart by something else and numbers are written with one."""
    if separator == ",":
        return "."
    sample = cells.head(200)
    commas = sum(int(sample[name].str.fullmatch(r"-?\d+,\d+").sum()) for name in sample.columns)
    dots = sum(int(sample[name].str.fullmatch(r"-?\d+\.\d+").sum()) for name in sample.columns)
    return "," if commas > dots else "."


def describe(name: str, cells: pd.Series, decimal: str) -> Column:
    """A column with the kind that it most likely is."""
    filled = cells[cells != ""]
    values = filled.unique()
    shown = tuple(str(value)[:40] for value in values[:3])
    sample = filled.head(SAMPLE)
    as_numbers = int(numbers_of(sample, decimal).notna().sum())
    if len(filled) and as_numbers >= len(sample) / 2:
        return Column(name, LEFT_OUT if is_index(name, filled) else NUMBER, len(values), shown)
    return Column(name, CATEGORY if 1 < len(values) <= MOST_VALUES else LEFT_OUT, len(values), shown)


def is_index(name: str, cells: pd.Series) -> bool:
    """Whether it is the nameless column of row numbers that spreadsheets and pandas write."""
    return name.startswith("Unnamed:") and cells.is_unique


def numbers_of(cells: pd.Series, decimal: str) -> pd.Series:
    """The cells as numbers, NaN where one is none."""
    import pandas as pd

    plain = cells if decimal == "." else cells.str.replace(decimal, ".", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    return numbers.where(numbers.abs() < GREATEST)


# Choosing


def usual_kinds(table: Table, target: str) -> dict[str, str]:
    """By column, its likely kind; a target of few whole numbers is classes, and is never left out."""
    kinds = {column.name: column.kind for column in table.columns}
    column = next(column for column in table.columns if column.name == target)
    if column.kind == LEFT_OUT:
        kinds[target] = CATEGORY
    elif column.kind == NUMBER and column.values <= FEW:
        filled = table.cells[target][table.cells[target] != ""]
        kinds[target] = CATEGORY if filled.str.fullmatch(r"-?\d+").all() else NUMBER
    return kinds


def faults(table: Table, kinds: Mapping[str, str]) -> dict[str, pd.Series]:
    """By column, which cells cannot be used: empty ones, and in number columns text."""
    return {
        name: table.cells[name] == "" if kinds[name] == CATEGORY else table.unreadable(name)
        for name in table.names
        if kinds[name] != LEFT_OUT
    }


def unusable(table: Table, found: Mapping[str, pd.Series]) -> pd.Series:
    """Which rows have a cell that cannot be used."""
    import pandas as pd

    rows = pd.Series(False, index=table.cells.index)
    for wrong in found.values():
        rows |= wrong
    return rows


def fault(row: int, place: int, name: str, cell: str) -> str:
    """One cell that cannot be used."""
    title = f"column {place} (“{name[:40]}”)"
    if not cell:
        return f"Row {row}, {title} is empty"
    return f"Row {row}, {title} holds “{cell[:30]}” where a number is wanted"


def faulty_rows(table: Table, kinds: Mapping[str, str]) -> tuple[int, str]:
    """How many rows cannot be used, and what is wrong with the first; `(0, "")` when all can."""
    found = faults(table, kinds)
    rows = unusable(table, found)
    if not rows.any():
        return 0, ""
    row = rows.idxmax()
    name = next(name for name, wrong in found.items() if wrong[row])
    return int(rows.sum()), fault(int(row), table.names.index(name) + 1, name, table.cells[name][row])


def table_config(table: Table, reference: str, target: str, kinds: Mapping[str, str], skip: bool = False) -> Json:
    """The arguments of the dataset `table` for a chosen target.

    Raises TableError: for the first cell that cannot be used unless `skip` lets its row go, and where nothing is
    left to learn.
    """
    count, sentence = faulty_rows(table, kinds)
    if count and not skip:
        more = f" (and {count - 1} more such row{'s' if count > 2 else ''})" if count > 1 else ""
        raise TableError(
            f"{sentence}{more}; correct it, leave out such rows, or take the column as a category or leave it out."
        )
    rows = usable(table, kinds)
    check_choice(rows, target, kinds)
    config: Json = {
        "file": reference,
        "target": target,
        "numbers": [name for name in table.names if kinds[name] == NUMBER],
        "categories": [name for name in table.names if kinds[name] == CATEGORY],
    }
    if table.separator != ",":
        config["separator"] = table.separator
    if table.decimal != ".":
        config["decimal"] = table.decimal
    return config


def usable(table: Table, kinds: Mapping[str, str]) -> pd.DataFrame:
    """The rows in which every cell can be used."""
    return table.cells[~unusable(table, faults(table, kinds))]


def check_choice(rows: pd.DataFrame, target: str, kinds: Mapping[str, str]) -> None:
    """Refuse a choice from which nothing can be learnt, or that would take too much room."""
    if len(rows) < LEAST_ROWS:
        raise TableError(
            f"A table has at least {LEAST_ROWS} rows to train, watch and test on, and {len(rows)} can be used; add some."
        )
    values = rows[target].unique()
    if len(values) == 1:
        raise TableError(
            f"The target has at least two different values, and “{target[:40]}” is “{str(values[0])[:30]}” in all "
            f"{len(rows)} rows (2 to {rows.index[-1]}); choose another target."
        )
    if kinds[target] == CATEGORY and len(values) > MOST_CLASSES:
        raise TableError(
            f"A target has at most {MOST_CLASSES} classes, and “{target[:40]}” has {len(values)}; "
            "take it as a number, or choose another."
        )
    width = 0
    for name in rows.columns:
        if name == target or kinds[name] == LEFT_OUT:
            continue
        different = rows[name].nunique() if kinds[name] == CATEGORY else 1
        if different > MOST_VALUES:
            raise TableError(
                f"A category has at most {MOST_VALUES} different values, and “{name[:40]}” has {different}; leave it out."
            )
        width += different
    if not width:
        raise TableError("At least one column beside the target goes in, and all are left out; choose one.")
    if width * len(rows) > MOST_CELLS:
        raise TableError(
            f"{len(rows):,} rows of {width} numbers are {len(rows) * width:,}, and at most {MOST_CELLS:,} fit here; "
            "leave out columns or take fewer rows."
        )
