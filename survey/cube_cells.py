"""The stored cube: complete interviews counted per stratum, margin cell and day of release, alike answers together."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

CELL = ("sex_age", "area", "education")
"""The margins that answers tell; the county is the stratum's."""
KEY = ("wave_id", "released_on", "stratum_id", *CELL, "answers")


class CubeCell(Base):
    """The interviews of one day's numbers in one stratum and one cell of the margins that answered alike.

    An answer is favourable, not, or none, so a cell of alike answers gives every sum and product an index
    needs; days add up to weeks. The number's weight N/n belongs to the window looked at, not to the day:
    it multiplies a stratum when figures are made, and the sums here are those of the person's factor.
    """

    __tablename__ = "cube_cell"
    __table_args__ = (sa.CheckConstraint("n >= 0", "never_below_nobody"),)

    wave_id: Mapped[int] = mapped_column(sa.ForeignKey("wave.id"), primary_key=True)
    released_on: Mapped[date] = mapped_column(primary_key=True)
    """The local day on which the number's replicate was released: what a period is cut by."""
    stratum_id: Mapped[int] = mapped_column(sa.ForeignKey("stratum.id"), primary_key=True)
    sex_age: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    """Category of the margin, empty where the answers do not tell."""
    area: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    education: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    answers: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    """One sign a scaled question, in the questionnaire's order: 1 favourable, 0 not, - no opinion or not asked."""
    n: Mapped[int]
    weight: Mapped[float] = mapped_column(sa.Float(53))
    """Sum of the factor from number to person."""
    square: Mapped[float] = mapped_column(sa.Float(53))
    """Sum of its square."""
