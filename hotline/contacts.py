"""Contacts: one episode of help, written down when the telephone rings, moved along one table, never without an owner."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.flow import Flow
from core.people import Staff
from core.problems import Missing
from core.terms import Term, Words, code_list, coded
from hotline.callers import Caller
from hotline.languages import SpokenLanguage
from hotline.lines import LineKind
from telephony.calls import Call

WRAP_UP = timedelta(minutes=10)


class ContactState(Term):
    """Where an episode stands."""

    ARRIVED = "arrived", "刚接入", "Just arrived"
    WAITING = "waiting", "排队等候", "Waiting"
    TAKEN = "taken", "正在接起", "Being taken"
    TALKING = "talking", "通话中", "Talking"
    WRAPPING = "wrapping", "话后整理", "Wrap-up"
    MISSED = "missed", "未通话，待回拨", "Not talked to, to be called back"
    DONE = "done", "已完成", "Done"


class ContactAction(Term):
    """What can be done with an episode."""

    ENTER = "enter", "进入排队", "Enter the queue"
    TAKE = "take", "接起", "Take"
    JOIN = "join", "接通", "Connect"
    PUT_BACK = "put_back", "重新排到最前", "Put back first in the queue"
    MISS = "miss", "未能通话", "Miss"
    CALL_BACK = "call_back", "回拨", "Call back"
    HANG_UP = "hang_up", "通话结束", "End the talk"
    FINISH = "finish", "完成记录", "Finish the record"
    SETTLE = "settle", "了结", "Settle"
    RESUME = "resume", "回拨未通，继续整理", "Go on writing it down"


S, A = ContactState, ContactAction

CONTACT_FLOW = Flow(
    "contact",
    Words("来电记录", "Contact"),
    S.ARRIVED,
    {
        (S.ARRIVED, A.ENTER): S.WAITING,
        (S.ARRIVED, A.MISS): S.MISSED,
        (S.WAITING, A.TAKE): S.TAKEN,
        (S.WAITING, A.MISS): S.MISSED,
        (S.TAKEN, A.JOIN): S.TALKING,
        (S.TAKEN, A.PUT_BACK): S.WAITING,
        (S.TAKEN, A.MISS): S.MISSED,
        (S.TALKING, A.PUT_BACK): S.WAITING,
        (S.TALKING, A.HANG_UP): S.WRAPPING,
        (S.MISSED, A.CALL_BACK): S.TAKEN,
        (S.MISSED, A.JOIN): S.TALKING,
        (S.MISSED, A.SETTLE): S.DONE,
        (S.TALKING, A.MISS): S.MISSED,
        (S.WRAPPING, A.MISS): S.MISSED,
        (S.WRAPPING, A.CALL_BACK): S.TAKEN,
        (S.TAKEN, A.RESUME): S.WRAPPING,
        (S.TALKING, A.RESUME): S.WRAPPING,
        (S.WRAPPING, A.RESUME): S.WRAPPING,
        (S.WRAPPING, A.FINISH): S.DONE,
    },
)

OPEN = (S.ARRIVED, S.WAITING, S.TAKEN, S.TALKING, S.WRAPPING, S.MISSED)
WITH_SOMEONE = (S.TAKEN, S.TALKING, S.WRAPPING)


class Source(Term):
    """How we came to know of an episode."""

    PHONE = "phone", "来电", "A call to the line"
    DESK_PHONE = "desk_phone", "座机接听", "Taken on a desk telephone"
    PAPER = "paper", "纸质登记", "From a paper form"
    RECONCILED = "reconciled", "话单补录", "Found in the carrier's list"
    FOLLOW_UP = "follow_up", "随访呼出", "A follow-up call of ours"


class WayOut(Term):
    """How the waiting ended."""

    ANSWERED = "answered", "已接听", "Answered"
    ABANDONED = "abandoned", "来电人挂断", "Abandoned"
    CALL_BACK = "call_back", "选择回拨", "Asked to be called back"
    MESSAGE = "message", "留言", "Left a message"
    FULL = "full", "队列已满", "Queue full"
    TROUBLE = "trouble", "线路故障", "Trouble on the line"
    FALLBACK = "fallback", "应急接听", "Answered by the fallback"


class Contact(Base):
    """One episode of help on one line; call facts only: what was said lives in each line's own records."""

    __tablename__ = "contact"
    __table_args__ = (
        sa.CheckConstraint(
            f"state NOT IN {code_list(*WITH_SOMEONE)} OR taken_by IS NOT NULL", name="taken_has_taker"
        ),
        sa.CheckConstraint(f"state NOT IN {code_list(S.WAITING)} OR waiting_from IS NOT NULL", name="waiting_has_start"),
        sa.CheckConstraint(f"state NOT IN {code_list(S.TALKING)} OR talking_at IS NOT NULL", name="talking_has_time"),
        sa.CheckConstraint(f"(state IN {code_list(S.DONE)}) = (closed_at IS NOT NULL)", name="done_has_time"),
        sa.Index("ix_contact_line_state", "line", "state"),
        sa.Index("ix_contact_line_rung_at", "line", "rung_at"),
        sa.Index("ix_contact_taken_by_state", "taken_by", "state"),
        sa.Index("ix_contact_taken_by_taken_at", "taken_by", "taken_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(20), unique=True)
    """How addresses name it: random, so that it says nothing."""
    line: Mapped[LineKind] = mapped_column(coded(LineKind))
    source: Mapped[Source] = mapped_column(coded(Source), default=Source.PHONE)
    state: Mapped[ContactState] = mapped_column(coded(ContactState), default=S.ARRIVED)
    caller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("caller.id"), index=True)
    call_id: Mapped[int | None] = mapped_column(sa.ForeignKey("call.id"), unique=True)
    """The leg that rang; later legs of the episode are in `contact_leg`."""
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    """Who answers for this record while nobody else holds it."""
    rung_at: Mapped[datetime]
    waiting_from: Mapped[datetime | None]
    is_first: Mapped[bool] = mapped_column(default=False)
    """Stands before everybody else: a talk that broke off on our side, or someone who kept their place."""
    preferred_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """The operator the caller asked for, or who plans to talk to them."""
    taken_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    taken_at: Mapped[datetime | None]
    written_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """Who talked with the caller and writes it down, while somebody rings again or the caller waits for another."""
    written_at: Mapped[datetime | None]
    """When they had written it down, though the caller is still to be called; a talk since is another's to write."""
    room_id: Mapped[int | None] = mapped_column(sa.ForeignKey("room.id"))
    talking_at: Mapped[datetime | None]
    """When a person first spoke with the caller."""
    ended_at: Mapped[datetime | None]
    """When the last talk, or the waiting, ended."""
    wrap_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    way_out: Mapped[WayOut | None] = mapped_column(coded(WayOut))
    """How the first waiting ended, which stands in the figures whatever follows."""
    first_wait_s: Mapped[float | None]
    left_by: Mapped[WayOut | None] = mapped_column(coded(WayOut))
    """How the last waiting ended, which says what the caller hears next."""
    language_id: Mapped[int | None] = mapped_column(sa.ForeignKey("spoken_language.id"))
    """What the caller pressed the key for, of this one call; Mandarin without."""
    is_recorded: Mapped[bool] = mapped_column(default=False)
    """Whether talks of it are recorded: the line does so, its caller was told and has not said no."""
    is_listened_in: Mapped[bool] = mapped_column(default=False)
    noticed_at: Mapped[datetime | None]
    """When the caller was told that a supervisor may listen; without it nobody does."""

    caller: Mapped[Caller | None] = relationship()
    call: Mapped[Call | None] = relationship()
    language: Mapped[SpokenLanguage | None] = relationship()
    owner: Mapped[Staff] = relationship(foreign_keys=owner_id)
    taker: Mapped[Staff | None] = relationship(foreign_keys=taken_by)
    writer: Mapped[Staff | None] = relationship(foreign_keys=written_by)

    def waited_s(self, now: datetime) -> int:
        """Return for how many seconds the caller waited, or waits."""
        if self.waiting_from is None or self.ended_at is not None:  # no queue, or called back since
            return int(self.first_wait_s or 0)
        is_put_back = self.talking_at is not None and self.talking_at < self.waiting_from
        if self.state is ContactState.TALKING and not is_put_back:
            return int(self.first_wait_s or 0)
        until = now if self.state is ContactState.WAITING else self.taken_at or now
        return max(0, int((until - self.waiting_from).total_seconds()))

    @property
    def operator_name(self) -> str:
        """Who talked with the caller, or is to."""
        person = self.taker or self.writer
        return person.name if person is not None else ""

    @property
    def voice(self) -> str:
        """In which language the caller hears what the house says by itself."""
        return "zh" if self.language is None else self.language.voice

    def leave_waiting(self, way_out: WayOut, at: datetime) -> None:
        """Note how a waiting ended; only the first one counts in the figures."""
        self.left_by = way_out
        if self.way_out is None:
            self.put_first_wait(way_out, at)

    def put_first_wait(self, way_out: WayOut, at: datetime) -> None:
        """Write down how the first waiting ended, or set it right."""
        waited = (at - max(self.waiting_from or self.rung_at, self.rung_at)).total_seconds()
        self.way_out, self.first_wait_s = way_out, round(max(0.0, waited), 3)


class ContactLeg(Base):
    """A telephone leg of an episode: the one that rang, call-backs, consulted colleagues."""

    __tablename__ = "contact_leg"

    call_id: Mapped[int] = mapped_column(sa.ForeignKey("call.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)

    contact: Mapped[Contact] = relationship()


def fresh_token() -> str:
    """Return a new name for a contact in addresses."""
    return secrets.token_hex(10)


def add_leg(session: Session, contact: Contact, call: Call) -> None:
    """Note that a leg belongs to an episode."""
    if session.get(ContactLeg, call.id) is None:
        session.add(ContactLeg(call_id=call.id, contact_id=contact.id))
        session.flush()


# Built once, as everything that is asked at every report of the line: building it took longer than running it.
_OF_LEG = (
    sa.select(Contact)
    .join(ContactLeg, ContactLeg.contact_id == Contact.id)
    .where(ContactLeg.call_id == sa.bindparam("leg"))
    .with_for_update(of=Contact)
)


def contact_of_leg(session: Session, call: Call) -> Contact | None:
    """Return the episode of a leg, locked for whoever moves it."""
    return session.scalars(_OF_LEG, {"leg": call.id}).first()


def contact_named(session: Session, token: str, *, locks: bool = False) -> Contact:
    """Return the episode of an address; who may see it is asked elsewhere."""
    query = sa.select(Contact).where(Contact.token == token)
    found = session.scalars(query.with_for_update(of=Contact) if locks else query).first()
    if found is None:
        raise Missing
    return found
