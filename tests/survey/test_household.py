"""Who is asked in a household: the adult whose birthday is last or next, and nobody in their place."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.phone import NumberKind
from core.problems import Invalid
from survey import appointments, console, household, interviewing
from survey.answers import as_screen, asked_in, given, save_answer
from survey.attempts import Appointment
from survey.cases import Case, CaseState
from survey.household import ADULTS, LAST, NEXT, SPLIT
from survey.instruments import SECURITY
from survey.interviews import Interview, InterviewState
from survey.leases import open_attempt
from survey.outcomes import Outcome, record_outcome
from survey.person_factor import person_factor
from survey.questionnaire_splits import assign_splits
from survey.questionnaire_walk import Circumstances, Walk
from survey.xlsform import read_xlsform
from telephony.manual import Outcome as Heard
from tests.survey.field import Field, a_field, dialled, talking
from tests.survey.weighed import plain_data

PLAIN = read_xlsform(SECURITY)
AT_HOME = household.with_household(PLAIN, NumberKind.LANDLINE)


def way(answers: dict[str, str], arm: str = "last") -> tuple[str, ...]:
    """Walk the default instrument on a landline."""
    return Walk(AT_HOME, answers, Circumstances({SPLIT: arm, "list": "short"})).path()


def test_the_household_comes_behind_the_introduction_and_before_the_consent() -> None:
    assert way({})[:4] == ("intro", ADULTS, LAST, "consent")
    assert way({}, "next")[:4] == ("intro", ADULTS, NEXT, "consent")
    assert way({ADULTS: "1"})[:3] == ("intro", ADULTS, "consent")
    assert way({ADULTS: "DONT_KNOW"})[2] == LAST
    assert household.with_household(PLAIN, NumberKind.MOBILE) is PLAIN
    assert household.with_household(AT_HOME, NumberKind.LANDLINE) is AT_HOME


def test_the_birthday_alternates_by_the_case_and_never_changes() -> None:
    arms = [assign_splits(AT_HOME, f"case:{n}")[SPLIT] for n in range(1000)]
    assert arms == [assign_splits(AT_HOME, f"case:{n}")[SPLIT] for n in range(1000)]
    assert Counter(arms)["last"] == pytest.approx(500, abs=60)
    others = assign_splits(PLAIN, "case:7")
    assert assign_splits(AT_HOME, "case:7") == {**others, SPLIT: arms[7]}


def test_it_reads_in_both_languages() -> None:
    for name in (ADULTS, LAST, NEXT):
        question = AT_HOME.question(name)
        assert question.label.zh
        assert question.label.en
        assert question.hint or question.probe
    assert all(option.label.zh and option.label.en for option in AT_HOME.lists[household.LIST])
    told = household.whom({ADULTS: "3"}, {SPLIT: "next"})
    assert told is not None
    assert "3" in told.in_language("zh")
    assert "next birthday" in told.in_language("en")
    assert household.whom({ADULTS: "1"}, {SPLIT: "last"}) is None
    assert household.whom({}, {SPLIT: "last"}) is None


def a_landline_talk(session: Session, at: datetime) -> tuple[Field, Interview]:
    """Begin an interview on a landline."""
    field = a_field(session)
    session.execute(sa.update(Case).values(kind=NumberKind.LANDLINE))
    session.expire_all()
    _, interview = talking(session, field.anna, at)
    return field, interview


def say(session: Session, interview: Interview, question: str, value: str, at: datetime) -> None:
    """Give one answer."""
    save_answer(session, interview, question, value, token=str(uuid4()), at=at)


def selecting(interview: Interview) -> str:
    """Return the choosing question of an interview."""
    return {"last": LAST, "next": NEXT}[interview.splits[SPLIT]]


def test_an_absent_adult_is_waited_for_and_nobody_answers_instead(
    database: db.Database, now: datetime
) -> None:
    with db.transaction() as session:
        field, interview = a_landline_talk(session, now)
        case, choosing = interview.case, selecting(interview)
        say(session, interview, "intro", "OK", now)
        with pytest.raises(Invalid):
            say(session, interview, ADULTS, "0", now)
        say(session, interview, ADULTS, "3", now)
        say(session, interview, choosing, household.ABSENT, now)
        with pytest.raises(Invalid) as refused:
            say(session, interview, "consent", "1", now)
        assert "代答" in refused.value.fields["consent"].zh
        attempt = open_attempt(session, case)
        assert attempt is not None
        later = now + timedelta(hours=5)
        record_outcome(
            session,
            attempt,
            Outcome("3.21", appointment_at=later),
            by=field.anna,
            at=now + timedelta(minutes=1),
        )
        assert (case.state, interview.state) == (CaseState.APPOINTED, InterviewState.BROKEN_OFF)
        assert session.scalars(sa.select(Appointment)).one().staff_id == field.anna.id
        assert [p.is_mine for p in appointments.promises(session, by=field.anna, at=now)] == [True]

        again = dialled(session, field.anna, later, Heard.ANSWERED)
        assert again.case_id == case.id
        shown = console.screen(session, by=field.anna, at=later)
        assert "3" in shown["case"]["whom"]
        assert interviewing.start(session, case, by=field.anna, at=later).id == interview.id
        screen = as_screen(session, interview)
        assert screen["position"] == choosing
        assert screen["answers"] == {"intro": "OK", ADULTS: "3"}
        say(session, interview, choosing, household.COMES, later)
        say(session, interview, "consent", "1", later)
        assert interview.consented_at == later
        assert console.screen(session, by=field.anna, at=later)["case"]["whom"] == ""


def test_a_household_that_does_not_fetch_the_chosen_adult_refuses(sqlite: db.Database, now: datetime) -> None:
    with db.transaction() as session:
        field, interview = a_landline_talk(session, now)
        say(session, interview, "intro", "OK", now)
        say(session, interview, ADULTS, "2", now)
        say(session, interview, selecting(interview), household.REFUSES, now)
        attempt = open_attempt(session, interview.case)
        assert attempt is not None
        record_outcome(session, attempt, Outcome("2.111"), by=field.anna, at=now)
        assert interview.case.disposition == "2.111"
        assert interview.case.due_at is not None


def test_a_mobile_is_asked_without_a_household(sqlite: db.Database, now: datetime) -> None:
    with db.transaction() as session:
        field = a_field(session)
        _, interview = talking(session, field.anna, now)
        assert SPLIT not in interview.splits
        assert ADULTS not in asked_in(interview).places
        assert given(session, interview) == {}


def test_what_the_household_said_goes_before_the_list_and_is_capped() -> None:
    _, people = plain_data()
    line = next(p for p in people if p.kind is NumberKind.LANDLINE)
    only = {**line.answers, "mobiles": "0", "landlines": "1"}

    def factor(told: str | None, listed: int | None, lines: str = "1") -> float:
        answers = {**only, "landlines": lines, **({ADULTS: told} if told else {})}
        return float(person_factor([replace(line, adults=listed, answers=answers)])[0][0])

    assert factor("4", 2) == 4
    assert factor("4", 2, lines="2") == 2
    assert factor(None, 3) == 3
    assert factor("DONT_KNOW", 3) == 3
    assert factor(None, None) == 2
    assert factor("19", None) == 6
    _, record = person_factor([line, replace(line, answers={**line.answers, ADULTS: "1"})])
    assert (record["adults_told"], record["adults_listed"], record["adults_unknown"]) == (1, 1, 0)
