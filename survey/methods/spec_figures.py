"""Means, totals, ratios, shares and variances of a specification, for everybody or by group."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from survey.methods import effects
from survey.methods.design import BoolArray, FloatArray, IntArray
from survey.methods.intervals import t_quantile
from survey.methods.sample import Sample
from survey.methods.spec_domain import Groups
from survey.methods.spec_part import Part
from survey.methods.spec_problem import SpecProblem
from survey.methods.statistics import Ratios, Statistic, Totals, Variances, indicators
from survey.methods.table import Column, Table
from survey.methods.variance import SinglePsu

LINEAR = ("mean", "total", "ratio", "prop", "var")


class Against(StrEnum):
    """What a design effect is measured against."""

    NONE = "no"
    WITHOUT = "wor"
    WITH = "wr"


@dataclass(frozen=True, eq=False)
class Figures:
    """Several numbers at once: labels, the statistic, and the rows (rows, k) behind each."""

    labels: tuple[str, ...]
    statistic: Statistic
    behind: BoolArray
    answered: BoolArray  # (rows,) rows with all answers
    own: BoolArray  # (rows,) rows that count towards a group's degrees of freedom


def finite(value: float | None) -> float | None:
    """Give a number JSON can hold; none where there is no value."""
    return None if value is None or not np.isfinite(value) else float(value)


def around(estimate: float, error: float, df: float) -> list[float | None]:
    """Give estimate ± t·error at 95 %, none where degrees of freedom are lacking."""
    if not df > 0 or not np.isfinite(estimate) or not np.isfinite(error):
        return [None, None]
    reach = t_quantile(df, 0.95) * error
    return [finite(estimate - reach), finite(estimate + reach)]


def held(sample: Sample, column: Column) -> tuple[IntArray, tuple[str, ...]]:
    """Give codes and labels of the levels among the rows R still holds: the domain, or all once calibrated."""
    codes, labels = column.coded
    rows = np.ones(codes.size, dtype=np.bool_) if sample.is_calibrated else sample.inside
    seen = np.unique(codes[rows & (codes >= 0)])
    place = np.full(len(labels) + 1, -1, dtype=np.int64)
    place[seen] = np.arange(seen.size)
    return place[codes], tuple(labels[i] for i in seen.tolist())


def figures(part: Part, sample: Sample, table: Table, groups: Groups | None) -> Figures:
    """Read mean, total, ratio, prop or var and lay out its columns."""
    kind = part.needed_text("stat")
    na_rm = part.flag("na_rm")
    labels, y, x, missing = _columns(kind, part, sample, table)
    inside = sample.counted
    if not na_rm and (lost := inside & missing).any():
        raise SpecProblem(
            "missing_values", "answers are missing", where=part.where, expected="an answer in every row of the domain",
            got=int(lost.sum()), hint="say na_rm true to let those rows leave the domain",
        )  # fmt: skip
    answered = inside & ~missing
    own = answered if kind in ("mean", "total") else inside
    n = int(inside.sum()) if sample.replicates is None else int(sample.inside.sum())
    if groups is None:
        behind = np.broadcast_to(answered[:, None], y.shape)
    else:
        if kind in ("mean", "total") and y.shape[1] > 1:
            raise SpecProblem(
                "unknown_option", "several numbers by group", where=part.where, expected="one column of numbers",
                got=list(labels), hint="ask for them one after another",
            )  # fmt: skip
        labels = groups.labels
        behind = indicators(groups.codes, len(labels)).astype(np.bool_) & answered[:, None]
        y, x = np.broadcast_to(y, behind.shape), None if x is None else np.broadcast_to(x, behind.shape)
    y = np.where(behind, y, 0.0)
    statistic: Statistic
    if kind == "total":
        statistic = Totals(y)
    elif kind == "var":
        statistic = Variances(y, np.asarray(behind), n)
    else:
        statistic = Ratios(y, behind.astype(np.float64) if x is None else np.where(behind, x, 0.0))
    return Figures(labels, statistic, np.asarray(behind), answered, own)


def _columns(
    kind: str, part: Part, sample: Sample, table: Table
) -> tuple[tuple[str, ...], FloatArray, FloatArray | None, BoolArray]:
    """Give labels, y (rows, k), x for ratios, and rows with a missing answer."""
    if kind == "ratio":
        top = table.column(part.needed_text("num"), part.at("num"))
        bottom = table.column(part.needed_text("den"), part.at("den"))
        missing = top.missing | bottom.missing
        label = (f"{top.name}/{bottom.name}",)
        y, x = top.as_numbers(part.at("num")), bottom.as_numbers(part.at("den"))
        return label, y[:, None], x[:, None], missing
    if kind == "prop":
        column = table.column(part.needed_text("var"), part.at("var"))
        codes, labels = held(sample, column)
        if not labels:
            raise SpecProblem("missing_values", f"nobody answered {column.name}", where=part.at("var"), got=0)
        return labels, indicators(codes, len(labels)), None, column.missing
    single, names = part.text("var"), part.texts("vars")
    if single is not None and names and names[0] != single:
        raise SpecProblem("unknown_option", "var and vars differ", where=part.where, got=[single, *names])
    names = names or ([single] if single is not None else [])
    if not names:
        raise SpecProblem("missing_key", "vars is missing", where=part.where, expected="vars")
    columns = [table.column(n, part.at("vars")) for n in names]
    missing = np.logical_or.reduce([c.missing for c in columns])
    parts: list[FloatArray] = []
    found: list[str] = []
    for column in columns:
        if column.numbers is None and kind != "var":
            codes, levels = held(sample, column)
            parts.append(indicators(codes, len(levels)))
            found += [f"{column.name}{level}" for level in levels]
        else:
            parts.append(column.as_numbers(part.at("vars"))[:, None])
            found.append(column.name)
    return tuple(found), np.hstack(parts), None, missing


def against(part: Part) -> Against:
    """Read `deff`."""
    found = part.value.get("deff")
    if isinstance(found, bool) or found is None:
        part.get("deff")
        return Against.WITHOUT if found else Against.NONE
    return part.choice("deff", Against)


def rows_of(
    made: Figures, sample: Sample, groups: Groups | None, deff: Against, *, is_variance: bool = False
) -> tuple[list[dict[str, Any]], FloatArray]:
    """Give the rows of the answer and the covariance matrix (k, k)."""
    present = sample.inside if groups is not None else made.answered | (sample.inside & (sample.weights == 0))
    values, v = sample.estimate(made.statistic, present=present)
    errors = np.sqrt(np.maximum(np.diag(v), 0.0))
    if groups is not None and _is_singular(sample):
        errors = _one_by_one(made, sample)
    influence = made.statistic.influence(sample.weights) if deff is not Against.NONE else None
    rows: list[dict[str, Any]] = []
    for k, label in enumerate(made.labels):
        value, error = float(values[k]), float(errors[k])
        row: dict[str, Any] = {"label": label, "estimate": finite(value), "se": finite(error)}
        if not is_variance:
            row["ci_z"] = around(value, error, np.inf)
            row["ci_t"] = around(value, error, sample.df)
        if groups is not None:
            row["df_domain"] = sample.within(made.own & (groups.codes == k) & (sample.weights > 0)).df
            row["ci_td"] = around(value, error, row["df_domain"])
        if influence is not None:
            behind = made.behind[:, k]
            simple = effects.simple_variance(
                sample.weights[behind], influence[behind, k], without_replacement=deff is Against.WITHOUT
            )
            row["deff"] = finite(effects.design_effect(error**2, simple))
        rows.append(row)
    return rows, v


def _is_singular(sample: Sample) -> bool:
    return sample.replicates is None and (sample.single is not SinglePsu.FAIL or sample.lonely_in_domain)


def _one_by_one(made: Figures, sample: Sample) -> FloatArray:
    """Judge single units in every group for itself."""
    errors = np.empty(len(made.labels))
    z = sample.weights[:, None] * made.statistic.influence(sample.weights)
    for k in range(errors.size):
        v = sample.variance_of(z[:, k : k + 1], present=made.behind[:, k])
        errors[k] = np.sqrt(max(float(v[0, 0]), 0.0))
    return errors
