"""Assembling: a draft made from one snapshot of everything that happened up to the data cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff
from core.places import Place
from core.problems import Invalid, Refused
from core.terms import Words
from reports.blocks import Section, Snapshot, Table, digest, frozen
from reports.bulletins import GONE, PERIOD_OF, Bulletin, BulletinKind, BulletinState
from reports.code_mark import code_version
from reports.context import Before, Context
from reports.definitions import in_force
from reports.periods import Period
from reports.sections import (
    causes,
    course,
    fieldwork,
    groups,
    handling,
    intake,
    points,
    problems,
    supervision,
    survey,
    tail,
)

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
    BulletinKind.DAILY: (
        fieldwork.section, intake.section, supervision.incidents, supervision.supervision, tail.plain_method,
    ),
    BulletinKind.WEEKLY: _FULL,
    BulletinKind.MONTHLY: (survey.section, groups.section, *_FULL[1:]),
    BulletinKind.QUARTERLY: (survey.section, groups.section, *_FULL[1:]),
    BulletinKind.ANNUAL: (survey.section, groups.section, *_FULL[1:]),
    BulletinKind.SPECIAL: (
        intake.section, course.section, problems.section, causes.section, handling.section, supervision.supervision,
        tail.plain_method,
    ),
}  # fmt: skip
"""What stands in each kind, in its order."""
IN_FRONT: dict[BulletinKind, frozenset[str]] = {
    BulletinKind.DAILY: frozenset({"fieldwork", "red.list"}),
    BulletinKind.QUARTERLY: frozenset({"urging", "red.list"}),
    BulletinKind.ANNUAL: frozenset({"counties.safety", "counties.enforcement"}),
    BulletinKind.SPECIAL: frozenset({"intake.counties", "red.list"}),
}
"""Tables that a kind carries on its first pages, not in the annex."""
S = BulletinState


class Exists(Refused):
    """The issue is being worked on, or is out."""

    words = Words(
        "{title}已经有一份（{state}）。要改已签发的，请出更正版",
        "There is one of {title} already ({state}). To change an issued one, make a corrected edition",
    )


class AtOnce(Refused):
    """Two people, or two workers, drafted one issue at once."""

    words = Words(
        "刚刚有人也在起草同一期，没有重复起草；请刷新列表",
        "Somebody drafted the same issue in this moment; it was not drafted twice. Look at the list again",
    )


def snapshot(
    session: Session,
    kind: BulletinKind,
    period: Period,
    *,
    as_of: datetime,
    topics: Sequence[str] = (),
    within: Place | None = None,
    earlier: Sequence[Bulletin] = (),
) -> Snapshot:
    """Gather everything a bulletin says in numbers; the same data give the same bytes."""
    definition = in_force(session, period.starts_on)
    before = tuple(
        Before(
            Context(session, b.period, b.as_of, definition, frozenset(b.topics), _place_of(session, b)),
            handling.told_in(b.content.sections),
        )
        for b in earlier
    )
    c = Context(session, period, as_of, definition, frozenset(topics), within, before)
    made = [_arranged(kind, part(c)) for part in PARTS[kind]]
    sections = (points.section(made), *made)
    return Snapshot(
        kind=kind.value,
        starts_on=period.starts_on.isoformat(),
        ends_on=period.ends_on.isoformat(),
        as_of=as_of.isoformat(),
        code_version=code_version(),
        definition_version=c.definition.version,
        weight_sets=tuple(sorted({f.weight_set.id for f in c.made})),
        place=c.of_place(within) if within else c.city,
        sections=tuple(replace(s, number=n) for n, s in enumerate(sections, start=1)),
        sources=tuple(c.sources[key] for key in sorted(c.sources)),
    )


def _arranged(kind: BulletinKind, section: Section) -> Section:
    """Bring the tables that a kind wants in front out of the annex."""
    wanted = IN_FRONT.get(kind, frozenset())
    blocks = tuple(
        replace(b, is_annex=False) if isinstance(b, Table) and b.id in wanted else b for b in section.blocks
    )
    return replace(section, blocks=blocks)


def assemble(session: Session, kind: BulletinKind, day: date, *, by: Staff | None, at: datetime) -> Bulletin:
    """Make the draft of the issue in whose period a day lies; one issue is drafted once."""
    if kind is BulletinKind.SPECIAL:
        raise Invalid(Words("专报要写明题目和期间", "A special report has a subject and a span of its own"))
    period = Period.with_day(PERIOD_OF[kind], day)
    if period.starts_on > clock.local(at).date():
        raise Invalid(Words("这一期还没有开始", "That period has not begun"))
    standing = sa.select(Bulletin).where(
        Bulletin.kind == kind, Bulletin.year == period.year, Bulletin.number == period.number,
        Bulletin.state.not_in(GONE),
    )  # fmt: skip
    once(session, standing)
    made = Bulletin(kind=kind, year=period.year, number=period.number)
    return first_draft(session, made, period, by=by, at=at)


def once(session: Session, standing: sa.Select[Any]) -> None:
    """Refuse where one stands already."""
    there = session.scalars(standing.limit(1)).first()
    if there is not None:
        raise Exists(title=there.title, state=there.state)


def first_draft(
    session: Session, made: Bulletin, period: Period, *, by: Staff | None, at: datetime
) -> Bulletin:
    """Fill a bulletin for the first time."""
    made.starts_on, made.ends_on = period.starts_on, period.ends_on
    made.state, made.made_by, made.made_at = S.DRAFT, by.id if by else None, at
    made.topics = made.topics or []
    made.comments, made.corrections = made.comments or {}, []
    _fill(session, made, at=at)
    try:
        with session.begin_nested():  # so that whoever is refused can go on
            session.add(made)
            session.flush()
    except IntegrityError as error:  # somebody drafted it in the same moment
        raise AtOnce from error
    journal.write(session, "bulletin.assemble", made, by=by, at=at, digest=made.digest[:12])
    return made


def _fill(session: Session, bulletin: Bulletin, *, at: datetime) -> None:
    content = frozen(
        snapshot(
            session, bulletin.kind, bulletin.period, as_of=at, topics=bulletin.topics,
            within=_place_of(session, bulletin), earlier=_earlier(session, bulletin),
        )
    )  # fmt: skip
    bulletin.snapshot, bulletin.digest, bulletin.as_of = content, digest(content), at


def _place_of(session: Session, bulletin: Bulletin) -> Place | None:
    return session.get_one(Place, bulletin.place_id) if bulletin.place_id else None


def _earlier(session: Session, bulletin: Bulletin) -> list[Bulletin]:
    """Return the special reports before one that were not discarded, in their order."""
    if bulletin.kind is not BulletinKind.SPECIAL:
        return []
    issue = sa.tuple_(Bulletin.year, Bulletin.number)
    query = (
        sa.select(Bulletin)
        .where(Bulletin.kind == BulletinKind.SPECIAL, Bulletin.state != S.DISCARDED)
        .where(issue < (bulletin.year, bulletin.number))
        .order_by(Bulletin.id)
    )
    with session.no_autoflush:
        return list(session.scalars(query))


def renew(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> None:
    """Gather a draft's numbers anew, up to now; what the editor wrote stays."""
    if not bulletin.is_writable:
        raise Refused(Words("只有草稿可以重新汇编", "Only a draft can be assembled anew"))
    _fill(session, bulletin, at=at)
    session.flush()
    journal.write(session, "bulletin.assemble", bulletin, by=by, at=at, digest=bulletin.digest[:12])


def another_edition(session: Session, bulletin: Bulletin, *, by: Staff, at: datetime) -> Bulletin:
    """Make the draft of the next edition of the same issue, with the comments of the one before."""
    made = Bulletin(
        kind=bulletin.kind, year=bulletin.year, number=bulletin.number, edition=bulletin.edition + 1,
        corrects_id=bulletin.id, subject=bulletin.subject, topics=list(bulletin.topics), place_id=bulletin.place_id,
        comments=dict(bulletin.comments),
    )  # fmt: skip
    return first_draft(session, made, bulletin.period, by=by, at=at)
