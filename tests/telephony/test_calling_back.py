"""A resident calls the survey's number back, over the carrier: who called and why, and a key for each wish."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from core import clock
from core.db import reading, transaction
from core.people import Staff
from survey import callbacks_menu, console
from survey.attempts import Appointment, Attempt, HandOut, HandOutRule
from survey.cases import Case, CaseState
from survey.frame import DoNotCall
from survey.interviewers import at_work, note_presence
from survey.outcomes import Outcome, record_outcome
from telephony import line
from telephony.calls import Call, Direction, Party
from telephony.contract import check_twiml
from telephony.line import identity_of
from telephony.manual import Outcome as Heard
from telephony.rooms import Purpose, open_room
from telephony.simulator.leg import Leg
from tests.conftest import NOON
from tests.survey.field import Field, a_field, dialled
from tests.telephony.conftest import House

CENTRE = "+862160000000"


@pytest.fixture
def field(house: House) -> Field:
    """An open wave whose first number Anna has tried in vain; the survey answers its number."""
    with transaction() as session:
        made = a_field(session)
        tried = dialled(session, made.anna, NOON, Heard.NO_ANSWER)
        record_outcome(session, tried, Outcome("3.13"), by=made.anna, at=NOON)
    line.use(house.line)
    callbacks_menu.answer_callers()
    return made


def number_tried() -> str:
    with reading() as session:
        case = session.scalars(sa.select(Case).where(Case.attempt_count > 0)).one()
        found: str = case.frame_number.number
        return found


def tried_case() -> Case:
    with reading() as session:
        query = sa.select(Case).where(Case.attempt_count > 0).options(joinedload(Case.frame_number))
        found: Case = session.scalars(query).one()
        return found


def sit_down(house: House, staff: Staff) -> str:
    """Connect somebody's telephone and let them be seen at work; return their leg."""
    with house.at_present() as now, transaction() as session:
        room = open_room(session, owner=staff, purpose=Purpose.SURVEY, at=now)
        note_presence(at_work(session, staff), now)
        name = room.name
    leg = house.carrier.softphones.connect_as(identity_of(staff.id), {"room": name})
    house.run(2)
    return leg.sid


def call_back(house: House, number: str, *presses: tuple[float, str]) -> Leg:
    return house.carrier.inbound(number, CENTRE, presses=presses, talk_s=300.0)


def said(house: House) -> str:
    for document in house.documents:
        check_twiml(document)
    return "".join(house.documents)


def test_who_is_free_talks_to_them_at_once(house: House, field: Field) -> None:
    sit_down(house, field.ben)
    call_back(house, number_tried(), (6.0, "1"))
    house.run(20)
    assert "社会治安调查" in said(house)
    with house.at_present() as now, reading() as session:
        shown = console.screen(session, by=session.get_one(Staff, field.ben.id), at=now)
        assert shown["phase"] == "talking"
        assert shown["why"] == "受访者刚回电"
        handed = session.scalars(sa.select(HandOut).order_by(HandOut.id.desc())).first()
        assert handed is not None
        assert (handed.rule, handed.staff_id) == (HandOutRule.INBOUND, field.ben.id)
        assert handed.rule.label == "受访者回电"
        call = session.scalars(sa.select(Call).where(Call.direction == Direction.INBOUND)).one()
        ben = session.scalars(
            sa.select(Call).where(Call.party == Party.OPERATOR, Call.staff_id == field.ben.id)
        ).one()
        assert call.in_room
        assert call.room_id == ben.room_id
        attempt = session.scalars(sa.select(Attempt).where(Attempt.call_id == call.id)).one()
        assert (attempt.staff_id, attempt.number) == (field.ben.id, 2)
    assert house.carrier.warnings == []


def test_the_caller_who_hangs_up_leaves_an_outcome_to_code(house: House, field: Field) -> None:
    sit_down(house, field.ben)
    leg = call_back(house, number_tried(), (6.0, "1"))
    house.run(20)
    house.carrier.hang_up(leg)
    house.run(5)
    with house.at_present() as now, reading() as session:
        assert console.screen(session, by=session.get_one(Staff, field.ben.id), at=now)["phase"] == "outcome"


def test_with_nobody_free_they_choose_a_time_that_anyone_keeps(house: House, field: Field) -> None:
    call_back(house, number_tried(), (6.0, "1"), (12.0, "2"))
    house.run(60)
    assert "访员现在都在通话中" in said(house)
    assert "我们将在明天上午十点给您打电话" in said(house)
    with reading() as session:
        kept = session.scalars(sa.select(Appointment)).one()
        local = clock.local(kept.at)
        assert (local.hour, local.minute, local.date()) == (
            10, 0, (clock.local(NOON) + timedelta(days=1)).date(),
        )  # fmt: skip
        assert (kept.staff_id, kept.made_by, kept.is_open) == (None, None, True)
    assert tried_case().state == CaseState.APPOINTED


@pytest.mark.parametrize(("key", "days", "hour"), [("1", 0, 19), ("2", 1, 10), ("3", 1, 19)])
def test_each_key_is_one_time(house: House, field: Field, key: str, days: int, hour: int) -> None:
    call_back(house, number_tried(), (6.0, "2"), (12.0, key))
    house.run(60)
    with reading() as session:
        local = clock.local(session.scalars(sa.select(Appointment.at)).one())
    assert (local.hour, (local.date() - clock.local(NOON).date()).days) == (hour, days)


def test_never_again_is_confirmed_aloud_and_kept(house: House, field: Field) -> None:
    number = number_tried()
    call_back(house, number, (6.0, "3"))
    house.run(30)
    assert "今后不会再拨打这个号码" in said(house)
    case = tried_case()
    assert (case.state, case.disposition) == (CaseState.CLOSED, "2.112")
    with reading() as session:
        assert session.get(DoNotCall, case.frame_number.fingerprint) is not None
    house.documents.clear()
    call_back(house, number, (6.0, "3"))
    house.run(30)
    assert "不需要做任何事" in said(house)


@pytest.mark.parametrize("caller", ["+8613912345678", "anonymous"])
def test_strangers_hear_what_the_centre_is_and_that_nothing_is_needed(
    house: House, field: Field, caller: str
) -> None:
    sit_down(house, field.ben)
    call_back(house, caller, (6.0, "1"))
    house.run(30)
    spoken = said(house)
    assert "社情民意调查中心" in spoken
    assert "不需要做任何事" in spoken
    assert "Gather" not in spoken
    with reading() as session:
        call = session.scalars(sa.select(Call).where(Call.direction == Direction.INBOUND)).one()
        assert call.is_ended
        assert session.scalars(sa.select(HandOut.rule)).all() == [HandOutRule.FRESH]


def test_a_number_whose_case_is_in_hand_may_still_refuse_for_good(house: House, field: Field) -> None:
    with transaction() as session:
        case = session.scalars(sa.select(Case).where(Case.attempt_count > 0)).one()
        case.state, case.lease_by = CaseState.CLAIMED, field.anna.id
        case.lease_until = NOON + timedelta(minutes=15)
        number = case.frame_number.number
    call_back(house, number, (6.0, "3"))
    house.run(30)
    assert "今后不会再拨打这个号码" in said(house)
    with reading() as session:
        assert session.get(DoNotCall, tried_case().frame_number.fingerprint) is not None


def test_no_key_or_a_strange_one_ends_kindly(house: House, field: Field) -> None:
    call_back(house, number_tried(), (6.0, "9"))
    house.run(90)
    assert "我们会再次给您打电话" in said(house)
    assert tried_case().state == CaseState.WAITING


def test_nothing_spoken_tells_who_lives_there(house: House, field: Field) -> None:
    number = number_tried()
    sit_down(house, field.ben)
    call_back(house, number, (6.0, "1"))
    house.run(20)
    with reading() as session:
        case = session.scalars(sa.select(Case).where(Case.attempt_count > 1)).one()
        secrets = [number, number[-4:], case.county.name, case.township.name, field.ben.name]
    spoken = "".join(d for d in house.documents if "<Say" in d)
    assert spoken
    assert [s for s in secrets if s in spoken] == []


def test_a_call_to_another_line_is_not_the_surveys(house: House, field: Field) -> None:
    house.carrier.inbound(number_tried(), "+862160000001", presses=((6.0, "3"),))
    house.run(30)
    assert "Gather" not in said(house)
    assert tried_case().state == CaseState.WAITING


def test_an_interviewer_who_has_left_or_is_at_home_there_is_not_rung(house: House, field: Field) -> None:
    sit_down(house, field.ben)
    with transaction() as session:
        case = session.scalars(sa.select(Case).where(Case.attempt_count > 0)).one()
        session.get_one(Staff, field.ben.id).home_county_id = case.county_id
    call_back(house, number_tried(), (6.0, "1"))
    house.run(20)
    assert "访员现在都在通话中" in said(house)
    with transaction() as session:
        session.get_one(Staff, field.ben.id).home_county_id = None
    house.run(700)
    house.documents.clear()
    call_back(house, number_tried(), (6.0, "1"))
    house.run(20)
    assert "访员现在都在通话中" in said(house)
    with reading() as session:
        assert session.scalars(sa.select(HandOut.rule)).all() == [HandOutRule.FRESH]
