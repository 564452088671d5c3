"""Reading of reference cases: a declared design, adjustments and an estimand in, our numbers out."""

from __future__ import annotations

import csv
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from survey.methods import calibration, margins, nonresponse, raking
from survey.methods.adjustment import Adjustment, final_weights
from survey.methods.calibration import Distance
from survey.methods.contrasts import Target, joint
from survey.methods.design import BoolArray, Design, FloatArray, declare
from survey.methods.estimands import Estimand, Mean, Ratio, Total, column
from survey.methods.variance import SinglePsu

HERE = Path(__file__).parents[2] / "reference" / "statistics"
POLICIES = {"certainty": SinglePsu.REMOVE, None: SinglePsu.FAIL}
Table = dict[str, list[Any]]


@functools.cache
def table(name: str) -> Table:
    with (HERE / "data" / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {key: _typed([row[key] for row in rows]) for key in rows[0]}


def _typed(values: list[str]) -> list[Any]:
    try:
        return [float(v) if v not in ("", "NA") else float("nan") for v in values]
    except ValueError:
        return values


def cases() -> list[dict[str, Any]]:
    """Give the cases that the plain calls for a weight set can answer; test_spec answers all of them."""
    loaded: dict[str, Any] = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
    return [case for case in loaded["cases"] if _is_plain(case)]


def _is_plain(case: dict[str, Any]) -> bool:
    estimand, design = case["estimand"], case["design"]
    if case.get("replicates") or design.get("adjust_domain_lonely") or estimand.get("expr"):
        return False
    if any(s["type"] == "trim" or s.get("aggregate_stage") for s in case.get("adjust", [])):
        return False
    if estimand["stat"] == "ciprop":
        return estimand["method"] in ("mean", "logit", "xlogit", "beta")
    return estimand["stat"] in ("mean", "total", "ratio", "prop", "contrast", "weights")


def as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@functools.cache
def _respondents(name: str, weight: str, respond: str, classes: tuple[str, ...]) -> Table:
    """Adjust for nonresponse within classes; respondents become the sample."""
    data = table(name)
    answered = np.array(data[respond]) == 1
    labels = [".".join(text(data[c][i]) for c in classes) for i in range(answered.size)]
    made = nonresponse.adjust(column(data[weight]), np.where(answered, 0, 1), labels)
    kept = {key: [v for v, a in zip(values, answered, strict=True) if a] for key, values in data.items()}
    return kept | {weight: made.weights[answered].tolist()}


def data_of(case: dict[str, Any]) -> Table:
    steps = case.get("adjust", [])
    if steps and steps[0]["type"] == "nonresponse_class":
        asked = steps[0]
        return _respondents(
            case["data"], case["design"]["weights"], asked["respond"], tuple(as_list(asked["classes"]))
        )
    return table(case["data"])


def design_of(case: dict[str, Any]) -> Design:
    data, d = data_of(case), case["design"]
    ones = None if d.get("fpc") else np.ones(len(next(iter(data.values()))))  # as R assumes without either
    return declare(
        weights=data[d["weights"]] if d.get("weights") else ones,
        strata=data[d["strata"]] if d.get("strata") else None,
        units=[data[c] for c in as_list(d.get("ids"))],
        population=[data[c] for c in as_list(d.get("fpc"))],
        nest=bool(d.get("nest")),
    )


def policy_of(case: dict[str, Any]) -> SinglePsu:
    asked = case["design"].get("lonely_psu")
    return POLICIES[asked] if asked in POLICIES else SinglePsu(asked)


def adjustments_of(case: dict[str, Any], design: Design) -> list[Adjustment]:
    data, weights, done = data_of(case), design.weights, []
    for step in case.get("adjust", []):
        if step["type"] == "nonresponse_class":
            continue  # made the sample itself
        done.append(_adjust(step, data, weights))
        weights = done[-1].weights
    return done


def _adjust(step: dict[str, Any], data: Table, weights: FloatArray) -> Adjustment:
    if step["type"] == "poststratify":
        by = as_list(step["by"])
        cells = [".".join(text(data[b][i]) for b in by) for i in range(weights.size)]
        totals = {".".join(text(r[b]) for b in by): float(r["Freq"]) for r in step["totals"]}
        return calibration.post_stratify(weights, cells, totals)
    if step["type"] == "rake":
        asked = [
            margins.margin(
                m["var"], [text(v) for v in data[m["var"]]], {k: float(v) for k, v in m["totals"].items()}
            )
            for m in step["margins"]
        ]
        return raking.rake(weights, asked, tolerance=1e-12)
    low, high = step.get("bounds") or (None, None)
    return calibration.calibrate(
        weights,
        np.column_stack([_term(t, data) for t in step["terms"]]),
        np.array([float(t["total"]) for t in step["terms"]]),
        distance=Distance(step.get("calfun", "linear")),
        bounds=(-np.inf if low is None else low, np.inf if high is None else high),
        tolerance=1e-13,
    )


def _term(term: dict[str, Any], data: Table) -> FloatArray:
    if term["kind"] == "intercept":
        return np.ones(len(next(iter(data.values()))))
    if term["kind"] == "numeric":
        return column(data[term["var"]])
    return np.array([text(v) == text(term["level"]) for v in data[term["var"]]], dtype=np.float64)


def holds(where: dict[str, Any], data: Table) -> BoolArray:
    values, asked = data[where["var"]], where["value"]
    if where["op"] == "in":
        listed = {text(v) for v in as_list(asked)}
        return np.array([text(v) in listed for v in values])
    if where["op"] == "==":
        return np.array([text(v) == text(asked) for v in values])
    array = column(values)
    compared = {"!=": array != asked, ">": array > asked, ">=": array >= asked, "<": array < asked}
    compared["<="] = array <= asked
    result: BoolArray = compared[where["op"]] & ~np.isnan(array)
    return result


def targets_of(case: dict[str, Any], estimand: dict[str, Any]) -> dict[str, Target]:
    data, domain = data_of(case), case.get("domain") or {}
    rows = len(next(iter(data.values())))
    inside = holds(domain["where"], data) if domain.get("where") else np.ones(rows, dtype=np.bool_)
    by = as_list(domain.get("by"))
    regions = {"": inside}
    if by:
        labels = np.array([".".join(text(data[b][i]) for b in by) for i in range(rows)])
        regions = {
            label: inside & (labels == label)
            for label in sorted(set(labels.tolist()), key=lambda v: v.split(".")[::-1])
        }
    items = _items(estimand, data)
    if not by:
        return {i.name: Target(i, inside) for i in items}
    first = items[:1] if estimand["stat"] in ("mean", "total") else items
    return {
        label if estimand["stat"] != "prop" else f"{label}:{i.name}": Target(i, region)
        for label, region in regions.items()
        for i in first
    }


def _items(estimand: dict[str, Any], data: Table) -> list[Estimand]:
    stat = estimand["stat"]
    if stat == "ratio":
        num, den = estimand["num"], estimand["den"]
        return [Ratio(f"{num}/{den}", column(data[num]), column(data[den]))]
    if stat == "prop":
        values = data[estimand["var"]]
        levels = sorted({v for v in values if text(v) not in ("nan", "")})
        missing = np.array([text(v) in ("nan", "") for v in values])
        return [
            Mean(
                text(v),
                np.where(missing, np.nan, np.array([text(x) == text(v) for x in values], dtype=float)),
            )
            for v in levels
        ]
    names = as_list(estimand.get("vars") or estimand.get("var"))
    return [(Total if stat == "total" else Mean)(v, column(data[v])) for v in names]


def computed(
    case: dict[str, Any],
) -> tuple[Design, list[Adjustment], dict[str, Target], FloatArray, FloatArray]:
    design = design_of(case)
    adjustments = adjustments_of(case, design)
    estimand = case["estimand"]
    targets = targets_of(case, estimand["of"] if estimand["stat"] == "contrast" else estimand)
    values, v = joint(design, list(targets.values()), adjustments=adjustments, single=policy_of(case))
    return design, adjustments, targets, values, v


def weights_of(design: Design, adjustments: list[Adjustment]) -> FloatArray:
    return final_weights(design, adjustments)
