"""The domain of a specification: a condition on rows, and groups by one or more questions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from survey.methods.design import BoolArray, FloatArray, IntArray
from survey.methods.sample import Sample
from survey.methods.spec_part import Part, as_number
from survey.methods.spec_problem import SpecProblem
from survey.methods.table import NUMBER, Column, Table


class Comparison(StrEnum):
    """How a column is compared."""

    EQUAL = "=="
    OTHER = "!="
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    AMONG = "in"


@dataclass(frozen=True, eq=False)
class Condition:
    """Which rows a condition holds for, and which cannot tell because the answer is missing."""

    holds: BoolArray
    missing: BoolArray


def condition(part: Part, table: Table) -> Condition:
    """Read {var, op, value}; as in R, `in` is false and never missing for a missing answer."""
    column = table.column(part.needed_text("var"), part.at("var"))
    comparison = part.choice("op", Comparison)
    value = part.need("value")
    part.close()
    where = part.at("value")
    if comparison is Comparison.AMONG:
        listed = {column.level(v) for v in (value if isinstance(value, list) else [value])}
        codes, labels = column.coded
        chosen = np.array([label in listed for label in (*labels, None)], dtype=np.bool_)
        return Condition(chosen[codes], np.zeros(table.size, dtype=np.bool_))
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, (list, dict)):
        raise SpecProblem("wrong_type", "one value is needed", where=where, expected="a value", got=value)
    holds = _compared(column, comparison, value, where)
    return Condition(holds & ~column.missing, column.missing)


def _compared(column: Column, comparison: Comparison, value: object, where: str) -> BoolArray:
    if comparison in (Comparison.EQUAL, Comparison.OTHER):
        codes, labels = column.coded
        level = column.level(value)
        same = codes == (labels.index(level) if level in labels else -2)
        return same if comparison is Comparison.EQUAL else np.asarray(~same)
    if column.is_coded and column.numbers is not None:
        text = isinstance(value, str) and NUMBER.fullmatch(value.strip())
        number = float(str(value)) if text else as_number(value, where)
        return _ordered(column.numbers, comparison, number)
    if not isinstance(value, str):
        raise SpecProblem(
            "wrong_type", f"column {column.name} holds words, the value is a number", where=where,
            expected="a word, or the operators == and in", got=value,
        )  # fmt: skip
    labels = column.coded[1]
    place = np.array([(label > value) - (label < value) for label in (*labels, "")], dtype=np.float64)
    return _ordered(place[column.coded[0]], comparison, 0.0)


def _ordered(values: FloatArray, comparison: Comparison, value: float) -> BoolArray:
    with np.errstate(invalid="ignore"):
        if comparison is Comparison.ABOVE:
            return np.asarray(values > value)
        if comparison is Comparison.AT_LEAST:
            return np.asarray(values >= value)
        return np.asarray(values < value if comparison is Comparison.BELOW else values <= value)


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups that do not overlap: the group of each row (−1 = none) and the labels, levels joined by "."."""

    codes: IntArray
    labels: tuple[str, ...]


def narrowed(part: Part | None, sample: Sample, table: Table) -> tuple[Sample, list[str], bool]:
    """Apply `where`; give the sample, the columns of `by`, and whether there was a condition."""
    if part is None:
        return sample, [], False
    by = part.texts("by")
    has_condition = part.has("where")
    if has_condition:
        found = condition(part.part("where"), table)
        sample = sample.within(found.holds)
        if not sample.counted.any():
            raise SpecProblem(
                "domain_empty",
                "no row lies in the domain",
                where="domain.where",
                expected="at least one row",
                got=0,
            )
    part.get("where")
    part.close()
    return sample, by, has_condition


def groups(by: list[str], sample: Sample, table: Table) -> Groups:
    """Make groups of the combinations that have a weighted row; the first column runs fastest."""
    coded = [table.column(name, "domain.by").coded for name in by]
    joint = np.zeros(table.size, dtype=np.int64)
    missing = np.zeros(table.size, dtype=np.bool_)
    for codes, labels in reversed(coded):
        missing |= codes < 0
        joint = joint * max(len(labels), 1) + np.maximum(codes, 0)
    used = sample.counted & ~missing
    if not used.any():
        raise SpecProblem(
            "domain_empty", "no row lies in any group", where="domain.by", expected="rows", got=0
        )
    present, first = np.unique(joint[used], return_index=True)
    rows = np.flatnonzero(used)[first]
    names = tuple(".".join(labels[codes[r]] for codes, labels in coded) for r in rows.tolist())
    place = np.searchsorted(present, joint)
    found = (place < present.size) & (present[np.minimum(place, present.size - 1)] == joint) & ~missing
    return Groups(np.where(found, place, -1), names)
