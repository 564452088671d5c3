"""Comparisons, tables and regressions as a specification asks for them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from scipy import special

from survey.methods.association import Test, association
from survey.methods.design import BoolArray, FloatArray
from survey.methods.intervals import t_quantile
from survey.methods.regression import Family, regress
from survey.methods.sample import Sample
from survey.methods.spec_domain import Comparison, condition
from survey.methods.spec_figures import finite, held
from survey.methods.spec_part import Part
from survey.methods.spec_problem import SpecProblem
from survey.methods.statistics import indicators, means
from survey.methods.table import Table

Rows = tuple[list[dict[str, Any]], dict[str, Any]]
EVENT = re.compile(r"I\(\s*(?P<var>[^=!<>]+?)\s*(?P<op>==|!=|>=|<=|>|<)\s*(?P<value>.+?)\s*\)")
FACTOR = re.compile(r"factor\(\s*(?P<var>[^()]+?)\s*\)")


def ttest(part: Part, sample: Sample, table: Table) -> Rows:
    """Compare the means of two groups: difference, t, df = those of the rows that answered less 1, p."""
    y = table.column(part.needed_text("y"), part.at("y")).as_numbers(part.at("y"))
    column = table.column(part.needed_text("group"), part.at("group"))
    part.get("stat")
    part.close()
    codes, labels = held(sample, column)
    if len(labels) != 2:
        raise SpecProblem(
            "method",
            f"{column.name} does not make two groups",
            where=part.at("group"),
            expected=2,
            got=list(labels),
        )
    used = sample.within((codes >= 0) & ~np.isnan(y))
    behind = indicators(codes, 2).astype(np.bool_) & used.counted[:, None]
    empty = [label for label, rows in zip(labels, behind.T, strict=True) if not rows.any()]
    if empty:
        raise SpecProblem(
            "missing_values", f"nobody answered in group {empty[0]}", where=part.at("group"), got=0
        )
    values, v = used.estimate(means(np.broadcast_to(y[:, None], behind.shape), behind))
    difference = float(values[1] - values[0])
    error = float(np.sqrt(max(v[0, 0] + v[1, 1] - 2 * v[0, 1], 0.0)))
    df = (sample.df if sample.replicates is not None else used.df) - 1
    t = difference / error if error > 0 else None
    reach = t_quantile(df, 0.95) * error if df > 0 else None
    row = {
        "label": " vs ".join(labels), "estimate": difference, "se": error, "t": t, "df": df,
        "p": None if t is None or df <= 0 else float(2 * special.stdtr(df, -abs(t))),
        "ci_t": None if reach is None else [difference - reach, difference + reach],
    }  # fmt: skip
    return [row], {}


def chisq(part: Part, sample: Sample, table: Table) -> Rows:
    """Test independence of two questions."""
    rows, row_labels = held(sample, table.column(part.needed_text("rows"), part.at("rows")))
    cols, col_labels = held(sample, table.column(part.needed_text("cols"), part.at("cols")))
    test = part.choice("statistic", Test, Test.F)
    part.get("stat")
    part.close()
    made = association(sample, rows, len(row_labels), cols, len(col_labels), test)
    df: Any = list(made.df) if len(made.df) != 1 else made.df[0]
    return [{"label": str(test), "statistic": finite(made.statistic), "df": df, "p": finite(made.p)}], {}


def contrast(
    part: Part, labels: tuple[str, ...], values: FloatArray, v: FloatArray, df: int
) -> list[dict[str, Any]]:
    """Give a linear contrast, a ratio, its logarithm or a logit of several numbers, by the delta method."""
    estimate, gradient = _target(part, labels, values)
    used = gradient != 0
    if not np.isfinite(values[used]).all() or not np.isfinite(estimate):
        raise SpecProblem(
            "method", "the contrast has no value", where=part.where, expected="numbers with a value"
        )
    error = float(np.sqrt(max(float(gradient[used] @ v[np.ix_(used, used)] @ gradient[used]), 0.0)))
    z = t_quantile(np.inf, 0.95) * error
    reach = t_quantile(df, 0.95) * error if df > 0 else None
    t = estimate / error if error > 0 else None
    row: dict[str, Any] = {
        "label": "contrast", "estimate": estimate, "se": error, "ci_z": [estimate - z, estimate + z],
        "ci_t": None if reach is None else [estimate - reach, estimate + reach], "t": t,
        "p_t": None if t is None or df <= 0 else float(2 * special.stdtr(df, -abs(t))),
        "p_z": None if t is None else float(2 * special.ndtr(-abs(t))),
    }  # fmt: skip
    return [row]


def _target(part: Part, labels: tuple[str, ...], values: FloatArray) -> tuple[float, FloatArray]:
    if part.has("coef") == part.has("expr"):
        raise SpecProblem(
            "missing_key", "a contrast has either coef or expr", where=part.where, expected=["coef", "expr"]
        )
    gradient = np.zeros(values.size)

    def place(name: object, where: str) -> int:
        text = str(name)
        if text not in labels:
            raise SpecProblem(
                "category", f"there is no number {text}", where=where, expected=list(labels), got=text
            )
        return labels.index(text)

    if part.has("coef"):
        coefficients = part.part("coef")
        for name in coefficients.value:
            gradient[place(name, coefficients.at(name))] = coefficients.needed_number(name)
        return float(np.where(gradient != 0, values, 0.0) @ gradient), gradient
    expression = part.part("expr")
    kind = expression.needed_text("type")
    top = place(expression.needed_text("num"), expression.at("num"))
    a = float(values[top])
    if kind == "logit":
        expression.close()
        if not 0 < a < 1:
            raise SpecProblem(
                "method", "the logit of 0 or 1", where=expression.where, expected="0 < p < 1", got=a
            )
        gradient[top] = 1 / (a * (1 - a))
        return float(special.logit(a)), gradient
    if kind not in ("ratio", "logratio"):
        raise SpecProblem(
            "unknown_option", f"there is no expression {kind}", where=expression.at("type"),
            expected=["ratio", "logratio", "logit"], got=kind,
        )  # fmt: skip
    bottom = place(expression.needed_text("den"), expression.at("den"))
    expression.close()
    b = float(values[bottom])
    if b == 0 or (kind == "logratio" and a / b <= 0):
        raise SpecProblem(
            "method", "the ratio has no value", where=expression.where, expected="not 0", got=[a, b]
        )
    if kind == "ratio":
        gradient[top] += 1 / b
        gradient[bottom] -= a / b**2
        return a / b, gradient
    gradient[top] += 1 / a
    gradient[bottom] -= 1 / b
    return float(np.log(a / b)), gradient


def glm(part: Part, sample: Sample, table: Table) -> Rows:
    """Regress y on x; words become indicators of all levels but the first."""
    response, missing = _response(part, sample, table)
    names, columns = ["(Intercept)"], [np.ones(table.size)]
    listed = part.texts("x")
    for term in listed:
        found = FACTOR.fullmatch(term)
        name = found["var"] if found else term
        column = table.column(name, part.at("x"))
        if column.numbers is not None and not found:
            names.append(column.name)
            columns.append(column.as_numbers(part.at("x")))
            continue
        codes, labels = held(sample, column)
        dummies = np.where(codes[:, None] < 0, np.nan, indicators(codes, len(labels)))[:, 1:]
        names += [f"{term}{label}" for label in labels[1:]]
        columns += list(dummies.T)
    family = part.choice("family", Family, Family.GAUSSIAN)
    part.get("stat")
    part.close()
    y = np.where(missing, np.nan, response)
    made = regress(sample, y, np.column_stack(columns), tuple(names), family)
    errors = np.sqrt(np.maximum(np.diag(made.covariance), 0.0))
    rows = [
        {"label": name, "estimate": finite(float(b)), "se": finite(float(e))}
        for name, b, e in zip(made.names, made.coefficients, errors, strict=True)
    ]
    return rows, {"vcov": made.covariance, "df_resid": made.df_resid}


def _response(part: Part, sample: Sample, table: Table) -> tuple[FloatArray, BoolArray]:
    text = part.needed_text("y")
    found = EVENT.fullmatch(text)
    if found is None:
        column = table.column(text, part.at("y"))
        return column.as_numbers(part.at("y")), column.missing
    value = found["value"].strip()
    bare = value[1:-1] if value[:1] in "'\"" and value[-1:] == value[:1] else value
    quoted = bare is not value
    event = Part(
        {"var": found["var"], "op": Comparison(found["op"]).value, "value": bare if quoted else float(bare)}
        if quoted or re.fullmatch(r"-?[\d.]+", bare) else {},
        part.at("y"),
    )  # fmt: skip
    held_by = condition(event, table)
    return held_by.holds.astype(np.float64), held_by.missing
