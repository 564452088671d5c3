"""Outcome rates of AAPOR's Standard Definitions, from counts or sums of weights by outcome cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from survey.methods.failures import MethodFailure


@dataclass(frozen=True)
class Counts:
    """Cases in each outcome cell, as numbers or as sums of base weights."""

    complete: float = 0  # I
    partial: float = 0  # P
    refusal: float = 0  # R
    non_contact: float = 0  # NC
    other: float = 0  # O
    unknown_household: float = 0  # UH
    unknown_other: float = 0  # UO
    not_eligible: float = 0  # NE

    @property
    def interviewed(self) -> float:
        return self.complete + self.partial

    @property
    def eligible(self) -> float:
        return self.interviewed + self.refusal + self.non_contact + self.other

    @property
    def unknown(self) -> float:
        return self.unknown_household + self.unknown_other

    def __add__(self, more: Counts) -> Counts:
        return Counts(**{f.name: getattr(self, f.name) + getattr(more, f.name) for f in fields(Counts)})


CELLS: Mapping[str, str] = dict(
    zip(("I", "P", "R", "NC", "O", "UH", "UO", "NE"), (f.name for f in fields(Counts)), strict=True)
)


class Eligibility(StrEnum):
    """How e, the eligible share of cases of unknown eligibility, is estimated."""

    ALL = "all"  # e = 1
    CALCULATOR = "calculator"  # eligible / (eligible + not eligible), over all
    BY_FRAME = "by_frame"  # the same within each frame


@dataclass(frozen=True)
class Rates:
    """All rates; None = no data (zero denominator)."""

    e: float | None
    rr1: float | None
    rr2: float | None
    rr3: float | None
    rr4: float | None
    rr5: float | None
    rr6: float | None
    coop1: float | None
    coop2: float | None
    coop3: float | None
    coop4: float | None
    ref1: float | None
    ref2: float | None
    ref3: float | None
    con1: float | None
    con2: float | None
    con3: float | None


def tally(cells: Iterable[str], weights: Iterable[float] | None = None) -> Counts:
    """Count cases by cell code (I, P, R, NC, O, UH, UO, NE), or add up their base weights."""
    sums = dict.fromkeys(CELLS.values(), 0.0)
    pairs = ((c, 1.0) for c in cells) if weights is None else zip(cells, weights, strict=True)
    for cell, weight in pairs:
        if cell not in CELLS:
            raise MethodFailure("outcome cell", expected=" ".join(CELLS), got=cell)
        sums[CELLS[cell]] += weight
    return Counts(**sums)


def tally_by(
    groups: Iterable[str], cells: Iterable[str], weights: Iterable[float] | None = None
) -> dict[str, Counts]:
    """Tally within groups such as counties, frames, interviewers or weeks."""
    rows: dict[str, tuple[list[str], list[float]]] = {}
    ones = iter(lambda: 1.0, 0.0) if weights is None else iter(weights)
    for group, cell in zip(groups, cells, strict=True):
        mine = rows.setdefault(group, ([], []))
        mine[0].append(cell)
        mine[1].append(next(ones))
    return {group: tally(*mine) for group, mine in rows.items()}


def calculator_e(counts: Counts) -> float | None:
    """Give e of AAPOR's rate calculator: known eligible over known (0 to 1); None where nothing is known."""
    return _over(counts.eligible, counts.eligible + counts.not_eligible)


def rates(counts: Counts | Mapping[str, Counts], eligibility: Eligibility = Eligibility.CALCULATOR) -> Rates:
    """Give all rates (AAPOR 2023, ch. 4); for e by frame give the counts of each frame.

    D = eligible + unknown, De = eligible + e·unknown, D0 = eligible. With e by frame De adds each frame's own
    e·unknown, and `e` reported is their average weighted by the unknown. Unknown cases without an e: no data.
    """
    frames = {"": counts} if isinstance(counts, Counts) else dict(counts)
    if eligibility is Eligibility.BY_FRAME and isinstance(counts, Counts):
        raise MethodFailure("e by frame", expected="counts of each frame", got="one set of counts")
    c = sum(frames.values(), Counts())
    likely: float | None
    if eligibility is Eligibility.ALL:
        likely, e = c.unknown, 1.0 if c.unknown or c.eligible else None
    else:
        parts = list(frames.values()) if eligibility is Eligibility.BY_FRAME else [c]
        each = [(calculator_e(p), p.unknown) for p in parts]
        known = [share * u for share, u in each if share is not None]
        hidden = any(share is None and u > 0 for share, u in each)
        likely = None if hidden else sum(known)
        e = calculator_e(c) if likely is None or not c.unknown else likely / c.unknown
    d0 = c.eligible
    d, de = d0 + c.unknown, None if likely is None else d0 + likely
    talked = c.interviewed + c.refusal
    reached = talked + c.other
    return Rates(
        e=e,
        rr1=_over(c.complete, d), rr2=_over(c.interviewed, d),
        rr3=_over(c.complete, de), rr4=_over(c.interviewed, de),
        rr5=_over(c.complete, d0), rr6=_over(c.interviewed, d0),
        coop1=_over(c.complete, reached), coop2=_over(c.interviewed, reached),
        coop3=_over(c.complete, talked), coop4=_over(c.interviewed, talked),
        ref1=_over(c.refusal, d), ref2=_over(c.refusal, de), ref3=_over(c.refusal, d0),
        con1=_over(reached, d), con2=_over(reached, de), con3=_over(reached, d0),
    )  # fmt: skip


def _over(top: float, bottom: float | None) -> float | None:
    return top / bottom if bottom else None
