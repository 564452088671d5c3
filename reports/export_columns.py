"""Columns of a data file: a name that every program takes, a label, the meaning of each code, the numbers themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from core.terms import Term, Words
from survey.methods.design import FloatArray, IntArray

LONGEST_NAME = 32
"""Stata's limit; the other programs take more."""
DONT_KNOW, NO_ANSWER, NOT_TOLD = 98, 99, 99
_PLACE_MOST = 2_147_483_620
"""The largest whole number that Stata keeps in a long."""


class ColumnKind(Term):
    """What a column is for."""

    DESIGN = "design", "抽样设计", "Sampling design"
    WEIGHT = "weight", "权数", "Weights"
    MARGIN = "margin", "校准边际", "Calibration margins"
    PERSON = "person", "地点与受访者", "Place and respondent"
    ANSWER = "answer", "答案", "Answers"
    OUTCOME = "outcome", "指数的题目得分", "Scores of the indices' items"
    REPLICATE = "replicate", "复制权数", "Replicate weights"


class Measure(Term):
    """How a column's numbers may be read."""

    NOMINAL = "nominal", "分类", "Nominal"
    ORDINAL = "ordinal", "有序", "Ordinal"
    SCALE = "scale", "数值", "Scale"


@dataclass(frozen=True, eq=False)
class Column:
    """One variable of all respondents; NaN where there is no value."""

    name: str
    kind: ColumnKind
    words: Words
    values: FloatArray  # (rows,)
    labels: Mapping[int, Words] = field(default_factory=dict)
    measure: Measure = Measure.NOMINAL

    @property
    def is_whole(self) -> bool:
        """Tell whether every value is a whole number, so that it is written without a point."""
        known = self.values[~np.isnan(self.values)]
        return self.measure is not Measure.SCALE or bool(np.all(known == np.round(known)))

    def ordered(self, rows: IntArray) -> Self:
        """Return the column with its rows in another order."""
        return replace(self, values=self.values[rows])


def numbered(values: Sequence[str | None], categories: Iterable[str]) -> FloatArray:
    """Number answers by the place of their category, from 1; NaN for anything else."""
    place = {category: float(n) for n, category in enumerate(categories, start=1)}
    return np.array([place.get(v, np.nan) if v is not None else np.nan for v in values])


def place_codes(codes: Iterable[str]) -> dict[str, int]:
    """Give each place the number it has in the file: its own code where all are plain numbers, else 1, 2, …."""
    known = sorted(set(codes))
    plain = all(re.fullmatch(r"[1-9][0-9]*", c) and int(c) <= _PLACE_MOST for c in known)
    return {code: int(code) if plain else n for n, code in enumerate(known, start=1)}


def unique_name(wanted: str, taken: set[str]) -> str:
    """Make a name of letters, digits and _ that no column has yet, whichever case a program reads; take it."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
    name = (name if re.match(r"[A-Za-z]", name) else f"v{name}")[:LONGEST_NAME].rstrip("_")
    found, n = name, 1
    while found.lower() in taken:
        n += 1
        found = f"{name[: LONGEST_NAME - len(str(n)) - 1]}_{n}"
    taken.add(found.lower())
    return found
