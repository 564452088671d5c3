"""A worked wave: released numbers with outcomes, complete interviews with answers, and margins to weigh them to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.phone import NumberKind
from core.places import Place
from survey.answers import questionnaire
from survey.cases import Case, CaseState
from survey.editions import Edition
from survey.interviews import Answer, Interview, InterviewState
from survey.margin_import import import_margins
from survey.period_data import Released, Respondent
from survey.waves import Wave
from tests.survey.field import NOON, Field, a_field

AGES = ("18-29", "30-39", "40-49", "50-59", "60-69", "70+")
SHARES = {
    "sex_age": {f"{sex}:{age}": 1 for sex in ("male", "female") for age in AGES},
    "area": {"urban": 7, "rural": 5},
    "education": {"primary": 3, "junior": 4, "senior": 3, "college": 2},
}
ADULTS = 240_000
BACKGROUND = ("sex", "area", "education", "age", "mobiles", "landlines")


def margin_rows(counties: list[str]) -> dict[str, dict[str, int]]:
    """Return margins that all add up to the same adults; the second county is twice the first."""
    shares = {"county": {code: n for n, code in enumerate(counties, start=1)}, **SHARES}
    return {
        name: {key: ADULTS * part // sum(parts.values()) for key, part in parts.items()}
        for name, parts in shares.items()
    }


def margin_file(counties: list[str]) -> bytes:
    """Return the margins as a file."""
    lines = ["margin,category,adults,source,as_of"]
    for name, parts in margin_rows(counties).items():
        lines += [f"{name},{key},{n},Yearbook (invented),2025-12-31" for key, n in parts.items()]
    return "\n".join(lines).encode()


def some_answers(random: np.random.Generator, *, unknown: float = 0.05) -> dict[str, str]:
    """Make one respondent's answers as codes."""

    def one(n: int) -> str:
        return "DONT_KNOW" if random.random() < unknown else str(int(random.integers(1, n + 1)))

    items = ("s1_safety", "e1_police", "e2_traffic", "e3_court", "e4_procuratorate", "e5_justice")
    answers = {item: one(5) for item in items}
    answers |= {"sex": one(2), "area": one(2), "education": one(5)}
    answers["age"] = str(int(random.integers(18, 85)))
    answers |= {"mobiles": str(int(random.integers(1, 3))), "landlines": str(int(random.integers(0, 2)))}
    return answers


def plain_data(
    people: int = 240, *, counties: int = 2, towns: int = 4, seed: int = 3
) -> tuple[list[Released], list[Respondent]]:
    """Make released numbers and respondents without a database: four numbers for two interviews."""
    random = np.random.default_rng(seed)
    is_person = random.permutation(people * 2) < people
    numbers, found = [], []
    for case_id in range(people * 2):
        county, town = int(random.integers(counties)), int(random.integers(towns))
        kind = NumberKind.LANDLINE if random.random() < 0.2 else NumberKind.MOBILE
        stratum = 100 * county + 10 * town + (kind is NumberKind.LANDLINE)
        code = "1.1" if is_person[case_id] else ("2.112", "3.13", "4.31")[case_id % 3]
        place = f"99010{county + 1}"
        numbers.append(Released(case_id, stratum, 4000 + 500 * town, place, kind, code))
        if code == "1.1":
            adults = 3 if kind is NumberKind.LANDLINE else None
            answers = some_answers(random)
            found.append(Respondent(case_id, case_id, 1, place, kind, adults, answers))
    return numbers, found


def a_worked_wave(
    session: Session,
    *,
    each: int = 40,
    interviews: int = 120,
    seed: int = 5,
    at: datetime = NOON,
    counties: int = 2,
) -> Field:
    """Make an open wave in which so many of the released numbers were interviewed, and import margins."""
    field = a_field(session, each=each, counties=counties)
    random = np.random.default_rng(seed)
    cases = list(session.scalars(sa.select(Case).order_by(Case.shuffle, Case.id)))
    form = {q.name for q in questionnaire(field.wave.edition).questions} if field.wave.edition else set()
    held, said = [], []
    for n, case in enumerate(cases):
        case.state, case.closed_at, case.attempt_count = CaseState.CLOSED, at, 1
        case.disposition = "1.1" if n < interviews else ("2.112", "3.13", "4.31")[n % 3]
        if n < interviews:
            held.append(_interview(field, case, at=at + timedelta(seconds=n)))
            said.append(some_answers(random))
    session.add_all(held)
    session.flush()
    rows = [row for one, answers in zip(held, said, strict=True) for row in _answers(one, answers)]
    if rows:
        session.execute(sa.insert(Answer), rows)
    assert "s1_safety" in form
    codes = sorted({p.code for p in session.scalars(sa.select(Place).where(Place.id.in_(_counties(field))))})
    import_margins(session, margin_file(codes), by=None, at=at)
    return field


def make_poll(session: Session, wave: Wave, keep: Collection[str] = ()) -> None:
    """Make of a worked wave a poll on a special topic: who people are is asked, and of the indices no more than `keep`."""
    whole = wave.edition
    assert whole is not None
    asked = [q for q in whole.definition["questions"] if q["name"] in {*BACKGROUND, *keep}]
    wave.edition = Edition(
        code="poll", version=wave.id, title="专项", definition=whole.definition | {"questions": asked},
        workbook=b"", sha256=f"poll{wave.id}", created_at=wave.created_at,
    )  # fmt: skip
    session.flush()
    ids = sa.select(Interview.id).where(Interview.wave_id == wave.id)
    session.execute(
        sa.delete(Answer).where(
            Answer.interview_id.in_(ids), Answer.question.not_in([q["name"] for q in asked])
        )
    )
    session.expire_all()


def _counties(field: Field) -> list[int]:
    return [town.parent_id or 0 for town in field.towns]


def an_interview(
    session: Session, field: Field, case: Case, answers: dict[str, str], *, at: datetime, ms: int = 9000
) -> Interview:
    """Write one complete interview of a case."""
    interview = _interview(field, case, at=at)
    session.add(interview)
    session.flush()
    session.execute(sa.insert(Answer), _answers(interview, answers, ms=ms))
    return interview


def _interview(field: Field, case: Case, *, at: datetime) -> Interview:
    return Interview(
        case_id=case.id,
        wave_id=case.wave_id,
        edition_id=field.wave.edition_id,
        staff_id=(field.anna if case.id % 2 else field.ben).id,
        state=InterviewState.COMPLETE,
        consented_at=at,
        started_at=at - timedelta(minutes=4),
        ended_at=at,
    )


def _answers(interview: Interview, answers: dict[str, str], *, ms: int = 9000) -> list[dict[str, Any]]:
    """Return an interview's answers as rows: all of a wave are written at once."""
    kept = {"interview_id": interview.id, "at": interview.ended_at, "shown_ms": ms}
    return [
        {**kept, "question": name, "value": value, "token": f"{interview.id}-{name}"[:36]}
        for name, value in answers.items()
    ]
