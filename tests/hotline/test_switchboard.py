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
from core.terms import Words
from hotline import desk_log
from hotline.callbacks import CallBack, CallBackReason
from hotline.contacts import Contact, ContactState, Source, WayOut
from hotline.languages import languages_of, languages_on
from hotline.line_setup import Terms, set_line
from hotline.lines import HelpLine, LineKind, line_of
from hotline.speakers import languages_spoken_by
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
        "longest_wait_s": "600", "answer_within_s": "15", "is_recorded": "1",
        "languages": "4 彝语 Yi\r\n 5  本地话   local dialect \r\n", "language_wait_s": "40", **changes,
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
        spoken = {key: one.name for key, one in languages_of(session, row.languages).items()}
        assert spoken == {"4": Words("彝语", "Yi"), "5": Words("本地话", "local dialect")}
        assert row.language_wait_s == 40
    assert "4 彝语 Yi\n5 本地话 local dialect</textarea>" in browser.get("/hotline/lines/").text
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
        ({"language_wait_s": "601"}, "language_wait_s"),
        ({"languages": "彝语"}, "languages"),
        ({"languages": "4 彝语"}, "languages"),
        ({"languages": "1 彝语 Yi"}, "languages"),
        ({"languages": "3 彝语 Yi"}, "languages"),
        ({"languages": "4 彝语 Yi\n4 英语 English"}, "languages"),
        ({"languages": "4 彝语 Yi\n5 彝语 Nuosu"}, "languages"),
        ({"languages": "\n".join(f"{n} 语言{n} Tongue" for n in range(4, 9))}, "languages"),
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


def test_three_stands_for_a_language_where_talks_are_not_recorded(
    as_role: SignIn, people: dict[Role, Staff], on_the_line: Settings
) -> None:
    browser, owner = as_role(staff=people[Role.ADMINISTRATOR]), people[Role.CITIZEN_OPERATOR].id
    given = form(owner=owner, languages="3 本地话 local dialect", is_recorded="")
    assert browser.post("/hotline/lines/citizen", data=given).status_code == 303
    # The other line has the same language under another key; its English name is put right for both.
    given = form(owner=people[Role.SHIFT_LEAD].id, number=NUMBER, languages="7 本地话 Local dialect")
    assert browser.post("/hotline/lines/counselling", data=given).status_code == 303
    with reading() as session:
        found = [languages_on(session, kind) for kind in LineKind]
        assert [list(one) for one in found] == [["3"], ["7"]]
        assert found[0]["3"] is found[1]["7"]
        assert found[0]["3"].en == "Local dialect"


def test_a_lead_ticks_what_the_operators_of_a_line_speak(
    as_role: SignIn, people: dict[Role, Staff], on_the_line: Settings
) -> None:
    lead, operator = as_role(staff=people[Role.SHIFT_LEAD]), people[Role.OPERATOR]
    assert "会说的语言" not in lead.get("/hotline/duty/roster/?line=counselling").text
    given = form(owner=people[Role.SHIFT_LEAD].id, number=NUMBER)
    as_role(staff=people[Role.ADMINISTRATOR]).post("/hotline/lines/counselling", data=given)
    lead = as_role(staff=people[Role.SHIFT_LEAD])
    page = lead.get("/hotline/duty/roster/?line=counselling").text
    with reading() as session:
        yi, local = (one.id for one in languages_on(session, LineKind.COUNSELLING).values())
    box = f'value="{operator.id}-{yi}"'
    assert page.count(box) == 1
    assert people[Role.CITIZEN_OPERATOR].name not in page.split("会说的语言")[1]

    def says(**data: object) -> set[int]:
        answer = lead.post("/hotline/duty/crew/counselling/languages", data=data)
        assert answer.status_code == 303
        with reading() as session:
            return set(languages_spoken_by(session, session.get_one(Staff, operator.id)))

    ticked = [f"{operator.id}-{yi}", f"{operator.id}-99", "x", f"{people[Role.CITIZEN_OPERATOR].id}-{yi}"]
    assert says(person=operator.id, speaks=ticked) == {yi}
    assert f"{box} aria-label" in lead.get("/hotline/duty/roster/?line=counselling").text
    assert says(speaks=[f"{operator.id}-{local}"]) == {yi}  # who wasn't on the page stays as they are
    assert says(person=operator.id) == set()
    with reading() as session:
        stranger = session.get_one(Staff, people[Role.CITIZEN_OPERATOR].id)
        assert languages_spoken_by(session, stranger) == set()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR, Role.CLERK])
def test_only_a_lines_lead_says_who_speaks_what(
    as_role: SignIn, people: dict[Role, Staff], role: Role
) -> None:
    answer = as_role(staff=people[role]).post("/hotline/duty/crew/counselling/languages", data={})
    assert answer.status_code in (403, 404)


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
    spoken = ("--language", "4 彝语 Yi", "--language", "5 英语 English", "--language-wait", "0")
    assert run(args=["hotline", "set-line", "citizen", *spoken]).exit_code == 0
    assert run(args=["hotline", "set-line", "citizen", "--answer-within", "10"]).exit_code == 0
    with reading() as session:
        row = line_of(session, LineKind.CITIZEN)
        assert row is not None
        assert (list(row.languages), row.language_wait_s, row.answer_within_s) == (["4", "5"], 0, 10)
    assert run(args=["hotline", "set-line", "citizen", "--no-languages"]).exit_code == 0
    with reading() as session:
        assert languages_on(session, LineKind.CITIZEN) == {}
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
