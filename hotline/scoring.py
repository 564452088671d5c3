"""Scoring: what the answers of a questionnaire add up to, where that lies, and which answers somebody must see at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.problems import Invalid
from core.terms import Words
from hotline.instruments import Band, Factor, Instrument, RedFlag, Scoring


@dataclass(frozen=True)
class FactorScore:
    """A factor with the mean of its items."""

    factor: Factor
    mean: float
    is_over: bool


@dataclass(frozen=True)
class Scored:
    """A scored sheet; every sum is None while an item is missing, and a red flag needs no complete sheet."""

    coding: str
    answered: int
    missing: tuple[int, ...]
    raw: int | None
    """The sum of the items, turned ones turned."""
    index: int | None
    """The integer part of raw × the index's factor; None for instruments that have no index."""
    band: Band | None
    flags: tuple[RedFlag, ...]
    factors: tuple[FactorScore, ...] = ()
    positive_items: int | None = None
    findings: tuple[str, ...] = ()
    """For checklists of symptoms: which cut-offs are passed (`total`, `positive`, factor codes)."""

    @property
    def is_finished(self) -> bool:
        """Whether every item was answered."""
        return not self.missing

    @property
    def shown(self) -> int | None:
        """The number that cut-offs are about: the index where there is one, else the sum."""
        return self.raw if self.index is None else self.index


def coding_of(instrument: Instrument, code: str | None) -> str:
    """Return the coding declared for a sheet; where there are several one must be chosen."""
    chosen = code or instrument.only_coding
    if chosen not in instrument.codings:
        raise Invalid(fields={"coding": Words("请先选计分方式", "Choose the coding first")})
    return chosen


def check_answer(instrument: Instrument, coding: str, item: int, value: int) -> None:
    """Refuse an answer that this coding does not have: two codings are never mixed on one sheet."""
    low, high = instrument.codings[coding]
    if item not in instrument.items:
        raise Invalid(fields={"item": Words("没有这一题", "There is no such item")})
    if not low <= value <= high:
        words = Words("第 {n} 题只能是 {low}–{high}", "Item {n} must be {low}–{high}")
        raise Invalid(fields={f"item_{item}": words.filled(n=item, low=low, high=high)})


def flags_of(instrument: Instrument, coding: str, answers: Mapping[int, int]) -> tuple[RedFlag, ...]:
    """Return the red flags of the answers given so far, as they were given."""
    flags = instrument.red_flags.get(coding, ())
    return tuple(f for f in flags if f.item in answers and answers[f.item] >= f.at_least)


def band_of(bands: tuple[Band, ...], score: int) -> Band | None:
    """Return the highest band that a score reaches."""
    return max((b for b in bands if score >= b.starts_at), key=lambda b: b.starts_at, default=None)


def score(instrument: Instrument, answers: Mapping[int, int], coding: str | None = None) -> Scored:
    """Score a sheet under its declared coding; a missing item gives no total, never a zero."""
    if instrument.scoring is Scoring.TRIAGE:
        raise ValueError(f"{instrument.code} is graded by its screener, not added up")
    coding = coding_of(instrument, coding)
    for item, value in answers.items():
        check_answer(instrument, coding, item, value)
    low, high = instrument.codings[coding]
    turned = {i: low + high - v if i in instrument.reverse else v for i, v in answers.items()}
    missing = tuple(i for i in instrument.items if i not in answers)
    flags = flags_of(instrument, coding, answers)
    if missing:
        return Scored(coding, len(answers), missing, None, None, None, flags)
    raw = sum(turned.values())
    numerator, denominator = instrument.index_of
    index = raw * numerator // denominator if instrument.scoring is Scoring.INDEX else None
    band = band_of(instrument.bands.get(coding, ()), raw if index is None else index)
    if instrument.scoring is not Scoring.FACTORS:
        return Scored(coding, len(answers), (), raw, index, band, flags)
    cuts = instrument.cuts[coding]
    factors = []
    for factor in instrument.factors:
        total = sum(turned[i] for i in factor.items)
        is_over = total > cuts.factor_mean_over * len(factor.items)
        factors.append(FactorScore(factor, total / len(factor.items), is_over))
    positive = sum(v >= cuts.positive_from for v in turned.values())
    findings = ["total"] if raw > cuts.total_over else []
    findings += ["positive"] if positive > cuts.positive_over else []
    findings += [f.factor.code for f in factors if f.is_over]
    return Scored(coding, len(answers), (), raw, None, band, flags, tuple(factors), positive, tuple(findings))
