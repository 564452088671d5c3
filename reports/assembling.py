"""Assembling: a draft made from one snapshot of everything that happened up to the data cut."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from reports.blocks import Section, Snapshot, digest, frozen
from reports.bulletins import PERIOD_OF, Bulletin, BulletinKind, BulletinState
from reports.context import Context
from reports.definitions import in_force
from reports.estimating import code_version
from reports.periods import Period
from reports.sections import causes, handling, intake, points, problems, supervision, survey, tail

Maker = Callable[[Context], Section]
_FULL: tuple[Maker, ...] = (
    survey.section,
    intake.section,
    problems.section,
    causes.section,
    handling.section,
    supervision.incidents,
    supervision.supervision,
    tail.advice,
    tail.counselling,
    tail.method,
)
PARTS: dict[BulletinKind, tuple[Maker, ...]] = {
    BulletinKind.DAILY: (intake.section, problems.section, supervision.incidents, supervision.supervision),
    BulletinKind.WEEKLY: _FULL,
    BulletinKind.MONTHLY: _FULL,
    BulletinKind.QUARTERLY: _FULL,
    BulletinKind.ANNUAL: _FULL,
    BulletinKind.SPECIAL: (survey.section, intake.section, problems.section, handling.section, tail.method),
}
S = BulletinState


class Exists(Refused):
    """The issue is being worked on, or is out."""

    words = Words(
        "{title}已经有一份（{state}）。要改已签发的，请出更正版",
        "There is one of {title} already ({state}). To change an issued one, make a corrected edition",
    )


def snapshot(
    session: Session, kind: BulletinKind, period: Period, *, as_of: datetime, subject: str = ""
) -> Snapshot:
    """Gather everything a bulletin says in numbers; the same data give the same bytes."""
    c = Context(session, period, as_of, in_force(session, period.starts_on), subject)
    made = [part(c) for part in PARTS[kind]]
    sets = sorted({f.weight_set.id for f in c.made})
    return Snapshot(
        kind=kind.value,
        starts_on=period.starts_on.isoformat(),
        ends_on=period.ends_on.isoformat(),
        as_of=as_of.isoformat(),
        code_version=code_version(),
        definition_version=c.definition.version,
        weight_sets=tuple(sets),
        place=c.city,
        sections=(points.section(made), *made),
        sources=tuple(c.sources[key] for key in sorted(c.sources)),
    )


def assemble(
    session: Session, kind: BulletinKind, day: date, *, subject: str = "", by: Staff | None, at: datetime
) -> Bulletin:
    """Make the draft of the issue in whose period a day lies; one issue is drafted once."""
    period = Period.with_day(PERIOD_OF[kind], day)
    if period.starts_on > at.date():
        raise Invalid(Words("这一期还没有开始", "That period has not begun"))
    if kind is BulletinKind.SPECIAL and not subject.strip():
        raise Invalid(Words("专报要有题目", "A special report needs its subject"))
    standing = sa.select(Bulletin).where(
        Bulletin.kind == kind, Bulletin.year == period.year, Bulletin.number == period.number,
        Bulletin.subject == subject.strip(), Bulletin.state.not_in([S.DISCARDED, S.WITHDRAWN, S.CORRECTED]),
    )  # fmt: skip
    there = session.scalars(standing.limit(1)).first()
    if there is not None:
        raise Exists(title=there.title, state=there.state)
    return _made(session, kind, period, subject.strip(), by=by, at=at)


def _made(
    session: Session,
    kind: BulletinKind,
    period: Period,
    subject: str,
    *,
    corrects: Bulletin | None = None,
    by: Staff | None,
    at: datetime,
) -> Bulletin:
    content = frozen(snapshot(session, kind, period, as_of=at, subject=subject))
    made = Bulletin(
        kind=kind,
        year=period.year,
        number=period.number,
        edition=corrects.edition + 1 if corrects else 1,
        corrects_id=corrects.id if corrects else None,
        subject=subject,
        state=S.DRAFT,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        as_of=at,
        snapshot=content,
        digest=digest(content),
        comments=dict(corrects.comments) if corrects else {},
        corrections=[],
        made_by=by.id if by else None,
        made_at=at,
    )
    session.add(made)
    session.flush()
    journal.write(session, "bulletin.assemble", made, by=by, at=at, digest=made.digest[:12])
    return made


def renew(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> None:
    """Gather a draft's numbers anew, up to now; what the editor wrote stays."""
    if not bulletin.is_writable:
        raise Refused(Words("只有草稿可以重新汇编", "Only a draft can be assembled anew"))
    content = frozen(snapshot(session, bulletin.kind, bulletin.period, as_of=at, subject=bulletin.subject))
    bulletin.snapshot, bulletin.digest, bulletin.as_of = content, digest(content), at
    session.flush()
    journal.write(session, "bulletin.assemble", bulletin, by=by, at=at, digest=bulletin.digest[:12])


def another_edition(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> Bulletin:
    """Make the draft of the next edition of the same issue, with the comments of the one before."""
    return _made(session, bulletin.kind, bulletin.period, bulletin.subject, corrects=bulletin, by=by, at=at)
