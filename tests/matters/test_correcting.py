"""What was written down wrong is put right: by new entries, with what stood before, and the copy approved anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, journal
from core.db import transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Forbidden, Invalid, Refused
from matters import correcting, log
from matters.attributes import Conflict, IdentityClass, MatterKind, Urgency
from matters.flow import MatterAction as A
from matters.log import replayed
from matters.matter import Matter
from matters.moving import SomeoneElse, standing_of
from matters.notices import MatterNotice, NoticeKind
from tests.conftest import NOON
from tests.factories import a_place
from tests.matters.scenes import SAID, Hall, a_hall, do, handed, in_unit, said, the

SignedIn = Callable[..., FlaskClient]
LATER = NOON + timedelta(minutes=20)


@pytest.fixture
def hall(app: Flask) -> Hall:
    """The city hall."""
    with clock.frozen(NOON):
        return a_hall()


def form(matter: Matter, **changes: Any) -> dict[str, str]:
    """Fill the form with what stands there, changed."""
    typed = correcting.as_typed(matter, is_open="narrative" in changes)
    return {**typed, "reason": "听错了", **{name: str(value) for name, value in changes.items()}}


def corrected(hall: Hall, receipt: str, by: str = "clerk", at: datetime = LATER, **changes: Any) -> None:
    """Correct a matter as somebody does."""
    with transaction() as session:
        matter, staff = the(session, receipt), session.merge(hall.people[by], load=False)
        correcting.correct(session, matter, form(matter, **changes), by=staff, at=at, seen=matter.version)


def test_codes_are_put_right_and_the_log_keeps_both(hall: Hall) -> None:
    receipt = said(hall, at=NOON)
    with transaction() as session:
        other = a_place(session, level=hall.town.level, parent=session.merge(hall.town).parent)
        due, place = the(session, receipt).due_at, hall.town.id
    corrected(hall, receipt, topic="order.theft", kind="help", urgency="u1", place=other.id)
    with transaction() as session:
        matter = the(session, receipt)
        assert (matter.topic, matter.kind, matter.urgency) == ("order.theft", MatterKind.HELP, Urgency.U1)
        assert matter.place_id == other.id
        assert due is not None
        assert matter.due_at is not None
        assert matter.due_at < due
        assert replayed(session, matter) == standing_of(matter)
        entry = log.entries(session, matter, with_text=True)[-1]
        assert (entry.action, entry.text) == (A.CORRECT.value, "听错了")
        assert entry.facts == {
            "topic": "order.theft", "kind": "help", "urgency": "u1", "place": other.id,
            "was": {"topic": "building.sanitation", "kind": "complaint", "urgency": "u3", "place": place},
        }  # fmt: skip
        urgent = session.scalars(
            sa.select(MatterNotice).where(MatterNotice.kind == NoticeKind.TO_ASSIGN)
        ).all()
        assert len(urgent) == 1


def test_other_words_take_the_approval_away(hall: Hall, as_role: SignedIn) -> None:
    """A matter sent round again has an approved copy; once the words change, the office approves anew."""
    receipt = said(hall, at=NOON)
    with transaction() as session:
        matter = the(session, receipt)
        matter.redacted = "建设路口的路灯坏了"
    corrected(hall, receipt, spot="建设路口东侧")
    with transaction() as session:
        assert the(session, receipt).redacted == "建设路口的路灯坏了"
    corrected(hall, receipt, narrative="建设路口的路灯坏了三个多月，电话 13812345678", spot="")
    with transaction() as session:
        matter = the(session, receipt)
        assert matter.narrative.startswith("建设路口的路灯坏了三个多月")
        assert matter.redacted is None
        texts = [e.text for e in log.entries(session, matter, with_text=True) if e.action == A.CORRECT.value]
        assert texts == ["听错了", "—", "听错了", SAID, "建设路口东侧"]
        for event in log.entries(session, matter):
            assert "路灯" not in str(event.facts)
    with clock.frozen(LATER):
        office = as_role(staff=hall.people["supervision"])
        page = office.get(f"/supervision/matters/{receipt}").get_data(as_text=True)
        assert "三个多月" in page
        assert "13812345678" not in page
        assert "还没有人确认" in page
        form_ = {"step": "assign", "assign-lead": str(hall.id("roads")), "assign-copy": "路灯坏了三个多月"}
        assert office.post(f"/supervision/matters/{receipt}", data=form_).status_code == 422
        form_["assign-redacted"] = "1"
        assert office.post(f"/supervision/matters/{receipt}", data=form_).status_code == 303
        unit = as_role(staff=hall.people["roads"]).get(f"/handling/{receipt}").get_data(as_text=True)
        assert "路灯坏了三个多月" in unit
        assert "两个多月" not in unit  # what stood before is not the unit's to read
        assert "听错了" not in unit


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"topic": "no.such"}, "topic"),
        ({"kind": ""}, "kind"),
        ({"place": ""}, "place"),
        ({"spot": "x" * 201}, "spot"),
        ({"narrative": " "}, "narrative"),
        ({"narrative": "长" * 4001}, "narrative"),
    ],
)
def test_what_a_correction_demands(hall: Hall, changes: dict[str, Any], field: str) -> None:
    receipt = said(hall, at=NOON)
    with pytest.raises(Invalid) as wrong:
        corrected(hall, receipt, **changes)
    assert list(wrong.value.fields) == [field]
    with transaction() as session:
        assert the(session, receipt).version == 2


def test_an_open_callers_matter_is_corrected_like_any_other(hall: Hall) -> None:
    receipt = said(hall, at=NOON, identity=IdentityClass.OPEN)
    corrected(hall, receipt, spot="路口东侧", identity="anonymous", conflict="centre", number="1")
    with transaction() as session:
        matter = the(session, receipt)
        assert (matter.spot, matter.identity, matter.conflict) == (
            "路口东侧",
            IdentityClass.OPEN,
            Conflict.NONE,
        )


def test_what_may_not_be_corrected(hall: Hall) -> None:
    """Nothing changed, somebody acted meanwhile, a unit asks, or it is assigned already."""
    receipt = said(hall, at=NOON)
    with pytest.raises(Refused):
        corrected(hall, receipt)
    with transaction() as session, pytest.raises(SomeoneElse):
        matter, clerk = the(session, receipt), session.merge(hall.people["clerk"], load=False)
        correcting.correct(session, matter, form(matter, urgency="u2"), by=clerk, at=LATER, seen=1)
    with pytest.raises(Forbidden):
        corrected(hall, receipt, "roads", urgency="u2")
    corrected(hall, receipt, "supervision", urgency="u2")
    assigned = handed(hall, at=NOON)
    with pytest.raises(Refused):
        corrected(hall, assigned, urgency="u2")


def test_what_stood_before_is_whole_however_long(hall: Hall) -> None:
    long = "原" * 4000
    receipt = said(hall, at=NOON, narrative=long)
    corrected(hall, receipt, narrative="更正后的内容")
    with transaction() as session:
        entry = log.entries(session, the(session, receipt), with_text=True)[-1]
        assert (entry.text, entry.facts) == (long, {"before": "narrative"})


def test_the_page_opens_the_words_for_a_purpose_only(app: Flask, hall: Hall, as_role: SignedIn) -> None:
    """The form shows what is sealed after a purpose, keeps what was typed, and is nobody else's."""
    with clock.frozen(LATER):
        receipt = said(hall, at=NOON)
        address = f"/matters/{receipt}/correct"
        clerk = as_role(staff=hall.people["clerk"])
        page = clerk.get(address).get_data(as_text=True)
        assert SAID not in page
        assert 'name="narrative"' not in page
        assert clerk.post(address, data={"step": "open"}).status_code == 422
        opened = clerk.post(address, data={"step": "open", "purpose": "handle"}).get_data(as_text=True)
        assert SAID in opened
        with transaction() as session:
            read = session.scalars(
                sa.select(journal.Entry).where(journal.Entry.action == "matter.read")
            ).all()
            assert [e.staff_id for e in read] == [hall.people["clerk"].id]
            typed = form(the(session, receipt), narrative="更正后的内容", topic="")
        wrong = clerk.post(address, data={**typed, "step": "save", "seen": "2"})
        assert wrong.status_code == 422
        assert "更正后的内容" in wrong.get_data(as_text=True)
        good = clerk.post(address, data={**typed, "topic": "order.theft", "step": "save", "seen": "2"})
        assert good.status_code == 303
        story = clerk.get(f"/matters/{receipt}").get_data(as_text=True)
        assert "更正" in story
        assert SAID not in story
        assert as_role(staff=hall.people["supervision"]).get(address).status_code == 200
        assert as_role(staff=hall.people["roads"]).get(address).status_code == 403
        do(receipt, A.ASSIGN, hall.people["head"], facts={"lead": hall.id("roads"), "redacted": True})
        shut = clerk.get(address)
        assert shut.status_code == 200
        assert 'name="topic"' not in shut.get_data(as_text=True)
        assert clerk.post(address, data={"step": "open", "purpose": "handle"}).status_code == 404


def test_nobody_complained_about_corrects_anything(app: Flask, hall: Hall, as_role: SignedIn) -> None:
    with clock.frozen(LATER):
        receipt = said(hall, at=NOON, conflict=Conflict.CENTRE)
        with transaction() as session:
            both: Staff = in_unit(session, hall, "centre", Role.CLERK, Role.SUPERVISION)
        for staff in (hall.people["clerk"], both):
            assert as_role(staff=staff).get(f"/matters/{receipt}/correct").status_code == 404
        assert as_role(staff=hall.people["party"]).get(f"/matters/{receipt}/correct").status_code == 200
