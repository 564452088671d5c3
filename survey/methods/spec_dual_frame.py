"""Dual-frame estimates as a specification asks for them: two samples stacked, the overlap composed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from survey.methods.dual_frames import compose, constant_weights, expected_weights
from survey.methods.failures import MethodFailure
from survey.methods.spec_part import Part
from survey.methods.spec_problem import SpecProblem, of_failure
from survey.methods.spec_sample import find
from survey.methods.table import Table, read_table


def is_dual_frame(spec: Part) -> bool:
    """Tell such a specification by its estimator and its lack of a design."""
    return spec.has("estimator") and not spec.has("design") and not spec.has("estimand")


def dual_frame(spec: Part, folder: Path, tables: dict[Path, Table]) -> dict[str, Any]:
    """Answer {data, y, estimator constant | expected, theta, where}; columns frame, stratum, w, wA, wB, overlap."""
    path = find(folder, spec.needed_text("data"))
    table = tables[path] if path in tables else tables.setdefault(path, read_table(path))

    def number(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        values = table.column(name, name).complete(name).as_numbers(name)
        if (values < 0).any():
            raise SpecProblem(
                "weights", f"column {name} has a number below 0", where=name, expected="0 or more"
            )
        return values

    y = table.column(spec.needed_text("y"), "y").as_numbers("y")
    frame = np.array(table.column("frame", "frame").complete("frame").texts)
    if set(frame.tolist()) - {"A", "B"}:
        raise SpecProblem(
            "category",
            "a frame is neither A nor B",
            where="frame",
            expected=["A", "B"],
            got=sorted(set(frame)),
        )
    stratum = np.array(table.column("stratum", "stratum").complete("stratum").texts)
    estimator, theta = spec.needed_text("estimator"), spec.number("theta")
    try:
        if estimator == "constant":
            share = spec.needed_number("theta")
            weights = constant_weights(number("w"), frame == "A", number("overlap") == 1, share)
        elif estimator == "expected":
            if theta is not None:
                raise SpecProblem("unknown_option", "expected knows no theta", where="theta", got=theta)
            weights = expected_weights(number("wA"), number("wB"))
        else:
            raise SpecProblem(
                "unknown_option", f"there is no estimator {estimator}", where="estimator",
                expected=["constant", "expected"], got=estimator,
            )  # fmt: skip
        inside = np.ones(table.size, dtype=np.bool_)
        if spec.has("where"):
            where = spec.part("where")
            column = table.column(where.needed_text("var"), "where.var")
            codes, labels = column.coded
            level = column.level(where.need("value"))
            if where.text("op") not in (None, "=="):
                raise SpecProblem("unknown_option", "op is not known here", where="where.op", expected="==")
            where.close()
            inside = codes == (labels.index(level) if level in labels else -2)
        spec.get("where")
        spec.close()
        if not (inside & ~np.isnan(y)).any():
            raise SpecProblem(
                "domain_empty", "no answer lies in the domain", where="where", expected="rows", got=0
            )
        made = compose(y, weights, frame, stratum, inside=inside)
    except MethodFailure as failure:
        raise of_failure(failure, "dual frame") from failure
    return {
        "total": made.total, "total_se": made.total_se, "mean": made.mean, "mean_se": made.mean_se,
        "sum_w": made.sum_w, "n": made.n,
    }  # fmt: skip
