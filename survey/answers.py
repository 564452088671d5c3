"""Answers: each one saved as it is given, checked by the questionnaire's own rules, never lost and never doubled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.phone import NumberKind
from core.problems import Invalid, Refused
from core.terms import Words, language
from survey.edition_import import questionnaire_of
from survey.editions import Edition
from survey.household import ADULTS, SELECTIONS, is_unsettled, with_household
from survey.interviews import Answer, Interview, InterviewState
from survey.questionnaire import Questionnaire
from survey.questionnaire_validation import validate
from survey.questionnaire_walk import Circumstances, Walk

CONSENT = "consent"
"""The question whose first option is the spoken yes to taking part and to the recording."""
YES = "1"
LONGEST_TOKEN = 36
LONGEST_VALUE = 2000
MOST_KEPT = 32


_read: dict[tuple[str, NumberKind | None], Questionnaire] = {}


def questionnaire(edition: Edition, kind: NumberKind | None = None) -> Questionnaire:
    """Return an edition's questionnaire, or as it is asked on a kind of number; read once a process."""
    key = (edition.sha256, kind)
    if key not in _read:
        if len(_read) >= MOST_KEPT:
            _read.clear()
        plain = questionnaire_of(edition)
        _read[key] = with_household(plain, kind) if kind is not None else plain
    return _read[key]


def asked_in(interview: Interview) -> Questionnaire:
    """Return the questionnaire as this interview asks it, the choosing of an adult included."""
    return questionnaire(interview.edition, interview.case.kind)


def given(session: Session, interview: Interview) -> dict[str, str]:
    """Return the answers that count now, by question."""
    query = sa.select(Answer.question, Answer.value).where(
        Answer.interview_id == interview.id, Answer.is_current, Answer.value.is_not(None)
    )
    return {row.question: row.value or "" for row in session.execute(query.order_by(Answer.id))}


def walk_of(interview: Interview, answers: Mapping[str, str]) -> Walk:
    """Return the way through the questionnaire as it stands."""
    local = clock.local(interview.started_at)
    facts = {"today": local.date().isoformat(), "now": local.replace(tzinfo=None).isoformat()}
    return Walk(asked_in(interview), answers, Circumstances(interview.splits, facts, language()))


def save_answer(
    session: Session,
    interview: Interview,
    question: str,
    value: str | None,
    *,
    token: str,
    at: datetime,
    shown_ms: int | None = None,
) -> Answer:
    """Save one answer (None takes it back); the same token twice is one answer, a new one is a correction."""
    known = session.scalars(
        sa.select(Answer).where(Answer.interview_id == interview.id, Answer.token == token)
    ).first()
    if known is not None:
        return known
    if interview.state != InterviewState.ONGOING:
        raise Refused(
            Words(
                "访问已经结束，这个回答没有保存；之前的回答都在",
                "The interview has ended, so this answer was not saved; the earlier ones are kept",
            )
        )
    answers = given(session, interview)
    walk = walk_of(interview, answers)
    _check(walk, question, value, token)
    last = session.execute(
        sa.select(sa.func.max(Answer.turn)).where(
            Answer.interview_id == interview.id, Answer.question == question
        )
    ).scalar()
    session.execute(
        sa.update(Answer)
        .where(Answer.interview_id == interview.id, Answer.question == question, Answer.is_current)
        .values(is_current=False)
    )
    answer = Answer(
        interview_id=interview.id,
        question=question,
        turn=(last or 0) + 1,
        value=value,
        at=at,
        shown_ms=None if shown_ms is None else max(0, min(shown_ms, 3_600_000)),
        token=token,
    )
    session.add(answer)
    if question == CONSENT:
        agreed = value == YES
        interview.consented_at = at if agreed else None
        interview.recording_consented_at = at if agreed else None
    after = (
        {**answers, question: value}
        if value is not None
        else {k: v for k, v in answers.items() if k != question}
    )
    moved = walk_of(interview, {k: v for k, v in after.items() if v is not None})
    interview.position = (moved.next_step(question) if value is not None else question) or question
    session.flush()
    return answer


def _check(walk: Walk, question: str, value: str | None, token: str) -> None:
    problem: Words | None = None
    if not token or len(token) > LONGEST_TOKEN:
        problem = Words("回答缺少标记", "The answer has no token")
    elif question not in walk.questionnaire.places or not walk.is_relevant(question):
        problem = Words("这道题现在不问", "This question does not apply now")
    elif value is not None and question not in (ADULTS, *SELECTIONS) and is_unsettled(walk.answers):
        problem = Words(
            "选中的那位成年人还没有来听电话，不能由别人代答",
            "The chosen adult is not at the telephone yet; nobody else may answer for them",
        )
    elif value is not None and len(value) > LONGEST_VALUE:
        problem = Words("最多 2000 字", "At most 2,000 characters")
    elif value is not None:
        found = validate(walk, question, value)
        problem = Words(found.zh, found.en) if found is not None else None
    if problem is not None:
        raise Invalid(Words("这个回答没有保存", "This answer was not saved"), fields={question: problem})


def as_screen(session: Session, interview: Interview) -> dict[str, Any]:
    """Return what the browser needs to go on where the interview stands."""
    answers = given(session, interview)
    walk = walk_of(interview, answers)
    return {
        "id": interview.id,
        "state": interview.state.value,
        "splits": interview.splits,
        "facts": dict(walk.given.facts),
        "answers": answers,
        "position": interview.position or walk.next_step(),
        "consented": interview.consented_at is not None,
    }
