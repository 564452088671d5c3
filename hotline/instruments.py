"""Instruments: what a questionnaire asks, how it is scored and what its licence allows, read from data files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.problems import Missing
from core.terms import Term, Words
from hotline.definitions import shipped, words_of


class Scoring(Term):
    """How an instrument is scored."""

    SUM = "sum", "总分", "Sum"
    INDEX = "index", "标准分", "Index"
    FACTORS = "factors", "因子分", "Factors"
    TRIAGE = "triage", "分级", "Triage"


class Rater(Term):
    """Who fills it in."""

    SELF = "self", "自评", "Self-rated"
    OPERATOR = "operator", "他评", "Rated by the operator"


@dataclass(frozen=True)
class Band:
    """A range of scores from one value upwards."""

    starts_at: int
    code: str
    words: Words


@dataclass(frozen=True)
class RedFlag:
    """An item whose answer, from this value upwards, is looked at by a person at once."""

    item: int
    at_least: int


@dataclass(frozen=True)
class Factor:
    """Items that are averaged together."""

    code: str
    words: Words
    items: tuple[int, ...]


@dataclass(frozen=True)
class Cuts:
    """Beyond which values a checklist of symptoms is positive, under one coding."""

    total_over: int
    positive_over: int
    factor_mean_over: int
    positive_from: int


@dataclass(frozen=True)
class Option:
    """One answer of an item."""

    value: int
    words: Words


@dataclass(frozen=True)
class Instrument:
    """One version of an instrument; `items` has no text where the licence does not allow it."""

    code: str
    version: str
    order: int
    name: Words
    lead: Words
    licence: Words
    is_paraphrase: bool
    is_public: bool
    rated_by: tuple[Rater, ...]
    scoring: Scoring
    codings: dict[str, tuple[int, int]]
    options: tuple[Option, ...]
    items: dict[int, Words | None]
    reverse: frozenset[int]
    index_of: tuple[int, int]
    bands: dict[str, tuple[Band, ...]]
    red_flags: dict[str, tuple[RedFlag, ...]]
    factors: tuple[Factor, ...]
    cuts: dict[str, Cuts]

    @property
    def has_text(self) -> bool:
        """Whether the items' text is included."""
        return all(words is not None for words in self.items.values())

    @property
    def only_coding(self) -> str | None:
        """The coding, where there is no choice."""
        return next(iter(self.codings)) if len(self.codings) == 1 else None


def _items(raw: Mapping[str, Any]) -> dict[int, Words | None]:
    if "items" in raw:
        return {item["number"]: words_of(item) for item in raw["items"]}
    return dict.fromkeys(range(1, raw["item_count"] + 1))


def read(raw: Mapping[str, Any]) -> Instrument:
    """Read one definition; what does not fit together is an error of the file, told at once."""
    of = raw.get("index_of", {"numerator": 1, "denominator": 1})
    found = Instrument(
        code=raw["code"],
        version=raw["version"],
        order=raw["order"],
        name=words_of(raw["name"]),
        lead=words_of(raw["lead"]),
        licence=words_of(raw["licence"]),
        is_paraphrase=raw.get("is_paraphrase", False),
        is_public=raw["is_public"],
        rated_by=tuple(Rater.of(code) for code in raw["rated_by"]),
        scoring=Scoring.of(raw["scoring"]),
        codings={code: (c["low"], c["high"]) for code, c in raw["codings"].items()},
        options=tuple(Option(o["value"], words_of(o)) for o in raw["options"]),
        items=_items(raw),
        reverse=frozenset(raw.get("reverse", ())),
        index_of=(of["numerator"], of["denominator"]),
        bands={
            coding: tuple(Band(b["from"], b["code"], words_of(b)) for b in bands)
            for coding, bands in raw["bands"].items()
        },
        red_flags={c: tuple(RedFlag(**flag) for flag in flags) for c, flags in raw["red_flags"].items()},
        factors=tuple(Factor(f["code"], words_of(f), tuple(f["items"])) for f in raw.get("factors", ())),
        cuts={coding: Cuts(**cuts) for coding, cuts in raw.get("cuts", {}).items()},
    )
    _check(found)
    return found


def _check(found: Instrument) -> None:
    if list(found.items) != list(range(1, len(found.items) + 1)):
        raise ValueError(f"{found.code}: expected items numbered 1, 2, …, got {list(found.items)}")
    named = set(found.reverse).union(*(f.items for f in found.factors))
    named |= {flag.item for flags in found.red_flags.values() for flag in flags}
    if not named <= set(found.items):
        raise ValueError(f"{found.code}: no such items: {sorted(named - set(found.items))}")
    placed = [item for factor in found.factors for item in factor.items]
    if placed and sorted(placed) != list(found.items):
        raise ValueError(f"{found.code}: expected every item in exactly one factor")
    strange = {*found.bands, *found.red_flags, *found.cuts} - set(found.codings)
    if strange:
        raise ValueError(f"{found.code}: cut-offs for codings that are not declared: {sorted(strange)}")
    if found.is_public and not found.has_text:
        raise ValueError(f"{found.code}: a public questionnaire needs its text")


@cache
def instruments() -> dict[str, Instrument]:
    """Return every instrument that is shipped, in the order of lists."""
    found = map(read, shipped("instruments"))
    return {i.code: i for i in sorted(found, key=lambda i: i.order)}


class NoInstrument(Missing):
    """There is no such questionnaire."""

    words = Words("没有这份量表", "There is no such questionnaire")


def instrument(code: str) -> Instrument:
    """Return an instrument by its code."""
    found = instruments().get(code)
    if found is None:
        raise NoInstrument
    return found


def public_instruments() -> list[Instrument]:
    """Return what anybody may fill in without signing in."""
    return [i for i in instruments().values() if i.is_public and Rater.SELF in i.rated_by]
