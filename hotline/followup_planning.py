"""Planning follow-up: the caller agrees or not, says when and how, and the ladder of the level becomes rows with times."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.phone import BadNumber, read_number
from core.problems import Invalid
from core.terms import Words
from hotline import ladder, risk_levels
from hotline.contacts import Contact
from hotline.followups import FollowUp, FollowUpState, FollowUpWish, wish_of
from hotline.ladder import DayPart
from hotline.risk import RiskLevel

LONGEST_WORD, LONGEST_OTHERS = 60, 300
S = FollowUpState
ASK_FIRST = Words("请先念同意语，再选一项", "Read the words of consent first, then choose")


def can_be_called(contact: Contact, wish: FollowUpWish | None) -> bool:
    """Say whether there is a number at all."""
    has_own = contact.caller is not None and not contact.caller.is_withheld
    return has_own or (wish is not None and wish.number is not None)


def write_wish(
    session: Session,
    contact: Contact,
    *,
    is_agreed: bool,
    hours: Collection[DayPart],
    safe_word: str,
    others: str,
    number: str | None,
    by: Staff,
    at: datetime,
) -> FollowUpWish:
    """Write down what the caller wishes, and plan or take back the follow-ups accordingly.

    `number` is another number to call, "" to forget the one given before, None to leave it as it is.
    """
    wish = wish_of(session, contact.id)
    if wish is None:
        wish = FollowUpWish(contact_id=contact.id, is_agreed=False, hours=[], number=None)
    e164 = wish.number if number is None else _read(number)
    wrong: dict[str, Words] = {}
    for name, text, longest in (("safe_word", safe_word, LONGEST_WORD), ("others", others, LONGEST_OTHERS)):
        if len(text.strip()) > longest:
            wrong[name] = Words("最多 {n} 字", "At most {n} characters").filled(n=longest)
    has_own = contact.caller is not None and not contact.caller.is_withheld
    if is_agreed and e164 is None and not has_own:
        wrong["number"] = Words(
            "来电号码未显示，请登记一个可以打通的号码", "The number was withheld: note one that can be called"
        )
    if wrong:
        raise Invalid(fields=wrong)
    wish.is_agreed, wish.hours = is_agreed, [part.value for part in DayPart if part in hours]
    wish.safe_word, wish.others = safe_word.strip() or None, others.strip() or None
    wish.number, wish.changed_at, wish.changed_by = e164, at, by.id
    session.add(wish)
    session.flush()
    level = risk_levels.level_of(session, contact.id, at=at) or RiskLevel.GENERAL
    if is_agreed:
        plan(session, contact, level, wish, by=by, at=at)
    else:
        close_open(session, contact, S.DECLINED, at=at)
    return wish


def _read(number: str) -> str | None:
    if not number.strip():
        return None
    try:
        return read_number(number.strip()).e164
    except BadNumber as bad:
        raise Invalid(fields={"number": bad.words}) from bad


def replan(session: Session, contact: Contact, level: RiskLevel, *, by: Staff, at: datetime) -> None:
    """Plan anew after the level changed, where the caller agreed to be called."""
    wish = wish_of(session, contact.id)
    if wish is not None and wish.is_agreed:
        plan(session, contact, level, wish, by=by, at=at)


def plan(
    session: Session, contact: Contact, level: RiskLevel, wish: FollowUpWish, *, by: Staff, at: datetime
) -> list[FollowUp]:
    """Make the rows of a level's ladder from the talk it was given in; what was planned before is replaced.

    What was talked about stays, and rows that this ladder has already are not made twice.
    """
    since, talked_at = _counted_from(session, contact, level, at)
    close_open(session, contact, S.REPLACED, at=at, but=level, since=since)
    kept = {
        row.rung: row
        for row in session.scalars(
            sa.select(FollowUp).where(
                FollowUp.contact_id == contact.id, FollowUp.level == level, FollowUp.planned_at >= since
            )
        )
        if row.state not in (S.REPLACED, S.DECLINED)
    }
    zone = clock.zone()
    made = []
    for step in ladder.ladder(level, talked_at, zone, asks=wish.is_agreed):
        old = kept.get(step.rung)
        if old is not None:
            if old.state is S.DUE and old.tries == 0:
                old.next_at = ladder.next_try(
                    max(old.from_at, at), [], zone, wanted=wish.parts, by=old.due_at
                )
            continue
        first = ladder.next_try(max(step.from_at, at), [], zone, wanted=wish.parts, by=step.due_at)
        made.append(
            FollowUp(
                contact_id=contact.id,
                rung=step.rung,
                level=level,
                owner_id=contact.taken_by or by.id,
                planned_at=at,
                from_at=step.from_at,
                due_at=step.due_at,
                next_at=first,
            )
        )
    session.add_all(made)
    session.flush()
    return made


def _counted_from(
    session: Session, contact: Contact, level: RiskLevel, at: datetime
) -> tuple[datetime, datetime]:
    """Return since when rows belong to the ladder in force, and the moment its days are counted from.

    That is the end of the talk in which the level was given; a level given when no talk's record was open counts from
    its giving, and one that has faded leaves a ladder that begins now.
    """
    last = risk_levels.newest(session, contact.id)
    if last is None:
        return contact.rung_at, min(contact.ended_at or at, at)
    if last.level is not level and last.expires_at is not None:
        return last.expires_at, at
    talk, begun = last.talk or contact, last.counts_from or last.given_at
    if talk.closed_at is None or begun <= talk.closed_at:
        begun = talk.ended_at or at
    return last.counts_from or contact.rung_at, min(begun, at)


def close_open(
    session: Session,
    contact: Contact,
    state: FollowUpState,
    *,
    at: datetime,
    but: RiskLevel | None = None,
    since: datetime | None = None,
) -> int:
    """Close an episode's open follow-ups (those in somebody's hands stay), except those planned for one level since."""
    query = sa.select(FollowUp).where(FollowUp.contact_id == contact.id, FollowUp.state == S.DUE)
    if but is not None and since is not None:
        query = query.where(sa.or_(FollowUp.level != but, FollowUp.planned_at < since))
    rows = session.scalars(query).all()
    for row in rows:
        row.state, row.closed_at = state, at
    session.flush()
    return len(rows)


def put_back(session: Session, row: FollowUp, *, at: datetime) -> None:
    """Let go of a follow-up in somebody's hands: it is due again, unless it was taken back or replaced meanwhile."""
    wish = wish_of(session, row.contact_id)
    newer = sa.select(FollowUp.id).where(
        FollowUp.contact_id == row.contact_id,
        FollowUp.state == S.DUE,
        FollowUp.planned_at > row.planned_at,
        sa.or_(FollowUp.rung == row.rung, FollowUp.level != row.level),
    )
    row.held_by = row.held_until = None
    row.state = S.DUE
    if wish is not None and not wish.is_agreed:
        row.state, row.closed_at = S.DECLINED, at
    elif session.scalar(newer.limit(1)) is not None:
        row.state, row.closed_at = S.REPLACED, at
    session.flush()
