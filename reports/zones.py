"""Zones: where a cluster may lie; a township, a county, or a township with its neighbours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Place
from core.terms import Term, Words
from reports.maps import PlaceShape

NEIGHBOURS = (2, 4)


class ZoneKind(Term):
    """What a zone is."""

    TOWNSHIP = "township", "乡镇（街道）", "Township"
    NEIGHBOURS = "neighbours", "乡镇及周边", "Township and neighbours"
    COUNTY = "county", "县（区）", "County"


class NearBy(Term):
    """How neighbours are found."""

    CENTRE = "centre", "按乡镇边界的几何中心取最近的", "the nearest by the centres of their outlines"
    CODE = (
        "code",
        "没有边界数据，取同县编码相邻的",
        "next in the order of codes within the county, as there are no outlines",
    )


@dataclass(frozen=True)
class Zone:
    """A place around which the zone lies, and the townships in it by their position in the list."""

    kind: ZoneKind
    place: Place
    members: tuple[int, ...]

    @property
    def words(self) -> Words:
        """Name the zone."""
        if self.kind is ZoneKind.NEIGHBOURS:
            near = len(self.members) - 1
            own = Words(self.place.name, self.place.name_en)
            return Words("{place}及相邻 {n} 个乡镇", "{place} and {n} neighbours").filled(place=own, n=near)
        return Words(self.place.name, self.place.name_en)


def zones_of(session: Session, towns: Sequence[Place]) -> tuple[list[Zone], NearBy]:
    """Return every zone of some townships, small ones first, and how neighbours were found."""
    centres = _centres(session, towns)
    counties: dict[int, list[int]] = defaultdict(list)
    for n, town in enumerate(towns):
        counties[town.parent_id or 0].append(n)
    nearby = NearBy.CENTRE if centres and len(centres) == len(towns) else NearBy.CODE
    order = _by_distance(towns, centres) if nearby is NearBy.CENTRE else _by_code(towns, counties)
    above = {p.id: p for p in session.scalars(sa.select(Place).where(Place.id.in_(counties)))}
    found = [Zone(ZoneKind.TOWNSHIP, town, (n,)) for n, town in enumerate(towns)]
    for many in NEIGHBOURS:
        found += [
            Zone(ZoneKind.NEIGHBOURS, town, (n, *order[n][:many]))
            for n, town in enumerate(towns)
            if len(order[n]) >= many
        ]
    found += [Zone(ZoneKind.COUNTY, above[c], tuple(ns)) for c, ns in counties.items() if c in above]
    once: dict[frozenset[int], Zone] = {}
    for zone in found:
        once.setdefault(frozenset(zone.members), zone)
    return list(once.values()), nearby


def _by_code(towns: Sequence[Place], counties: Mapping[int, list[int]]) -> list[list[int]]:
    return [
        sorted((m for m in counties[town.parent_id or 0] if m != n), key=lambda m: (abs(m - n), m))
        for n, town in enumerate(towns)
    ]


def _by_distance(towns: Sequence[Place], centres: Mapping[int, tuple[float, float]]) -> list[list[int]]:
    at = np.array([centres[t.id] for t in towns])
    # Small enough a region to be flat, once a degree of longitude is as long as it is there.
    at[:, 0] *= cos(radians(float(at[:, 1].mean())))
    apart = ((at[:, None] - at[None]) ** 2).sum(axis=-1)
    return [[m for m in np.argsort(row, kind="stable").tolist() if m != n] for n, row in enumerate(apart)]


def _centres(session: Session, towns: Sequence[Place]) -> dict[int, tuple[float, float]]:
    shapes = session.scalars(sa.select(PlaceShape).where(PlaceShape.place_id.in_([t.id for t in towns])))
    found = {shape.place_id: _centre(shape.rings) for shape in shapes}
    return {place: centre for place, centre in found.items() if centre is not None}


def _centre(rings: Sequence[Any]) -> tuple[float, float] | None:
    """Return the centre of gravity of the largest ring (the shoelace formula)."""
    best: tuple[float, float, float] | None = None
    for ring in rings:
        x, y = np.asarray(ring, dtype=np.float64).T
        cross = x * np.roll(y, -1) - np.roll(x, -1) * y
        area = float(cross.sum()) / 2
        if abs(area) > (best[0] if best else 0.0):
            best = (
                abs(area),
                float(((x + np.roll(x, -1)) * cross).sum() / (6 * area)),
                float(((y + np.roll(y, -1)) * cross).sum() / (6 * area)),
            )
    return best[1:] if best else None
