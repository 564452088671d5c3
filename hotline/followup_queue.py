"""The queue of follow-ups: the next one to call in one atomic step, every try noted, what is missed escalated."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock
from core.db import take
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from hotline import escalations, followup_calls, followup_planning, ladder, sight
from hotline.contacts import Contact
from hotline.escalations import EscalationKind
from hotline.followups import (
    FollowUp,
    FollowUpState,
    FollowUpTry,
    FollowUpWish,
    TryResult,
    overdue_at,
    wish_of,
)
from hotline.read_log import ReadPurpose
from hotline.risk import RiskLevel

LEASE = timedelta(minutes=30)
LONGEST = 600
S, R = FollowUpState, TryResult
GRAVEST_FIRST = sa.case({RiskLevel.KEY.value: 0, RiskLevel.ATTENTION.value: 1}, value=FollowUp.level, else_=2)
_IS_WANTED = ~sa.exists().where(
    FollowUpWish.contact_id == FollowUp.contact_id, FollowUpWish.is_agreed.is_(False)
)
STAYS_IN_SIGHT = timedelta(hours=2)
LATEST = timedelta(days=14)
"""How far a follow-up may be put off at the caller's wish."""


class NotInHand(Refused):
    """The follow-up is with somebody else, or with nobody."""

    words = Words(
        "这条随访已不在您手上（时间已到或已退回），没有记录。请取下一条",
        "You don't hold this follow-up any more (time ran out, or given back); nothing was noted. Take the next one",
    )


def next_follow_up(session: Session, *, by: Staff, at: datetime) -> FollowUp | None:
    """Give somebody the follow-up they hold, or the gravest and longest due one; their own callers first."""
    let_go_expired(session, at=at)
    held = held_by(session, by)
    if held is not None:
        held.held_until = at + LEASE
        session.flush()
        return held
    query = (
        sa.select(FollowUp)
        .where(FollowUp.state == S.DUE, FollowUp.next_at <= at, _IS_WANTED)
        .order_by(
            GRAVEST_FIRST, sa.case((FollowUp.owner_id == by.id, 0), else_=1), FollowUp.due_at, FollowUp.id
        )
    )
    found: FollowUp | None = take(session, query)
    return None if found is None else _hold(session, found, by, at)


def claim(session: Session, follow_up_id: int, *, by: Staff, at: datetime) -> FollowUp:
    """Take one follow-up out of the list, also before its time: it is promised to a person, not to a clock."""
    held = held_by(session, by)
    if held is not None and held.id != follow_up_id:
        raise Refused(
            Words(
                "您手上还有一条随访，请先完成或退回", "You hold another follow-up: finish it or give it back"
            )
        )
    query = sa.select(FollowUp).where(FollowUp.id == follow_up_id, _IS_WANTED).with_for_update(of=FollowUp)
    found = session.scalars(query).first()
    if found is None or found.state not in (S.DUE, S.HELD) or found.held_by not in (None, by.id):
        raise NotInHand
    return _hold(session, found, by, at)


def _hold(session: Session, found: FollowUp, by: Staff, at: datetime) -> FollowUp:
    try:
        with session.begin_nested():
            found.state, found.held_by, found.held_until = S.HELD, by.id, at + LEASE
            session.flush()
    except IntegrityError:  # this person took another one on a second screen
        session.expire(found)
        return held_by(session, by) or found
    return found


def held_by(session: Session, by: Staff) -> FollowUp | None:
    """Return the follow-up that somebody holds."""
    return session.scalars(sa.select(FollowUp).where(FollowUp.held_by == by.id)).first()


def give_back(session: Session, follow_up_id: int, *, by: Staff, at: datetime) -> None:
    """Put a follow-up back without a try."""
    found = session.get(FollowUp, follow_up_id, with_for_update=True)
    if found is None or found.held_by != by.id:
        raise NotInHand
    _put_back(session, found, by=by, at=at)


def _put_back(session: Session, row: FollowUp, *, by: Staff, at: datetime) -> None:
    followup_planning.put_back(session, row, at=at)
    if row.closed_at is not None:
        followup_calls.settle(session, row, talked=False, by=by, at=at)


def let_go_expired(session: Session, *, at: datetime) -> int:
    """Give back what nobody worked on for half an hour; return how many."""
    query = sa.select(FollowUp).where(FollowUp.state == S.HELD, FollowUp.held_until < at).limit(100)
    rows = session.scalars(query.with_for_update(of=FollowUp, skip_locked=True)).all()
    gone = 0
    for row in rows:
        if followup_calls.is_on_the_line(session, row):
            row.held_until = at + LEASE  # reading a list never takes a talk away
            continue
        _put_back(session, row, by=session.get_one(Staff, row.held_by), at=at)
        gone += 1
    session.flush()
    return gone


def note_try(
    session: Session,
    follow_up_id: int,
    result: TryResult,
    words: str,
    *,
    by: Staff,
    at: datetime,
    later_at: datetime | None = None,
) -> FollowUp:
    """Note how a try ended: talked, to be tried at another hour, or not wanted; a key one that fails is escalated."""
    row = session.get(FollowUp, follow_up_id, with_for_update=True)
    if row is None or row.held_by != by.id:
        raise NotInHand
    told = words.strip()
    if len(told) > LONGEST:
        raise Invalid(fields={"words": Words("最多 {n} 字", "At most {n} characters").filled(n=LONGEST)})
    if result is R.LATER and (later_at is None or not at < later_at <= at + LATEST):
        when = Words("请填以后两周内的时间", "Give a time within the next two weeks")
        raise Invalid(when, fields={"later": when})
    row.attempts.append(FollowUpTry(at=at, by=by.id, result=result, words=told or None))
    row.tries += 1
    row.first_try_at = row.first_try_at or at
    followup_planning.put_back(session, row, at=at)
    if result is R.REACHED:
        row.state, row.closed_at = S.REACHED, at
    elif result is R.DECLINED:
        _decline(session, row, at)
    elif row.closed_at is not None:
        pass  # taken back, or planned anew, while it was in hand
    elif result is R.LATER and later_at is not None:
        row.next_at = later_at
    elif row.tries >= ladder.TRIES[row.level]:
        row.state, row.closed_at = S.NOT_REACHED, at
        if row.level is RiskLevel.KEY:
            _escalate(session, EscalationKind.NOT_REACHED, row, at)
    else:
        wish = wish_of(session, row.contact_id)
        tried = [t.at for t in row.attempts]
        row.next_at = ladder.next_try(at, tried, clock.zone(), wanted=wish.parts if wish else ())
    session.flush()
    followup_calls.settle(session, row, talked=result is R.REACHED, by=by, at=at)
    return row


def _decline(session: Session, row: FollowUp, at: datetime) -> None:
    """Believe the caller: this and every later call of the episode is taken back."""
    row.state, row.closed_at = S.DECLINED, at
    wish = wish_of(session, row.contact_id)
    if wish is not None:
        wish.is_agreed = False
    session.flush()
    followup_planning.close_open(session, row.contact, S.DECLINED, at=at)


def _escalate(session: Session, kind: EscalationKind, row: FollowUp, at: datetime) -> bool:
    about = f"{row.id}.{row.tries}" if kind is EscalationKind.OVERDUE and row.tries else row.id
    found = escalations.escalate(
        session, kind, about, contact=row.contact, by=None, at=at, first_id=row.owner_id
    )
    return found.raised_at == at


_EACH_TRY = sa.cast(FollowUp.id, sa.String) + sa.case(
    (FollowUp.tries == 0, ""), else_=sa.literal(".") + sa.cast(FollowUp.tries, sa.String)
)
"""What an overdue follow-up is called among the alarms: every try that is left lying is one of its own."""


def escalate_overdue(session: Session, *, at: datetime) -> int:
    """Escalate every key follow-up whose first or next try is overdue; return how many are new."""
    query = sa.select(FollowUp).where(
        FollowUp.level == RiskLevel.KEY,
        overdue_at(at),
        ~escalations.is_raised(EscalationKind.OVERDUE, _EACH_TRY),
    )
    return sum(
        _escalate(session, EscalationKind.OVERDUE, row, at) for row in session.scalars(query.limit(200)).all()
    )


@sight.also_in_sight
def _in_hand(session: Session, contact: Contact, by: Staff, at: datetime) -> ReadPurpose | None:
    """An episode is in sight of whoever holds one of its follow-ups, or made a try a short while ago."""
    holds = sa.and_(FollowUp.held_by == by.id, FollowUp.held_until >= at)
    tried = sa.exists().where(
        FollowUpTry.follow_up_id == FollowUp.id,
        FollowUpTry.by == by.id,
        FollowUpTry.at >= at - STAYS_IN_SIGHT,
    )
    query = sa.select(FollowUp.id).where(FollowUp.contact_id == contact.id, sa.or_(holds, tried))
    return ReadPurpose.FOLLOW_UP if session.scalar(query.limit(1)) is not None else None
