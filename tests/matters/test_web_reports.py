"""The residents' form and status page: a receipt for everyone, a flood for no one, a result for whoever holds the PIN."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.db import reading, transaction
from core.people import Unit
from core.permissions import Role
from core.places import Level, Place
from matters import merging, tickets, web_reports
from matters.attributes import Conflict, IdentityClass, Origin, Urgency
from matters.caller_notes import CallerNote
from matters.flow import MatterAction as A
from matters.log import MatterEvent
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.reporters import Reporter, reporters_of
from matters.states import MatterState
from tests.factories import a_place
from tests.matters.raising import ID_CARD, NAME, NUMBER, Desk, a_desk, a_matter, to_feedback

SignedIn = Callable[..., FlaskClient]
SAID = "学校门口的斑马线磨没了"


@pytest.fixture
def desk(app: Flask) -> Desk:
    """The people, the place and the offices that the form offers."""
    with transaction() as session:
        return a_desk(session)


def filled(desk: Desk, **changes: str) -> dict[str, str]:
    """Fill the form as a resident would, a minute after it was opened."""
    ticket = tickets.issue("report", tickets.new_word(), at=clock.now() - timedelta(minutes=1))
    return {
        "ticket": ticket,
        "kind": "help",
        "topic": "traffic.signal",
        "narrative": SAID,
        "county": str(desk.town.parent_id),
        "town": str(desk.town.id),
        "village": "",
        "spot": "北门",
        "identity": "protected",
        "name": NAME,
        "number": NUMBER,
        "consent": "1",
        "conflict": "none",
        "unit": "",
        **changes,
    }


def shown(page: str, name: str) -> str:
    """Read a value off the page that gives receipt and PIN."""
    found = re.search(rf'id="{name}">([^<]+)<', page)
    assert found, page
    return found[1]


def matters() -> list[Matter]:
    """Return everything that is registered."""
    with reading() as session:
        return list(session.scalars(sa.select(Matter).order_by(Matter.id)))


def test_a_report_becomes_a_matter_whose_receipt_works(app: Flask, desk: Desk) -> None:
    client = app.test_client()
    assert client.get("/report/").status_code == 200
    answer = client.post("/report/", data=filled(desk))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert SAID not in page
    assert NAME not in page
    assert NUMBER not in page
    (matter,) = matters()
    assert (matter.origin, matter.state, matter.receipt) == (
        Origin.WEB,
        MatterState.REGISTERED,
        shown(page, "receipt"),
    )
    with reading() as session:
        (reporter,) = reporters_of(session, matter)
        assert (reporter.name, reporter.number) == (NAME, NUMBER)
    status = client.post("/status/", data={"receipt": matter.receipt, "pin": shown(page, "pin")})
    assert status.status_code == 200
    assert "已登记" in status.get_data(as_text=True)


def test_an_anonymous_report_keeps_nobody(app: Flask, desk: Desk) -> None:
    app.test_client().post("/report/", data=filled(desk, identity="anonymous"))
    with reading() as session:
        reporter = session.scalars(sa.select(Reporter)).one()
        assert (reporter.name, reporter.number, reporter.fingerprint) == (None, None, None)
        assert reporter.identity is IdentityClass.ANONYMOUS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": ""}, "请选一项"),
        ({"topic": "no.such"}, "请选一类"),
        ({"narrative": "  "}, "请写下发生了什么"),
        ({"narrative": "长" * 4001}, "最多 4000 字"),
        ({"town": ""}, "请选到乡镇"),
        ({"county": ""}, "请选到乡镇"),
        ({"town": "²"}, "请选到乡镇"),
        ({"spot": "远" * 201}, "最多 200 字"),
        ({"consent": ""}, "请勾选同意"),
        ({"identity": "nobody"}, "请选一项"),
        ({"number": "12"}, "电话："),
        ({"identity": "open", "number": ""}, "请留电话"),
        ({"conflict": "unit"}, "请选择是哪个单位"),
        ({"name": "名" * 41}, "最多 40 字"),
        ({"website": "http://spam.example"}, "再点一次"),
        ({"ticket": "0.forged.00"}, "再点一次"),
    ],
)
def test_what_lacks_is_said_and_what_was_typed_is_kept(
    app: Flask, desk: Desk, changes: dict[str, str], words: str
) -> None:
    form = filled(desk, **changes)
    answer = app.test_client().post("/report/", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert form["spot"] in page
    assert form["narrative"].strip()[:4000] in page
    assert matters() == []


def test_a_form_filled_in_no_time_asks_for_one_more_press(app: Flask, desk: Desk) -> None:
    client = app.test_client()
    form = filled(desk, ticket=tickets.issue("report", tickets.new_word(), at=clock.now()))
    assert client.post("/report/", data=form).status_code == 422
    with clock.frozen(clock.now() + web_reports.SOONEST + timedelta(seconds=1)):
        assert client.post("/report/", data=form).status_code == 200


def test_sent_twice_is_one_matter_and_changed_is_another(app: Flask, desk: Desk) -> None:
    client, form = app.test_client(), filled(desk)
    first = client.post("/report/", data=form).get_data(as_text=True)
    again = client.post("/report/", data=form).get_data(as_text=True)
    assert shown(first, "receipt") == shown(again, "receipt")
    assert len(matters()) == 1
    old = {"receipt": shown(first, "receipt"), "pin": shown(first, "pin")}
    assert client.post("/status/", data=old).status_code == 422
    assert client.post("/status/", data={**old, "pin": shown(again, "pin")}).status_code == 200
    client.post("/report/", data={**form, "narrative": "另一件事"})
    assert len(matters()) == 2
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert client.post("/report/", data=form).status_code == 409
    assert len(matters()) == 2


def test_a_corrected_number_or_identity_is_never_dropped(app: Flask, desk: Desk) -> None:
    """Whoever goes back, mends a digit or stays anonymous after all gets a receipt for what they sent last."""
    client, form = app.test_client(), filled(desk)
    mended = ({}, {"number": "+8614500007789"}, {"name": "欧阳听雪"}, {"identity": "anonymous"})
    pages = [client.post("/report/", data=form | change).get_data(as_text=True) for change in mended]
    assert len({shown(page, "receipt") for page in pages}) == len(matters()) == 4
    with reading() as session:
        last = session.scalars(sa.select(Reporter).order_by(Reporter.id.desc())).first()
        assert last is not None
        assert (last.number, last.name, last.identity) == (None, None, IdentityClass.ANONYMOUS)


def test_one_address_can_not_flood(app: Flask, desk: Desk) -> None:
    client = app.test_client()
    for _ in range(web_reports.PER_HOUR):
        assert client.post("/report/", data=filled(desk)).status_code == 200
    assert client.post("/report/", data=filled(desk)).status_code == 429
    elsewhere = app.test_client()
    answer = elsewhere.post("/report/", data=filled(desk), environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert answer.status_code == 200


@pytest.mark.parametrize("said", ["楼道着火了快来人", "there is a gas leak"])
def test_danger_names_whom_to_call_before_and_after(app: Flask, desk: Desk, said: str) -> None:
    client = app.test_client()
    blank = client.get("/report/").get_data(as_text=True)
    page = client.post("/report/", data=filled(desk, narrative=said)).get_data(as_text=True)
    for text in (blank, page):
        for line in ("110", "119", "120", "12356"):
            assert f'href="tel:{line}"' in text
    assert 'role="alert"' in page
    assert 'role="alert"' not in blank
    assert standing_of(matters()[0]).proposed is Urgency.U1
    calm = client.post("/report/", data=filled(desk)).get_data(as_text=True)
    assert 'href="tel:110"' not in calm


@pytest.mark.parametrize("said", ["厂里欠薪半年,我不想活了", "I want to die, they owe me half a year's pay"])
def test_who_may_want_to_die_is_told_whom_to_call_and_decides_about_the_rest(
    app: Flask, desk: Desk, said: str
) -> None:
    """The counselling line comes first; nothing is registered until they say so, and nothing typed is lost."""
    client, form = app.test_client(), filled(desk, narrative=said)
    page = client.post("/report/", data=form).get_data(as_text=True)
    assert matters() == []
    assert 'id="crisis"' in page
    for line in ("110", "120", "12356"):
        assert f'href="tel:{line}"' in page
    for kept in (said.replace("'", "&#39;"), NAME, "北门"):
        assert kept in page
    assert 'name="anyway"' in page
    receipt = shown(client.post("/report/", data={**form, "anyway": "1"}).get_data(as_text=True), "receipt")
    assert [matter.receipt for matter in matters()] == [receipt]


def test_a_complaint_about_an_office_keeps_it_away(app: Flask, desk: Desk, as_role: SignedIn) -> None:
    client = app.test_client()
    client.post("/report/", data=filled(desk, conflict="unit", unit=str(desk.unit.id)))
    client.post("/report/", data=filled(desk, narrative="接线员态度差", conflict="centre"))
    client.post("/report/", data=filled(desk, narrative="不知是哪个单位的人", conflict="staff"))
    about_unit, about_centre, about_staff = matters()
    assert (about_unit.conflict, about_unit.conflict_unit_id) == (Conflict.UNIT, desk.unit.id)
    assert about_centre.conflict is Conflict.CENTRE
    assert about_staff.conflict is Conflict.STAFF
    assert as_role(Role.CLERK).get(f"/matters/{about_centre.receipt}").status_code == 404


def test_places_come_step_by_step_without_scripts(app: Flask, desk: Desk) -> None:
    with transaction() as session:
        village = a_place(
            session, level=Level.VILLAGE, parent=session.get_one(Place, desk.town.id), name="柳湾村"
        )
        elsewhere = a_place(session, level=Level.TOWNSHIP, parent=a_place(session), name="别处镇")
    client = app.test_client()
    form = filled(desk, town="", narrative="写到一半")
    page = client.post("/report/", data={**form, "step": "places"}).get_data(as_text=True)
    assert desk.town.name in page
    assert "别处镇" not in page
    assert "写到一半" in page
    page = client.post("/report/", data={**filled(desk), "step": "places"}).get_data(as_text=True)
    assert village.name in page
    assert matters() == []
    assert client.get(f"/report/places?in={desk.town.id}").json == [[village.id, "柳湾村"]]
    assert client.get("/report/places?in=²").json == []
    # A township of another county, or a village of another township, does not count.
    wrong = client.post("/report/", data=filled(desk, town=str(elsewhere.id)))
    assert wrong.status_code == 422
    client.post("/report/", data=filled(desk, village=str(village.id)))
    assert matters()[0].place_id == village.id


def held(client: FlaskClient, receipt: str | None, pin: str) -> tuple[str, str]:
    """Ask for the status; return the page and its ticket."""
    page = client.post("/status/", data={"receipt": receipt, "pin": pin}).get_data(as_text=True)
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)
    return page, ticket[1] if ticket else ""


def test_the_result_is_shown_when_callers_are_told_and_names_nobody(app: Flask, desk: Desk) -> None:
    start = clock.now() - timedelta(hours=2)
    result = f"已修复,并告知{NAME}(身份证 {ID_CARD},电话 14500007788)。"
    with transaction() as session:
        told = a_matter(session, desk, at=start)
    client = app.test_client()
    page, _ = held(client, told.matter.receipt, told.pin)
    assert "已修复" not in page
    with transaction() as session:
        to_feedback(session, session.get_one(Matter, told.matter.id), desk, result, at=start)
    page, _ = held(client, told.matter.receipt, told.pin)
    assert "已修复" in page
    assert "已答复" in page
    for secret in (NAME, ID_CARD, "14500007788", "7788"):
        assert secret not in page
    assert "已修复" not in client.post(
        "/status/", data={"receipt": told.matter.receipt, "pin": "1"}
    ).get_data(True)


def closed(desk: Desk) -> tuple[str, str, int]:
    """Close a matter as solved; return receipt, PIN and id."""
    start = clock.now() - timedelta(days=20)
    with transaction() as session:
        told = a_matter(session, desk, at=start)
        matter = told.matter
        after = to_feedback(session, matter, desk, "已发还工资", at=start)
        caller = reporters_of(session, matter)[0].id
        facts = {"caller": caller, "result": "reached"}
        act(session, matter, A.TELL, by=desk.clerk, at=after, facts=facts)
        later = after + timedelta(days=8)
        facts |= {"judgement": "solved", "satisfaction": 5, "unit_on_line": False}
        act(session, matter, A.REVISIT, by=desk.checker, at=later, facts=facts)
        act(session, matter, A.CLOSE_SOLVED, by=desk.checker, at=later + timedelta(minutes=1))
        assert matter.state is MatterState.CLOSED_SOLVED
        return matter.receipt or "", told.pin, matter.id


def test_a_closed_matter_is_reopened_with_the_pin_within_thirty_days(app: Flask, desk: Desk) -> None:
    receipt, pin, matter_id = closed(desk)
    client = app.test_client()
    page, ticket = held(client, receipt, pin)
    assert "要求重办" in page
    assert "补充一点" not in page
    assert client.post("/status/note", data={"ticket": ticket, "note": "还差一个月"}).status_code == 409
    assert client.post("/status/reopen", data={"ticket": ticket[:-1] + "x"}).status_code == 409
    assert client.post("/status/reopen", data={"ticket": ""}).status_code == 409
    answer = client.post("/status/reopen", data={"ticket": ticket, "words": "还差一个月没发"})
    assert answer.status_code == 200
    with reading() as session:
        matter = session.get_one(Matter, matter_id)
        assert (matter.state, matter.round) == (MatterState.TO_ROUTE, 2)
        event = session.scalars(
            sa.select(MatterEvent).where(MatterEvent.action == "reopen", MatterEvent.matter_id == matter_id)
        ).one()
        assert event.facts["verified"] == "pin"
        assert event.text == "还差一个月没发"
        assert event.facts["caller"] == standing_of(matter).callers[0].id
    assert client.post("/status/reopen", data={"ticket": ticket}).status_code == 409


def test_after_thirty_days_the_page_offers_no_reopening(app: Flask, desk: Desk) -> None:
    receipt, pin, _ = closed(desk)
    client = app.test_client()
    with clock.frozen(clock.now() + timedelta(days=31)):
        page, _ = held(client, receipt, pin)
        assert "要求重办" not in page
        ticket = tickets.issue("status", receipt, at=clock.now())
        assert client.post("/status/reopen", data={"ticket": ticket}).status_code == 409


def test_what_a_caller_adds_reaches_the_desk_sealed(app: Flask, desk: Desk, as_role: SignedIn) -> None:
    with transaction() as session:
        told = a_matter(session, desk, at=clock.now())
    client, clerk = app.test_client(), as_role(staff=desk.clerk)
    _, ticket = held(client, told.matter.receipt, told.pin)
    assert client.post("/status/note", data={"ticket": ticket, "note": " "}).status_code == 422
    for n in range(5):
        assert (
            client.post("/status/note", data={"ticket": ticket, "note": f"补充{n}:灯又亮了"}).status_code
            == 200
        )
    assert client.post("/status/note", data={"ticket": ticket, "note": "第六条"}).status_code == 409
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        late = client.post("/status/note", data={"ticket": ticket, "note": "太晚"})
        assert late.status_code == 409
    listed = clerk.get("/caller-notes/").get_data(as_text=True)
    assert str(told.matter.receipt) in listed
    assert "灯又亮了" not in listed
    with reading() as session:
        note = session.scalars(sa.select(CallerNote.id).order_by(CallerNote.id)).first()
    assert "补充0:灯又亮了" in clerk.post(f"/caller-notes/{note}", data={"step": "read"}).get_data(
        as_text=True
    )
    assert clerk.post(f"/caller-notes/{note}", data={"step": "taken"}).status_code == 303
    assert clerk.post(f"/caller-notes/{note}", data={"step": "taken"}).status_code == 409
    assert as_role(Role.HANDLER).get("/caller-notes/").status_code == 403


def test_a_ticket_is_for_one_purpose_and_a_short_while() -> None:
    at = clock.now().replace(microsecond=0)
    ticket = tickets.issue("status", "2611-0001-2", at=at)
    hour = timedelta(hours=1)
    assert tickets.read("status", ticket, at=at + hour, within=hour) == ("2611-0001-2", hour)
    assert tickets.read("report", ticket, at=at, within=hour) is None
    assert tickets.read("status", ticket, at=at + 2 * hour, within=hour) is None
    for forged in ("", "..", ticket.replace("0001", "0002"), "²." + ticket, ticket + "é"):
        assert tickets.read("status", forged, at=at, within=hour) is None


def test_offices_offered_are_not_the_centre(app: Flask, desk: Desk) -> None:
    page = app.test_client().get("/report/").get_data(as_text=True)
    with reading() as session:
        centre = session.get_one(Unit, desk.clerk.unit_id or 0)
    assert desk.unit.name in page
    assert centre.name not in page


def test_after_a_merge_the_receipt_follows_the_matter_that_is_worked_on(app: Flask, desk: Desk) -> None:
    start = clock.now() - timedelta(hours=3)
    with transaction() as session:
        target = a_matter(session, desk, at=start)
        told = a_matter(session, desk, at=start + timedelta(minutes=1))
        merging.propose(session, told.matter, target.matter, by=desk.clerk, at=start + timedelta(minutes=2))
        later = start + timedelta(minutes=3)
        merging.merge(session, told.matter, target.matter, by=desk.custodian, at=later)
        to_feedback(session, target.matter, desk, "已发还工资", at=start + timedelta(minutes=4))
    page, _ = held(app.test_client(), told.matter.receipt, told.pin)
    assert "已发还工资" in page
    assert str(target.matter.receipt) not in page
