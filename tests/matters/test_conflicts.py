"""Whom a matter is about: kept with a draft, set later, named by the Party's office, and never merged away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.db import transaction
from core.permissions import Role
from core.problems import Forbidden, Invalid, Missing, Refused
from matters import board, conflicts, drafts, merging, routing
from matters.attributes import Conflict, IdentityClass, MatterKind, Origin
from matters.flow import MatterAction as A
from matters.keeping_away import in_sight
from matters.log import replayed
from matters.matter import Matter
from matters.moving import standing_of
from matters.registration import Statement, raise_problem, register
from matters.route_rules import Branch
from matters.standing import as_json
from matters.states import MatterState
from tests.conftest import NOON
from tests.matters.scenes import Hall, a_hall, do, handed, in_unit, said, the

SignedIn = Callable[..., FlaskClient]
HOUR = timedelta(hours=1)


@pytest.fixture
def hall(app: Flask) -> Hall:
    """The city hall."""
    with clock.frozen(NOON):
        return a_hall()


def about(
    hall: Hall, receipt: str, kind: Conflict, unit: str = "", *, who: str = "clerk", at: timedelta = HOUR
) -> None:
    """Say whom a matter is about."""
    with transaction() as session:
        by = session.merge(hall.people[who], load=False)
        office = session.merge(hall.units[unit], load=False) if unit else None
        conflicts.set_conflict(
            session, the(session, receipt), kind, office, "来电人说的", by=by, at=NOON + at
        )


def a_statement(
    hall: Hall, conflict: Conflict, unit: str = "", narrative: str = "所里的人收了钱"
) -> Statement:
    """Write down a complaint."""
    return Statement(
        narrative,
        kind=MatterKind.COMPLAINT,
        topic="building.sanitation",
        place=hall.town,
        identity=IdentityClass.ANONYMOUS,
        conflict=conflict,
        conflict_unit=hall.units[unit] if unit else None,
        consent_read=True,
    )


@pytest.mark.parametrize("begun", [A.SIGN, A.ASK_CALLER, A.SUSPEND, A.REPORT, A.ASK_RETURN])
def test_a_unit_complained_about_later_loses_what_it_holds(hall: Hall, begun: A) -> None:
    """Wherever the matter stands with it: taken back, to be assigned anew; the clock goes on, pauses counted."""
    receipt = handed(hall, at=NOON, lead="station")
    station, head = hall.people["station"], hall.people["head"]
    do(receipt, A.SIGN, station, at=NOON + HOUR / 2)
    if begun is A.ASK_CALLER:
        do(receipt, begun, station, at=NOON + HOUR, facts={"reason": "place"}, text="在哪一段")
    elif begun is A.SUSPEND:
        review = (NOON + timedelta(days=30)).isoformat()
        do(receipt, begun, head, at=NOON + HOUR, facts={"told": True, "review": review}, text="等预算")
    elif begun is A.REPORT:
        do(receipt, A.CONTACT, hall.people["clerk"], at=NOON + HOUR, text="已联系")
        facts = {"outcome": "solved", "points": True, "evidence": 1}
        do(receipt, begun, station, at=NOON + HOUR, facts=facts, text="已办")
    elif begun is A.ASK_RETURN:
        facts = {"basis": True, "proposed": hall.id("roads")}
        do(receipt, begun, station, at=NOON + HOUR, facts=facts, text="不属本所")
    about(hall, receipt, Conflict.UNIT, "police", at=3 * HOUR)
    with transaction() as session:
        matter = the(session, receipt)
        standing = standing_of(matter)
        assert (matter.state, matter.lead_unit_id, standing.claim) == (MatterState.TO_ROUTE, None, None)
        assert standing.round_began_at == NOON
        assert standing.paused_seconds == (7200 if begun in (A.ASK_CALLER, A.SUSPEND) else 0)
        assert as_json(replayed(session, matter)) == matter.standing
        with pytest.raises(Missing):
            in_sight(session, session.merge(station, load=False), matter)
    facts = {"lead": hall.id("branch"), "supporting": [], "redacted": True}
    with pytest.raises(Invalid):
        do(receipt, A.ASSIGN, head, at=NOON + 4 * HOUR, facts=facts)
    do(receipt, A.ASSIGN, head, at=NOON + 4 * HOUR, facts={**facts, "lead": hall.id("roads")})


def test_a_supporting_unit_complained_about_is_let_go_and_the_lead_keeps_it(hall: Hall) -> None:
    receipt = handed(hall, at=NOON, supporting=("water", "station"))
    about(hall, receipt, Conflict.STAFF, "station")
    with transaction() as session:
        matter = the(session, receipt)
        assert (matter.state, matter.lead_unit_id) == (MatterState.ASSIGNED, hall.id("roads"))
        assert standing_of(matter).supporting == (hall.id("water"),)


def test_only_a_supervision_office_lets_somebody_back(hall: Hall) -> None:
    receipt = said(hall, at=NOON, conflict=Conflict.UNIT, about="police")
    with pytest.raises(Exception, match="Only a supervision office"):
        about(hall, receipt, Conflict.NONE)
    about(hall, receipt, Conflict.NONE, who="supervision")
    with pytest.raises(Refused):
        about(hall, receipt, Conflict.NONE, who="supervision", at=2 * HOUR)


def test_naming_another_unit_lets_the_first_one_back_and_is_the_offices_to_do(hall: Hall) -> None:
    """A clerk may keep more people away, never fewer."""
    receipt = said(hall, at=NOON, conflict=Conflict.UNIT, about="branch")
    about(hall, receipt, Conflict.STAFF, "police")
    for unit in ("water", "branch"):
        with pytest.raises(Forbidden, match="Only a supervision office"):
            about(hall, receipt, Conflict.UNIT, unit, at=2 * HOUR)
        with transaction() as session, pytest.raises(Missing):
            in_sight(session, in_unit(session, hall, "branch", Role.SUPERVISION), the(session, receipt))
    about(hall, receipt, Conflict.UNIT, "water", who="supervision", at=2 * HOUR)


def test_a_draft_remembers_whom_it_is_about(hall: Hall) -> None:
    """With the unit or, while nobody has said which, without; what is about the centre is no draft."""
    with transaction() as session:
        by = session.merge(hall.people["clerk"], load=False)
        for unit in ("police", ""):
            statement = a_statement(hall, Conflict.UNIT, unit)
            matter = raise_problem(session, statement, origin=Origin.VISIT, by=by, at=NOON)
            typed = drafts.as_typed(matter)
            assert typed["conflict"] == "unit"
            assert typed["conflict_unit"] == (str(hall.id("police")) if unit else "")
            assert as_json(replayed(session, matter)) == matter.standing
        with pytest.raises(Invalid):
            statement = a_statement(hall, Conflict.UNIT, "centre")
            raise_problem(session, statement, origin=Origin.VISIT, by=by, at=NOON)


def test_what_names_the_centre_or_a_unit_of_it_or_above_goes_to_the_partys_office(hall: Hall) -> None:
    """Whoever sent it: the desk, which would be kept away from it, could never submit it."""
    with transaction() as session:
        city = session.merge(hall.units["government"], load=False)
        session.merge(hall.units["centre"]).parent_id = city.id
        session.merge(hall.units["water"]).parent_id = hall.id("centre")
        session.flush()
        for unit, kept in (("centre", None), ("water", hall.id("water")), ("government", city.id)):
            told = register(
                session, a_statement(hall, Conflict.UNIT, unit), origin=Origin.EXCHANGE, by=None, at=NOON
            )
            assert (told.matter.conflict, told.matter.conflict_unit_id) == (Conflict.CENTRE, kept)
            party = session.merge(hall.people["party"], load=False)
            assert in_sight(session, party, told.matter) is told.matter
            for who in ("supervision", "clerk"):
                with pytest.raises(Missing):
                    in_sight(session, session.merge(hall.people[who], load=False), told.matter)
    assert told.matter.receipt
    do(told.matter.receipt, A.SUBMIT, hall.people["party"], at=NOON + HOUR)


def test_who_is_about_staff_of_no_unit_waits_until_the_unit_is_named(hall: Hall, as_role: SignedIn) -> None:
    """A resident may not know where an official works; until the Party's office names the unit nobody is given it."""
    with transaction() as session:
        told = register(session, a_statement(hall, Conflict.STAFF), origin=Origin.WEB, by=None, at=NOON)
        receipt = told.matter.receipt or ""
        with pytest.raises(Invalid):
            by = session.merge(hall.people["clerk"], load=False)
            register(session, a_statement(hall, Conflict.STAFF), origin=Origin.VISIT, by=by, at=NOON)
    do(receipt, A.SUBMIT, hall.people["clerk"], at=NOON)
    facts = {"lead": hall.id("station"), "supporting": [], "redacted": True}
    with pytest.raises(Refused):
        do(receipt, A.ASSIGN, hall.people["head"], at=NOON + HOUR, facts=facts)
    with transaction() as session:
        route = routing.proposed(session, the(session, receipt))
        assert (route.lead, route.branch) == (None, Branch.PARTY)
        party = session.merge(hall.people["party"], load=False)
        assert board.counts(session, party, at=NOON + HOUR)[board.Queue.UNNAMED] == 1
        assert board.Queue.UNNAMED not in board.queues_of(session.merge(hall.people["head"], load=False))
    with clock.frozen(NOON + HOUR):
        page = as_role(staff=hall.people["party"]).get(f"/supervision/matters/{receipt}")
        assert f"/matters/{receipt}/about" in page.get_data(as_text=True)
        named = {"conflict": "staff", "conflict_unit": str(hall.id("branch")), "reason": "已查明"}
        client = as_role(staff=hall.people["party"])
        assert (
            client.post(f"/matters/{receipt}/about", data={**named, "conflict_unit": ""}).status_code == 422
        )
        assert client.post(f"/matters/{receipt}/about", data=named).status_code == 303
    with pytest.raises(Invalid):
        do(receipt, A.ASSIGN, hall.people["head"], at=NOON + 2 * HOUR, facts=facts)
    facts["lead"] = hall.id("roads")
    do(receipt, A.ASSIGN, hall.people["head"], at=NOON + 2 * HOUR, facts=facts)


def test_the_desk_loses_sight_of_what_turns_out_to_be_about_the_centre(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON)
    with clock.frozen(NOON + HOUR):
        clerk = as_role(staff=hall.people["clerk"])
        form = clerk.get(f"/matters/{receipt}/about").get_data(as_text=True)
        assert 'name="conflict_unit"' in form
        sent = clerk.post(f"/matters/{receipt}/about", data={"conflict": "centre", "reason": "说的是我们"})
        assert sent.location == "/matters/"
        assert clerk.get(f"/matters/{receipt}").status_code == 404
        party = as_role(staff=hall.people["party"])
        assert receipt in party.get("/notices/").get_data(as_text=True)
        assert party.get(f"/matters/{receipt}").status_code == 200


@pytest.mark.parametrize(
    ("conflict", "unit", "lead", "may"),
    [
        (Conflict.UNIT, "police", "station", False),  # held by those complained about
        (Conflict.UNIT, "police", "roads", False),  # the other one keeps nobody away
        (Conflict.NONE, "", "roads", True),
    ],
)
def test_merging_never_hands_a_complaint_to_those_it_is_about(
    hall: Hall, conflict: Conflict, unit: str, lead: str, may: bool
) -> None:
    target = handed(hall, at=NOON, lead=lead, identity=IdentityClass.OPEN)
    with transaction() as session:
        clerk = in_unit(session, hall, "centre", Role.CLERK)
        statement = a_statement(hall, conflict, unit)
        matter = register(session, statement, origin=Origin.VISIT, by=clerk, at=NOON + HOUR).matter
        into = the(session, target)
        if may:
            merging.merge(session, matter, into, by=clerk, at=NOON + 2 * HOUR)
            assert session.scalars(sa.select(Matter).where(Matter.merged_into_id == into.id)).one() is matter
            return
        for do_it in (merging.merge, merging.propose):
            with pytest.raises(Refused):
                do_it(session, matter, into, by=clerk, at=NOON + 2 * HOUR)


@pytest.mark.parametrize("said_of", ["merged", "target"])
def test_whoever_a_merged_matter_is_about_is_kept_away_from_all_of_it(hall: Hall, said_of: str) -> None:
    """The unit loses the matter that is worked on, and knows of none of the words that led to it."""
    target = handed(hall, at=NOON, lead="station", identity=IdentityClass.OPEN)
    with transaction() as session:
        clerk = in_unit(session, hall, "centre", Role.CLERK)
        matter = register(
            session, a_statement(hall, Conflict.NONE), origin=Origin.VISIT, by=clerk, at=NOON + HOUR
        ).matter
        into = the(session, target)
        merging.merge(session, matter, into, by=clerk, at=NOON + HOUR)
        asked = matter if said_of == "merged" else into
        police = session.merge(hall.units["police"], load=False)
        conflicts.set_conflict(
            session, asked, Conflict.UNIT, police, "来电人说的", by=clerk, at=NOON + 2 * HOUR
        )
        assert (into.state, matter.state) == (MatterState.TO_ROUTE, MatterState.MERGED)
        for each in (matter, into):
            with pytest.raises(Missing):
                in_sight(session, in_unit(session, hall, "station", Role.SUPERVISION), each)
        with pytest.raises(Refused):
            conflicts.set_conflict(
                session, asked, Conflict.UNIT, police, "再说", by=clerk, at=NOON + 3 * HOUR
            )


def test_two_complaints_about_one_unit_are_not_merged_into_what_it_supports(hall: Hall) -> None:
    """Even where both say the same: nobody who must be kept away may have a part in it."""
    target = handed(hall, at=NOON, supporting=("water",), identity=IdentityClass.OPEN)
    with transaction() as session:
        clerk = in_unit(session, hall, "centre", Role.CLERK)
        into = the(session, target)
        into.conflict, into.conflict_unit_id = Conflict.UNIT, hall.id("water")
        statement = a_statement(hall, Conflict.UNIT, "water")
        matter = register(session, statement, origin=Origin.VISIT, by=clerk, at=NOON + HOUR).matter
        with pytest.raises(Refused):
            merging.merge(session, matter, into, by=clerk, at=NOON + 2 * HOUR)
