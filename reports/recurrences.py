"""Recurrences: what comes again at the same place after it was closed, and how many people had to call again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Place
from matters.matter import Matter
from matters.reporters import Reporter
from reports.matter_counts import CAUSES, COUNTED, Counted, bounds, closed, township_of
from reports.scan_statistic import IntArray

AFTER = timedelta(days=90)
"""How long after a closing the same topic in the same township counts as the same thing come again."""
LEAST_PEOPLE = 3
"""A count of people at one place with one topic is not told below this: it might point at somebody."""


@dataclass(frozen=True)
class Recurrence:
    """One topic in one township: how many were raised, how many of them again, how many people called twice."""

    topic: str
    place: Place
    raised: int
    again: int
    repeated: int | None
    """People who raised it more than once in the period; None from 1 to two."""


def again(session: Session, now: Counted) -> IntArray:
    """Count (causes, townships) the matters raised at most 90 days after one of the kind was closed there.

    A day counts as a whole: closed yesterday and raised today is again, closed and raised today is not.
    """
    first = now.first_on - AFTER
    before = closed(session, now.townships, first, now.first_on + timedelta(days=now.days - 1)).counts
    total = np.concatenate([np.zeros((*before.shape[:2], 1), dtype=np.int64), before.cumsum(axis=2)], axis=2)
    ends = np.arange(now.days) + AFTER.days
    is_again = total[:, :, ends] - total[:, :, ends - AFTER.days] > 0
    return np.asarray((now.counts * is_again).sum(axis=2), dtype=np.int64)


def repeated_callers(session: Session, first_on: date, last_on: date) -> dict[tuple[str, int], int]:
    """Count by topic and township the people who raised it more than once; the index of numbers tells alike from unlike."""
    first, after = bounds(first_on, last_on)
    each = (
        sa.select(Matter.topic.label("topic"), township_of().label("town"))
        .select_from(Reporter)
        .join(Matter, Matter.id == Reporter.receipt_of_id)
        .join(Matter.place)
        .where(Matter.registered_at >= first, Matter.registered_at < after, COUNTED)
        .where(Reporter.fingerprint.is_not(None), Matter.topic.in_(CAUSES))
        .group_by(Matter.topic, township_of(), Reporter.fingerprint)
        .having(sa.func.count() > 1)
        .subquery()
    )
    query = sa.select(each.c.topic, each.c.town, sa.func.count()).group_by(each.c.topic, each.c.town)
    return {(topic, town): n for topic, town, n in session.execute(query)}


def recurrences(
    now: Counted, came_again: IntArray, repeated: Mapping[tuple[str, int], int], *, most: int = 20
) -> list[Recurrence]:
    """Return topics by township of which at least three came again, the most first."""
    sums = now.counts.sum(axis=2)
    found = [
        Recurrence(
            CAUSES[cause], now.townships[town], int(sums[cause, town]), int(came_again[cause, town]),
            told(repeated.get((CAUSES[cause], now.townships[town].id), 0)),
        )
        for cause, town in np.argwhere(came_again >= LEAST_PEOPLE).tolist()
    ]  # fmt: skip
    return sorted(found, key=lambda r: (-r.again, -r.raised, r.place.code, r.topic))[:most]


def told(people: int) -> int | None:
    """Return a count of people, or None where it is small."""
    return None if 0 < people < LEAST_PEOPLE else people


def within(repeated: Mapping[tuple[str, int], int], topic: str, towns: Sequence[Place]) -> int | None:
    """Return how many called again about a topic in some townships."""
    return told(sum(repeated.get((topic, town.id), 0) for town in towns))
