"""Totals of the counselling line for leaders: whole quarters only, by county, small cells and what gives them away hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Place, counties
from core.terms import Words
from hotline.assessments import AssessmentSheet
from hotline.hidden_tables import Concealed, conceal
from hotline.instruments import Instrument
from hotline.risk import RiskLevel
from hotline.risk_levels import EpisodeLevel


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a year on the wall clock; periods never overlap, so that none is another one less a few days."""

    year: int
    number: int

    @property
    def code(self) -> str:
        """How addresses name it, such as 2026-3."""
        return f"{self.year}-{self.number}"

    @property
    def words(self) -> Words:
        """How screens name it."""
        return Words("{year} 年第 {number} 季度", "Quarter {number} of {year}").filled(
            year=self.year, number=self.number
        )

    @property
    def before(self) -> Quarter:
        """The quarter before."""
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return its first moment and the first of the next."""
        after = Quarter(self.year + self.number // 4, self.number % 4 + 1)
        return tuple(datetime(q.year, 3 * q.number - 2, 1, tzinfo=zone) for q in (self, after))  # type: ignore[return-value]


def closed_quarters(at: datetime, zone: ZoneInfo, *, many: int = 8) -> list[Quarter]:
    """Return the last quarters that are over, newest first: a running one would tell by its growth."""
    local = at.astimezone(zone)
    quarter = Quarter(local.year, (local.month - 1) // 3 + 1)
    found: list[Quarter] = []
    while len(found) < many:
        quarter = quarter.before
        found.append(quarter)
    return found


@dataclass(frozen=True)
class CountyTotals:
    """Finished questionnaires of one instrument in one quarter: counties by bands, as they may be shown."""

    places: Sequence[Place | None]
    """None for sheets without a county."""
    bands: Sequence[tuple[str, Words]]
    table: Concealed


def by_county(session: Session, instrument: Instrument, quarter: Quarter, zone: ZoneInfo) -> CountyTotals:
    """Count finished sheets by county and band."""
    first, after = quarter.bounds(zone)
    c = AssessmentSheet
    query = (
        sa.select(c.place_id, c.band, sa.func.count())
        .where(c.instrument_code == instrument.code, c.band.is_not(None))
        .where(c.finished_at >= first, c.finished_at < after)
        .group_by(c.place_id, c.band)
    )
    counted = {(row[0], row[1]): row[2] for row in session.execute(query)}
    coding = instrument.only_coding
    bands = [(b.code, b.words) for b in instrument.bands.get(coding or "", ())]
    places: list[Place | None] = [*counties(session), None]
    rows = [[counted.get((place.id if place else None, code), 0) for code, _ in bands] for place in places]
    return CountyTotals(places, bands, conceal(rows))


@dataclass(frozen=True)
class LevelTotals:
    """Episodes of one quarter by the gravest level they had, as they may be shown."""

    counts: dict[RiskLevel, int | None]
    total: int | None


def by_level(session: Session, quarter: Quarter, zone: ZoneInfo) -> LevelTotals:
    """Count episodes by the gravest level given in a quarter."""
    first, after = quarter.bounds(zone)
    rank = sa.func.max(sa.case({level.value: level.rank for level in RiskLevel}, value=EpisodeLevel.level))
    gravest = (
        sa.select(EpisodeLevel.contact_id, rank.label("rank"))
        .where(EpisodeLevel.given_at >= first, EpisodeLevel.given_at < after)
        .group_by(EpisodeLevel.contact_id)
        .subquery()
    )
    query = sa.select(gravest.c.rank, sa.func.count()).group_by(gravest.c.rank)
    found = {row[0]: row[1] for row in session.execute(query)}
    table = conceal([[found.get(level.rank, 0) for level in RiskLevel]])
    return LevelTotals(dict(zip(RiskLevel, table.cells[0], strict=True)), table.total)
