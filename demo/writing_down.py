"""Writing down: a whole talk's answers in one stroke, each at its moment, as the console would have sent them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from demo.talk import Said
from survey.answers import CONSENT, YES
from survey.interviews import Answer, Interview


def write_down(
    session: Session, interview: Interview, said: list[Said], at: datetime, *, attempt: int
) -> datetime:
    """Write a whole talk's answers at once, each at its moment; return when the last was given."""
    rows = []
    turns = sa.select(Answer.question, sa.func.max(Answer.turn)).where(Answer.interview_id == interview.id)
    taken = dict(session.execute(turns.group_by(Answer.question)).all()) if attempt > 1 else {}
    for place, each in enumerate(said):
        at += timedelta(milliseconds=each.shown_ms)
        token = str(UUID(int=(interview.id << 24) + (attempt << 12) + place))
        rows.append(
            {
                "interview_id": interview.id,
                "question": each.question,
                "value": each.value,
                "at": at,
                "shown_ms": each.shown_ms,
                "token": token,
                "turn": taken.get(each.question, 0) + 1,
                "is_current": True,
            }
        )
        if each.question == CONSENT and each.value == YES:
            interview.consented_at = interview.recording_consented_at = at
    if rows:
        session.execute(sa.insert(Answer), rows)
        interview.position = said[-1].question
    session.flush()
    return at
