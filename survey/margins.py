"""Margins: population counts by category, with their source and date, that samples are weighted to."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id


class Margin(Base):
    """One table of population counts over one variable: county, sex_age, residence, education."""

    __tablename__ = "margin"
    __table_args__ = (sa.UniqueConstraint("variable", "as_of"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    variable: Mapped[str] = mapped_column(sa.String(40))
    source: Mapped[str] = mapped_column(sa.String(200))
    as_of: Mapped[date]
    imported_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    imported_at: Mapped[datetime]

    cells: Mapped[list[MarginCell]] = relationship(back_populates="margin", cascade="all, delete-orphan")


class MarginCell(Base):
    """The population of one category."""

    __tablename__ = "margin_cell"

    margin_id: Mapped[int] = mapped_column(sa.ForeignKey("margin.id"), primary_key=True)
    category: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(80), default="")
    label_en: Mapped[str] = mapped_column(sa.String(80), default="")
    population: Mapped[int]

    margin: Mapped[Margin] = relationship(back_populates="cells")
