"""Giving a level: the evidence of an episode becomes a dated level, a supervisor hears of a key one in the same moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from hotline import (
    assessments,
    escalations,
    followup_planning,
    followups,
    load_guard,
    risk,
    risk_levels,
    risk_scales,
    screenings,
)
from hotline.contacts import Contact
from hotline.escalations import EscalationKind
from hotline.risk import AlwaysKey, Evidence, Judged, RiskLevel
from hotline.risk_levels import EpisodeLevel, Lowering

LONGEST = 600
TWICE = timedelta(seconds=30)
"""A level given again with the same words so soon is a second click, not a second judgement."""
L = RiskLevel


class LowerThanFound(Invalid):
    """The level chosen is below what was found."""

    words = Words(
        "根据评估结果，等级至少是“{level}”，没有保存。若确有理由更低，请先按这一等级保存，再由两人同意下调",
        "What was found asks for “{level}” at least; nothing was saved. Save that level first, then lower it by two people",
    )


def evidence(session: Session, contact: Contact, always: Collection[AlwaysKey] = ()) -> Evidence:
    """Gather what is known in an episode; a questionnaire taken again counts as far as it was answered."""
    sheet = screenings.latest_of(session, followups.talks_of(session, contact))
    scale_sheet = risk_scales.sheet_of(session, contact)
    phq9 = [s for s in assessments.sheets_of(session, contact) if s.instrument_code == "phq9"]
    return Evidence(
        screening=sheet.screening if sheet else None,
        scale_score=scale_sheet.score if scale_sheet else None,
        phq9_total=next((s.total for s in phq9 if s.total is not None), None),
        phq9_item9=next((s.given[9] for s in phq9 if 9 in s.given), None),
        always=frozenset(always),
    )


def judged(session: Session, contact: Contact, always: Collection[AlwaysKey] = ()) -> Judged:
    """Return the level that an episode's evidence asks for now."""
    return risk.judge(evidence(session, contact, always))


def give(
    session: Session,
    contact: Contact,
    *,
    always: Collection[AlwaysKey],
    chosen: RiskLevel | None,
    words: str,
    by: Staff,
    at: datetime,
    talk: Contact | None = None,
) -> EpisodeLevel:
    """Give an episode its level: what was found, or graver where the operator says so; never lower than either.

    `talk` is the contact in which it is given, where that is a follow-up call: whoever talks there carries it.
    """
    told = _told(words)
    if chosen is L.KEY:
        always = {*always, AlwaysKey.JUDGEMENT}
    asked = judged(session, contact, always)
    if chosen is not None and chosen.rank < asked.level.rank:
        raise LowerThanFound(level=asked.level)
    level = max(asked.level, chosen or asked.level, key=lambda each: each.rank)
    last = risk_levels.newest(session, contact.id)
    before = last.in_force(at) if last else None
    if before is not None:
        risk.check_lowering(before, level, asked_by=by.id, agreed_by=None)
    own = Words("接线员确定的等级更高", "The operator chose a graver level")
    more = [("chosen", level, own)] if level is not asked.level else []
    kept = risk_levels.as_kept(asked.reasons, more)
    if last is not None and _is_second_click(last, level, kept, told, by, at):
        return last
    row = EpisodeLevel(
        contact_id=contact.id,
        talk_id=talk.id if talk is not None and talk.id != contact.id else None,
        level=level,
        reasons=kept,
        words=told or None,
        given_at=at,
        given_by=by.id,
        expires_at=risk.expires_at(level, at),
    )
    _follow(session, contact, row, last=last, before=before, by=by, at=at)
    return row


def _told(words: str) -> str:
    told = words.strip()
    if len(told) > LONGEST:
        raise Invalid(fields={"words": Words("最多 {n} 字", "At most {n} characters").filled(n=LONGEST)})
    return told


def _is_second_click(
    last: EpisodeLevel, level: RiskLevel, kept: list[object], told: str, by: Staff, at: datetime
) -> bool:
    same = last.level is level and last.reasons == kept and (last.words or "") == told
    return same and last.given_by == by.id and at - last.given_at < TWICE


def _follow(
    session: Session,
    contact: Contact,
    row: EpisodeLevel,
    *,
    last: EpisodeLevel | None,
    before: RiskLevel | None,
    by: Staff,
    at: datetime,
) -> None:
    """Do what a new level asks for: a supervisor is told, the operator's load is counted, follow-up is planned."""
    is_key_again = row.level is L.KEY and before is L.KEY and _in_another_talk(session, contact, row)
    is_news = row.level is not before or is_key_again
    if last is not None:
        row.counts_from = at if is_news else last.counts_from
    session.add(row)
    session.flush()
    if not is_news:
        return
    if row.level is L.KEY:
        escalations.escalate(session, EscalationKind.KEY, row.id, contact=contact, by=by, at=at)
        talk = session.get(Contact, row.talk_id) if row.talk_id else contact
        load_guard.note_key_call(session, talk or contact, at=at)
    followup_planning.replan(session, contact, row.level, by=by, at=at)


def _in_another_talk(session: Session, contact: Contact, row: EpisodeLevel) -> bool:
    """Say whether key was found anew: in another follow-up call than before, or after one dialled on a desk telephone."""
    if row.talk_id is not None:
        return row.talk_id not in {earlier.talk_id for earlier in risk_levels.history(session, contact)}
    last = risk_levels.newest(session, contact.id)
    return last is not None and followups.was_reached_by_hand(session, contact, since=last.given_at)


class NothingToLower(Refused):
    """Only key is lowered by two people."""

    words = Words("现在的等级不是“重点”，可以直接重新定级", "The level isn't key now: simply give a new one")


def propose_lowering(
    session: Session, contact: Contact, wanted: RiskLevel, words: str, *, by: Staff, at: datetime
) -> Lowering:
    """Propose to lower a key level; it stays key until a second person agrees."""
    if risk_levels.level_of(session, contact.id, at=at) is not L.KEY or wanted is L.KEY:
        raise NothingToLower
    told = _told(words)
    if not told:
        needed = Words("请写明为什么可以下调", "Say why it can be lowered")
        raise Invalid(needed, fields={"words": needed})
    open_one = risk_levels.open_lowering(session, contact)
    if open_one is not None:
        raise Refused(
            Words("已有人提请下调，正等另一位同事决定", "It was proposed already and waits for somebody else")
        )
    row = Lowering(contact_id=contact.id, wanted=wanted, words=told, asked_by=by.id, asked_at=at)
    session.add(row)
    session.flush()
    return row


def decide_lowering(
    session: Session, lowering_id: int, *, agrees: bool, words: str, by: Staff, at: datetime
) -> Lowering:
    """Decide on a proposal as the second person; one of the two leads or reviews the line."""
    row = session.scalars(
        sa.select(Lowering).where(Lowering.id == lowering_id).with_for_update(of=Lowering)
    ).first()
    if row is None or row.decided_at is not None:
        raise Refused(Words("这份提请已有结果", "This proposal is decided already"))
    if by.id == row.asked_by:
        raise risk.NotLowered
    seniors = (Permission.COUNSEL_LEAD, Permission.COUNSEL_REVIEW)
    if not any(person.may(senior) for person in (by, row.asker) for senior in seniors):
        raise Forbidden(
            Words("两人中须有一位组长或评议员", "One of the two must lead the shift or review the line")
        )
    row.decided_by, row.decided_at, row.is_agreed, row.answer = by.id, at, agrees, _told(words) or None
    session.flush()
    if agrees:
        _lower(session, row, by=by, at=at)
    return row


def _lower(session: Session, row: Lowering, *, by: Staff, at: datetime) -> None:
    last = risk_levels.newest(session, row.contact_id)
    before = (last.in_force(at) if last else None) or L.GENERAL
    risk.check_lowering(before, row.wanted, asked_by=row.asked_by, agreed_by=by.id)
    why = Words("两人同意由“重点”下调", "Lowered from key by two people")
    lowered = EpisodeLevel(
        contact_id=row.contact_id,
        level=row.wanted,
        reasons=risk_levels.as_kept((), [("lowered", row.wanted, why)]),
        words=row.words,
        given_at=at,
        given_by=row.asked_by,
        agreed_by=by.id,
        expires_at=risk.expires_at(row.wanted, at),
    )
    _follow(session, row.contact, lowered, last=last, before=before, by=by, at=at)


def mark_seen(session: Session, contact: Contact, *, by: Staff, at: datetime) -> None:
    """Note that a supervisor has read a key episode: once, and not whoever gave the level."""
    last = risk_levels.newest(session, contact.id)
    if last is None or last.level is not L.KEY or last.seen_at is not None or last.given_by == by.id:
        return
    if by.may(Permission.COUNSEL_LEAD) or by.may(Permission.COUNSEL_REVIEW):
        last.seen_at, last.seen_by = at, by.id
        session.flush()
