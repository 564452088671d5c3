"""The terms of a calibration: their columns on cells of alike rows, their names and totals."""

from __future__ import annotations

import numpy as np

from survey.methods.design import FloatArray, IntArray
from survey.methods.readjustment import packed
from survey.methods.spec_part import Part
from survey.methods.spec_problem import SpecProblem
from survey.methods.table import Table

KINDS = ("intercept", "indicator", "numeric", "interaction")


class Terms:
    """Hold x (cells, p), the cell of each row, a row of each cell, names and totals (p,)."""

    def __init__(self, parts: list[Part], table: Table, where: str) -> None:
        if not parts:
            raise SpecProblem("missing_key", "terms are missing", where=where, expected="terms")
        columns, self.names, totals = [], [], []
        for part in parts:
            values, name = _column(part, table)
            totals.append(part.needed_number("total"))
            part.close()
            columns.append(values)
            self.names.append(name)
        self.totals: FloatArray = np.array(totals)
        codes = [np.unique(c, return_inverse=True)[1].reshape(-1).astype(np.int64) for c in columns]
        self.cell: IntArray
        self.first: IntArray
        self.cell, self.first = packed(codes, [int(c.max()) + 1 for c in codes])
        self.x: FloatArray = np.column_stack([c[self.first] for c in columns])

    def distinguish(self, values: FloatArray) -> None:
        """Split the cells by another number."""
        codes = np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)
        x = self.x[self.cell]
        self.cell, self.first = packed([self.cell, codes], [self.x.shape[0], int(codes.max()) + 1])
        self.x = x[self.first]

    def average(self, units: IntArray, spread: FloatArray | None) -> None:
        """Replace x by its mean over the rows of each unit; the units become the cells."""
        if spread is not None:
            raise SpecProblem(
                "unknown_option", "variance and aggregate_stage cannot be combined", where="adjust.calibrate"
            )
        rows = self.x[self.cell]
        count = np.bincount(units)
        self.x = np.column_stack([np.bincount(units, rows[:, j]) / count for j in range(rows.shape[1])])
        _, self.first = np.unique(units, return_index=True)
        self.cell = units


def _column(part: Part, table: Table) -> tuple[FloatArray, str]:
    kind = part.needed_text("kind")
    if kind not in KINDS:
        raise SpecProblem(
            "unknown_option",
            f"there is no term {kind}",
            where=part.at("kind"),
            expected=list(KINDS),
            got=kind,
        )
    if kind == "intercept":
        return np.ones(table.size), "intercept"
    column = table.column(part.needed_text("var"), part.at("var")).complete(part.at("var"))
    if kind == "numeric":
        return column.as_numbers(part.at("var")), column.name
    level = column.level(part.need("level"))
    codes, labels = column.coded
    values = (codes == labels.index(level)).astype(np.float64) if level in labels else np.zeros(table.size)
    if kind == "indicator":
        return values, f"{column.name} = {level}"
    other = table.column(part.needed_text("by"), part.at("by")).complete(part.at("by"))
    return values * other.as_numbers(part.at("by")), f"{column.name} = {level} × {other.name}"
