"""Weight sets: the weights of one period's interviews as a record with its provenance."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Id
from survey.methods.estimates import Estimate


class WeightSet(Base):
    """One weighting of the complete interviews of a wave in a period; never changed, only followed by another."""

    __tablename__ = "weight_set"
    __table_args__ = (sa.Index("ix_weight_set_wave_id_ends_on", "wave_id", "ends_on"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    wave_id: Mapped[int] = mapped_column(sa.ForeignKey("wave.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    as_of: Mapped[datetime]
    """Data cut: interviews that ended before this moment are in."""
    interviews: Mapped[int]
    provenance: Mapped[dict[str, Any]]
    """Steps with their settings: margins with source and date, cells, convergence, weight distribution, deff."""
    is_published: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]


class Weight(Base):
    """The weights of one interview in one set, by step."""

    __tablename__ = "weight"

    weight_set_id: Mapped[int] = mapped_column(sa.ForeignKey("weight_set.id"), primary_key=True)
    interview_id: Mapped[int] = mapped_column(sa.ForeignKey("interview.id"), primary_key=True)
    base: Mapped[float] = mapped_column(sa.Float(53))
    nonresponse: Mapped[float] = mapped_column(sa.Float(53))
    final: Mapped[float] = mapped_column(sa.Float(53))


class EstimateColumns:
    """What every kept estimate has: the figure, its error, its interval, and what it stands on."""

    estimate: Mapped[float | None] = mapped_column(sa.Float(53))
    standard_error: Mapped[float | None] = mapped_column(sa.Float(53))
    low: Mapped[float | None] = mapped_column(sa.Float(53))
    high: Mapped[float | None] = mapped_column(sa.Float(53))
    n: Mapped[int]
    effective_n: Mapped[float | None] = mapped_column(sa.Float(53))
    deff: Mapped[float | None] = mapped_column(sa.Float(53))
    df: Mapped[float | None] = mapped_column(sa.Float(53))


def estimate_columns(e: Estimate) -> dict[str, Any]:
    """Lay an estimate out as those columns."""
    return {
        "estimate": e.estimate,
        "standard_error": e.standard_error,
        "low": e.low,
        "high": e.high,
        "n": e.n,
        "effective_n": e.effective_n,
        "deff": e.deff,
        "df": float(e.df),
    }


class IndexFigure(EstimateColumns, Base):
    """One index of one domain from one weight set, with its honest error."""

    __tablename__ = "index_figure"

    weight_set_id: Mapped[int] = mapped_column(sa.ForeignKey("weight_set.id"), primary_key=True)
    index: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    """safety, enforcement, or an item's question name."""
    domain: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """city, or county:12."""
    is_suppressed: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(sa.String(60))
    rank_low: Mapped[int | None]
    """The best place a county may hold among those published, 1 the highest; none for the city and the withheld."""
    rank_high: Mapped[int | None]
    """The worst place it may hold."""
    rank_band: Mapped[int | None]
    """Its band of counties that can't be told apart, 1 the highest: two places alone do not say it."""
