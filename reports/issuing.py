"""Issuing: from the editor's comments over checking and approval to the issue, its withdrawal, or a corrected edition."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.permissions import Permission
from core.problems import Invalid, Refused
from core.terms import Words
from reports.advice import of_bulletin
from reports.announcing import Occasion
from reports.assembling import another_edition
from reports.bulletins import BULLETIN_FLOW, Bulletin, BulletinAction, BulletinReader, BulletinState
from reports.corrections import differences
from reports.deliveries import hand_out
from reports.imprint import keep
from reports.overclaiming import unquoted
from reports.verdicts import guard

LONGEST = 2_000
S, A = BulletinState, BulletinAction


def comment(
    session: Session,
    bulletin: Bulletin,
    section: str,
    text: str,
    *,
    seen: str | None = None,
    by: Staff,
    at: datetime,
) -> None:
    """Write the editor's comment on a section; one that says more than the figures is refused.

    `seen` is what stood there on the page: what another editor wrote since is not overwritten.
    """
    if not bulletin.is_writable:
        raise Refused(
            Words("只有草稿可以编写；请先退回修改", "Only a draft can be written in: send it back first")
        )
    text = _plain(text)
    content = bulletin.content
    if section not in {part.key for part in content.sections}:
        raise Invalid(Words("没有这个部分", "There is no such section"))
    if len(text) > LONGEST:
        raise Invalid(Words("说明不超过 {n} 个字", "At most {n} characters"), n=LONGEST)
    guard(content, text)
    kept = dict(bulletin.comments)
    if seen is not None and _plain(seen) != _plain(kept.pop(section, "")):
        raise Refused(
            Words(
                "刚刚有人改过这一部分，没有覆盖；请复制您写的内容，回到简报与现在的一并改",
                "Somebody has just changed this section, and nothing was overwritten; copy what you wrote and work it into "
                "what stands there now",
            )
        )
    kept.pop(section, None)
    if text:
        kept[section] = text
    bulletin.comments = kept
    session.flush()
    journal.write(session, "bulletin.comment", bulletin, by=by, at=at, section=section)


def submit(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> None:
    """Send a draft, found whole, to be approved by somebody else; comments are held against the figures as they stand now."""
    advised = of_bulletin(session, bulletin.id)
    guard(
        bulletin.content, *bulletin.comments.values(), *(a.text for a in advised), unquoted(bulletin.reason)
    )
    bulletin.checked_by, bulletin.checked_at = by.id, at
    with session.no_autoflush:
        BULLETIN_FLOW.move(session, bulletin, A.SUBMIT, by=by, at=at)


def send_back(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> None:
    """Make a draft of it again."""
    bulletin.approved_at = bulletin.approved_by = bulletin.checked_at = bulletin.checked_by = None
    with session.no_autoflush:
        BULLETIN_FLOW.move(session, bulletin, A.SEND_BACK, by=by, at=at)


def approve(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> None:
    """Approve what another sent: whoever approves has read it whole."""
    if bulletin.checked_by == by.id:
        raise Refused(
            Words(
                "送核的人不能自己审定，请由另一位编辑审定",
                "Who sent it can't approve it: another editor does",
            )
        )
    bulletin.approved_by, bulletin.approved_at = by.id, at
    with session.no_autoflush:
        BULLETIN_FLOW.move(session, bulletin, A.APPROVE, by=by, at=at)


def issue(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> int:
    """Issue it and hand it to its readers; return how many. A corrected edition takes the place of the one before."""
    bulletin.issued_by, bulletin.issued_at = by.id, at
    with session.no_autoflush:
        BULLETIN_FLOW.move(session, bulletin, A.ISSUE, by=by, at=at, digest=bulletin.digest[:12])
    if bulletin.corrects is not None and bulletin.corrects.state is S.ISSUED:
        before = bulletin.corrects
        bulletin.corrections = differences(before.content, bulletin.content)
        BULLETIN_FLOW.move(session, before, A.CORRECT, by=by, at=at)
        for item in of_bulletin(session, before.id):
            item.bulletin_id = bulletin.id
    keep(session, bulletin)
    return deliver(session, bulletin, by=by, at=at)


def deliver(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> int:
    """Hand it to everybody who may read bulletins and has not got it, and tell the list; return how many."""
    has = set(
        session.scalars(sa.select(BulletinReader.staff_id).where(BulletinReader.bulletin_id == bulletin.id))
    )
    staff = session.scalars(sa.select(Staff).where(Staff.is_active).order_by(Staff.id)).unique()
    new = [p for p in staff if p.may(Permission.BULLETIN_READ) and p.id not in has]
    session.add_all(BulletinReader(bulletin_id=bulletin.id, staff_id=p.id, sent_at=at) for p in new)
    session.flush()
    occasion = Occasion.CORRECTED if bulletin.edition > 1 else Occasion.ISSUED
    told = hand_out(session, bulletin, occasion, by=by, at=at)
    journal.write(session, "bulletin.deliver", bulletin, by=by, at=at, readers=len(new), told=told)
    return len(new)


def read(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> None:
    """Note that one of its readers has opened it; later openings change nothing."""
    row = session.get(BulletinReader, (bulletin.id, by.id))
    if row is not None and row.read_at is None:
        row.read_at = at
        session.flush()


def readers(session: Session, bulletin: Bulletin) -> list[BulletinReader]:
    """Return who received it, those who have not read it first."""
    query = (
        sa.select(BulletinReader)
        .where(BulletinReader.bulletin_id == bulletin.id)
        .order_by(BulletinReader.read_at.is_not(None), BulletinReader.read_at, BulletinReader.staff_id)
    )
    return list(session.scalars(query).unique())


def withdraw(session: Session, bulletin: Bulletin, reason: str, *, by: Staff, at: datetime) -> None:
    """Take an issued one back and tell whoever was told of it; its readers see why and nothing else."""
    bulletin.reason = _reason(reason)
    guard(bulletin.content, unquoted(bulletin.reason))
    with session.no_autoflush:
        BULLETIN_FLOW.move(session, bulletin, A.WITHDRAW, by=by, at=at)
    hand_out(session, bulletin, Occasion.WITHDRAWN, by=by, at=at)


def discard(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> None:
    """Throw a draft away."""
    BULLETIN_FLOW.move(session, bulletin, A.DISCARD, by=by, at=at)


def correct(session: Session, bulletin: Bulletin, reason: str, *, by: Staff, at: datetime) -> Bulletin:
    """Draft a corrected edition from the data as they are now; the one before stays out until this one is issued."""
    if bulletin.state is not S.ISSUED:
        raise Refused(Words("只有已签发的简报可以更正", "Only an issued bulletin can be corrected"))
    waiting = sa.select(Bulletin.id).where(
        Bulletin.corrects_id == bulletin.id, Bulletin.state.in_([S.DRAFT, S.CHECKING, S.APPROVED])
    )
    if session.scalar(waiting) is not None:
        raise Refused(Words("更正版已经在编", "A corrected edition is being made already"))
    made = another_edition(session, bulletin, by=by, at=at)
    made.reason = _reason(reason)
    guard(made.content, unquoted(made.reason))
    made.corrections = differences(bulletin.content, made.content)
    session.flush()
    return made


def _plain(text: str) -> str:
    """Browsers send other ends of lines than they were given."""
    return text.replace("\r\n", "\n").strip()


def _reason(text: str) -> str:
    text = text.strip()
    if not text or len(text) > 400:
        raise Invalid(Words("请写明原因，不超过 400 个字", "Say why, in at most 400 characters"))
    return text
