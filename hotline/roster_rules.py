"""What a roster must keep: no hour without somebody on call, nobody in two places, nights in sight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

LONGEST_SHIFT = timedelta(hours=12)
LEAST_REST = timedelta(hours=11)
"""Between two shifts of one person; less is shown, not refused."""
NIGHT_FROM, NIGHT_TO = time(22), time(6)


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of time, its end not included."""

    begins_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """How long it is; never below nothing."""
        return max(self.ends_at - self.begins_at, timedelta())

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a moment."""
        return self.begins_at < other.ends_at and other.begins_at < self.ends_at

    def cut(self, other: Span) -> timedelta:
        """Return how long the two run together."""
        return Span(max(self.begins_at, other.begins_at), min(self.ends_at, other.ends_at)).length


def gaps(covered: Iterable[Span], whole: Span) -> list[Span]:
    """Return the stretches of a period in which nothing is covered, first to last."""
    found, reached = [], whole.begins_at
    for span in sorted(covered):
        if span.begins_at > reached and reached < whole.ends_at:
            found.append(Span(reached, min(span.begins_at, whole.ends_at)))
        reached = max(reached, span.ends_at)
    if reached < whole.ends_at:
        found.append(Span(reached, whole.ends_at))
    return found


def night_of(span: Span, zone: tzinfo) -> timedelta:
    """Return how much of a stretch lies between 22:00 and 06:00 by the city's clock."""
    begins, ends = span.begins_at.astimezone(zone), span.ends_at.astimezone(zone)
    total, day = timedelta(), begins.date() - timedelta(days=1)
    while day <= ends.date():
        night = Span(
            datetime.combine(day, NIGHT_FROM, zone), datetime.combine(day + timedelta(days=1), NIGHT_TO, zone)
        )
        total += span.cut(night)
        day += timedelta(days=1)
    return total


def night_share(spans: Iterable[Span], zone: tzinfo) -> float | None:
    """Return the share of somebody's hours that lie at night; None without hours."""
    own = list(spans)
    whole = sum((s.length for s in own), timedelta())
    return sum((night_of(s, zone) for s in own), timedelta()) / whole if whole else None


def rest_before(span: Span, others: Iterable[Span]) -> timedelta | None:
    """Return how long somebody has been off when a shift begins; None when they had none before."""
    ends = [o.ends_at for o in others if o.ends_at <= span.begins_at]
    return span.begins_at - max(ends) if ends else None
