"""Dashboards: which tiles stand on whose, and which part of the city someone looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from core.places import Level, Place, counties
from matters.board import Queue
from reports.blocks import Text
from reports.county_pair import two_counties
from reports.definitions import ENFORCEMENT, SAFETY
from reports.handling_tiles import colours, holders, queue, standing, units
from reports.index_tiles import by_county
from reports.matter_tiles import hot_topics, red_list
from reports.promise_tiles import promises
from reports.side_by_side import side_by_side
from reports.tiles import Tile
from reports.trend_tile import over_time
from reports.unit_tiles import own_colours, own_said, own_weeks


@dataclass(frozen=True)
class Look:
    """Who looks, when, at which county (none is the whole city), in which order."""

    session: Session
    staff: Staff
    at: datetime
    county: Place | None = None
    sort: str = ""
    pair: tuple[str, str] = ("", "")
    """The codes of two counties to compare."""


Tiles = Mapping[str, Callable[[Look], Tile]]
"""By the tile's key, in the order in which they stand."""

LEADER: Tiles = {
    "trend.safety": lambda k: over_time(k.session, SAFETY, county=k.county, at=k.at),
    "trend.enforcement": lambda k: over_time(k.session, ENFORCEMENT, county=k.county, at=k.at),
    "promises": lambda k: promises(k.session, county=k.county, at=k.at),
    "counties.safety": lambda k: by_county(k.session, SAFETY, at=k.at),
    "topics": lambda k: hot_topics(k.session, county=k.county, at=k.at),
    "red": lambda k: red_list(k.session, county=k.county, at=k.at),
}
CITY: Tiles = {
    "counties": lambda k: side_by_side(k.session, at=k.at, sort=k.sort),
    "pair": lambda k: two_counties(k.session, k.pair, at=k.at),
    "counties.safety": lambda k: by_county(k.session, SAFETY, at=k.at, kind="intervals"),
    "counties.enforcement": lambda k: by_county(k.session, ENFORCEMENT, at=k.at, kind="intervals"),
}
SUPERVISION: Tiles = {
    "colours": lambda k: colours(standing(k.session, k.staff, k.at), at=k.at),
    "holders": lambda k: holders(standing(k.session, k.staff, k.at), at=k.at),
    "units": lambda k: units(k.session, standing(k.session, k.staff, k.at), at=k.at),
    "queue.red": lambda k: queue(k.session, k.staff, Queue.RED, Text("超期最久", "Longest overdue"), at=k.at),
    "queue.incidents": lambda k: queue(
        k.session, k.staff, Queue.INCIDENTS, Text("突发事件", "Incidents"), at=k.at
    ),
}
UNIT: Tiles = {
    "colours": lambda k: own_colours(k.session, k.staff, at=k.at),
    "said": lambda k: own_said(k.session, k.staff, at=k.at),
    "weeks": lambda k: own_weeks(k.session, k.staff, at=k.at),
}


def county_of(session: Session, staff: Staff, asked: str = "") -> Place | None:
    """Return the county that someone looks at: a county's people their own, the city's any that they ask for."""
    place = session.get(Place, staff.unit.place_id) if staff.unit and staff.unit.place_id else None
    while place is not None and place.level is not Level.COUNTY:
        place = place.parent
    return place or next((c for c in counties(session) if c.code == asked), None)


def is_bound(session: Session, staff: Staff) -> bool:
    """Say whether someone sees one county alone."""
    return county_of(session, staff) is not None
