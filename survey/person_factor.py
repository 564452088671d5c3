"""From the number to the person: how many adults shared the line, how many lines or mobiles led to one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.phone import NumberKind
from survey import categories, household
from survey.methods import base_weights
from survey.methods.design import FloatArray
from survey.period_data import Respondent

DUAL_SHARE = 0.5
MOST_PHONES = 5
MOST_ADULTS = 6
"""More are counted as so many: no household may speak for a crowd."""
USUAL_ADULTS = 2
"""Taken where neither the household nor the list says how many."""


def person_factor(people: Sequence[Respondent]) -> tuple[FloatArray, dict[str, Any]]:
    """Return what each respondent's number weight is multiplied by, with what was done for the record."""
    landline = np.array([p.kind is NumberKind.LANDLINE for p in people])
    mobiles = [categories.count(p.answers, "mobiles", least=0, most=MOST_PHONES) for p in people]
    lines = [categories.count(p.answers, "landlines", least=0, most=MOST_PHONES) for p in people]
    told = [categories.count(p.answers, household.ADULTS, least=1, most=MOST_ADULTS) for p in people]
    known = [n or p.adults for n, p in zip(told, people, strict=True)]  # what was said goes before the list
    adults = np.array([min(n or USUAL_ADULTS, MOST_ADULTS) for n in known], dtype=np.float64)
    dual = np.array(
        [bool(m) if is_line else bool(n) for m, n, is_line in zip(mobiles, lines, landline, strict=True)]
    )
    factor = base_weights.person_weights(
        np.ones(len(people)),
        landline,
        adults=adults,
        lines=np.array([max(n or 1, 1) for n in lines], dtype=np.float64),
        mobiles=np.array([max(m or 1, 1) for m in mobiles], dtype=np.float64),
        is_dual=dual,
        share=DUAL_SHARE,
    )
    homes = [(t, k) for t, k, is_line in zip(told, known, landline, strict=True) if is_line]
    record = {
        "rule": "landline: adults / lines; mobile: 1 / own mobiles; dual users x 0.5",
        "adults_at_most": MOST_ADULTS,
        "landline": int(landline.sum()),
        "dual": int(dual.sum()),
        "adults_told": sum(t is not None for t, _ in homes),
        "adults_listed": sum(t is None and k is not None for t, k in homes),
        "adults_unknown": sum(k is None for _, k in homes),
        "phones_unknown": int(sum(m is None or n is None for m, n in zip(mobiles, lines, strict=True))),
    }
    return factor, record
