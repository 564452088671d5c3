"""Shares with their intervals, quantiles, and the spread of weights, as a specification asks for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from survey.methods import effects
from survey.methods.profile_interval import profile_limits
from survey.methods.proportion_intervals import ShareMethod, certain_limits, share_limits
from survey.methods.quantiles import Rule, quantiles
from survey.methods.sample import Sample
from survey.methods.spec_domain import condition
from survey.methods.spec_figures import finite
from survey.methods.spec_part import Part, as_number
from survey.methods.spec_problem import SpecProblem
from survey.methods.statistics import means
from survey.methods.table import Table, label_of

Rows = tuple[list[dict[str, Any]], dict[str, Any]]


def ciprop(part: Part, sample: Sample, table: Table) -> Rows:
    """Give the share of an event with its interval; a share of 0 or 1 gets Korn and Graubard's limits."""
    event = condition(part.part("event"), table)
    method = part.choice("method", ShareMethod, ShareMethod.LOGIT)
    level = part.number("level", 0.95)
    if level is None or not 0 < level < 1:
        raise SpecProblem("method", "a level lies between 0 and 1", where=part.at("level"), got=level)
    given = part.get("df")
    part.get("stat")
    part.close()
    used = sample.within(~event.missing)
    if not used.counted.any():
        raise SpecProblem(
            "missing_values", "nobody answered", where=part.at("event"), expected="answers", got=0
        )
    own = used.df
    df = float(own) if given is None else _df(given, part.at("df"))
    values, v = used.estimate(means(event.holds.astype(np.float64)[:, None], used.inside))
    p, error = float(values[0]), float(np.sqrt(max(v[0, 0], 0.0)))
    weighted = int(used.counted.sum())
    row: dict[str, Any] = {"label": "p", "estimate": finite(p), "se": finite(error)}
    limits: tuple[float, float] | None
    if min(abs(p), abs(1 - p)) <= 1e-12:
        limits, row["method_used"] = certain_limits(p, weighted, level), "one-sided beta"
        row["estimate"], row["se"] = float(round(p)), 0.0
    elif method is ShareMethod.LIKELIHOOD:
        limits = profile_limits(used, event.holds.astype(np.float64), level=level, df=df)
    else:
        limits = share_limits(p, error, method=method, level=level, df=df, own_df=own, rows=used.rows)
    row["ci"] = [None, None] if limits is None else [finite(limits[0]), finite(limits[1])]
    row |= {"level": level, "df_used": df if np.isfinite(df) else "Inf", "nrow_used": used.rows}
    return [row], {"n_event": int((event.holds & used.inside & (used.weights > 0)).sum())}


def _df(given: object, where: str) -> float:
    if isinstance(given, str) and given in ("Inf", "inf"):
        return np.inf
    return as_number(given, where, lambda value: value > 0)


def quantile_rows(part: Part, sample: Sample, table: Table) -> Rows:
    """Give quantiles with Woodruff's intervals."""
    column = table.column(part.needed_text("var"), part.at("var"))
    y = column.as_numbers(part.at("var"))
    found = part.need("probs")
    listed = found if isinstance(found, list) else [found]
    probabilities = [as_number(p, part.at("probs"), lambda value: 0 <= value <= 1) for p in listed]
    rule = part.choice("qrule", Rule, Rule.MATH)
    method = part.choice("interval_type", ShareMethod, ShareMethod.MEAN)
    if method not in (ShareMethod.MEAN, ShareMethod.BETA, ShareMethod.XLOGIT, ShareMethod.ASIN):
        raise SpecProblem(
            "unknown_option", "interval_type is not known", where=part.at("interval_type"),
            expected=["mean", "beta", "xlogit", "asin"], got=str(method),
        )  # fmt: skip
    na_rm = part.flag("na_rm")
    part.get("stat")
    part.close()
    if not na_rm and (lost := sample.counted & np.isnan(y)).any():
        raise SpecProblem(
            "missing_values", f"answers to {column.name} are missing", where=part.where,
            expected="an answer in every row of the domain", got=int(lost.sum()), hint="say na_rm true",
        )  # fmt: skip
    used = sample.within(~np.isnan(y))
    if not used.counted.any():
        raise SpecProblem("missing_values", f"nobody answered {column.name}", where=part.where, got=0)
    made = quantiles(used, y, probabilities, rule=rule, method=method)
    return [
        {"label": label_of(q.p), "estimate": q.estimate, "ci": [q.low, q.high], "se": q.standard_error}
        for q in made
    ], {}


def weight_rows(part: Part, sample: Sample, table: Table) -> Rows:
    """Give the spread of the weights above 0 and what it costs (Kish 1965)."""
    part.get("stat")
    part.close()
    w = sample.weights[sample.inside & (sample.weights > 0)]
    if not w.size:
        raise SpecProblem("weights", "no weight is above 0", where=part.where, expected="weights", got=0)
    kish = effects.kish(w)
    mean = float(w.mean())
    row = {
        "label": "kish", "n": int(w.size), "sum_w": float(w.sum()), "min_w": float(w.min()),
        "max_w": float(w.max()), "cv_w": float(np.sqrt(np.square(w - mean).mean())) / mean,
        "deff_kish": finite(kish), "neff_kish": float(w.sum() ** 2 / np.square(w).sum()),
    }  # fmt: skip
    return [row], {}
