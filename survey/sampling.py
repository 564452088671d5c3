"""Samples: numbers drawn from a frame for a wave, split into replicates that are released one at a time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.terms import Term, coded


class Sample(Base):
    """One draw: reproducible from its record (frame, seed, positions, who, when)."""

    __tablename__ = "sample"
    __table_args__ = (sa.UniqueConstraint("wave_id", "planned_on", "serial"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    wave_id: Mapped[int] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    frame_id: Mapped[int] = mapped_column(sa.ForeignKey("frame.id"))
    planned_on: Mapped[date]
    serial: Mapped[int] = mapped_column(default=1)
    """1 is the day's plan; more are top-ups by hand."""
    wanted: Mapped[int]
    drawn: Mapped[int] = mapped_column(default=0)
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    reason: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How the size came about: target, expected yield, allocation."""
    drawn_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    drawn_at: Mapped[datetime]

    strata: Mapped[list[SampleStratum]] = relationship(back_populates="sample")
    replicates: Mapped[list[Replicate]] = relationship(back_populates="sample", order_by="Replicate.number")


class SampleStratum(Base):
    """What a draw took in one stratum, and between which permanent random numbers."""

    __tablename__ = "sample_stratum"

    sample_id: Mapped[int] = mapped_column(sa.ForeignKey("sample.id"), primary_key=True)
    stratum_id: Mapped[int] = mapped_column(sa.ForeignKey("stratum.id"), primary_key=True)
    population: Mapped[int]
    """N_h at the draw."""
    taken: Mapped[int]
    """n_h: numbers that the window gave, those on the do-not-call list included."""
    suppressed: Mapped[int] = mapped_column(default=0)
    after: Mapped[float] = mapped_column(sa.Float(53))
    through: Mapped[float] = mapped_column(sa.Float(53))

    sample: Mapped[Sample] = relationship(back_populates="strata")


class ReplicateState(Term):
    """Whether a replicate's cases may be called."""

    HELD = "held", "未投放", "Held"
    RELEASED = "released", "已投放", "Released"


class Replicate(Base):
    """A random part of a sample, worked to the end once released."""

    __tablename__ = "replicate"
    __table_args__ = (sa.UniqueConstraint("sample_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sample_id: Mapped[int] = mapped_column(sa.ForeignKey("sample.id"))
    number: Mapped[int]
    size: Mapped[int] = mapped_column(default=0)
    state: Mapped[ReplicateState] = mapped_column(coded(ReplicateState), default=ReplicateState.HELD)
    released_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    released_at: Mapped[datetime | None]

    sample: Mapped[Sample] = relationship(back_populates="replicates")
