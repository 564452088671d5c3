"""The bridge: a unit speaks to a caller who agreed to it, through the centre's line, and never learns the number."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock, journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Forbidden, Missing, Refused, TooMany
from core.terms import Words
from matters.attributes import IdentityClass
from matters.keeping_away import in_sight
from matters.matter import Matter
from matters.moving import standing_of
from matters.reporters import Reporter, reporters_of
from matters.states import MatterState
from telephony.calls import Call
from telephony.dialling import NotOffered, place_call
from telephony.line import Cause, line
from telephony.rooms import Purpose, Room, open_room_of

FROM, UNTIL = time(8), time(21)
"""When residents may be rung; an emergency or hazard knows no hours."""
MOST_A_DAY = 6
"""Calls of one unit to the callers of one matter within 24 hours: to speak to them, not to wear them down."""


class BridgeCall(Base):
    """One call of a unit to a caller; who it was stays with the reporter."""

    __tablename__ = "bridge_call"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    reporter_id: Mapped[int] = mapped_column(sa.ForeignKey("reporter.id"), index=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), unique=True)
    made_at: Mapped[datetime]

    call: Mapped[Call] = relationship()


def open_callers(session: Session, matter: Matter) -> list[Reporter]:
    """Return the callers a unit may ring: all of them agreed, or none is rung; nobody who has withdrawn."""
    if matter.identity is not IdentityClass.OPEN:
        return []
    present = {caller.id for caller in standing_of(matter).present_callers}
    return [
        r
        for r in reporters_of(session, matter)
        if r.id in present and r.identity is IdentityClass.OPEN and r.number
    ]


def call_caller(session: Session, matter: Matter, which: int, *, by: Staff, at: datetime) -> BridgeCall:
    """Ring one of the callers (1: the first) into the room of the unit's own telephone."""
    in_sight(session, by, matter)
    if by.unit_id is None or by.unit_id != matter.lead_unit_id:
        raise Forbidden(Words("只有主办单位可以这样做", "Only the lead unit may do this"))
    if matter.state is not MatterState.IN_HAND:
        raise Refused(Words("办理中的诉求才能拨打", "Only for a matter in hand can a caller be rung"))
    callers = open_callers(session, matter)
    if not callers:
        raise Forbidden(
            Words(
                "诉求人受保护：请通过民意中心转达", "The caller is protected: the centre passes your words on"
            )
        )
    if not 1 <= which <= len(callers):
        raise Missing
    if not matter.urgency.is_pressing and not FROM <= clock.local(at).time() < UNTIL:
        raise Refused(Words("请在 8:00–21:00 之间联系诉求人", "Call residents between 8:00 and 21:00"))
    made = calls_of(session, matter, by.unit_id)
    if sum(each.made_at > at - timedelta(days=1) for each in made) >= MOST_A_DAY:
        raise TooMany(
            Words(
                "24 小时内已拨打 {n} 次，请改由民意中心转达",
                "Rung {n} times in 24 hours; let the centre pass it on",
            ),
            n=MOST_A_DAY,
        )
    reporter = callers[which - 1]
    call = place_call(session, room=_room(session, by), number=reporter.number or "", by=by, at=at)
    placed = BridgeCall(
        matter_id=matter.id, unit_id=by.unit_id, reporter_id=reporter.id, call_id=call.id, made_at=at
    )
    session.add(placed)
    session.flush()
    journal.write(session, "matter.bridge", matter, by=by, at=at, call=call.id)
    return placed


def _room(session: Session, by: Staff) -> Room:
    can = line().capabilities()
    if not (can.dials and can.browser):
        # Dialled by hand, the number would have to be shown.
        raise NotOffered(
            Words(
                "当前线路不能代拨，请通过民意中心转达",
                "The line in use can't ring for you; let the centre pass it on",
            )
        )
    room = open_room_of(session, by.id)
    if room is None or room.purpose is not Purpose.DESK:
        raise Refused(
            Words(
                "话机还没有接通，没有拨号。请先按“接通话机”",
                "Your telephone is not connected; press “Connect” first",
            )
        )
    return room


def calls_of(session: Session, matter: Matter, unit_id: int) -> list[BridgeCall]:
    """Return a unit's calls to the callers of a matter, oldest first."""
    query = sa.select(BridgeCall).where(BridgeCall.matter_id == matter.id, BridgeCall.unit_id == unit_id)
    return list(session.scalars(query.order_by(BridgeCall.id)))


def result_of(placed: BridgeCall) -> Words:
    """Say what became of a call in words that give nothing away."""
    call = placed.call
    if call.was_connected:
        minutes, seconds = divmod(call.duration_s or 0, 60)
        if not call.is_ended:
            return Words("通话中", "Talking")
        return Words("已通话 {m} 分 {s} 秒", "Talked for {m} min {s} s").filled(m=minutes, s=seconds)
    if not call.is_ended:
        return Words("正在拨打", "Ringing")
    if call.cause is Cause.BUSY:
        return Words("占线", "Busy")
    return Words("未接通", "Not reached")
