"""What of an appraisal is told to whom: of what few callers said nothing, nor what it could be worked out from."""

from __future__ import annotations

from msgspec.structs import replace

from reports.appraisal_snapshot import Appraisal, Row
from reports.appraisal_terms import Appraised, Indicator
from reports.blocks import Text
from reports.few_callers import with_next
from reports.matter_tiles import LEAST

SAID = (
    Indicator.SOLVED_LOW, Indicator.SOLVED, Indicator.SOLVED_HIGH, Indicator.SATISFIED, Indicator.SATISFIED_PLAIN,
)  # fmt: skip
"""What callers said: of under ten of them a unit would learn who said it."""
FEW = Text(
    "回访到的不足 10 人的单位（和能推算出它们的），解决、满意、得分和名次只有制作考核的人看得到，下载的表里没有。",
    "Of units of which under 10 callers were reached (and what would give them away) solved, satisfied, points and places "
    "are seen by those who make the round alone, and are in no file.",
)


def is_few(row: Row) -> bool:
    """Say whether so few callers were asked or reached that their answers would tell who gave them."""
    n = _heard(row)
    return n is not None and n < LEAST


def _heard(row: Row) -> int | None:
    """Return the fewest callers that any figure of what they said rests on."""
    said = {m.indicator: m for m in row.measured if m.indicator in SAID and m.denominator}
    low, high = said.get(Indicator.SOLVED_LOW.value), said.get(Indicator.SOLVED_HIGH.value)
    counts = [int(m.denominator) for m in said.values()]
    if low and high:
        counts.append(int(low.denominator - (high.numerator - low.numerator)))  # those reached
    return min(counts, default=None)


def own_row(content: Appraisal, row: Row) -> Row:
    """Return a subject's row as it may read it: where answers are hidden, what they could be worked out from is, too."""
    if content.appraised != Appraised.UNIT or not is_few(row):
        return row
    return _without_answers(row)


def _without_answers(row: Row) -> Row:
    kept = tuple(m for m in row.measured if m.indicator not in SAID)
    return replace(row, measured=kept, points=None, low=None, high=None, best=None, worst=None, band=None)


def for_readers(content: Appraisal) -> Appraisal:
    """Return a round for those who don't make it, and for files: of few callers nothing, nor what it follows from.

    The shares of a group are drawn to its mean, so that within a group, too, all less those shown gives nobody away.
    """
    if content.appraised != Appraised.UNIT:
        return content
    heard = {row.subject: n for row in content.rows if (n := _heard(row)) is not None}
    hidden = {row.subject for row in content.rows if is_few(row)}
    for group in {row.group for row in content.rows}:
        mine = {row.subject for row in content.rows if row.group == group}
        hidden |= with_next(hidden & mine, {unit: n for unit, n in heard.items() if unit in mine})
    hidden = with_next(hidden, heard)
    rows = tuple(_without_answers(row) if row.subject in hidden else row for row in content.rows)
    corrections = tuple(
        c
        for c in content.corrections
        if c.indicator not in SAID or (c.subject not in hidden and min(c.was[1], c.now[1]) >= LEAST)
    )
    return replace(content, rows=rows, corrections=corrections)
