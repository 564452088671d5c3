"""The review list: every finished interview with the signs it shows, and how far reviewing has come."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from core.places import Place
from survey.answers import questionnaire
from survey.cases import Case
from survey.editions import Edition
from survey.frame import FrameNumber
from survey.interviews import Answer, Interview, InterviewState
from survey.period_data import bounds
from survey.questionnaire import SPECIAL, Questionnaire
from survey.reviews import REVIEWABLE, InterviewReview, Verdict
from survey.screening import Given, Norm, Sign, Talk, norm, signs
from survey.waves import Wave

MOST = 5000
REVIEW_SHARE = 0.10
"""At least so many of the interviews are looked at by a person."""


@dataclass(frozen=True)
class ReviewRow:
    """One interview on the list; its answers are not on it."""

    id: int
    ended_at: datetime
    staff_id: int
    staff: str
    county: str
    seconds: float
    state: InterviewState
    signs: tuple[Sign, ...]
    verdict: Verdict | None
    is_opened: bool


@dataclass(frozen=True)
class Reviewed:
    """How many interviews there are and how many a person has judged."""

    interviews: int
    judged: int

    @property
    def wanted(self) -> int:
        """How many should be judged: a tenth, rounded up."""
        return -int(-self.interviews * REVIEW_SHARE // 1)


@dataclass(frozen=True)
class Wording:
    """What screening must know of one question: how long it is to read, and its rating list."""

    characters: int
    scale: str


def _wordings(form: Questionnaire) -> dict[str, Wording]:
    ratings = {name for name, options in form.lists.items() if any(o.favourable for o in options)}
    return {
        q.name: Wording(
            len(q.label.zh.replace("*", "")) or len(q.label.en.replace("*", "")) // 3,
            q.list if q.list in ratings else "",
        )
        for q in form.questions
        if q.is_asked
    }


def rows(
    session: Session,
    wave: Wave,
    *,
    since: date,
    until: date,
    staff_id: int | None = None,
    me: int | None = None,
) -> list[ReviewRow]:
    """Screen every finished interview of the days, newest first; own ones are left out of one's list."""
    first, last = bounds(since, until)
    rank = (
        sa.select(
            Interview.id,
            sa.func.row_number()
            .over(partition_by=Interview.staff_id, order_by=(Interview.ended_at, Interview.id))
            .label("rank"),
        )
        .where(Interview.state.in_(REVIEWABLE))
        .subquery()
    )
    query = (
        sa.select(Interview, Staff.name, Place, FrameNumber.fingerprint, rank.c.rank)
        .join(rank, rank.c.id == Interview.id)
        .join(Staff, Staff.id == Interview.staff_id)
        .join(Case, Case.id == Interview.case_id)
        .join(Place, Place.id == Case.county_id)
        .join(FrameNumber, FrameNumber.id == Case.frame_number_id)
        .where(Interview.wave_id == wave.id, Interview.ended_at >= first, Interview.ended_at <= last)
        .order_by(Interview.ended_at.desc())
        .limit(MOST)
    )
    found = session.execute(query).all()
    talks = _given(session, [row[0] for row in found])
    lengths = {row[0].id: _seconds(row[0], talks[row[0].id]) for row in found}
    usual = _usual(row[0] for row in found if lengths[row[0].id])
    norms: dict[int, Norm | None] = {
        edition: norm([lengths[i] for i in members]) for edition, members in usual.items()
    }
    same = _same_numbers(session, [row[3] for row in found])
    judged = _judged(session, [row[0].id for row in found])
    result = []
    for interview, staff, county, fingerprint, nth in found:
        if interview.staff_id == me or (staff_id is not None and interview.staff_id != staff_id):
            continue
        talk = Talk(lengths[interview.id], talks[interview.id], same[fingerprint] > 1, nth)
        verdict, opened = judged.get(interview.id, (None, False))
        result.append(
            ReviewRow(
                interview.id,
                interview.ended_at or interview.started_at,
                interview.staff_id,
                staff,
                county.label,
                talk.seconds,
                interview.state,
                signs(talk, norms[interview.edition_id]),
                verdict,
                opened,
            )
        )
    return result


def reviewed(listed: Sequence[ReviewRow]) -> Reviewed:
    """Count the interviews of a list and those judged."""
    return Reviewed(len(listed), sum(r.verdict is not None for r in listed))


def _usual(interviews: Iterable[Interview]) -> dict[int, list[int]]:
    by_edition: dict[int, list[int]] = defaultdict(list)
    for interview in interviews:
        by_edition[interview.edition_id].append(interview.id)
    return by_edition


def _given(session: Session, interviews: Sequence[Interview]) -> dict[int, list[Given]]:
    found: dict[int, list[Given]] = {i.id: [] for i in interviews}
    needed = {i.edition_id for i in interviews}
    forms = {
        e.id: _wordings(questionnaire(e))
        for e in session.scalars(sa.select(Edition).where(Edition.id.in_(needed)))
    }
    edition = {i.id: i.edition_id for i in interviews}
    ids = list(edition)
    for start in range(0, len(ids), 500):
        query = sa.select(Answer.interview_id, Answer.question, Answer.value, Answer.shown_ms).where(
            Answer.interview_id.in_(ids[start : start + 500]), Answer.is_current, Answer.value.is_not(None)
        )
        for interview_id, question, value, shown_ms in session.execute(query):
            wording = forms[edition[interview_id]].get(question)
            if wording is not None:
                found[interview_id].append(
                    Given(value or "", shown_ms, wording.characters, wording.scale, value in SPECIAL)
                )
    return found


def _seconds(interview: Interview, answers: Sequence[Given]) -> float:
    """Return the time spent on questions; an interview taken up again another day is not a long one."""
    timed = sum(g.shown_ms or 0 for g in answers) / 1000
    if timed or interview.ended_at is None:
        return timed
    return (interview.ended_at - interview.started_at).total_seconds()


def _same_numbers(session: Session, fingerprints: Sequence[bytes]) -> Counter[bytes]:
    """Count the finished interviews of each number, over all waves."""
    counts: Counter[bytes] = Counter()
    distinct = list(dict.fromkeys(fingerprints))
    for start in range(0, len(distinct), 500):
        query = (
            sa.select(FrameNumber.fingerprint, sa.func.count())
            .join(Case, Case.frame_number_id == FrameNumber.id)
            .join(Interview, Interview.case_id == Case.id)
            .where(FrameNumber.fingerprint.in_(distinct[start : start + 500]))
            .where(Interview.state.in_(REVIEWABLE))
            .group_by(FrameNumber.fingerprint)
        )
        counts.update({fingerprint: int(n) for fingerprint, n in session.execute(query)})
    return counts


def _judged(session: Session, ids: Sequence[int]) -> dict[int, tuple[Verdict | None, bool]]:
    found: dict[int, tuple[Verdict | None, bool]] = {}
    for start in range(0, len(ids), 500):
        query = (
            sa.select(InterviewReview.interview_id, InterviewReview.verdict)
            .where(InterviewReview.interview_id.in_(ids[start : start + 500]))
            .order_by(InterviewReview.id)
        )
        for interview_id, verdict in session.execute(query):
            before = found.get(interview_id, (None, True))[0]
            found[interview_id] = (verdict or before, True)
    return found
