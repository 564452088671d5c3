"""The doors around the line: numbers set up, calls entered by hand, talks listed, messages played, commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid, Missing
from core.settings import Settings
from hotline import desk_log
from hotline.callbacks import CallBack, CallBackReason
from hotline.contacts import Contact, ContactState, Source, WayOut
from hotline.line_setup import Terms, set_line
from hotline.lines import HelpLine, LineKind, line_of
from telephony import line
from telephony.contract import check_twiml
from telephony.line import TryLater
from telephony.twilio.adapter import TwilioLine
from tests.factories import a_staff
from tests.telephony.conftest import settings_for
from tests.web.conftest import app as app
from tests.web.conftest import as_role as as_role

SignIn = Callable[..., FlaskClient]
NUMBER = "+862160012356"


@pytest.fixture
def people(app: Flask) -> dict[Role, Staff]:
    """Who works on the lines."""
    with transaction() as session:
        found = {
            role: a_staff(session, role)
            for role in (
                Role.SHIFT_LEAD,
                Role.OPERATOR,
                Role.CITIZEN_OPERATOR,
                Role.ADMINISTRATOR,
                Role.CLERK,
            )
        }
        set_line(
            session,
            LineKind.COUNSELLING,
            Terms(NUMBER),
            owner=found[Role.SHIFT_LEAD],
            by=None,
            at=clock.now(),
        )
    return found


@pytest.fixture
def on_the_line(app: Flask) -> Iterator[Settings]:
    """A house on the simulated line."""
    plain, before = app.config["SETTINGS"], line.in_use()
    settings = settings_for(
        plain.data_dir, database_url=plain.database_url, secure_cookies=False, is_demo=True
    )
    app.config["SETTINGS"] = settings
    line.use(TwilioLine(settings))
    yield settings
    line.use(before)


def form(**changes: Any) -> dict[str, Any]:
    return {
        "number": "+862160012345", "owner": "", "duty_phones": "+862160000101\r\n+862160000102\r\n",
        "longest_wait_s": "600", "answer_within_s": "15", "is_recorded": "1", **changes,
    }  # fmt: skip


# The numbers


def test_an_administrator_sets_a_line_up(
    as_role: SignIn, people: dict[Role, Staff], on_the_line: Settings
) -> None:
    browser = as_role(staff=people[Role.ADMINISTRATOR])
    page = browser.get("/hotline/lines/").text
    assert NUMBER in page
    assert "没有值班电话" in page
    owner = people[Role.CITIZEN_OPERATOR].id
    assert browser.post("/hotline/lines/citizen", data=form(owner=owner)).status_code == 303
    with reading() as session:
        row = line_of(session, LineKind.CITIZEN)
        assert row is not None
        assert (row.number, row.owner_id, row.longest_wait_s, row.answer_within_s, row.is_recorded) == (
            "+862160012345", owner, 600, 15, True,
        )  # fmt: skip
        assert row.duty_phones == ["+862160000101", "+862160000102"]
    kept = on_the_line.data_dir / "standing" / "862160012345.xml"
    check_twiml(kept.read_text())
    answer = browser.get("/hotline/lines/citizen/fallback.xml")
    assert answer.text == kept.read_text()
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "12356"}, "number"),
        ({"number": NUMBER}, "number"),
        ({"number": "+862160000000"}, "number"),
        ({"owner": "0"}, "owner"),
        ({"owner": "x"}, "owner"),
        ({"duty_phones": "值班室"}, "duty_phones"),
        ({"duty_phones": "+862160012345"}, "duty_phones"),
        ({"duty_phones": "\n".join(f"+86216000010{n}" for n in range(7))}, "duty_phones"),
        ({"longest_wait_s": "5"}, "longest_wait_s"),
        ({"answer_within_s": "abc"}, "answer_within_s"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(
    as_role: SignIn, people: dict[Role, Staff], on_the_line: Settings, changes: dict[str, Any], field: str
) -> None:
    given = form(**{"owner": people[Role.CITIZEN_OPERATOR].id, **changes})
    answer = as_role(staff=people[Role.ADMINISTRATOR]).post("/hotline/lines/citizen", data=given)
    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 1
    assert f'name="{field}"' in answer.text
    assert str(changes[field]).splitlines()[0] in answer.text or field == "owner"
    with reading() as session:
        assert line_of(session, LineKind.CITIZEN) is None


def test_a_desk_handlers_account_owns_no_line(app: Flask, people: dict[Role, Staff]) -> None:
    with transaction() as session, pytest.raises(Invalid):
        set_line(
            session, LineKind.CITIZEN, Terms("+862160012345"), owner=session.merge(people[Role.CLERK]), by=None,
            at=clock.now(),
        )  # fmt: skip


def test_a_desk_telephones_line_keeps_no_document(as_role: SignIn, people: dict[Role, Staff]) -> None:
    browser = as_role(staff=people[Role.ADMINISTRATOR])
    assert browser.get("/hotline/lines/counselling/fallback.xml").status_code == 409
    assert browser.get("/hotline/lines/citizen/fallback.xml").status_code == 404
    assert "fallback.xml" not in browser.get("/hotline/lines/").text


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SHIFT_LEAD, Role.CLERK])
def test_only_administrators_set_lines_up(as_role: SignIn, people: dict[Role, Staff], role: Role) -> None:
    browser = as_role(staff=people[role])
    assert browser.get("/hotline/lines/").status_code == 403
    assert browser.post("/hotline/lines/citizen", data=form()).status_code == 403


# The commands


def test_the_commands_set_up_and_print(app: Flask, people: dict[Role, Staff], on_the_line: Settings) -> None:
    run = app.test_cli_runner().invoke
    owner = people[Role.SHIFT_LEAD].username
    told = run(args=["hotline", "set-line", "citizen", "--number", "+862160012345", "--owner", owner,
                     "--duty-phone", "+862160000101", "--recorded"])  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "1 duty telephones" in told.output
    assert run(args=["hotline", "set-line", "citizen", "--longest-wait", "300"]).exit_code == 0
    with reading() as session:
        row = line_of(session, LineKind.CITIZEN)
        assert row is not None
        assert (row.longest_wait_s, row.duty_phones, row.is_recorded) == (300, ["+862160000101"], True)
    printed = run(args=["hotline", "fallback", "--line", "citizen"])
    check_twiml(printed.output.strip())
    assert "+862160000101" in printed.output
    assert run(args=["hotline", "set-line", "citizen", "--no-duty-phones"]).exit_code == 0
    assert "<Dial" not in run(args=["hotline", "fallback", "--line", "citizen"]).stdout
    wrong = run(args=["hotline", "set-line", "citizen", "--owner", "nobody"])
    assert wrong.exit_code == 1
    assert "owner:" in wrong.output


def test_reconciling_says_when_the_carrier_is_away(
    app: Flask, people: dict[Role, Staff], on_the_line: Settings
) -> None:
    told = app.test_cli_runner().invoke(
        args=["hotline", "reconcile"]
    )  # nobody listens at the carrier's address
    assert told.exit_code == 1
    assert "not readable 1" in told.output


def test_the_manual_line_prints_no_document(app: Flask, people: dict[Role, Staff]) -> None:
    told = app.test_cli_runner().invoke(args=["hotline", "fallback", "--line", "counselling"])
    assert told.exit_code == 1
    assert app.test_cli_runner().invoke(args=["hotline", "fallback", "--line", "citizen"]).exit_code == 1


# The desk log


def minutes_ago(minutes: int) -> str:
    moment = clock.local(clock.now() - timedelta(minutes=minutes))
    return moment.replace(second=0, microsecond=0, tzinfo=None).isoformat("T", "minutes")


def test_a_call_taken_on_the_desk_is_entered_and_written_on(
    as_role: SignIn, people: dict[Role, Staff]
) -> None:
    operator = people[Role.OPERATOR]
    browser = as_role(staff=operator)
    assert "补登来电" in browser.get("/hotline/desk-log/").text
    given = {
        "line": "counselling", "source": "desk_phone", "began_at": minutes_ago(40), "ended_at": minutes_ago(10),
        "number": "139 1234 5678",
    }  # fmt: skip
    answer = browser.post("/hotline/desk-log/", data=given)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hotline/line")
    with reading() as session:
        contact = session.scalars(sa.select(Contact)).one()
        assert (contact.source, contact.state, contact.way_out) == (
            Source.DESK_PHONE, ContactState.WRAPPING, WayOut.ANSWERED,
        )  # fmt: skip
        assert (contact.taken_by, contact.owner_id) == (operator.id, people[Role.SHIFT_LEAD].id)
        assert contact.ended_at is not None
        assert contact.talking_at is not None
        assert contact.ended_at - contact.talking_at == timedelta(minutes=30)
        assert contact.caller is not None
        assert contact.caller.number == "+8613912345678"
        token = contact.token
    unfinished = browser.get("/hotline/line/state").get_json()["unfinished"]
    assert [row["token"] for row in unfinished] == [token]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ended_at": minutes_ago(50)}, "结束时间"),
        ({"ended_at": minutes_ago(-30)}, "结束时间"),
        ({"began_at": ""}, "日期和时间"),
        ({"began_at": minutes_ago(60 * 24 * 40), "ended_at": minutes_ago(60 * 24 * 40 - 5)}, "31 天"),
        ({"number": "abc"}, "不是数字"),
        ({"line": "citizen"}, "请选择线路"),
        ({"source": "phone"}, "请选择来源"),
    ],
)
def test_what_cannot_be_is_not_entered(
    as_role: SignIn, people: dict[Role, Staff], changes: dict[str, str], told: str
) -> None:
    given = {
        "line": "counselling",
        "source": "paper",
        "began_at": minutes_ago(40),
        "ended_at": minutes_ago(10),
    }
    answer = as_role(staff=people[Role.OPERATOR]).post("/hotline/desk-log/", data={**given, **changes})
    assert answer.status_code == 422
    assert told in answer.text
    with reading() as session:
        assert session.scalars(sa.select(Contact)).all() == []


def test_only_who_took_a_desk_call_enters_it_and_paper_goes_to_who_wrote_it(
    app: Flask, people: dict[Role, Staff]
) -> None:
    now = clock.now()
    facts: dict[str, Any] = {
        "began_at": now - timedelta(hours=2),
        "ended_at": now - timedelta(hours=1),
        "number": None,
    }
    with transaction() as session:
        row = session.scalars(sa.select(HelpLine)).one()
        by, other = session.merge(people[Role.OPERATOR]), a_staff(session, Role.OPERATOR)
        with pytest.raises(Invalid):
            desk_log.log_call(session, row, Source.DESK_PHONE, **facts, taken_by=other, by=by, at=now)
        paper = desk_log.log_call(session, row, Source.PAPER, **facts, taken_by=other, by=by, at=now)
        assert paper.taken_by == other.id
        stranger = session.merge(people[Role.CITIZEN_OPERATOR])
        with pytest.raises(Missing):
            desk_log.log_call(session, row, Source.PAPER, **facts, taken_by=stranger, by=stranger, at=now)


# Talks, consults and messages


@pytest.fixture
def talk(people: dict[Role, Staff]) -> str:
    """A talk that goes on, in the books."""
    with transaction() as session:
        now = clock.now()
        row = session.scalars(sa.select(HelpLine)).one()
        by = session.merge(people[Role.OPERATOR])
        facts: dict[str, Any] = {"began_at": now - timedelta(hours=1), "ended_at": now, "number": None}
        contact = desk_log.log_call(session, row, Source.DESK_PHONE, **facts, taken_by=by, by=by, at=now)
        contact.state, contact.ended_at = ContactState.TALKING, None
        return contact.token


def test_a_lead_sees_the_talks_and_no_caller(
    as_role: SignIn, people: dict[Role, Staff], talk: str, on_the_line: Settings
) -> None:
    browser = as_role(staff=people[Role.SHIFT_LEAD])
    page = browser.get("/hotline/talks/").text
    assert people[Role.OPERATOR].name in page
    assert "未告知" in page
    assert "supervisor_listening.js" in page
    assert people[Role.OPERATOR].name in browser.get("/hotline/talks/now").text
    assert browser.post(f"/hotline/talks/{talk}/listen", json={}).status_code == 409
    assert browser.post(f"/hotline/talks/{talk}/whistle", json={}).status_code == 404
    assert as_role(staff=people[Role.OPERATOR]).get("/hotline/talks/").status_code == 403


def test_an_operator_says_that_they_told_the_caller(
    as_role: SignIn, people: dict[Role, Staff], talk: str
) -> None:
    browser = as_role(staff=people[Role.OPERATOR])
    page = browser.get("/hotline/line/state").get_json()
    assert page["consult"] == {"asked": None, "mine": None, "must_tell": talk}
    assert browser.post(f"/hotline/contacts/{talk}/told").status_code == 200
    told = browser.get(f"/hotline/line/state?seen={page['tag']}").get_json()
    assert told["consult"]["must_tell"] is None
    assert browser.get(f"/hotline/line/state?seen={told['tag']}").get_json().keys() == {"unchanged", "now"}
    assert browser.post("/hotline/seat/beat").status_code == 204
    with reading() as session:
        assert session.scalars(sa.select(Contact.noticed_at)).one() is not None
    other = as_role(Role.OPERATOR)
    assert other.post(f"/hotline/contacts/{talk}/told").status_code == 404
    assert other.get(f"/hotline/contacts/{talk}/colleagues").status_code == 404


def test_a_consult_needs_a_line_that_carries_it(
    as_role: SignIn, people: dict[Role, Staff], talk: str
) -> None:
    browser = as_role(staff=people[Role.OPERATOR])
    assert browser.get(f"/hotline/contacts/{talk}/colleagues").get_json() == {"colleagues": []}
    lead = people[Role.SHIFT_LEAD].id
    assert browser.post(f"/hotline/contacts/{talk}/consult", json={"colleague": lead}).status_code == 409
    assert browser.post(f"/hotline/contacts/{talk}/consult", json={"colleague": "x"}).status_code == 422
    assert browser.post(f"/hotline/contacts/{talk}/consult/end").status_code == 404
    assert browser.post(f"/hotline/contacts/{talk}/consult/transfer").status_code == 409
    assert browser.post("/hotline/consults/1/accept").status_code == 404


def test_a_message_is_played_and_kept_nowhere(
    as_role: SignIn,
    people: dict[Role, Staff],
    talk: str,
    on_the_line: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hotline.contacts import add_leg
    from telephony.calls import Call, Direction, Party
    from telephony.line import LegState
    from telephony.recordings import Recording, RecordingState

    now = clock.now()
    with transaction() as session:
        contact = session.scalars(sa.select(Contact)).one()
        call = Call(request_key="k1", provider_ref="CA1", direction=Direction.INBOUND, party=Party.RESIDENT,
                    state=LegState.CONNECTED, connected_at=now, created_at=now, checked_at=now)  # fmt: skip
        session.add(call)
        session.flush()
        add_leg(session, contact, call)
        kept = Recording(call_id=call.id, request_key="r1", provider_ref="RE1", state=RecordingState.READY,
                         consent_at=now, requested_at=now, ready_at=now, duration_s=9)  # fmt: skip
        session.add(kept)
        session.flush()
        which = kept.id
    browser = as_role(staff=people[Role.OPERATOR])
    [listed] = browser.get(f"/hotline/contacts/{talk}/messages").get_json()["messages"]
    assert (listed["seconds"], listed["url"]) == (9, f"/hotline/contacts/{talk}/messages/{which}")
    with transaction() as session:
        contact = session.scalars(sa.select(Contact)).one()
        promise = CallBack(contact_id=contact.id, reason=CallBackReason.MESSAGE, created_at=now, due_at=now)
        session.add(promise)
    assert f'src="{listed["url"]}"' in browser.get("/hotline/messages").text
    assert "<audio" not in as_role(Role.OPERATOR).get("/hotline/messages").text
    heard: list[str] = []

    def sound(ref: str) -> bytes:
        heard.append(ref)
        return b"RIFF0000WAVE"

    carrier = line.line()
    monkeypatch.setattr(carrier, "sound", sound)
    answer = browser.get(listed["url"])
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "audio/wav", b"RIFF0000WAVE")
    assert answer.headers["Cache-Control"] == "no-store"
    assert heard == ["RE1"]

    def away(ref: str) -> bytes:
        raise TryLater("sound-not-reached")

    monkeypatch.setattr(carrier, "sound", away)
    assert browser.get(listed["url"]).status_code == 503
    for stranger in (as_role(Role.OPERATOR), as_role(Role.CITIZEN_OPERATOR)):
        assert stranger.get(f"/hotline/contacts/{talk}/messages").status_code == 404
        assert stranger.get(listed["url"]).status_code == 404
