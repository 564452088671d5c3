"""Special reports: an editor chooses a subject, its topics, a place and a span of days, and a draft is made of them alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.places import Place
from core.problems import Invalid
from core.terms import Words
from matters.topics import topic
from reports.assembling import first_draft, once
from reports.bulletins import GONE, Bulletin, BulletinKind
from reports.periods import Period, PeriodKind

LONGEST_SPAN = 366
LONGEST_SUBJECT = 80


def faults(
    subject: str, topics: Sequence[str], first: date | None, last: date | None, *, today: date
) -> dict[str, Words]:
    """Say what is wrong with a special report that is asked for, by field."""
    wrong: dict[str, Words] = {}
    if not 0 < len(subject.strip()) <= LONGEST_SUBJECT:
        wrong["subject"] = Words("专报要有题目，不超过 80 字", "Give its subject, in at most 80 characters")
    if not topics or any(topic(code) is None for code in topics):
        wrong["topics"] = Words("请至少选一个事项类别", "Choose at least one topic")
    if first is None or first > today:
        wrong["first"] = Words("请写开始日期，不能在今天以后", "Give the first day, not in the future")
    elif last is None or last < first or last - first >= timedelta(days=LONGEST_SPAN):
        wrong["last"] = Words(
            "结束不早于开始，一共不超过 366 天",
            "The last day is not before the first, at most 366 days in all",
        )
    return wrong


def assemble_special(
    session: Session,
    subject: str,
    first: date,
    last: date,
    *,
    topics: Sequence[str],
    within: Place | None = None,
    by: Staff | None,
    at: datetime,
) -> Bulletin:
    """Make the draft of a special report, numbered in the year in which it is made."""
    subject, today = subject.strip(), clock.local(at).date()
    wrong = faults(subject, topics, first, last, today=today)
    if wrong:
        raise Invalid(
            Words("没有起草，请看标出的项", "Nothing was drafted: see the marked fields"), fields=wrong
        )
    standing = sa.select(Bulletin).where(
        Bulletin.kind == BulletinKind.SPECIAL, Bulletin.subject == subject, Bulletin.starts_on == first,
        Bulletin.ends_on == last, Bulletin.state.not_in(GONE),
    )  # fmt: skip
    once(session, standing)
    numbers = sa.select(sa.func.max(Bulletin.number)).where(
        Bulletin.kind == BulletinKind.SPECIAL, Bulletin.year == today.year
    )
    made = Bulletin(
        kind=BulletinKind.SPECIAL, year=today.year, number=(session.scalar(numbers) or 0) + 1, subject=subject,
        topics=sorted(topics), place_id=within.id if within else None,
    )  # fmt: skip
    return first_draft(session, made, Period(PeriodKind.SPAN, first, last), by=by, at=at)
