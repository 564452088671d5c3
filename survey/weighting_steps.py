"""From released numbers to final weights, step by step, each step with what it did for the record."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from survey import categories
from survey.disposition import DISPOSITION, RateCell
from survey.methods import base_weights, effects, nonresponse, raking
from survey.methods import margins as populations
from survey.methods.adjustment import Adjustment
from survey.methods.design import Design, FloatArray, declare
from survey.methods.nonresponse import Status
from survey.period_data import Released, Respondent
from survey.person_factor import person_factor

LEAST_IN_CLASS = 5
LEAST_IN_CATEGORY = 5

STATUS: dict[RateCell | None, Status] = {
    RateCell.COMPLETE: Status.RESPONDENT,
    RateCell.PARTIAL: Status.ELIGIBLE,
    RateCell.REFUSAL: Status.ELIGIBLE,
    RateCell.NON_CONTACT: Status.ELIGIBLE,
    RateCell.OTHER: Status.ELIGIBLE,
    RateCell.UNKNOWN_HOUSEHOLD: Status.UNKNOWN,
    RateCell.UNKNOWN_OTHER: Status.UNKNOWN,
    RateCell.NOT_ELIGIBLE: Status.NOT_ELIGIBLE,
    None: Status.UNKNOWN,
}


@dataclass(frozen=True, eq=False)
class Weighted:
    """The weights of a period's respondents, in their order, with the design that variances need."""

    base: FloatArray
    nonresponse: FloatArray
    final: FloatArray
    design: Design
    adjustment: Adjustment
    margins: tuple[populations.Margin, ...] = ()
    """The margins as raked: thin categories joined."""
    provenance: dict[str, Any] = field(default_factory=dict)


def weigh(
    numbers: Sequence[Released],
    people: Sequence[Respondent],
    margins: Mapping[str, Mapping[str, int]],
    *,
    seed: int,
) -> Weighted:
    """Weigh respondents: base, nonresponse classes, persons, raking; raise the method's named failure."""
    place = {n.case_id: i for i, n in enumerate(numbers)}
    rows = np.array([place[p.case_id] for p in people], dtype=np.int64)
    drawn = Counter(n.stratum_id for n in numbers)
    base = base_weights.number_weights(
        [max(n.population, drawn[n.stratum_id]) for n in numbers], [drawn[n.stratum_id] for n in numbers]
    )
    answered = np.zeros(len(numbers), dtype=bool)
    answered[rows] = True
    status = [_status(n, bool(a)) for n, a in zip(numbers, answered, strict=True)]
    classes = [f"{n.county} {n.kind.value}" for n in numbers]
    responding = nonresponse.adjust(base, status, classes, min_respondents=LEAST_IN_CLASS)
    person, person_record = person_factor(people)
    before = responding.weights[rows] * person
    strata, strata_record = design_strata(numbers, rows)
    design = declare(weights=before, strata=strata)
    used, imputed = _margins(people, margins, before, seed)
    joined = tuple(populations.collapse(m, min_rows=LEAST_IN_CATEGORY)[0] for m in used)
    adjustment = raking.rake(before, used, min_rows=LEAST_IN_CATEGORY)
    provenance = {
        "released": len(numbers),
        "respondents": len(people),
        "base": {"rule": "N_h / n_h", "strata": len(drawn), "sum": float(base.sum())},
        "nonresponse": {
            "classes": [vars_of(c) for c in responding.classes],
            "joined": [vars_of(c) for c in responding.collapses],
        },
        "person": person_record,
        "strata": strata_record,
        "raking": {
            "margins": {m.name: dict(zip(m.categories, m.totals.tolist(), strict=True)) for m in used},
            "before": {m.name: _sums(m, before) for m in used},
            "after": {m.name: _sums(m, adjustment.weights) for m in used},
            "imputed": imputed,
            "joined": [vars_of(c) for c in adjustment.collapses],
            "sweeps": adjustment.steps,
            "largest_miss": adjustment.largest_miss,
        },
        "weights": _distribution(adjustment.weights),
        "deff": {
            "base": effects.kish(base[rows]),
            "nonresponse": effects.kish(before),
            "final": effects.kish(adjustment.weights),
        },
        "seed": seed,
    }
    return Weighted(base[rows], before, adjustment.weights, design, adjustment, joined, provenance)


def vars_of(record: Any) -> dict[str, Any]:
    """Return a small frozen record as a dictionary for storage."""
    return {k: getattr(record, k) for k in record.__dataclass_fields__}


def _status(number: Released, has_interview: bool) -> Status:
    if has_interview:
        return Status.RESPONDENT
    known = DISPOSITION.get(number.disposition or "")
    status = STATUS[known.cell if known else None]
    # A complete whose interview ended after the data cut, or was replaced, is eligible and did not answer here.
    return Status.ELIGIBLE if status is Status.RESPONDENT else status


def design_strata(numbers: Sequence[Released], rows: Any) -> tuple[list[str], dict[str, Any]]:
    """Name each respondent's stratum; one with a single respondent joins the next of its county and kind.

    Joined strata overstate the variance a little and never understate it (Kish 1965, collapsed strata).
    """
    here = [numbers[i] for i in rows.tolist()]
    count = Counter(n.stratum_id for n in here)
    families: dict[tuple[str, str], list[int]] = defaultdict(list)
    for n in sorted({(n.county, n.kind.value, n.stratum_id) for n in here}):
        families[n[0], n[1]].append(n[2])
    name: dict[int, str] = {}
    for (county, kind), members in families.items():
        groups: list[list[int]] = []
        for member in members:
            if groups and sum(count[m] for m in groups[-1]) < 2:
                groups[-1].append(member)
            else:
                groups.append([member])
        if len(groups) > 1 and sum(count[m] for m in groups[-1]) < 2:
            last = groups.pop()
            groups[-1] += last
        for group in groups:
            name.update(dict.fromkeys(group, f"{county} {kind} {group[0]}"))
    labels = [name[n.stratum_id] for n in here]
    size = Counter(labels)
    lonely = {label for label, n in size.items() if n < 2}
    joined = [label.split()[0] if label in lonely else label for label in labels]
    # A whole county may have one respondent of a kind: it then joins the county's first other stratum.
    first = {label.split()[0]: label for label in sorted(size) if label not in lonely}
    labels = [
        first.get(label, "rest") if was in lonely else was for label, was in zip(joined, labels, strict=True)
    ]
    return labels, {
        "sampled": len(count),
        "used": len(set(labels)),
        "rule": "single respondent joins the next",
    }


def _margins(
    people: Sequence[Respondent], margins: Mapping[str, Mapping[str, int]], weights: FloatArray, seed: int
) -> tuple[list[populations.Margin], dict[str, int]]:
    random = np.random.default_rng(seed)
    used, imputed = [], {}
    for variable, totals in margins.items():
        values = [categories.category(variable, p.answers, p.county) for p in people]
        known = [v in totals for v in values]
        if not any(known):
            continue  # the questionnaire does not ask it: the margin can't be used, and the record shows so
        missing = [i for i, k in enumerate(known) if not k]
        names = sorted({v for v in values if v in totals and v is not None})
        share = np.array([sum(w for v, w in zip(values, weights, strict=True) if v == n) for n in names])
        # Who did not say takes a category at random, as the others are spread: few, counted and reproducible.
        for i, pick in zip(
            missing, random.choice(len(names), len(missing), p=share / share.sum()), strict=True
        ):
            values[i] = names[int(pick)]
        imputed[variable] = len(missing)
        groups = {c: c.partition(":")[0] for c in totals}
        used.append(
            populations.margin(
                variable, [v or "" for v in values], {k: float(v) for k, v in totals.items()}, groups=groups
            )
        )
    return used, imputed


def _sums(margin: populations.Margin, weights: FloatArray) -> dict[str, float]:
    sums = np.bincount(margin.codes, weights, minlength=len(margin.categories)).tolist()
    return dict(zip(margin.categories, sums, strict=True))


def _distribution(weights: FloatArray) -> dict[str, float]:
    low, q1, median, q3, high = np.quantile(weights, [0, 0.25, 0.5, 0.75, 1]).tolist()
    return {"min": low, "q1": q1, "median": median, "q3": q3, "max": high, "sum": float(weights.sum())}
