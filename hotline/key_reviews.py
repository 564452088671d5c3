"""Reviews: every key case is read by another experienced person within a day, and what they say of it is sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.permissions import Permission
from core.problems import Forbidden, Invalid, Refused
from core.secrets import SealedText
from core.terms import Term, Words, coded
from hotline.contacts import Contact
from hotline.read_log import ReadPurpose, note_read
from hotline.risk import RiskLevel
from hotline.risk_levels import EpisodeLevel
from hotline.sealed import PURPOSE

WITHIN = timedelta(hours=24)
LONGEST = 2000


class Verdict(Term):
    """What a reviewer says of the handling."""

    GOOD = "good", "处置得当", "Handled well"
    COACH = "coach", "需要辅导", "To be coached"
    ACT = "act", "需要立即补救", "To be put right now"


class KeyReview(Base):
    """One reading of a key case by somebody who didn't handle it."""

    __tablename__ = "key_review"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    verdict: Mapped[Verdict] = mapped_column(coded(Verdict))
    words: Mapped[str] = mapped_column(SealedText(PURPOSE))
    reviewed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    reviewed_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    """When the operator whose case it was read it."""

    contact: Mapped[Contact] = relationship()
    reviewer: Mapped[Staff] = relationship()


@dataclass(frozen=True)
class KeyCase:
    """A key case on the reviewers' list: when it became key, and whether anybody read it."""

    token: str
    since: datetime
    due_at: datetime
    operator: str
    reviewed_at: datetime | None
    verdict: Verdict | None

    def is_late(self, at: datetime) -> bool:
        """Whether a day went by without a reading."""
        return self.reviewed_at is None and at > self.due_at


_TALK = sa.func.coalesce(EpisodeLevel.talk_id, EpisodeLevel.contact_id)
"""The talk in which a level was given: a follow-up call, or the episode's own."""


def key_cases(session: Session, *, since: datetime, limit: int = 200) -> list[KeyCase]:
    """Return the talks that were found key since a moment, or that nobody has read, the unread ones first."""
    first = (
        sa.select(_TALK.label("contact_id"), sa.func.min(EpisodeLevel.given_at).label("since"))
        .where(EpisodeLevel.level == RiskLevel.KEY)
        .group_by(_TALK)
        .subquery()
    )
    read = (
        sa.select(KeyReview.contact_id, sa.func.max(KeyReview.id).label("review"))
        .group_by(KeyReview.contact_id)
        .subquery()
    )
    query = (
        sa.select(Contact, first.c.since, KeyReview)
        .join(first, first.c.contact_id == Contact.id)
        .outerjoin(read, read.c.contact_id == Contact.id)
        .outerjoin(KeyReview, KeyReview.id == read.c.review)
        .where(sa.or_(KeyReview.id.is_(None), first.c.since >= since))
        .order_by(KeyReview.id.is_not(None), first.c.since)
        .limit(limit)
    )
    return [
        KeyCase(
            token=contact.token,
            since=begun,
            due_at=begun + WITHIN,
            operator=contact.operator_name,
            reviewed_at=review.reviewed_at if review else None,
            verdict=review.verdict if review else None,
        )
        for contact, begun, review in session.execute(query)
    ]


def is_key(session: Session, contact: Contact) -> bool:
    """Say whether a contact ever was a key case: its episode, or the follow-up call in which key was found."""
    query = sa.select(EpisodeLevel.id).where(
        sa.or_(EpisodeLevel.contact_id == contact.id, EpisodeLevel.talk_id == contact.id),
        EpisodeLevel.level == RiskLevel.KEY,
    )
    return session.scalars(query.limit(1)).first() is not None


def is_to_review(session: Session, contact: Contact, *, at: datetime) -> bool:
    """Say whether a contact is a key case that nobody has read yet, or somebody read within the last day."""
    if not is_key(session, contact):
        return False
    last = sa.select(sa.func.max(KeyReview.reviewed_at)).where(KeyReview.contact_id == contact.id)
    read_at = session.scalar(last)
    return read_at is None or at <= read_at + WITHIN


def review(
    session: Session, contact: Contact, verdict: Verdict, words: str, *, by: Staff, at: datetime
) -> KeyReview:
    """Write down what a reading came to."""
    if not (by.may(Permission.COUNSEL_REVIEW) or by.may(Permission.COUNSEL_LEAD)):
        raise Forbidden
    if by.id in (contact.taken_by, contact.written_by):
        raise Refused(
            Words(
                "自己接的来电由别人评议，没有记录", "Somebody else reviews one's own call; nothing was noted"
            )
        )
    words = words.strip()
    if len(words) > LONGEST or (verdict is not Verdict.GOOD and not words):
        wrong = Words(f"请写明理由（最多 {LONGEST} 字）", f"Say why ({LONGEST} characters at most)")
        raise Invalid(Words("还没有记录", "Nothing was noted yet"), fields={"words": wrong})
    row = KeyReview(contact_id=contact.id, verdict=verdict, words=words, reviewed_by=by.id, reviewed_at=at)
    session.add(row)
    session.flush()
    return row


def reviews_of(session: Session, contact: Contact) -> list[KeyReview]:
    """Return what readings of a contact came to, newest first."""
    query = sa.select(KeyReview).where(KeyReview.contact_id == contact.id)
    return list(session.scalars(query.order_by(KeyReview.id.desc())))


def _about(by: Staff) -> sa.Select[KeyReview]:
    return (
        sa.select(KeyReview)
        .join(Contact, Contact.id == KeyReview.contact_id)
        .where(sa.or_(Contact.taken_by == by.id, Contact.written_by == by.id))
    )


def unread_by(session: Session, by: Staff) -> int:
    """Count the reviews of somebody's own cases that they have not read."""
    unread = _about(by).where(KeyReview.read_at.is_(None)).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(unread)) or 0


def read_own(session: Session, *, by: Staff, at: datetime, limit: int = 50) -> list[tuple[KeyReview, bool]]:
    """Return the reviews of somebody's own cases, newest first, and which are new to them; reading is noted."""
    found = []
    newest = _about(by).options(joinedload(KeyReview.contact)).order_by(KeyReview.id.desc()).limit(limit)
    for row in session.scalars(newest).all():
        found.append((row, row.read_at is None))
        row.read_at = row.read_at or at
        note_read(
            session, by=by, contact=row.contact, purpose=ReadPurpose.TALK, record=f"key_review:{row.id}",
            fields=("verdict", "words"), at=at,
        )  # fmt: skip
    session.flush()
    return found
