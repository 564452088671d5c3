"""Places: city, county, township, village, in one tree."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.terms import Term, coded, language


class Level(Term):
    """How high a place stands in the tree."""

    CITY = "city", "市", "City"
    COUNTY = "county", "县（区）", "County"
    TOWNSHIP = "township", "乡镇（街道）", "Township"
    VILLAGE = "village", "村（社区）", "Village"


class Place(Base):
    """A place with its names in both languages."""

    __tablename__ = "place"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"), index=True)
    level: Mapped[Level] = mapped_column(coded(Level))
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80), index=True)
    name_en: Mapped[str] = mapped_column(sa.String(120))
    is_current: Mapped[bool] = mapped_column(default=True)

    parent: Mapped[Place | None] = relationship(remote_side=[id])

    @property
    def label(self) -> str:
        """The name in the language spoken."""
        return self.name_en if language() == "en" else self.name


def counties(session: Session) -> list[Place]:
    """Return the counties in the order of their codes."""
    query = sa.select(Place).where(Place.level == Level.COUNTY, Place.is_current).order_by(Place.code)
    return list(session.scalars(query))


def townships(session: Session, county_id: int | None = None) -> list[Place]:
    """Return the townships, of one county or of all, in the order of their codes."""
    query = sa.select(Place).where(Place.level == Level.TOWNSHIP, Place.is_current).order_by(Place.code)
    if county_id is not None:
        query = query.where(Place.parent_id == county_id)
    return list(session.scalars(query))
