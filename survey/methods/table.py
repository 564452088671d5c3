"""A table read from a CSV file: columns of numbers or of words, missing answers, levels in order."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from survey.methods.design import BoolArray, FloatArray, IntArray
from survey.methods.spec_problem import SpecProblem

MISSING = frozenset(("", "NA"))
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
WHOLE = re.compile(r"[+-]?\d+")
EXACT = 2.0**53  # beyond it neighbouring whole numbers cannot be told apart as numbers


def label_of(number: float, *, is_whole: bool = False) -> str:
    """Write a number as R labels a level: 15 digits, the shorter of fixed and scientific."""
    if is_whole and abs(number) < EXACT:
        return str(int(number))
    digits = f"{number:.14e}"
    mantissa, exponent = digits.split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    scientific = f"{mantissa}e{'-' if int(exponent) < 0 else '+'}{abs(int(exponent)):02d}"
    places = max(0, len(mantissa.replace("-", "").replace(".", "")) - 1 - int(exponent))
    fixed = f"{number:.{places}f}"
    return fixed if len(fixed) <= len(scientific) else scientific


@dataclass(frozen=True, eq=False)
class Column:
    """A column: its name and texts, one per row; "" and NA are missing."""

    name: str
    texts: tuple[str, ...]

    @cached_property
    def missing(self) -> BoolArray:
        """Tell the missing answers; in a column of numbers blanks and NaN count too."""
        plain = np.array([t in MISSING for t in self.texts], dtype=np.bool_)
        return plain if self.numbers is None else np.isnan(self.numbers)

    @cached_property
    def numbers(self) -> FloatArray | None:
        """Give the numbers, NaN where missing, or None where a text is no number."""
        values = np.full(len(self.texts), np.nan)
        for i, text in enumerate(self.texts):
            if text in MISSING:
                continue
            bare = text.strip()
            if NUMBER.fullmatch(bare):
                values[i] = float(bare)
            elif bare not in ("", "NA", "NaN"):
                return None
        return values

    @cached_property
    def is_whole(self) -> bool:
        """Tell whether all numbers are written as whole ones that R would hold as integers."""
        return all(
            t in MISSING or (bool(WHOLE.fullmatch(t.strip())) and abs(float(t)) < 2**31) for t in self.texts
        )

    @cached_property
    def is_coded(self) -> bool:
        """Tell whether levels are numbers; whole numbers too long to be exact are kept as words."""
        if self.numbers is None:
            return False
        known = np.abs(self.numbers[~self.missing])
        return not (known.size and known.max() >= EXACT)

    def as_numbers(self, where: str = "") -> FloatArray:
        """Give the numbers or say which row holds none."""
        if self.numbers is None:
            row = next(
                i for i, t in enumerate(self.texts)
                if t not in MISSING and not NUMBER.fullmatch(t.strip()) and t.strip() not in ("", "NaN", "NA")
            )  # fmt: skip
            raise SpecProblem(
                "not_a_number", f"column {self.name} holds a text in row {row + 1}",
                where=where or self.name, expected="numbers, NA or nothing", got=self.texts[row],
                hint="recode the text, or leave the cell empty if it is missing",
            )  # fmt: skip
        if np.isinf(self.numbers).any():
            row = int(np.argmax(np.isinf(self.numbers)))
            raise SpecProblem(
                "not_a_number", f"column {self.name} holds a number out of reach in row {row + 1}",
                where=where or self.name, expected="a finite number", got=self.texts[row],
            )  # fmt: skip
        return self.numbers

    def complete(self, where: str) -> Column:
        """Give the column itself or say which row is missing."""
        if self.missing.any():
            row = int(np.argmax(self.missing))
            raise SpecProblem(
                "missing_values", f"column {self.name} is missing in row {row + 1}", where=where,
                expected="a value in every row", got=int(self.missing.sum()),
                hint="impute or recode missing values before weighting",
            )  # fmt: skip
        return self

    @cached_property
    def coded(self) -> tuple[IntArray, tuple[str, ...]]:
        """Give level numbers (rows,), −1 = missing, and the labels: numbers by size, words by code point."""
        known = ~self.missing
        codes = np.full(len(self.texts), -1, dtype=np.int64)
        if self.is_coded and self.numbers is not None:
            distinct, inverse = np.unique(self.numbers[known], return_inverse=True)
            labels = tuple(label_of(float(v), is_whole=self.is_whole) for v in distinct)
        else:
            words = [t for t, k in zip(self.texts, known, strict=True) if k]
            labels = tuple(sorted(set(words)))
            place = {w: i for i, w in enumerate(labels)}
            inverse = np.fromiter((place[w] for w in words), np.int64, len(words))
        codes[known] = inverse.reshape(-1)
        return codes, labels

    def level(self, value: object) -> str:
        """Write a value of the specification as a label of this column."""
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, (int, float)):
            return label_of(float(value), is_whole=self.is_whole and float(value).is_integer())
        text = str(value)
        if self.is_coded and NUMBER.fullmatch(text.strip()):
            number = float(text)
            return label_of(number, is_whole=self.is_whole and number.is_integer())
        return text


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length by name."""

    columns: dict[str, Column]
    size: int
    ambiguous: frozenset[str] = frozenset()

    def column(self, name: str, where: str) -> Column:
        """Give a column by its name, or by the name R makes of it."""
        found = self.columns.get(name)
        if found is None:
            alike = [c for c in self.columns if _r_name(c) == name]
            found = self.columns[alike[0]] if len(alike) == 1 else None
        if found is None or name in self.ambiguous:
            raise SpecProblem(
                "column_missing", f"there is no column {name}" if found is None else f"column {name} is there twice",
                where=where, expected=list(self.columns), got=name,
            )  # fmt: skip
        return found

    def only(self, rows: BoolArray) -> Table:
        """Keep some rows."""
        kept = np.flatnonzero(rows)
        columns = {n: Column(n, tuple(c.texts[i] for i in kept)) for n, c in self.columns.items()}
        return Table(columns, kept.size, self.ambiguous)

    def replaced(self, name: str, values: FloatArray) -> Table:
        """Put numbers in place of a column."""
        return Table(self.columns | {name: Column(name, tuple(repr(float(v)) for v in values))}, self.size)


def _r_name(name: str) -> str:
    made = re.sub(r"[^\w.]", ".", name)
    return f"X{made}" if re.match(r"[\d_]|\.\d", made) else made


def read_table(path: Path, where: str = "data") -> Table:
    """Read a CSV file in UTF-8, with or without mark, or in GB 18030."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise SpecProblem(
            "file", f"cannot read {path.name}", where=where, expected="a CSV file", got=problem.strerror,
            hint="paths are relative to the specification, or to a folder data beside it",
        ) from problem  # fmt: skip
    return parse_table(raw, path.name, where)


def parse_table(raw: bytes, name: str, where: str = "data") -> Table:
    """Make a table of the bytes of a CSV file."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as problem:
            raise _not_csv(name, where, "neither UTF-8 nor GB 18030") from problem
    if "\x00" in text or raw[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"):
        raise _not_csv(name, where, "a binary file")
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as problem:
        raise _not_csv(name, where, str(problem)) from problem
    if len(lines) < 2:
        raise SpecProblem(
            "file", f"{name} has no rows", where=where, expected="a heading and rows", got=len(lines)
        )
    head = [h.strip() for h in lines[0]]
    for i, line in enumerate(lines[1:], start=2):
        if len(line) != len(head):
            raise SpecProblem(
                "file", f"line {i} of {name} has {len(line)} cells", where=where,
                expected=f"{len(head)} cells, as in the heading", got=len(line),
                hint="cells are separated by commas; a cell with a comma needs quotes",
            )  # fmt: skip
    columns = {h: Column(h, texts) for h, texts in zip(head, zip(*lines[1:], strict=True), strict=True)}
    return Table(columns, len(lines) - 1, frozenset(h for h in head if head.count(h) > 1))


def _not_csv(name: str, where: str, got: str) -> SpecProblem:
    return SpecProblem("file", f"{name} is not a CSV file", where=where, expected="text with commas", got=got)
