"""Waves: one round of fieldwork with its questionnaire, frame, daily plan and rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.flow import Flow
from core.places import Place
from core.terms import Term, Words, coded, language
from survey.editions import Edition
from survey.frame import Frame


class WaveState(Term):
    """Where a wave stands."""

    DRAFT = "draft", "设计中", "Draft"
    OPEN = "open", "进行中", "Open"
    HELD = "held", "暂停", "On hold"
    CLOSED = "closed", "已结束", "Closed"


class WaveAction(Term):
    """What can be done with a wave."""

    OPEN = "open", "启动", "Open"
    HOLD = "hold", "暂停", "Hold"
    RESUME = "resume", "恢复", "Resume"
    CLOSE = "close", "结束", "Close"


WAVE_FLOW: Flow[WaveState, WaveAction] = Flow(
    "wave",
    Words("调查轮次", "wave"),
    WaveState.DRAFT,
    {
        (WaveState.DRAFT, WaveAction.OPEN): WaveState.OPEN,
        (WaveState.OPEN, WaveAction.HOLD): WaveState.HELD,
        (WaveState.HELD, WaveAction.RESUME): WaveState.OPEN,
        (WaveState.OPEN, WaveAction.CLOSE): WaveState.CLOSED,
        (WaveState.HELD, WaveAction.CLOSE): WaveState.CLOSED,
    },
)


class Allocation(Term):
    """How a day's interviews are shared among strata."""

    EQUAL_COUNTY = "equal_county", "各县相等，县内按乡镇比例", "Equal per county, then proportional"
    PROPORTIONAL = "proportional", "按比例", "Proportional"
    POWER = "power", "幂分配", "Power"
    NEYMAN = "neyman", "奈曼", "Neyman"
    HAND = "hand", "手工表", "Hand table"


class Wave(Base):
    """One round of fieldwork."""

    __tablename__ = "wave"
    __table_args__ = (
        sa.CheckConstraint(
            "state = 'draft' OR (edition_id IS NOT NULL AND frame_id IS NOT NULL)", "open_is_ready"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name_en: Mapped[str] = mapped_column(sa.String(120), default="")
    state: Mapped[WaveState] = mapped_column(coded(WaveState), default=WaveState.DRAFT)
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("edition.id"))
    frame_id: Mapped[int | None] = mapped_column(sa.ForeignKey("frame.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    is_cross_county: Mapped[bool] = mapped_column(default=True)
    """No interviewer calls their home county 异地交叉."""
    allocation: Mapped[Allocation] = mapped_column(coded(Allocation), default=Allocation.EQUAL_COUNTY)
    weekdays: Mapped[list[Any]] = mapped_column(default=lambda: [0, 1, 2, 3, 4, 5, 6])
    daily_target: Mapped[int] = mapped_column(default=0)
    """Completes wanted on a working day, over all counties."""
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Call rules that differ from the defaults (survey.calling.Rules)."""
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    created_at: Mapped[datetime]

    edition: Mapped[Edition | None] = relationship()
    frame: Mapped[Frame | None] = relationship()

    @property
    def label(self) -> str:
        """The name in the language spoken, where it has one in English."""
        return self.name_en if language() == "en" and self.name_en else self.name


class WavePlace(Base):
    """A township's target and standing in a wave; what "need" is read from."""

    __tablename__ = "wave_place"

    wave_id: Mapped[int] = mapped_column(sa.ForeignKey("wave.id"), primary_key=True)
    township_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), primary_key=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)
    target: Mapped[int] = mapped_column(default=0)
    """Completes wanted so far (grows with each day's plan)."""
    completes: Mapped[int] = mapped_column(default=0)

    township: Mapped[Place] = relationship(foreign_keys=[township_id])


class Quota(Base):
    """A hard limit on completes in a cell; a seat is reserved when the call connects."""

    __tablename__ = "quota"
    __table_args__ = (
        sa.UniqueConstraint("wave_id", "cell"),
        sa.CheckConstraint("reserved >= 0 AND filled >= 0 AND reserved + filled <= seats", "never_overshot"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    wave_id: Mapped[int] = mapped_column(sa.ForeignKey("wave.id"))
    cell: Mapped[str] = mapped_column(sa.String(60))
    """What the seat is for: "county:12", "county:12|kind:mobile"."""
    seats: Mapped[int]
    reserved: Mapped[int] = mapped_column(default=0)
    filled: Mapped[int] = mapped_column(default=0)
