"""Clusters: topics that residents raise more often at a place and lately than place, topic and day explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from threading import Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Unit
from core.places import Place
from core.terms import Words
from matters.matter import Matter
from matters.reporters import Reporter
from matters.topics import topic
from reports.matter_counts import CAUSES, COUNTED, Counted, all_townships, bounds, raised, township_of
from reports.recurrences import Recurrence, again, recurrences, repeated_callers, told, within
from reports.scan_statistic import REPLICATES, Cluster, Scan, scan
from reports.zones import NearBy, Zone, zones_of

STUDY = 91
"""Days looked at: thirteen whole weeks, so that every day of the week has its say."""
LONGEST = 14
LEAST = 5
"""Matters that a cluster has at least."""
MOST = 10
CLEAR = 0.05
"""A cluster with a p-value above is told as what chance shows, too."""

_kept: WeakKeyDictionary[sa.Engine, tuple[str, Scan]] = WeakKeyDictionary()
_scanning = Lock()


@dataclass(frozen=True)
class Held:
    """How many of a cluster's matters lie with whom; no unit = not assigned, or it never had to be."""

    unit: Unit | None
    matters: int


@dataclass(frozen=True)
class ClusterRow:
    """One cluster as it is read."""

    topic: str
    zone: Zone
    townships: tuple[Place, ...]
    first_on: date
    last_on: date
    observed: int
    expected: float
    ratio: float
    p: float
    earlier: int
    """Matters of the topic in the zone in the days before the window."""
    earlier_days: int
    callers: int | None
    repeated: int | None
    again: int
    held: tuple[Held, ...]

    @property
    def days(self) -> int:
        """How long the window is."""
        return (self.last_on - self.first_on).days + 1

    @property
    def key(self) -> str:
        """Name the cluster for a form: topic, kind of zone, place, days."""
        return f"{self.topic} {self.zone.kind.value} {len(self.townships)} {self.zone.place.code} {self.days}"

    @property
    def words(self) -> Words:
        """Name the topic."""
        known = topic(self.topic)
        return Words(known.zh, known.en) if known else Words(self.topic, self.topic)

    @property
    def is_clear(self) -> bool:
        """Say whether chance alone shows such a cluster in at most one scan in twenty."""
        return self.p <= CLEAR

    @property
    def once_in_days(self) -> int:
        """Say once in how many daily scans chance alone shows such a cluster."""
        return round(1 / self.p)


@dataclass(frozen=True)
class Clusters:
    """What a scan found, what came again, and how it was looked for."""

    first_on: date
    last_on: date
    rows: tuple[ClusterRow, ...]
    recurrences: tuple[Recurrence, ...]
    matters: int
    townships: int
    zones: int
    nearby: NearBy
    replicates: int = REPLICATES
    longest: int = LONGEST

    @property
    def clear(self) -> tuple[ClusterRow, ...]:
        """The clusters that chance does not explain."""
        return tuple(row for row in self.rows if row.is_clear)


def clusters(session: Session, last_on: date, *, study: int = STUDY, longest: int = LONGEST) -> Clusters:
    """Scan the matters of the days up to one; the same data always give the same answer."""
    towns = all_townships(session)
    first_on = last_on - timedelta(days=study - 1)
    zones, nearby = zones_of(session, towns)
    counted = raised(session, towns, first_on, last_on)
    found = _scanned(session, counted, zones, longest)
    came_again = again(session, counted)
    repeated = repeated_callers(session, first_on, last_on)
    rows = []
    for cluster in found.clusters:
        zone = zones[cluster.zone]
        inside = tuple(towns[n] for n in zone.members)
        code, since = CAUSES[cluster.cause], last_on - timedelta(days=cluster.days - 1)
        held, callers = _people(session, code, inside, since, last_on)
        rows.append(
            ClusterRow(
                code, zone, inside, since, last_on, cluster.observed, cluster.expected, cluster.ratio, cluster.p,
                *_earlier(counted, cluster, zone), callers, within(repeated, code, inside),
                int(came_again[cluster.cause, list(zone.members)].sum()), held,
            )
        )  # fmt: skip
    return Clusters(
        first_on, last_on, tuple(rows), tuple(recurrences(counted, came_again, repeated)),
        int(counted.counts.sum()), len(towns), len(zones), nearby, longest=min(longest, study // 2),
    )  # fmt: skip


def _scanned(session: Session, counted: Counted, zones: Sequence[Zone], longest: int) -> Scan:
    """Scan once for as long as the counts stay what they are: whoever looks first does it for all."""
    facts = sha256(repr([(z.members, longest) for z in zones]).encode())
    facts.update(repr(counted.counts.shape).encode())
    facts.update(counted.counts.tobytes())
    mark, engine = facts.hexdigest(), session.get_bind().engine
    with _scanning:
        if engine not in _kept or _kept[engine][0] != mark:
            members = [z.members for z in zones]
            _kept[engine] = (mark, scan(counted.counts, members, longest=longest, least=LEAST, most=MOST))
        return _kept[engine][1]


def _earlier(counted: Counted, cluster: Cluster, zone: Zone) -> tuple[int, int]:
    days = counted.days - cluster.days
    return int(counted.counts[cluster.cause, list(zone.members), :days].sum()), days


def _people(
    session: Session, code: str, towns: Sequence[Place], first_on: date, last_on: date
) -> tuple[tuple[Held, ...], int | None]:
    """Return with whom a cluster's matters lie, and how many people raised them: a number is one."""
    first, after = bounds(first_on, last_on)
    inside = sa.and_(
        COUNTED, Matter.topic == code, Matter.registered_at >= first, Matter.registered_at < after,
        township_of().in_([town.id for town in towns]),
    )  # fmt: skip
    by_unit = (
        sa.select(Matter.lead_unit_id, sa.func.count())
        .join(Matter.place)
        .where(inside)
        .group_by(Matter.lead_unit_id)
    )
    units = {u.id: u for u in session.scalars(sa.select(Unit))}
    held = [Held(units.get(unit or 0), n) for unit, n in session.execute(by_unit)]
    people = (
        sa.select(sa.func.count(Reporter.fingerprint.distinct()))
        .join(Matter, Matter.id == Reporter.receipt_of_id)
        .join(Matter.place)
        .where(inside)
    )
    callers = told(session.execute(people).scalar_one())
    return tuple(
        sorted(held, key=lambda h: (h.unit is None, -h.matters, h.unit.id if h.unit else 0))
    ), callers
