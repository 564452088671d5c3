"""The supervisor's doors: who may enter, what they show, and what they never show."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.db import reading, transaction
from core.journal import Entry
from core.permissions import Role
from survey.attempts import Attempt
from survey.cases import Case, CaseState
from survey.interviews import Answer, Interview, InterviewState
from survey.outcomes import Outcome, record_outcome
from survey.reviews import InterviewReview
from survey.sampling import Replicate, ReplicateState
from telephony.manual import Outcome as Heard
from tests.survey.field import NOON, dialled
from tests.survey.weighed import a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

SAID = "听见有人敲门"
PAGES = (
    "/field/",
    "/field/now",
    "/field/decisions",
    "/field/rates/",
    "/field/rates/table.csv",
    "/field/review/",
)


@pytest.fixture
def fielded(app: object):  # type: ignore[no-untyped-def]
    """A worked wave at noon with one referred case and one answer that must not be seen."""
    with clock.frozen(NOON), transaction() as session:
        field = a_worked_wave(session, each=20, interviews=40, at=NOON - timedelta(minutes=20))
        spare = session.scalars(sa.select(Case).where(Case.disposition == "3.13").limit(1)).one()
        spare.state, spare.closed_at, spare.disposition, spare.attempt_count = (
            CaseState.WAITING,
            None,
            None,
            0,
        )
        session.flush()
        attempt = dialled(session, field.anna, NOON, Heard.ANSWERED)
        outcome = Outcome("2.112", note="请督导看", refer=True)
        record_outcome(session, attempt, outcome, by=field.anna, at=NOON)
        answer = session.scalars(sa.select(Answer).where(Answer.question == "e1_police").limit(1)).one()
        answer.value = SAID
        held = session.scalars(sa.select(Replicate)).one()
        session.add(Replicate(sample_id=held.sample_id, number=2, size=0, state=ReplicateState.HELD))
    with clock.frozen(NOON):
        yield field


def test_the_pages_open_for_those_who_watch_and_for_nobody_else(fielded: object, as_role: SignedIn) -> None:
    boss, leader, designer = as_role(Role.SUPERVISOR), as_role(Role.LEADER), as_role(Role.DESIGNER)
    for url in PAGES:
        shown = boss.get(url)
        assert shown.status_code == 200, url
        assert SAID not in shown.text, url
        assert "+86" not in shown.text, url
        assert leader.get(url).status_code == 403, url
    assert designer.get("/field/").status_code == 200
    assert designer.get("/field/review/").status_code == 403


def test_the_live_part_answers_304_while_nothing_changes(fielded: object, as_role: SignedIn) -> None:
    boss = as_role(Role.SUPERVISOR)
    first = boss.get("/field/now", headers={"X-Live": "1"})
    assert first.status_code == 200
    told = {"X-Live": "1", "If-None-Match": first.headers["ETag"]}
    assert boss.get("/field/now", headers=told).status_code == 304


def test_release_from_the_wall(fielded: object, as_role: SignedIn) -> None:
    boss = as_role(Role.SUPERVISOR)
    with reading() as session:
        held = session.scalars(sa.select(Replicate).where(Replicate.state == ReplicateState.HELD)).one()
    assert boss.post(f"/field/replicates/{held.id}/release").status_code == 303
    assert boss.post(f"/field/replicates/{held.id}/release").status_code == 409
    assert as_role(Role.LEADER).post(f"/field/replicates/{held.id}/release").status_code == 403
    assert boss.post("/field/replicates/999/release").status_code == 404
    with reading() as session:
        assert session.get_one(Replicate, held.id).released_at == NOON


def test_a_referred_case_is_decided_on_the_wall(fielded: object, as_role: SignedIn) -> None:
    boss = as_role(Role.SUPERVISOR)
    assert "请督导看" in boss.get("/field/decisions").text
    with reading() as session:
        case = session.scalars(sa.select(Case).where(Case.state == CaseState.REFERRED)).one()
    assert boss.post(f"/field/cases/{case.id}/close", data={"code": "1.1"}).status_code == 422
    assert as_role(Role.DESIGNER).post(f"/field/cases/{case.id}/give-back").status_code == 403
    assert boss.post(f"/field/cases/{case.id}/close", data={"code": "2.36"}).status_code == 303
    assert boss.post(f"/field/cases/{case.id}/give-back").status_code == 409
    with reading() as session:
        assert session.get_one(Case, case.id).disposition == "2.36"


def test_nobody_listens_before_the_resident_has_agreed(fielded, as_role: SignedIn) -> None:  # type: ignore[no-untyped-def]
    with transaction() as session:
        spare = session.scalars(sa.select(Case).where(Case.disposition == "3.13").limit(1)).one()
        spare.state, spare.closed_at, spare.disposition, spare.attempt_count = (
            CaseState.WAITING,
            None,
            None,
            0,
        )
        session.flush()
        dialled(session, fielded.ben, NOON, Heard.ANSWERED)
    boss = as_role(Role.SUPERVISOR)
    assert "旁听</button>" not in boss.get("/field/now").text
    assert boss.post(f"/field/listen/{fielded.ben.id}").status_code == 409
    with reading() as session:
        assert session.scalars(sa.select(Entry).where(Entry.action == "room.listen")).all() == []


def test_filters_live_in_the_address_and_no_data_says_so(fielded: object, as_role: SignedIn) -> None:
    boss = as_role(Role.SUPERVISOR)
    for by in ("county", "frame", "interviewer", "week"):
        for e in ("all", "calculator", "by_frame"):
            assert boss.get(f"/field/rates/?by={by}&e={e}&weights=base").status_code == 200
    empty = boss.get("/field/rates/?kind=landline&by=week")
    assert "没有数据" in empty.text
    assert boss.get("/field/rates/?since=tomorrow").status_code == 422
    assert boss.get("/field/rates/?wave=99").status_code == 404
    table = csv.DictReader(io.StringIO(boss.get("/field/rates/table.csv?by=county").text.lstrip("\ufeff")))
    found = list(table)
    assert len(found) == 3 * 2 * 3  # all and two counties, unweighted and base-weighted, three ways to have e
    assert {r["e_rule"] for r in found} == {"all", "calculator", "by_frame"}
    assert found[0]["I"] == "40.0"


def test_every_rate_explains_itself(fielded: object, as_role: SignedIn) -> None:
    page = as_role(Role.SUPERVISOR).get("/field/rates/").text
    for formula in ("RR3 = I / De", "COOP4 = (I+P) / ((I+P)+R)", "REF2 = R / De", "CON1 = ((I+P)+R+O) / D"):
        assert formula in page


def open_first(boss, purpose: str = "routine") -> tuple[int, str]:  # type: ignore[no-untyped-def]
    with reading() as session:
        query = sa.select(Answer.interview_id).where(Answer.value == SAID)
        interview = session.scalars(query).one()
    answer = boss.post(f"/field/review/interviews/{interview}/open", data={"purpose": purpose})
    return interview, answer.headers.get("Location", "")


def test_an_interview_opens_only_for_a_purpose_and_for_one_reviewer(
    fielded: object, as_role: SignedIn
) -> None:
    boss = as_role(Role.SUPERVISOR)
    interview, nowhere = open_first(boss, "curiosity")
    assert nowhere == ""
    _, url = open_first(boss)
    page = boss.get(url)
    assert SAID in page.text
    assert as_role(Role.SUPERVISOR).get(url).status_code == 404
    with reading() as session:
        entries = session.scalars(sa.select(Entry).where(Entry.action == "interview.review_open")).all()
    assert [e.record for e in entries] == [f"interview:{interview}"]
    assert SAID not in str([e.details for e in entries])


def test_a_verdict_shuts_the_answers_and_a_fabrication_is_replaced(
    fielded: object, as_role: SignedIn
) -> None:
    boss = as_role(Role.SUPERVISOR)
    interview, url = open_first(boss, "signs")
    assert boss.post(url, data={}).status_code == 422
    unexplained = boss.post(url, data={"verdict": "fabricated"})
    assert unexplained.status_code == 422
    assert "请写明依据" in unexplained.text
    with transaction() as session:  # the interview stood on a try, as real ones do
        case_id = session.get_one(Interview, interview).case_id
        moment: datetime = NOON - timedelta(minutes=30)
        tried = {"started_at": moment, "ended_at": moment, "disposition": "1.1"}
        staff = session.get_one(Interview, interview).staff_id
        session.add(Attempt(case_id=case_id, staff_id=staff, number=1, **tried))
    done = boss.post(url, data={"verdict": "fabricated", "note": "录音里没有受访者"})
    assert done.status_code == 303
    assert SAID not in boss.get(url).text
    with reading() as session:
        assert session.get_one(Interview, interview).state is InterviewState.REPLACED
        assert session.get_one(Case, case_id).state is CaseState.WAITING
        review = session.scalars(sa.select(InterviewReview)).one()
        assert review.note == "录音里没有受访者"
        assert "录音" not in str(session.scalars(sa.select(Entry.details)).all())
