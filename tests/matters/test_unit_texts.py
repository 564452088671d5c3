"""What a unit does not look at reaches it again: anew on its page, and by text to the telephone on duty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core import db
from core.db import reading, transaction
from core.people import Unit
from core.permissions import Role
from matters import conflicts, sweep
from matters.attributes import Conflict
from matters.flow import MatterAction as A
from matters.moving import act
from matters.notice_reading import acknowledge, listed, unseen
from matters.notices import MatterNotice
from matters.notices import NoticeKind as K
from matters.states import MatterState
from telephony import line
from telephony.texts import TextMessage
from tests.matters import lives
from tests.matters.test_recalls import Texter
from tests.matters.test_sweep import MONDAY, kinds
from tests.survey.field import manual_line

SignedIn = Callable[..., FlaskClient]
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("number", "texts"), [("+8614500005678", 2), ("+862161000002", 0), (None, 0)])
def test_nobody_looks_at_an_assignment(sqlite: db.Database, number: str | None, texts: int) -> None:
    """After 5 and 30 minutes; a fixed line takes no text, and a unit without a telephone has its page."""
    manual_line()
    line.use(Texter(line.line()))  # type: ignore[arg-type]
    with transaction() as session:
        county = lives.offices(session)
        county.units[0].duty_number = number
        matter = lives.assigned(session, county, MONDAY)
        for minute in range(40):
            sweep.give_again(session, MONDAY + minute * MINUTE)
        assert kinds(session, county.units[0]) == [K.ASSIGNED, K.AGAIN, K.AGAIN]
        assert unseen(session, county.handlers[0], MONDAY + 40 * MINUTE) == 3
        sent = session.scalars(sa.select(TextMessage)).all()
        assert len(sent) == texts
        assert all(str(matter.receipt) in each.body and "路灯" not in each.body for each in sent)


@pytest.mark.parametrize("way", ["support", "lead"])
def test_a_unit_complained_about_is_told_no_more(sqlite: db.Database, way: str) -> None:
    """Let go or taken back within the half hour, while the matter is to be signed for by another one."""
    manual_line()
    line.use(Texter(line.line()))  # type: ignore[arg-type]
    with transaction() as session:
        county = lives.offices(session)
        lost = county.units[1 if way == "support" else 0]
        lost.duty_number = "+8614500005678"
        matter = lives.assigned(session, county, MONDAY, supporting=(1,) if way == "support" else ())
        conflicts.set_conflict(
            session, matter, Conflict.UNIT, lost, "来电人说的", by=county.clerk, at=MONDAY + MINUTE
        )
        if way == "lead":
            facts = {"lead": county.units[2].id, "redacted": True}
            act(session, matter, A.ASSIGN, by=county.head, at=MONDAY + 2 * MINUTE, facts=facts)
        assert matter.state is MatterState.ASSIGNED
        for minute in range(3, 40):
            sweep.give_again(session, MONDAY + minute * MINUTE)
        assert set(kinds(session, lost)) == {K.SUPPORT if way == "support" else K.ASSIGNED}
        assert session.scalar(sa.select(sa.func.count()).select_from(TextMessage)) == 0
        query = sa.select(MatterNotice.retry_at).where(MatterNotice.unit_id == lost.id)
        assert session.scalars(query).all() == [None]


def test_a_look_at_the_second_notice_ends_it(sqlite: db.Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        lives.assigned(session, county, MONDAY)
        sweep.give_again(session, MONDAY + 5 * MINUTE)
        at = MONDAY + 6 * MINUTE
        first = listed(session, county.handlers[0], {}, at=at).rows[0]
        assert first.kind is K.AGAIN
        acknowledge(session, first.id, by=county.handlers[0], at=at)
        assert sweep.give_again(session, MONDAY + 40 * MINUTE) == 0


def test_the_administrator_writes_down_the_telephone_on_duty(as_role: SignedIn) -> None:
    """A slip in it changes nothing; it is sealed, and no list opens it."""
    with transaction() as session:
        unit_id = lives.offices(session).units[0].id
    client = as_role(Role.ADMINISTRATOR)
    form = {"name": "照明所", "name_en": "Lighting", "is_active": "1"}
    assert client.post(f"/units/{unit_id}", data={**form, "duty_number": "12"}).status_code == 422
    assert client.post(f"/units/{unit_id}", data={**form, "duty_number": "145 0000 5678"}).status_code == 303
    assert "14500005678" in client.get(f"/units/{unit_id}").get_data(as_text=True)
    assert "14500005678" not in client.get("/units/").get_data(as_text=True)
    with reading() as session:
        assert session.get_one(Unit, unit_id).duty_number == "+8614500005678"
