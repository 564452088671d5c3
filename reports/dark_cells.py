"""Cells of the dark figures: one per place and topic; whatever would give a small one away is hidden with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.places import Level, Place
from hotline.hidden_tables import conceal
from matters.topics import TOPICS, Field, Topic
from reports.dark_figure import DarkFigure, Hidden
from reports.matter_counts import CAUSES
from reports.scan_statistic import IntArray

Family = tuple[int, Sequence[int]]
"""A whole and its parts, by their places in the table."""
Cell = tuple[int, int]


@dataclass(frozen=True)
class DarkRow:
    """One ratio, or why there is none; no topic = all together, a field = its topics together."""

    place: Place | None
    """None is the whole city."""
    topic: Topic | Field | None
    interviews: int | None
    """None is hidden: under ten, or it would tell another that is."""
    figure: DarkFigure | None
    hidden: Hidden | None


LEVELS: tuple[tuple[Topic | Field | None, list[int]], ...] = (
    (None, list(range(len(CAUSES)))),
    *((f, [n for n, code in enumerate(CAUSES) if code.partition(".")[0] == f.value]) for f in Field),
    *((t, [CAUSES.index(t.code)]) for t in TOPICS if t.code in CAUSES),
)
"""All topics together, each field, each topic, with their places in the list of causes."""


def by_level(causes: IntArray) -> IntArray:
    """Add counts by cause up to all, each field, each topic."""
    return np.array([causes[members].sum() for _, members in LEVELS], dtype=np.int64)


def concealed(of_places: list[list[DarkRow]], calls: IntArray) -> tuple[DarkRow, ...]:
    """Hide what would give a small cell away, and the numbers of interviews that are few or would tell such."""
    kinds = [rows[0].place for rows in of_places]
    counties = [n for n, p in enumerate(kinds) if p is not None and p.level is Level.COUNTY]
    inside = {
        n: [m for m, p in enumerate(kinds) if p and p.level is Level.TOWNSHIP and p.parent_id == kinds[n].id]  # type: ignore[union-attr]
        for n in counties
    }
    places = [(0, counties), *((n, towns) for n, towns in inside.items() if towns)]
    levels = [topic for topic, _ in LEVELS]
    fields = [n for n, x in enumerate(levels) if isinstance(x, Field)]
    topics = {
        n: [m for m, x in enumerate(levels) if isinstance(x, Topic) and _is_of(x, levels[n])] for n in fields
    }
    families = [(0, fields), (0, [m for found in topics.values() for m in found]), *topics.items()]
    hidden = {
        (p, n)
        for p, rows in enumerate(of_places)
        for n in range(len(levels))
        if n >= len(rows) or rows[n].figure is None
    }
    more = given_away(calls, hidden, places, families)
    told: dict[int, int | None] = {0: of_places[0][0].interviews}
    for members in (counties, *inside.values()):
        counts = [[of_places[m][0].interviews or 0] for m in members]
        told.update(zip(members, (cell for (cell,) in conceal(counts).cells), strict=True) if members else ())
    return tuple(
        replace(row, interviews=told.get(p), figure=None, hidden=Hidden.COMPLEMENT)
        if (p, n) in more
        else replace(row, interviews=told.get(p))
        for p, rows in enumerate(of_places)
        for n, row in enumerate(rows)
    )


def _is_of(topic: Topic, field: object) -> bool:
    return isinstance(field, Field) and topic.code.partition(".")[0] == field.value


def given_away(
    called: IntArray, hidden: set[Cell], places: Sequence[Family], levels: Sequence[Family]
) -> set[Cell]:
    """Return the cells (place, level) to hide besides: those that with the others would tell a hidden one.

    `called` (places, levels) counts callers; a whole is the sum of its parts in both directions. Every pair of a
    family of places and one of levels is a table with margins (`conceal`), and they share their margins: they are
    gone through until none hides anything more.
    """
    found = set(hidden)
    before = -1
    while len(found) != before:
        before = len(found)
        for whole_place, parts in places:
            for whole_level, columns in levels:
                rows = _rows(list(parts), list(columns), whole_level, found)
                found |= set(_more(called, found, [*rows, whole_place], [*columns, whole_level]))
    return found - hidden


def _rows(parts: list[int], columns: list[int], whole: int, hidden: set[Cell]) -> list[int]:
    """Leave of the rows that are hidden throughout no more than two: further ones protect nothing else."""
    dark = [p for p in parts if all((p, c) in hidden for c in (*columns, whole))]
    return [p for p in parts if p not in set(dark[2:])]


def _more(called: IntArray, hidden: set[Cell], rows: list[int], columns: list[int]) -> Iterator[Cell]:
    """Yield what one table has to hide besides; the last row and column are its margins."""
    also = {(i, j) for i, p in enumerate(rows) for j, level in enumerate(columns) if (p, level) in hidden}
    if not also or len(also) == len(rows) * len(columns):
        return
    counts = called[np.ix_(rows[:-1], columns[:-1])].copy()
    # What was left out of the rows, and what lies at the whole alone, goes with a row that is hidden anyway.
    rest = called[rows[-1], columns[:-1]] - counts.sum(axis=0)
    if rest.any():
        dark = [i for i in range(len(rows) - 1) if all((i, j) in also for j in range(len(columns)))]
        if dark:
            counts[dark[-1]] += rest
    made = conceal(counts.tolist(), also=also)
    for i, p in enumerate(rows[:-1]):
        cells = [*made.cells[i], made.rows[i]]
        yield from ((p, level) for level, cell in zip(columns, cells, strict=True) if cell is None)
    margin = [*made.columns, made.total]
    yield from ((rows[-1], level) for level, cell in zip(columns, margin, strict=True) if cell is None)
