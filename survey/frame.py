"""The frame: the list of dialable numbers that samples are drawn from, cut into strata."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.phone import NumberKind
from core.places import Place
from core.secrets import SealedText
from core.terms import Term, coded


class FrameState(Term):
    """Where a frame stands; only a ready one can be drawn from."""

    IMPORTING = "importing", "导入中", "Importing"
    READY = "ready", "可用", "Ready"
    FAILED = "failed", "导入未成功", "Import failed"
    RETIRED = "retired", "已停用", "Retired"


class Residence(Term):
    """Urban or rural."""

    URBAN = "urban", "城镇", "Urban"
    RURAL = "rural", "农村", "Rural"


class Frame(Base):
    """A list of numbers with its source, size and seed."""

    __tablename__ = "frame"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[FrameState] = mapped_column(coded(FrameState), default=FrameState.IMPORTING)
    seed: Mapped[int] = mapped_column(sa.BigInteger)
    size: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    reject_file: Mapped[str | None] = mapped_column(sa.String(200))
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    created_at: Mapped[datetime]


class Stratum(Base):
    """A part of a frame sampled separately: township × kind of number; its size N_h is a fact."""

    __tablename__ = "stratum"
    __table_args__ = (sa.UniqueConstraint("frame_id", "township_id", "kind"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    frame_id: Mapped[int] = mapped_column(sa.ForeignKey("frame.id"))
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    township_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    kind: Mapped[NumberKind] = mapped_column(coded(NumberKind))
    size: Mapped[int]
    position: Mapped[float] = mapped_column(sa.Float(53), default=-1.0)
    """The permanent random number of the last one drawn; the next draw goes on after it and wraps."""
    laps: Mapped[int] = mapped_column(default=0)
    """How often the draws have gone all the way round."""

    county: Mapped[Place] = relationship(foreign_keys=[county_id])
    township: Mapped[Place] = relationship(foreign_keys=[township_id])


class FrameNumber(Base):
    """One dialable number, sealed, with its permanent random number."""

    __tablename__ = "frame_number"
    __table_args__ = (
        sa.UniqueConstraint("fingerprint", "frame_id"),
        sa.Index("ix_frame_number_stratum_id_prn", "stratum_id", "prn"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    frame_id: Mapped[int] = mapped_column(sa.ForeignKey("frame.id"))
    stratum_id: Mapped[int] = mapped_column(sa.ForeignKey("stratum.id"))
    number: Mapped[str] = mapped_column(SealedText("number"))
    fingerprint: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    residence: Mapped[Residence | None] = mapped_column(coded(Residence))
    adults: Mapped[int | None]
    """Adults in the household, where the frame knows it (landlines)."""
    prn: Mapped[float] = mapped_column(sa.Float(53))
    """Permanent random number, uniform on [0, 1), from the frame's seed."""


class DoNotCall(Base):
    """A number never to be called again: known by its fingerprint alone."""

    __tablename__ = "do_not_call"

    fingerprint: Mapped[bytes] = mapped_column(sa.LargeBinary(16), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(20))
    """A code: hard_refusal, request, legal."""
    added_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    added_at: Mapped[datetime]
