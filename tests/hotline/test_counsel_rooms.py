"""The rooms beside a talk, at their doors: who comes in, what is kept, and that every look is written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db
from core.permissions import Role
from hotline import (
    assessing,
    assessments,
    break_glass,
    continuity,
    escalations,
    followups,
    risk_levels,
    risk_scales,
    safety_plans,
    same_operator,
)
from hotline.assessments import AssessmentSheet
from hotline.break_glass import OpeningReason
from hotline.contacts import Contact, ContactState
from hotline.dangers import Danger
from hotline.escalations import Escalation, EscalationKind
from hotline.followups import FollowUp, FollowUpState
from hotline.instruments import instrument
from hotline.read_log import CounsellingRead, ReadPurpose
from hotline.risk import RiskLevel
from hotline.risk_levels import EpisodeLevel
from hotline.safety_plans import SafetyPlan
from hotline.scale import Element
from hotline.screenings import ScreeningSheet
from tests.factories import a_place, a_staff
from tests.hotline.risky import EVENING, Night, a_night, a_talk
from tests.web.conftest import app as app
from tests.web.conftest import as_role as as_role

SignIn = Callable[..., FlaskClient]
PARTS = ("screening", "level", "scale", "danger", "safety-plan", "follow-up", "questionnaires", "plan")
SECRET = "他说桥边的风很大"


@pytest.fixture(autouse=True)
def _evening() -> Iterator[None]:
    with clock.frozen(EVENING):
        yield


@pytest.fixture
def talk(app: Flask) -> tuple[Night, str]:
    """Somebody talks with the operator."""
    with db.transaction() as session:
        night = a_night(session)
        return night, a_talk(session, night.operator).token


@pytest.fixture
def operator(as_role: SignIn, talk: tuple[Night, str]) -> FlaskClient:
    """The operator's browser."""
    return as_role(staff=talk[0].operator)


def at(token: str, part: str) -> str:
    """Return the address of a part."""
    return f"/counselling/{token}/{part}"


def only(kind: type[db.Base]) -> db.Base:
    """Return the only row of a table."""
    with db.reading() as session:
        return session.scalars(sa.select(kind)).one()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_room_opens_in_both_languages_as_page_and_as_panel(
    operator: FlaskClient, talk: tuple[Night, str], part: str, language: str
) -> None:
    with db.transaction() as session:
        session.merge(talk[0].operator).language = language
    page = operator.get(at(talk[1], part))
    bare = operator.get(at(talk[1], part), headers={"X-Panel": "1"})
    assert page.status_code == bare.status_code == 200
    assert "<html" in page.text
    assert "<html" not in bare.text
    assert "<h1>" in bare.text
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"中文|切换到中文", "", bare.text))


@pytest.mark.parametrize("part", PARTS)
def test_nobody_else_knows_of_the_episode(as_role: SignIn, talk: tuple[Night, str], part: str) -> None:
    """Another operator is told that there is no such thing; other roles find the door shut."""
    assert as_role(Role.OPERATOR).get(at(talk[1], part)).status_code == 404
    for role in Role:
        if role not in (Role.OPERATOR, Role.SHIFT_LEAD):
            assert as_role(role).get(at(talk[1], part)).status_code in (403, 404), role
            assert as_role(role).post(at(talk[1], part)).status_code in (403, 404, 405), role


def test_every_look_is_written_down(operator: FlaskClient, talk: tuple[Night, str]) -> None:
    for part in PARTS:
        operator.get(at(talk[1], part))
    with db.reading() as session:
        reads = session.scalars(sa.select(CounsellingRead).order_by(CounsellingRead.seq)).all()
        assert [r.record.split(":")[0] for r in reads] == [
            "screening", "level", "scale", "danger", "safety_plan", "follow_up", "assessment",
        ]  # fmt: skip
        assert {r.staff_id for r in reads} == {talk[0].operator.id}


def test_the_screener_is_answered_press_by_press(operator: FlaskClient, talk: tuple[Night, str]) -> None:
    for row, heard in ((1, "yes"), (2, "yes"), (3, "no"), (4, "yes"), (5, "declined"), (6, "no")):
        told = operator.post(at(talk[1], "screening"), data={f"row_{row}": heard}, follow_redirects=True)
        assert told.status_code == 200
    sheet = only(ScreeningSheet)
    assert isinstance(sheet, ScreeningSheet)
    assert (sheet.answers["4"], sheet.grade, sheet.is_finished) == ("yes", "high", True)
    operator.post(at(talk[1], "screening"), data={"row_4": "clear", "row_2": "no"})
    sheet = only(ScreeningSheet)
    assert isinstance(sheet, ScreeningSheet)
    assert sheet.answers == {"1": "yes", "2": "no", "3": None, "4": None, "5": None, "6": "no"}
    assert "不用问" in operator.get(at(talk[1], "screening")).text
    assert operator.post(at(talk[1], "screening"), data={"row_6": "yes"}).status_code == 422


def test_key_is_given_alarms_the_lead_and_is_lowered_by_two(
    operator: FlaskClient, as_role: SignIn, talk: tuple[Night, str]
) -> None:
    night, token = talk
    lead = as_role(staff=night.lead)
    assert "没有等待接手的警报" in lead.get("/counselling/alarms/").text
    operator.post(at(token, "level"), data={"always": "plan_soon", "level": "", "words": SECRET})
    listed = lead.get("/counselling/alarms/part")
    assert "重点来电" in listed.text
    assert SECRET not in listed.text
    alarm = only(Escalation)
    assert isinstance(alarm, Escalation)
    assert "0.0%" in lead.get("/counselling/alarms/").text
    assert "最近 30 天" not in operator.get("/counselling/alarms/").text
    assert operator.post(f"/counselling/alarms/{alarm.id}/answer").status_code == 403
    gone = lead.post(f"/counselling/alarms/{alarm.id}/answer")
    assert gone.headers["Location"].endswith(at(token, "level"))
    assert SECRET in lead.get(at(token, "level")).text
    refused = operator.post(at(token, "level"), data={"level": ""})
    assert refused.status_code == 409
    assert "两人" in refused.text
    told = operator.post(at(token, "level/lower"), data={"wanted": "attention", "words": ""})
    assert told.status_code == 422
    operator.post(at(token, "level/lower"), data={"wanted": "attention", "words": "已有人陪"})
    assert operator.post(at(token, "level/lower/decide"), data={"agrees": "yes"}).status_code == 409
    lead.post(at(token, "level/lower/decide"), data={"agrees": "yes"})
    with db.reading() as session:
        contact = session.scalars(sa.select(Contact)).one()
        assert risk_levels.level_of(session, contact.id, at=EVENING) is RiskLevel.ATTENTION


def test_a_level_below_what_was_found_keeps_what_was_typed(
    operator: FlaskClient, talk: tuple[Night, str]
) -> None:
    for row, heard in ((2, "yes"), (4, "yes")):
        operator.post(at(talk[1], "screening"), data={f"row_{row}": heard})
    told = operator.post(at(talk[1], "level"), data={"level": "attention", "words": SECRET})
    assert told.status_code == 422
    assert SECRET in told.text
    with db.reading() as session:
        assert session.scalars(sa.select(risk_levels.EpisodeLevel)).all() == []


def test_danger_is_begun_with_one_press_and_stamped(operator: FlaskClient, talk: tuple[Night, str]) -> None:
    token = talk[1]
    operator.post(at(token, "danger"), data={"is_acting": "0"})
    with clock.frozen(EVENING + timedelta(minutes=4)):
        page = operator.get(at(token, "danger")).text
        assert "超时 3:00" in page
        asked = operator.post(at(token, "danger/step"), data={"step": "police", "result": "done"})
        assert asked.status_code == 422
        words = {"step": "police", "result": "done", "words_police": SECRET}
        assert operator.post(at(token, "danger/step"), data=words).status_code == 303
        again = operator.post(at(token, "danger/step"), data=words)
        assert again.status_code == 409
    operator.post(at(token, "danger/step"), data={"step": "confirm", "result": "done"})
    event = only(Danger)
    assert isinstance(event, Danger)
    assert event.over_at is not None
    assert (
        operator.post(at(token, "danger/step"), data={"step": "dance", "result": "done"}).status_code == 422
    )


def test_a_safety_plan_is_kept_and_two_windows_notice_each_other(
    operator: FlaskClient, talk: tuple[Night, str]
) -> None:
    address = at(talk[1], "safety-plan")
    assert operator.post(address, data={"seen": "0"}).status_code == 422
    operator.post(address, data={"seen": "0", "signs": SECRET})
    operator.post(address, data={"seen": "1", "signs": SECRET, "people": "姐姐"})
    late = operator.post(address, data={"seen": "1", "signs": "另一个窗口写的"})
    assert late.status_code == 409
    assert "另一个窗口写的" in late.text
    assert "姐姐" in operator.get(address).text
    assert "姐姐" not in operator.get(address + "?version=1").text
    with db.reading() as session:
        assert len(session.scalars(sa.select(SafetyPlan)).all()) == 2


def test_follow_up_from_consent_to_the_talk(
    operator: FlaskClient, as_role: SignIn, talk: tuple[Night, str]
) -> None:
    token = talk[1]
    assert operator.post(at(token, "follow-up"), data={}).status_code == 422
    operator.post(at(token, "level"), data={"level": "key"})
    operator.post(
        at(token, "follow-up"), data={"agreed": "yes", "hours": ["evening"], "safe_word": "图书馆的小周"}
    )
    page = operator.get(at(token, "follow-up")).text
    assert "24 小时内" in page
    assert "12 个月" in page
    with clock.frozen(EVENING + timedelta(days=1)):
        operator = as_role(staff=talk[0].operator)
        assert operator.get("/counselling/follow-ups/in-hand").status_code == 303
        held = operator.post("/counselling/follow-ups/next", follow_redirects=True)
        assert "图书馆的小周" in held.text
        assert held.text.count("button-primary") == 1  # to dial; noting how it ended comes after
        with db.reading() as session:
            row = session.scalars(sa.select(FollowUp).where(FollowUp.state == FollowUpState.HELD)).one()
        address = f"/counselling/follow-ups/{row.id}"
        assert operator.post(address + "/try", data={"words": SECRET}).status_code == 422
        assert operator.post(address + "/try", data={"result": "later"}).status_code == 422
        later = {"result": "later", "later": "2026-11-20T10:00"}
        assert operator.post(address + "/try", data=later).status_code == 303
        with db.reading() as session:
            again = session.get_one(FollowUp, row.id)
            assert clock.local(again.next_at).strftime("%m-%d %H:%M") == "11-20 10:00"
        operator.post(address + "/take")
        operator.post(address + "/give-back")
        operator.post(address + "/take")
        done = operator.post(address + "/try", data={"result": "reached", "words": SECRET})
        assert done.headers["Location"].endswith(at(token, "level"))
        assert SECRET not in operator.get("/counselling/follow-ups/").text
    with db.reading() as session:
        assert session.get_one(FollowUp, row.id).state is FollowUpState.REACHED


def test_a_number_given_for_follow_up_is_never_shown_again(app: Flask, as_role: SignIn) -> None:
    with db.transaction() as session:
        night = a_night(session)
        token = a_talk(session, night.operator, number=None).token
    browser = as_role(staff=night.operator)
    assert browser.post(at(token, "follow-up"), data={"agreed": "yes"}).status_code == 422
    told = browser.post(
        at(token, "follow-up"), data={"agreed": "yes", "number": "13800006021"}, follow_redirects=True
    )
    assert told.status_code == 200
    assert "6021" not in told.text
    with db.reading() as session:
        wish = session.scalars(sa.select(followups.FollowUpWish)).one()
        assert wish.number == "+8613800006021"


def test_an_operator_asks_a_questionnaire(operator: FlaskClient, talk: tuple[Night, str]) -> None:
    token = talk[1]
    begun = operator.post(at(token, "questionnaires"), data={"instrument": "phq9"})
    address = begun.headers["Location"]
    half = operator.post(address, data={"item_9": "1", "item_1": "2"}, follow_redirects=True)
    assert "第 9 题需要马上关注" in half.text
    assert "还差 7 题" in half.text
    whole = {f"item_{n}": "2" for n in range(1, 10)}
    done = operator.post(address, data=whole, follow_redirects=True)
    assert "中重度" in done.text
    assert operator.post(address, data={"item_1": "0"}).status_code == 409
    for coding in ("", "9-9"):
        refused = operator.post(at(token, "questionnaires"), data={"instrument": "scl90", "coding": coding})
        assert refused.status_code == 422
    scl = operator.post(at(token, "questionnaires"), data={"instrument": "scl90", "coding": "1-5"})
    mixed = operator.post(scl.headers["Location"], data={"item_1": "0"})
    assert mixed.status_code == 422
    every = {f"item_{n}": "3" for n in range(1, 91)}
    scored = operator.post(scl.headers["Location"], data=every, follow_redirects=True)
    assert "躯体化" in scored.text
    assert "270" in scored.text
    for missing in ("cssrs", "none"):
        gone = operator.post(at(token, "questionnaires"), data={"instrument": missing})
        assert gone.status_code == 404
    assert "90" in operator.get(at(token, "questionnaires")).text


def test_somebody_elses_sheet_is_not_found(operator: FlaskClient, talk: tuple[Night, str]) -> None:
    begun = operator.post(at(talk[1], "questionnaires"), data={"instrument": "gad7"})
    with db.transaction() as session:
        other = a_talk(session, session.merge(talk[0].operator), number=None).token
    number = begun.headers["Location"].rsplit("/", 1)[1]
    assert operator.get(at(other, f"questionnaires/{number}")).status_code == 404


def test_the_lead_sets_the_points_of_the_scale(
    operator: FlaskClient, as_role: SignIn, talk: tuple[Night, str]
) -> None:
    lead = as_role(staff=talk[0].lead)
    assert "还没有录入" in operator.get(at(talk[1], "scale")).text
    assert operator.get("/counselling/alarms/scale").status_code == 403
    points = {e.value: "0/1" for e in Element}
    wrong = lead.post("/counselling/alarms/scale", data=points)
    assert wrong.status_code == 422
    assert "16" in wrong.text
    lead.post("/counselling/alarms/scale", data=points | {"thoughts": "0/5"})
    with db.reading() as session:
        assert risk_scales.adopted(session) is not None
    steps = {e.value: "0" for e in Element} | {"thoughts": "1"}
    done = operator.post(at(talk[1], "scale"), data=steps, follow_redirects=True)
    assert "合计 5 分" in done.text
    assert "十二项量表 5 分" in operator.get(at(talk[1], "level")).text


def test_a_resident_assesses_themselves_without_a_name(app: Flask, as_role: SignIn) -> None:
    with db.transaction() as session:
        night = a_night(session)
        county = a_place(session).id
    browser = app.test_client()
    assert "075512356" in browser.get("/self-assess/").text
    page = browser.post("/self-assess/begin", data={"instrument": "phq9", "county": str(county)})
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found is not None
    ticket = found[1]
    assert ticket not in browser.get("/self-assess/").text
    mild = browser.post("/self-assess/answer", json={"ticket": ticket, "item": 1, "value": 1})
    assert mild.json == {"kept": 1, "offer": False}
    grave = browser.post("/self-assess/answer", json={"ticket": ticket, "item": 9, "value": 2})
    assert grave.json == {"kept": 9, "offer": True}
    lead = as_role(staff=night.lead)
    assert "1 份危险作答" in lead.get("/counselling/alarms/").text
    some = browser.post("/self-assess/result", data={"ticket": ticket, "item_2": "1"})
    assert some.status_code == 422
    assert "还有 6 题没有答" in some.text
    leave = browser.post("/self-assess/result", data={"ticket": ticket, "leave": "1"})
    assert "不算总分" in leave.text
    whole = {f"item_{n}": "2" for n in range(3, 9)}
    done = browser.post("/self-assess/result", data={"ticket": ticket, **whole})
    assert "总分 16" in done.text
    assert "值得找人说说" in done.text
    refused = browser.post("/self-assess/call-me", data={"ticket": ticket, "number": "12"})
    assert refused.status_code == 422
    called = browser.post("/self-assess/call-me", data={"ticket": ticket, "number": "13800006021"})
    assert "15 分钟" in called.text
    assert "6021" not in called.text
    assert "自评出现危险作答" in lead.get("/counselling/alarms/part").text
    sheet = only(AssessmentSheet)
    assert isinstance(sheet, AssessmentSheet)
    assert (sheet.contact_id, sheet.begun_by, sheet.band) == (None, None, "moderately_severe")


def test_danger_to_life_stands_above_what_came_before(
    operator: FlaskClient, as_role: SignIn, talk: tuple[Night, str]
) -> None:
    operator.post(at(talk[1], "level"), data={"level": "key"})
    with clock.frozen(EVENING + timedelta(minutes=3)):
        operator.post(at(talk[1], "danger"), data={"is_acting": "1"})
        page = as_role(staff=talk[0].lead).get("/counselling/alarms/part").text
    assert 0 < page.index("正在发生生命危险") < page.index("重点来电，请督导关注")


def test_nameless_alarms_are_seen_together(app: Flask, as_role: SignIn) -> None:
    with db.transaction() as session:
        night = a_night(session)
    browser = app.test_client()
    for _ in range(3):
        page = browser.post("/self-assess/begin", data={"instrument": "phq9"}).text
        found = re.search(r'name="ticket" value="([^"]+)"', page)
        assert found is not None
        browser.post("/self-assess/answer", json={"ticket": found[1], "item": 9, "value": 3})
    lead = as_role(staff=night.lead)
    assert "3 份危险作答" in lead.get("/counselling/alarms/").text
    assert as_role(staff=night.operator).post("/counselling/alarms/nameless/answer").status_code == 403
    lead.post("/counselling/alarms/nameless/answer")
    assert "没有等待接手的警报" in lead.get("/counselling/alarms/").text


@pytest.mark.parametrize(
    ("number", "dialled"),
    [("+862160012356", "02160012356"), ("+8613800006021", "13800006021"), ("+864001612356", "4001612356")],
)
def test_residents_read_the_line_as_they_dial_it(app: Flask, number: str, dialled: str) -> None:
    with db.transaction() as session:
        a_night(session).line.number = number
    assert f'href="tel:{dialled}"' in app.test_client().get("/self-assess/").text


@pytest.mark.parametrize("body", [{}, {"ticket": "x", "item": 1, "value": 1}, {"ticket": 3}])
def test_an_answer_without_its_sheet_is_refused(app: Flask, body: dict[str, object]) -> None:
    assert app.test_client().post("/self-assess/answer", json=body).status_code in (409, 422)


def test_leaders_see_totals_and_nothing_below_ten(app: Flask, as_role: SignIn) -> None:
    with db.transaction() as session:
        county = a_place(session, name="清河县")
        for many, value in ((12, 1), (3, 3)):
            for _ in range(many):
                session.add(_finished(value, county.id))
    with clock.frozen(EVENING + timedelta(days=90)):
        page = as_role(Role.LEADER).get("/counselling-totals/?quarter=2026-4")
    assert page.status_code == 200
    cells = re.findall(r'<td class="num">(?:<[^>]+>)?([^<]+)', page.text)
    assert all(int(c) == 0 or int(c) >= 10 for c in cells if c.strip().isdigit())
    assert "不显示" in cells
    with db.reading():
        assert as_role(Role.OPERATOR).get("/counselling-totals/").status_code == 403


def _finished(value: int, county_id: int) -> AssessmentSheet:
    """Make a finished sheet."""
    band = {1: "mild", 3: "severe"}[value]
    return AssessmentSheet(
        token=f"t{next(_serial)}", instrument_code="phq9", version=instrument("phq9").version, coding="0-3",
        rater="self", place_id=county_id, begun_at=EVENING, changed_at=EVENING, finished_at=EVENING,
        answers={}, total=9 * value, band=band,
    )  # fmt: skip


_serial = iter(range(10_000))


def test_a_lead_sees_the_queue_of_everybody(as_role: SignIn, talk: tuple[Night, str]) -> None:
    with db.transaction() as session:
        other = a_staff(session, Role.OPERATOR)
    assert as_role(staff=talk[0].lead).get("/counselling/follow-ups/").status_code == 200
    assert as_role(staff=other).get("/counselling/follow-ups/?whose=mine").status_code == 200


def test_the_key_mark_of_a_record_makes_it_key_at_once(
    operator: FlaskClient, talk: tuple[Night, str]
) -> None:
    night, token = talk
    for seen, marks in enumerate((["silent"], ["silent", "key"], ["key"])):
        told = {"changes": {"flags": marks}, "seen": seen, "token": f"t{seen}"}
        assert operator.post(at(token, "record"), json=told).status_code == 200
    given = only(risk_levels.EpisodeLevel)
    assert isinstance(given, risk_levels.EpisodeLevel)
    assert (given.level, given.reason_codes, given.given_by) == (
        RiskLevel.KEY, {"always.judgement"}, night.operator.id,
    )  # fmt: skip
    alarm = only(Escalation)
    assert isinstance(alarm, Escalation)
    assert alarm.raised_at == EVENING


def test_what_is_shown_of_other_talks_is_written_down_for_these(
    operator: FlaskClient, talk: tuple[Night, str]
) -> None:
    night, token = talk
    with db.transaction() as session:
        before = a_talk(session, night.operator, at=EVENING - timedelta(days=9))
        by = night.operator
        safety_plans.write(session, before, {"signs": SECRET}, seen=0, by=by, at=EVENING)
        sheet = assessments.new_sheet(session, instrument("gad7"), None, contact=before, by=by, at=EVENING)
        assessing.answer(session, sheet, dict.fromkeys(range(1, 8), 1), by=by, at=EVENING)
        assessing.finish(session, sheet, at=EVENING)
        own = session.scalars(sa.select(Contact.id).where(Contact.token == token)).one()
        given = continuity.give(session, before, "两行话", by=by, at=EVENING).code
    assert SECRET in operator.get(at(token, "safety-plan")).text
    operator.get(at(token, "questionnaires"))
    with db.reading() as session:
        reads = session.scalars(sa.select(CounsellingRead).order_by(CounsellingRead.seq)).all()
        assert [(r.record, r.contact_id) for r in reads] == [
            (f"{part}:{which}", which) for part in ("safety_plan", "assessment") for which in (own, before.id)
        ]
    operator.post(at(token, "continuity/go-on"), data={"code": given})
    with db.reading() as session:
        last = session.scalars(sa.select(CounsellingRead).order_by(CounsellingRead.seq.desc())).first()
        assert last is not None
        assert last.contact_id == before.id


def test_a_reviewer_sees_the_case_whole_and_decides(
    operator: FlaskClient, as_role: SignIn, talk: tuple[Night, str]
) -> None:
    night, token = talk
    operator.post(at(token, "level"), data={"always": "plan_soon", "level": "", "words": ""})
    operator.post(at(token, "screening"), data={"row_1": "yes"})
    operator.post(at(token, "safety-plan"), data={"signs": SECRET, "seen": "0"})
    operator.post(at(token, "danger"), data={"is_acting": "0"})
    operator.post(at(token, "danger/step"), data={"step": "location", "result": "done"})
    operator.post(at(token, "follow-up"), data={"agreed": "yes"})
    operator.post(at(token, "level/lower"), data={"wanted": "attention", "words": "已住院"})
    with db.transaction() as session:
        reviewer = a_staff(session, Role.REVIEWER)
        contact = session.scalars(sa.select(Contact).where(Contact.token == token)).one()
        by = session.merge(night.operator)
        opened = break_glass.ask(session, contact, OpeningReason.RESCUE, by=by, at=EVENING)
    browser, case = as_role(staff=reviewer), f"/counselling/cases/{token}"
    page = browser.get(case).text
    for shown in (SECRET, "再也不醒来", "问清所在地点", "24 小时内", "已住院"):
        assert shown in page, shown
    assert f"/counselling/openings/{opened.id}/review/right" in browser.get("/counselling/cases/").text
    assert browser.post(f"/counselling/openings/{opened.id}/review/right").status_code == 303
    assert browser.post(f"{case}/lower", data={"agrees": "yes", "answer": ""}).status_code == 303
    assert browser.post(case, data={"verdict": "coach", "words": "先问方法"}).status_code == 303
    with db.reading() as session:
        assert session.get_one(break_glass.NumberOpening, opened.id).was_right is True
        assert risk_levels.level_of(session, contact.id, at=EVENING) is RiskLevel.ATTENTION
    own = "/counselling/my-reviews/"
    first, second = operator.get(own).text, operator.get(own).text
    assert "先问方法" in first
    assert ("新" in first.split("<h1>")[1], "新" in second.split("<h1>")[1]) == (True, False)
    assert "先问方法" not in as_role(Role.OPERATOR).get(own).text


def test_a_caller_may_ask_for_the_same_operator(operator: FlaskClient, talk: tuple[Night, str]) -> None:
    night, token = talk
    where = at(token, "continuity/same-operator")
    assert operator.post(where, data={"wishes": "yes"}).status_code == 422
    assert night.operator.name in operator.post(where, data={"wishes": "yes", "consents": "1"}).text
    with db.transaction() as session:
        contact = session.scalars(sa.select(Contact).where(Contact.token == token)).one()
        caller, off = contact.caller, EVENING + timedelta(days=2)
        assert caller is not None
        assert same_operator.preferred_for(session, caller, at=EVENING) == night.operator.id
        assert same_operator.preferred_for(session, caller, at=off) is None  # no seat in a shift then
        withheld = a_talk(session, night.operator, number=None)
        with pytest.raises(same_operator.NotRecognised):
            same_operator.note(session, withheld, wishes=True, consents=True, by=night.operator, at=EVENING)
        assert withheld.caller is not None
        assert same_operator.preferred_for(session, withheld.caller, at=EVENING) is None
        assert same_operator.forget_ended(session, at=EVENING + timedelta(days=89)) == 0
        assert same_operator.forget_ended(session, at=EVENING + timedelta(days=90)) == 1


def test_a_lead_sets_a_plan_and_whoever_takes_the_call_sees_it(
    operator: FlaskClient, as_role: SignIn, talk: tuple[Night, str]
) -> None:
    night, token = talk
    lead, where = as_role(staff=night.lead), at(token, "plan")
    told = {
        "operator": str(night.operator.id), "minutes": "30", "care": SECRET, "reason": "每晚来电，已同本人商量",
        "ends_on": "2027-01-31",
    }  # fmt: skip
    assert operator.post(where, data=told).status_code == 403
    assert lead.post(where, data=told | {"ends_on": "2028-01-31"}).status_code == 422
    assert lead.post(where, data=told).status_code == 303
    for part in ("plan", "screening"):
        assert SECRET in operator.get(at(token, part)).text
    with db.reading() as session:
        records = session.scalars(sa.select(CounsellingRead.record).order_by(CounsellingRead.seq)).all()
        assert [r.split(":")[0] for r in records[-3:]] == ["caller_plan", "screening", "caller_plan"]
        caller = session.scalars(sa.select(Contact).where(Contact.token == token)).one().caller
        assert caller is not None
        assert same_operator.preferred_for(session, caller, at=EVENING) == night.operator.id
        raw = session.execute(sa.text("SELECT care FROM caller_plan")).scalar_one()
        assert SECRET.encode() not in bytes(raw)
    assert lead.post(at(token, "plan/end")).status_code == 303
    assert SECRET not in operator.get(at(token, "screening")).text


def test_an_old_record_is_opened_for_a_purpose_that_is_said(
    operator: FlaskClient, as_role: SignIn, talk: tuple[Night, str]
) -> None:
    night, token = talk
    operator.post(at(token, "safety-plan"), data={"signs": SECRET, "seen": "0"})
    with db.transaction() as session:
        contact = session.scalars(sa.select(Contact).where(Contact.token == token)).one()
        contact.state, contact.ended_at, contact.closed_at = ContactState.DONE, EVENING, EVENING
    assert SECRET in operator.get(at(token, "safety-plan")).text
    with clock.frozen(EVENING + timedelta(hours=13)):
        for browser in (as_role(staff=night.operator), as_role(staff=night.lead)):
            asked = browser.get(at(token, "safety-plan")).text
            assert SECRET not in asked
            assert "为什么要看" in asked
            assert "<html" not in browser.get(at(token, "safety-plan"), headers={"X-Panel": "1"}).text
            told = browser.get(at(token, "record"), headers={"Accept": "application/json"})
            assert told.status_code == 409
            to_open = {"onward": at(token, "safety-plan"), "words": ""}
            assert browser.post(at(token, "purpose"), data=to_open | {"purpose": "other"}).status_code == 422
            opened = browser.post(
                at(token, "purpose"), data=to_open | {"purpose": "teach"}, follow_redirects=True
            )
            assert SECRET in opened.text
        with db.reading() as session:
            last = session.scalars(sa.select(CounsellingRead).order_by(CounsellingRead.seq.desc())).first()
            assert last is not None
            assert last.purpose is ReadPurpose.TEACH
        assert as_role(Role.OPERATOR).get(at(token, "safety-plan")).status_code == 404
        assert as_role(Role.OPERATOR).post(at(token, "purpose"), data=to_open).status_code == 404
    with clock.frozen(EVENING + timedelta(hours=16)):
        assert SECRET not in as_role(staff=night.operator).get(at(token, "safety-plan")).text


def test_an_old_key_case_is_asked_of_once_it_was_read_and_what_was_said_is_shown(
    as_role: SignIn, talk: tuple[Night, str]
) -> None:
    night, token = talk
    with db.transaction() as session:
        contact = session.scalars(sa.select(Contact).where(Contact.token == token)).one()
        session.add(EpisodeLevel(
            contact_id=contact.id, level=RiskLevel.KEY, reasons=[], words="", given_by=night.operator.id, given_at=EVENING,
        ))  # fmt: skip
        contact.state, contact.ended_at, contact.closed_at = ContactState.DONE, EVENING, EVENING
        reviewer = a_staff(session, Role.REVIEWER)
    case = at("cases", token)
    late = EVENING + timedelta(days=60)
    with clock.frozen(late):  # not read yet: whoever reviews it need not say so
        browser = as_role(staff=reviewer)
        assert "记下评议" in browser.get(case).text
        draft = {"place": f"{token}:review", "typed": {"words": [SECRET]}}
        assert browser.post(case, data={"verdict": "good", "words": ""}).status_code == 303
    with clock.frozen(late + timedelta(days=2)):
        for who in (reviewer, night.lead):
            browser = as_role(staff=who)
            asked = browser.get(case).text
            assert "为什么要看" in asked
            assert "记下评议" not in asked
        browser = as_role(staff=reviewer)
        said = {"purpose": "other", "words": "复核两个月前的处置", "onward": case}
        assert "记下评议" in browser.post(f"{case}/purpose", data=said, follow_redirects=True).text
        assert "复核两个月前的处置" in browser.get("/counselling/reads/").text
        assert browser.post("/counselling/cases/drafts", json=draft).status_code == 200
    with clock.frozen(
        late + timedelta(days=2, hours=3)
    ):  # what they said has lapsed; what they type is kept all the same
        browser = as_role(staff=reviewer)
        assert browser.post("/counselling/cases/drafts", json=draft).status_code == 200
        read = browser.post("/counselling/cases/drafts/read", json={"places": [draft["place"]]})
        assert read.get_json() == {}
        browser.post(f"{case}/purpose", data=said)
        read = browser.post("/counselling/cases/drafts/read", json={"places": [draft["place"]]})
        assert read.get_json() == {draft["place"]: draft["typed"]}


def test_the_alarm_of_a_late_call_back_says_which_caller_and_leads_to_where_they_are_rung(
    as_role: SignIn, talk: tuple[Night, str]
) -> None:
    night, token = talk
    with db.transaction() as session:
        contact = session.scalars(sa.select(Contact).where(Contact.token == token)).one()
        alarm = escalations.escalate(
            session, EscalationKind.CALL_BACK, contact.id, contact=contact, by=None, at=EVENING
        )
        line, caller = contact.line.label, contact.caller
        number = alarm.id
        assert caller is not None
        masked = caller.masked_number
    lead = as_role(staff=night.lead)
    listed = lead.get("/counselling/alarms/part").text
    assert line in listed
    assert masked in listed
    assert 'href="/hotline/line"' in listed
    assert lead.post(f"/counselling/alarms/{number}/answer").headers["Location"] == "/hotline/line"
