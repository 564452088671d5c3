"""Clusters from the database: counted by place, topic and local day, told with holders and people's numbers, no person."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database, reading, transaction
from core.places import Level, Place
from matters.attributes import Conflict
from matters.matter import Matter
from matters.states import MatterState
from reports.clusters import ClusterRow, Held, clusters
from reports.maps import PlaceShape
from reports.matter_counts import CAUSES, all_townships, raised
from reports.recurrences import AFTER, Recurrence, again, repeated_callers
from reports.zones import NearBy, ZoneKind, zones_of
from tests.conftest import NOON
from tests.factories import a_city, a_place, a_unit
from tests.reports.raised import a_matter, days_before, noon

TODAY = date(2026, 11, 18)
LIGHT = "livelihood.lighting"


def a_quiet_city(session: Session, *, townships: int = 4) -> list[Place]:
    """Two counties in which lights fail now and then, everywhere alike."""
    towns = a_city(session, counties=2, townships=townships)
    for n, town in enumerate(towns):
        for day in range(3 + n % 3, 91, 15):
            a_matter(session, town, LIGHT, days_before(TODAY, day))
    return towns


def test_a_street_that_went_dark_is_found_with_place_window_and_holder(database: Database) -> None:
    with transaction() as session:
        towns = a_quiet_city(session)
        village = a_place(session, level=Level.VILLAGE, parent=towns[5])
        unit = a_unit(session, name="路灯所")
        for n in range(12):
            matter = a_matter(
                session, village, LIGHT, days_before(TODAY, n % 3), number=f"+861390000{n % 8:04}"
            )
            matter.lead_unit_id = unit.id if n < 9 else None
        found = clusters(session, TODAY)
        best = found.rows[0]
        assert best.is_clear
        assert best.p <= 0.01
        assert (best.topic, best.zone.kind, best.zone.place.id) == (LIGHT, ZoneKind.TOWNSHIP, towns[5].id)
        assert (best.first_on, best.last_on, best.observed) == (days_before(TODAY, 2), TODAY, 12)
        assert best.expected < 5 < best.ratio * best.expected
        assert (best.earlier, best.earlier_days) == (6, 88)
        assert best.held == (Held(unit, 9), Held(None, 3))
        assert (best.callers, best.repeated) == (8, 4)  # people, not calls
        assert best.once_in_days >= 100
        assert found.matters == len(session.scalars(sa.select(Matter.id)).all())
        again_now = clusters(session, TODAY)
        assert [r.key for r in again_now.rows] == [r.key for r in found.rows]
        named = {f.name for f in fields(ClusterRow)}
        assert not named & {"caller", "name", "number", "reporter", "narrative", "matter_id"}


def test_days_are_local_and_what_is_no_cause_is_left_out(database: Database) -> None:
    with transaction() as session:
        town = a_city(session, counties=1, townships=1)[0]
        late = a_matter(session, town, LIGHT, TODAY)
        late.registered_at = noon(TODAY) + timedelta(hours=11, minutes=59)
        early = a_matter(session, town, LIGHT, TODAY)
        early.registered_at = noon(TODAY) - timedelta(hours=12)
        a_matter(session, town, LIGHT, TODAY + timedelta(days=1))
        a_matter(session, town, LIGHT, days_before(TODAY, 7))
        a_matter(session, town, "other.praise", TODAY)
        a_matter(session, town, LIGHT, TODAY).conflict = Conflict.STAFF
        a_matter(session, town, LIGHT, TODAY).state = MatterState.WITHDRAWN
        session.flush()
        counted = raised(session, all_townships(session), days_before(TODAY, 6), TODAY)
        assert counted.days == 7
        assert counted.counts.sum() == 2
        assert counted.counts[CAUSES.index(LIGHT), 0].tolist() == [0, 0, 0, 0, 0, 0, 2]
        assert clock.local(late.registered_at).date() == TODAY


def test_what_comes_again_within_ninety_days_of_a_closing_is_counted(database: Database) -> None:
    with transaction() as session:
        town, other = a_city(session, counties=1, townships=2)
        last = TODAY - AFTER
        a_matter(session, town, LIGHT, days_before(last, 9), closed_on=last)
        for n in range(3):
            a_matter(session, town, LIGHT, days_before(TODAY, n))  # 90, 89, 88 days after
        a_matter(session, town, LIGHT, last)  # the very day
        a_matter(session, other, LIGHT, TODAY)
        a_matter(session, town, "order.theft", TODAY)
        towns = all_townships(session)
        counted = raised(session, towns, days_before(TODAY, 90), TODAY)
        came = again(session, counted)
        assert came.sum() == 3
        assert came[CAUSES.index(LIGHT), [t.id for t in towns].index(town.id)] == 3
        found = clusters(session, TODAY).recurrences
        assert [(r.topic, r.place.id, r.again) for r in found] == [(LIGHT, town.id, 3)]
        assert isinstance(found[0], Recurrence)


def test_repeated_callers_are_a_number_and_few_of_them_are_none(database: Database) -> None:
    with transaction() as session:
        town = a_city(session, counties=1, townships=1)[0]
        for person in range(2):
            for n in range(3):
                a_matter(session, town, LIGHT, days_before(TODAY, n), number=f"+861380000{person:04}")
        a_matter(session, town, LIGHT, TODAY, number="+8613800009999")
        a_matter(session, town, LIGHT, TODAY)
        a_matter(session, town, LIGHT, TODAY)
        for n in range(8):
            a_matter(session, town, "order.theft", TODAY, number="+8613800009999" if n == 0 else None)
        counts = repeated_callers(session, days_before(TODAY, 90), TODAY)
        assert counts == {(LIGHT, town.id): 2}
        assert [r.repeated for r in clusters(session, TODAY).rows if r.topic == LIGHT] in ([], [None])


@pytest.mark.parametrize("has_outlines", [True, False])
def test_neighbours_are_the_nearest_or_the_next_in_the_county(sqlite: Database, has_outlines: bool) -> None:
    with transaction() as session:
        towns = a_city(session, counties=2, townships=3)
        # Township 0 lies beside the last one of the other county.
        east = [0.0, 5.0, 9.0, 20.0, 14.0, 1.0]
        if has_outlines:
            for town, x in zip(towns, east, strict=True):
                ring = [[x, 30.0], [x + 0.5, 30.0], [x + 0.5, 30.5], [x, 30.5], [x, 30.0]]
                session.add(PlaceShape(place_id=town.id, rings=[ring], brought_at=NOON))
            session.flush()
        zones, nearby = zones_of(session, towns)
        assert nearby is (NearBy.CENTRE if has_outlines else NearBy.CODE)
        first = next(z for z in zones if z.kind is ZoneKind.NEIGHBOURS and z.place.id == towns[0].id)
        assert first.members == ((0, 5, 1) if has_outlines else (0, 1, 2))
        assert [len(z.members) for z in zones[:6]] == [1] * 6
        if has_outlines:
            assert len([z for z in zones if z.kind is ZoneKind.COUNTY]) == 2
            assert "2" in first.words.zh.format(**dict(first.words.params))


def test_an_empty_house_has_no_clusters(sqlite: Database) -> None:
    with transaction() as session:
        a_city(session)
    with reading() as session:
        found = clusters(session, TODAY)
        assert (found.rows, found.recurrences, found.matters) == ((), (), 0)
