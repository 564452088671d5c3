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
class Brought:
    """What a file gave."""

    taken: int
    unknown: tuple[str, ...]
    """Names or codes in the file that are no place of ours."""


def bring(session: Session, content: bytes, source: str, *, by: Staff | None, at: datetime) -> Brought:
    """Take outlines from a GeoJSON file; a feature finds its place by `code`, `adcode` or `name`."""
    features = _features(content)
    places = {p.code: p for p in session.scalars(sa.select(Place).where(Place.is_current))}
    by_name = {p.name: p for p in sorted(places.values(), key=lambda p: p.code, reverse=True)}
    taken, unknown = 0, []
    for feature in features:
        about = feature.get("properties") or {}
        names = [str(about[k]) for k in ("code", "adcode", "name") if about.get(k) not in (None, "")]
        place = next((found for n in names if (found := places.get(n) or by_name.get(n))), None)
        rings = _rings(feature.get("geometry") or {})
        if place is None or not rings:
            unknown.append(names[-1] if names else "?")
            continue
        shape = session.get(PlaceShape, place.id) or PlaceShape(place_id=place.id)
        shape.rings, shape.source, shape.brought_at = [list(r) for r in rings], source[:200], at
        session.add(shape)
        taken += 1
    if not taken:
        raise Invalid(
            Words(
                "文件里没有一个图形对得上本系统的地点（用 code、adcode 或 name 对应）；没有写入任何数据",
                "No outline in the file belongs to a place here (matched by code, adcode or name); nothing was written",
            )
        )
    session.flush()
    journal.write(
        session, "place_shape.import", "place_shape", by=by, at=at, taken=taken, unknown=len(unknown)
    )
    return Brought(taken, tuple(unknown))


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


def _rings(geometry: dict[str, Any]) -> list[Ring]:
    """Return the outer rings of a polygon or several; other shapes have none."""
    parts = geometry.get("coordinates") or []
    polygons = {"Polygon": [parts], "MultiPolygon": parts}.get(str(geometry.get("type")), [])
    try:
        rings = [[(float(x), float(y)) for x, y, *_ in polygon[0]] for polygon in polygons if polygon]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise Invalid(Words("坐标读不懂", "Coordinates that can't be read")) from error
    if sum(len(r) for r in rings) > MOST_POINTS:
        raise Invalid(Words("图形太细，请先简化", "The outlines are too detailed: simplify them first"))
    if any(not (-180 <= x <= 180 and -90 <= y <= 90) for r in rings for x, y in r):
        raise Invalid(Words("坐标要用经纬度", "Coordinates must be longitude and latitude"))
    return [r for r in rings if len(r) >= 4]
