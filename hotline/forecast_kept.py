"""Kept forecasts: what was expected of each hour, frozen before the week began, so that its error can be told."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Id
from core.terms import coded
from hotline.lines import LineKind


class KeptForecast(Base):
    """One hour of one line as it was foreseen."""

    __tablename__ = "kept_forecast"
    __table_args__ = (
        sa.UniqueConstraint("line", "day_on", "hour"),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        sa.CheckConstraint("low <= high AND expected >= 0", name="interval"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    line: Mapped[LineKind] = mapped_column(coded(LineKind))
    day_on: Mapped[date]
    hour: Mapped[int]
    expected: Mapped[float]
    low: Mapped[int]
    high: Mapped[int]
    made_at: Mapped[datetime]
