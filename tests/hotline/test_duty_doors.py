"""The doors of the shift lead and of operators to their own shifts: who may enter, what is refused, what is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import OPENS, Permission, Role
from hotline.contacts import Contact, ContactState
from hotline.distress import Distress
from hotline.forecasting import midnight
from hotline.handovers import Handover, write
from hotline.key_calls import KeyCall
from hotline.load_guard import note_key_call
from hotline.past_calls import monday_of
from hotline.read_log import CounsellingRead
from hotline.shifts import Duty, Shift
from matters import floods
from tests.hotline.staffed import a_contact, a_lead, a_line, a_seat, a_shift, an_operator
from tests.hotline.test_forecasting import history
from tests.matters.makers import a_matter, a_town
from tests.web.conftest import SignedIn
from tests.web.conftest import app as app
from tests.web.conftest import as_role as as_role

LEADS_ONLY = (
    "/hotline/duty/",
    "/hotline/duty/now",
    "/hotline/duty/outlook",
    "/hotline/duty/roster/",
    "/hotline/duty/handover/",
    "/hotline/duty/staffing/",
    "/hotline/calls-for-help",
)


@pytest.mark.parametrize("role", list(Role))
def test_only_leads_see_the_shift(app: Flask, as_role: SignedIn, role: Role) -> None:
    """Every other role is told that the door is shut, also for the parts that refresh."""
    client = as_role(role)
    expected = 200 if Permission.HOTLINE_LEAD in OPENS[role] else 403
    assert {path: client.get(path).status_code for path in LEADS_ONLY} == dict.fromkeys(LEADS_ONLY, expected)
    assert client.get("/hotline/my-shifts/").status_code == (
        200 if Permission.HOTLINE_OPERATE in OPENS[role] else 403
    )


def test_the_board_holds_totals_and_nothing_of_callers(app: Flask, as_role: SignedIn) -> None:
    """No number, not even masked, no token of a contact; the seats and counts are there."""
    with transaction() as session:
        at = clock.now()
        lead, person = a_lead(session), an_operator(session)
        a_line(session, owner=lead, at=at)
        a_shift(session, at=at, lead=lead, people=[person])
        talk = a_contact(session, at=at - timedelta(minutes=5), owner=person, state=ContactState.TALKING)
        a_contact(
            session, at=at - timedelta(seconds=41), owner=lead, state=ContactState.WAITING, way_out=None
        )
        a_seat(session, person, at=at)
    page = as_role(staff=lead).get("/hotline/duty/now").get_data(as_text=True)
    assert "0:4" in page  # the longest wait
    assert person.name in page
    assert lead.name in page
    assert talk.token not in page
    assert "+86" not in page


def test_the_shift_lead_is_told_of_the_same_words_from_many_numbers(app: Flask, as_role: SignedIn) -> None:
    """How many numbers, and nothing of what was said: matters are not theirs to read."""
    with transaction() as session:
        town, at = a_town(session), clock.now()
        matters = [
            a_matter(session, town.township, at=at, number=f"+861450000200{n}").matter for n in range(5)
        ]
        floods.look(session, at)
    page = as_role(Role.SHIFT_LEAD).get("/hotline/duty/now").get_data(as_text=True)
    assert "有 5 个不同号码反映了同样的话" in page
    assert not any(text in page for matter in matters for text in (matter.receipt, matter.narrative))


def test_a_shift_is_planned_and_published_and_a_gap_is_refused(app: Flask, as_role: SignedIn) -> None:
    """The form plans several days; publishing says where nobody would be on call, and nothing goes out."""
    client = as_role(Role.SHIFT_LEAD)
    with reading() as session:
        lead = session.scalars(sa.select(Staff).order_by(Staff.id.desc())).first()
        assert lead is not None
    monday = monday_of(clock.today()) + timedelta(days=7)
    form = {
        "line": "counselling", "week": monday.isoformat(), "day": ["0", "1", "2", "3", "4", "5", "6"],
        "begins": "00:00", "ends": "12:00", "seats": "2", "key_call_limit": "3", "supervisor": str(lead.id),
    }  # fmt: skip
    assert client.post("/hotline/duty/roster/plan", data=form).status_code == 303
    week = {"line": "counselling", "week": monday.isoformat()}
    refused = client.post("/hotline/duty/roster/publish", data=week)
    assert refused.status_code == 409
    assert "12:00" in refused.get_data(as_text=True)
    again = client.post("/hotline/duty/roster/plan", data=form)
    assert again.status_code == 409  # the same hours are taken
    night = {**form, "begins": "12:00", "ends": "00:00"}
    assert client.post("/hotline/duty/roster/plan", data=night).status_code == 303
    assert client.post("/hotline/duty/roster/publish", data=week).status_code == 303
    with reading() as session:
        shifts = session.scalars(sa.select(Shift)).all()
        assert len(shifts) == 14
        assert all(s.is_published for s in shifts)
    assert "缺 2 人" in client.get(f"/hotline/duty/roster/?week={monday}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("begins", "25:00"),
        ("ends", "x"),
        ("seats", "many"),
        ("seats", "0"),
        ("key_call_limit", "99"),
        ("day", "9"),
    ],
)
def test_what_was_typed_wrong_comes_back_beside_its_field(
    app: Flask, as_role: SignedIn, field: str, typed: str
) -> None:
    """422 with the form, and nothing is planned."""
    form = {
        "line": "counselling", "week": "2026-11-23", "day": "0", "begins": "00:00", "ends": "12:00",
        "seats": "2", "key_call_limit": "3", field: typed,
    }  # fmt: skip
    answer = as_role(Role.SHIFT_LEAD).post("/hotline/duty/roster/plan", data=form)
    assert answer.status_code == 422
    assert f'id="f-{field}-note"' in answer.get_data(as_text=True)
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Shift)) == 0


def test_people_are_put_on_and_taken_off(app: Flask, as_role: SignedIn) -> None:
    """By the shift's own page; a stranger's id is not known."""
    with transaction() as session:
        at = clock.now()
        lead, person = a_lead(session), an_operator(session)
        shift = a_shift(session, at=at, lead=lead, published=False)
    client = as_role(staff=lead)
    here = f"/hotline/duty/roster/{shift.id}"
    assert client.post(f"{here}/people", data={"staff": person.id}).status_code == 303
    assert client.post(f"{here}/people", data={"staff": "99999"}).status_code == 404
    with reading() as session:
        duty = session.scalars(sa.select(Duty)).one()
    assert person.name in client.get(here).get_data(as_text=True)
    assert client.post(f"{here}/people/{duty.id}/off").status_code == 303
    assert client.post(f"{here}/remove").status_code == 303
    assert client.get(here).status_code == 404


def test_the_panic_button_tells_a_lead_and_the_lead_takes_it(app: Flask, as_role: SignedIn) -> None:
    """From the console as JSON; the bar shows it, showing is noted, and taking it ends the climb."""
    with transaction() as session:
        at = clock.now()
        lead, person, other = a_lead(session), an_operator(session), an_operator(session)
        a_shift(session, at=at, lead=lead, people=[person])
        contact = a_contact(session, at=at, owner=person, taker=person)
    operator = as_role(staff=person)
    answer = operator.post("/hotline/panic", json={"contact": contact.token})
    assert answer.get_json()["told"] == 1
    assert operator.get("/hotline/panic/mine").get_json() == {"is_open": True, "told": 1, "taken_by": ""}
    assert as_role(staff=other).post("/hotline/panic", json={"contact": contact.token}).status_code == 404
    boss = as_role(staff=lead)
    assert person.name in boss.get("/hotline/calls-for-help").get_data(as_text=True)
    with reading() as session:
        call = session.scalars(sa.select(Distress)).one()
        assert call.contact_id == contact.id
        assert all(told.shown_at is not None for told in call.told)
    assert boss.post(f"/hotline/calls-for-help/{call.id}/take").status_code == 303
    assert boss.post(f"/hotline/calls-for-help/{call.id}/take").status_code == 409
    assert operator.get("/hotline/panic/mine").get_json()["taken_by"] == lead.name
    assert person.name not in boss.get("/hotline/calls-for-help").get_data(as_text=True)


def test_a_sealed_note_is_read_by_post_and_logged(app: Flask, as_role: SignedIn) -> None:
    """The list shows who wrote, never what; reading is logged; the next lead signs."""
    with transaction() as session:
        at = clock.now()
        lead, next_ = a_lead(session), a_lead(session)
        shift = a_shift(session, at=at, lead=lead)
        write(session, shift, "三号来电人明早再打来", by=lead, at=at)
    client = as_role(staff=next_)
    assert "三号来电人" not in client.get("/hotline/duty/handover/").get_data(as_text=True)
    here = f"/hotline/duty/handover/{shift.id}"
    assert "三号来电人" in client.post(f"{here}/read").get_data(as_text=True)
    assert client.post(f"{here}/sign").status_code == 303
    assert client.post(here, data={"words": "改写"}).status_code == 409
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CounsellingRead)) == 1
        assert session.scalars(sa.select(Handover)).one().signed_by == next_.id


def test_an_empty_note_keeps_the_page(app: Flask, as_role: SignedIn) -> None:
    """422, with the fault beside the field."""
    with transaction() as session:
        lead = a_lead(session)
        shift = a_shift(session, at=clock.now(), lead=lead)
    answer = as_role(staff=lead).post(f"/hotline/duty/handover/{shift.id}", data={"words": " "})
    assert answer.status_code == 422
    assert "f-words-note" in answer.get_data(as_text=True)


def test_own_shifts_load_and_the_talk(app: Flask, as_role: SignedIn) -> None:
    """An operator sees the rest and notes the talk; nobody notes another's."""
    with transaction() as session:
        at = clock.now()
        lead, person, other = a_lead(session), an_operator(session), an_operator(session)
        a_shift(session, at=at, lead=lead, people=[person])
        a_seat(session, person, at=at)
        contact = a_contact(session, at=at, owner=person, talked=60, state=ContactState.DONE)
        note_key_call(session, contact, at=at)
    client = as_role(staff=person)
    page = client.get("/hotline/my-shifts/").get_data(as_text=True)
    assert "重点来电 1 / 3" in page
    assert "恢复休息至" in page
    with reading() as session:
        call = session.scalars(sa.select(KeyCall)).one()
    talk = f"/hotline/my-shifts/talks/{call.id}"
    assert as_role(staff=other).post(talk, data={"with": lead.id}).status_code == 404
    assert client.post(talk, data={"with": person.id}).status_code == 409
    assert client.post(talk, data={"with": lead.id}).status_code == 303
    assert client.post("/hotline/my-shifts/end-rest").status_code == 303
    assert client.post("/hotline/my-shifts/end-rest").status_code == 409
    assert "恢复休息至" not in client.get("/hotline/my-shifts/").get_data(as_text=True)


def test_the_lead_lets_somebody_be_rung_again(app: Flask, as_role: SignedIn) -> None:
    """From the board; an operator's own browser cannot."""
    with transaction() as session:
        at = clock.now()
        lead, person = a_lead(session), an_operator(session)
        a_shift(session, at=at, lead=lead, people=[person])
        a_seat(session, person, at=at)
        note_key_call(
            session, a_contact(session, at=at, owner=person, talked=60, state=ContactState.DONE), at=at
        )
    here = f"/hotline/duty/rest/{person.id}/end"
    assert as_role(staff=person).post(here).status_code == 403
    assert as_role(staff=lead).post(here).status_code == 303
    assert as_role(staff=lead).post(here).status_code == 409


def test_the_staffing_page_shows_the_table_and_survives_nonsense(app: Flask, as_role: SignedIn) -> None:
    """Twenty-four hours with a chart and the error; without calls it says what to do; odd dates mean today."""
    client = as_role(Role.SHIFT_LEAD)
    empty = client.get("/hotline/duty/staffing/?line=counselling").get_data(as_text=True)
    assert "还没有来电" in empty
    with transaction() as session:
        lead = a_lead(session)
        history(session, lead, weeks=4, until=midnight(clock.today()))
        assert session.scalar(sa.select(sa.func.count()).select_from(Contact))
    page = client.get("/hotline/duty/staffing/?line=counselling").get_data(as_text=True)
    assert page.count('<th scope="row" class="num-left">') == 24
    assert "WAPE" in page
    assert "再加 1 席" in page
    for odd in ("day=0001-01-01", "day=9999-12-31", "day=x", "line=nothing", "day=2026-02-30"):
        assert client.get(f"/hotline/duty/staffing/?{odd}").status_code == 200
        assert client.get(f"/hotline/duty/roster/?{odd.replace('day', 'week')}").status_code == 200
    assert client.get("/hotline/duty/outlook").status_code == 200
