"""Words of danger that nobody of the house heard: the desk settles within minutes how urgent it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.problems import Refused
from matters import notice_reading
from matters.attributes import MatterKind, Origin, Urgency
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit
from matters.log import replayed
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.notices import MatterNotice, NoticeKind
from matters.registration import Statement, register
from matters.standing import as_json
from matters.states import MatterState
from matters.sweep import tell_overdue
from tests.matters.raising import Desk, a_desk

pytestmark = pytest.mark.usefixtures("app")
SignedIn = Callable[..., FlaskClient]
FIRE = "二楼烧起来了快来人"


def _raised(
    session: Session, desk: Desk, *, origin: Origin, at: datetime, said: str = FIRE, by: bool = False
) -> Matter:
    statement = Statement(said, MatterKind.HELP, "livelihood.wages", desk.town, consent_read=True)
    return register(session, statement, origin=origin, by=desk.clerk if by else None, at=at).matter


@pytest.fixture
def desk(app: Flask) -> Desk:
    """A desk with two clerks and an office."""
    with transaction() as session:
        return a_desk(session)


@pytest.mark.parametrize("origin", [Origin.WEB, Origin.EXCHANGE, Origin.IMPORT])
def test_what_nobody_heard_is_proposed_to_the_desk_at_once_and_starts_no_unit_clock(
    desk: Desk, origin: Origin
) -> None:
    night = clock.now().astimezone(clock.zone()).replace(hour=23, minute=30).astimezone(UTC)
    with transaction() as session:
        matter = _raised(session, desk, origin=origin, at=night, by=origin is Origin.IMPORT)
        assert (matter.urgency, standing_of(matter).proposed) == (Urgency.U3, Urgency.U1)
        assert (matter.stage, matter.stage_due_at) == (Limit.SUBMIT.value, night + timedelta(minutes=15))
        assert matter.due_at is not None
        assert matter.due_at > night + timedelta(days=3)
        told = session.scalars(sa.select(MatterNotice).where(MatterNotice.matter_id == matter.id)).all()
        assert [(n.kind, n.side, n.given_at) for n in told] == [(NoticeKind.INCIDENT, Side.CENTRE, night)]
        assert notice_reading.unseen(session, desk.clerk, night) == 1
        assert notice_reading.unseen(session, desk.head, night) == 0
        with pytest.raises(Refused, match="settle the urgency"):
            act(session, matter, A.SUBMIT, by=desk.clerk, at=night)
        assert as_json(replayed(session, matter)) == matter.standing
        late = night + timedelta(minutes=16)
        assert tell_overdue(session, late) == 1  # nor does it wait for the morning when nobody settles it
        assert given_at(session, NoticeKind.STAGE_OVER) == [late]


def given_at(session: Session, kind: NoticeKind) -> list[datetime]:
    query = sa.select(MatterNotice.given_at).where(MatterNotice.kind == kind)
    return list(session.scalars(query))


def test_whoever_listens_chooses_and_an_ordinary_complaint_proposes_nothing(desk: Desk) -> None:
    at = clock.now()
    with transaction() as session:
        heard = _raised(session, desk, origin=Origin.CITIZEN_LINE, at=at, by=True)
        assert (heard.urgency, standing_of(heard).proposed) == (Urgency.U1, None)
        calm = _raised(session, desk, origin=Origin.WEB, at=at, said="晚上吊车施工噪音很大")
        assert (calm.urgency, standing_of(calm).proposed) == (Urgency.U3, None)


@pytest.mark.parametrize(("urgency", "is_told"), [("u1", True), ("u3", False)])
def test_the_desk_sees_it_first_and_settles_it(
    desk: Desk, as_role: SignedIn, urgency: str, is_told: bool
) -> None:
    with transaction() as session:
        matter = _raised(session, desk, origin=Origin.WEB, at=clock.now())
    clerk, where = as_role(staff=desk.clerk), f"/matters/{matter.receipt}"
    assert "像是险情" in clerk.get("/desk/").get_data(as_text=True)
    page = clerk.get(where).get_data(as_text=True)
    assert 'value="settle"' in page
    assert 'value="submit"' not in page
    assert clerk.post(f"{where}/step", data={"step": "submit"}).status_code == 409
    assert clerk.post(f"{where}/step", data={"step": "settle"}).status_code == 422
    assert clerk.post(f"{where}/step", data={"step": "settle", "urgency": urgency}).status_code == 303
    assert clerk.post(f"{where}/step", data={"step": "settle", "urgency": "u1"}).status_code == 409
    assert "像是险情" not in clerk.get("/desk/").get_data(as_text=True)
    assert clerk.post(f"{where}/step", data={"step": "submit"}).status_code == 303
    with reading() as session:
        kept = session.get_one(Matter, matter.id)
        assert (kept.urgency.value, kept.state) == (urgency, MatterState.TO_ROUTE)
        assert as_json(replayed(session, kept)) == kept.standing
        told = sa.select(MatterNotice.kind).where(
            MatterNotice.matter_id == matter.id, MatterNotice.side == Side.HEAD
        )
        assert (NoticeKind.TO_ASSIGN in session.scalars(told).all()) is is_told
