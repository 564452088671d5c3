"""Outlines of places for maps: brought in as GeoJSON, kept as they are, drawn as filled lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import journal
from core.db import Base
from core.people import Staff
from core.places import Place
from core.problems import Invalid
from core.terms import Words

MOST_BYTES = 20_000_000
MOST_POINTS = 400_000
Ring = list[tuple[float, float]]


class PlaceShape(Base):
    """The outline of one place."""

    __tablename__ = "place_shape"

    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), primary_key=True)
    rings: Mapped[list[Any]]
    """Outer rings alone, each a list of [longitude, latitude]."""
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    brought_at: Mapped[datetime]


@dataclass(frozen=True)
class Fault:
    """One feature of a file that was left out: which one, how it names its place, and why."""

    number: int
    """From 1, in the file's order."""
    name: str
    words: Words


@dataclass(frozen=True)
class Brought:
    """What a file gave."""

    taken: int
    faults: tuple[Fault, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names or codes in the file that are no place of ours."""
        return tuple(f.name for f in self.faults if f.words == NO_PLACE)


class NothingFits(Invalid):
    """No outline of the file could be taken; `faults` says why of each."""

    words = Words(
        "文件里没有一个图形可用（用 code、adcode 或 name 对应地点）；没有写入任何数据",
        "No outline in the file belongs to a place here (matched by code, adcode or name) and can be read; nothing was "
        "written",
    )

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(hint=faults[0].words if faults else None)
        self.faults = faults


NO_PLACE = Words("本系统没有这个地点（看 code、adcode、name）", "No such place here (see code, adcode, name)")
NO_AREA = Words("不是面（Polygon 或 MultiPolygon）", "Not an area (Polygon or MultiPolygon)")
UNREADABLE = Words("坐标读不懂", "Coordinates that can't be read")
NOT_DEGREES = Words("坐标要用经纬度（WGS 84 或相近）", "Coordinates must be longitude and latitude")
TOO_DETAILED = Words(
    "整个文件的图形太细，请先简化", "The file's outlines are too detailed: simplify them first"
)
TWICE = Words("这个地点在文件前面已有图形", "The file has an outline of this place before")


def bring(session: Session, content: bytes, source: str, *, by: Staff | None, at: datetime) -> Brought:
    """Take outlines from a GeoJSON file; a feature finds its place by `code`, `adcode` or `name`.

    Features that can't be used are left out and named, the others are taken; where none can, nothing is written.
    """
    features = _features(content)
    places = {p.code: p for p in session.scalars(sa.select(Place).where(Place.is_current))}
    by_name = {p.name: p for p in sorted(places.values(), key=lambda p: p.code, reverse=True)}
    taken: dict[int, list[Ring]] = {}
    faults: list[Fault] = []
    points = 0
    for number, feature in enumerate(features, start=1):
        names = _names(feature)
        place = next((here for n in names if (here := places.get(n) or by_name.get(n))), None)
        found = _rings(feature.get("geometry"))
        words = found if isinstance(found, Words) else None
        if words is None and place is None:
            words = NO_PLACE
        elif words is None and place is not None and place.id in taken:
            words = TWICE
        if words is not None or place is None or isinstance(found, Words):
            faults.append(Fault(number, names[-1][:60] if names else "?", words or NO_PLACE))
            continue
        points += sum(len(ring) for ring in found)
        if points > MOST_POINTS:
            raise Invalid(TOO_DETAILED)
        taken[place.id] = found
    if not taken:
        raise NothingFits(tuple(faults))
    for place_id, rings in taken.items():
        shape = session.get(PlaceShape, place_id) or PlaceShape(place_id=place_id)
        shape.rings, shape.source, shape.brought_at = [list(r) for r in rings], source[:200], at
        session.add(shape)
    session.flush()
    journal.write(
        session, "place_shape.import", "place_shape", by=by, at=at, taken=len(taken), unknown=len(faults)
    )
    return Brought(len(taken), tuple(faults))


def _names(feature: dict[str, Any]) -> list[str]:
    about = feature.get("properties")
    known = about if isinstance(about, dict) else {}
    return [str(known[k]) for k in ("code", "adcode", "name") if known.get(k) not in (None, "")]


def outlines(session: Session, codes: list[str]) -> dict[str, list[Ring]]:
    """Return the rings of the places that have them, by code."""
    query = (
        sa.select(Place.code, PlaceShape.rings)
        .join(Place, Place.id == PlaceShape.place_id)
        .where(Place.code.in_(codes))
        .order_by(Place.code)
    )
    return {code: [[(x, y) for x, y in ring] for ring in rings] for code, rings in session.execute(query)}


def _features(content: bytes) -> list[dict[str, Any]]:
    if len(content) > MOST_BYTES:
        raise Invalid(Words("文件超过 20 MB", "The file is larger than 20 MB"))
    try:
        read = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise Invalid(Words("这不是 GeoJSON 文件（UTF-8）", "This is no GeoJSON file (UTF-8)")) from error
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise Invalid(Words("文件里没有 features 列表", "The file has no list of features"))
    return features


def _rings(geometry: object) -> list[Ring] | Words:
    """Return the outer rings of a polygon or several, or why they are none."""
    if not isinstance(geometry, dict):
        return NO_AREA
    parts = geometry.get("coordinates") or []
    polygons = {"Polygon": [parts], "MultiPolygon": parts}.get(str(geometry.get("type")))
    if polygons is None:
        return NO_AREA
    try:
        rings = [[(float(x), float(y)) for x, y, *_ in polygon[0]] for polygon in polygons if polygon]
    except (TypeError, ValueError, IndexError, KeyError):
        return UNREADABLE
    if any(not (-180 <= x <= 180 and -90 <= y <= 90) for r in rings for x, y in r):
        return NOT_DEGREES
    return [r for r in rings if len(r) >= 4] or UNREADABLE
