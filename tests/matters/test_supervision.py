"""The supervision offices: their board, a matter's page and steps, joint rulings by two people of two offices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db, journal
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Forbidden, Refused
from matters import board, joint_rulings, notice_reading, sweep
from matters.assigning import assign
from matters.attributes import Conflict, Origin, Urgency
from matters.board import Queue
from matters.flow import MatterAction
from matters.joint_rulings import JointRuling
from matters.limits import FIRST_LIMITS
from matters.matter import Matter
from matters.moving import SomeoneElse, act, standing_of
from matters.registration import Statement, raise_problem
from matters.states import MatterState
from tests.factories import a_staff
from tests.matters import lives
from tests.matters.lives import Offices

SignedIn = Callable[..., FlaskClient]
A, S = MatterAction, MatterState
MONDAY = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COPY = "村口的路灯坏了"


@pytest.fixture
def county(app: Flask) -> Offices:
    """The county's offices, in the application's database."""
    with transaction() as session:
        return lives.offices(session)


def seen(session: sa.orm.Session, staff: Staff, queue: Queue, at: datetime, **args: str) -> list[int]:
    """Return the ids of a queue."""
    return [matter.id for matter in board.listed(session, staff, queue, args, at=at).rows]


def twice_returned(session: sa.orm.Session, county: Offices) -> Matter:
    """Make a matter that two units asked to give back."""
    matter = lives.in_hand(session, county, MONDAY)
    for n, (by, proposed) in enumerate(((0, 1), (1, 2))):
        at = MONDAY + (n + 1) * HOUR
        facts = {"basis": True, "proposed": county.units[proposed].id}
        act(session, matter, A.ASK_RETURN, by=county.handlers[by], at=at, facts=facts, text="不归我局")
        if n == 0:
            facts = {"lead": county.units[1].id, "redacted": True}
            act(session, matter, A.ACCEPT_RETURN, by=county.office, at=at, facts=facts)
            act(session, matter, A.SIGN, by=county.handlers[1], at=at)
    return matter


def test_every_queue_holds_what_it_says(database: db.Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        routed = lives.to_route(session, county, MONDAY)
        red = lives.in_hand(session, county, MONDAY - 20 * DAY)
        yellow = lives.in_hand(session, county, MONDAY - 6 * DAY)
        act(session, yellow, A.ASK_EXTENSION, by=county.handlers[0], at=MONDAY - 5 * DAY, text="等配件",
            facts={"until": (MONDAY + 9 * DAY).isoformat()})  # fmt: skip
        returned = lives.in_hand(session, county, MONDAY)
        act(session, returned, A.ASK_RETURN, by=county.handlers[0], at=MONDAY, text="不归我局",
            facts={"basis": True, "proposed": county.units[1].id})  # fmt: skip
        incident = lives.to_route(session, county, MONDAY, Urgency.U2)
        act(session, incident, A.FLAG_INCIDENT, by=county.clerk, at=MONDAY, text="桥塌了\n柳湖镇")
        suspended = lives.in_hand(session, county, MONDAY)
        act(session, suspended, A.SUSPEND, by=county.head, at=MONDAY, text="一、立项",
            facts={"told": True, "review": (MONDAY + 30 * DAY).isoformat()})  # fmt: skip
        escalated = lives.in_hand(session, county, MONDAY)
        act(session, escalated, A.NOTICE_LIST, by=county.office, at=MONDAY, text="屡次拖延")
        at, who = MONDAY + HOUR, county.office
        expected = {
            Queue.RED: [red],
            Queue.YELLOW: [yellow],
            Queue.ASSIGN: [incident, routed],
            Queue.RETURNS: [returned],
            Queue.EXTENSIONS: [yellow],
            Queue.JOINT: [],
            Queue.INCIDENTS: [incident],
            Queue.SUSPENDED: [suspended],
            Queue.ESCALATED: [escalated],
        }
        counts = board.counts(session, who, at=at)
        for queue, matters in expected.items():
            assert seen(session, who, queue, at) == [m.id for m in matters], queue
            assert counts[queue] == len(matters)
        assert len(seen(session, who, Queue.ALL, at)) == 7
        assert board.to_decide(session, who, at) == 4
        assert seen(session, who, Queue.ALL, at, urgency="u2") == [incident.id]
        assert seen(session, who, Queue.ALL, at, unit=str(county.units[2].id)) == []
        assert len(seen(session, who, Queue.ALL, at, county=str(county.town.parent_id), page="²")) == 7
        assert seen(session, who, Queue.ALL, at, county="999999", sort="nonsense") == []


def test_a_complaint_about_the_centre_is_on_the_partys_board_alone(sqlite: db.Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        matter = lives.registered(session, county, MONDAY, conflict=Conflict.CENTRE)
        act(session, matter, A.SUBMIT, by=county.party_office, at=MONDAY, sides=[lives.Side.CENTRE])
        assert seen(session, county.party_office, Queue.ASSIGN, MONDAY) == [matter.id]
        assert seen(session, county.office, Queue.ASSIGN, MONDAY) == []
        assert board.counts(session, county.office, at=MONDAY)[Queue.ASSIGN] == 0


def test_the_copy_is_masked_whatever_is_typed_into_it(sqlite: db.Database) -> None:
    """Names of the callers and numbers never reach the unit, even where somebody put them back."""
    with transaction() as session:
        county = lives.offices(session)
        matter = lives.registered(
            session, county, MONDAY, name="欧阳静娴", narrative="我叫欧阳静娴,电话14500001234,路灯坏了"
        )
        act(session, matter, A.SUBMIT, by=county.clerk, at=MONDAY)
        assign(session, matter, lead=county.units[0].id, supporting=[], is_approved=True, by=county.office,
               copy="欧阳静娴(14500001234)反映路灯坏了", at=MONDAY)  # fmt: skip
        assert matter.redacted is not None
        assert "欧阳静娴" not in matter.redacted
        assert "14500001234" not in matter.redacted
        assert "路灯坏了" in matter.redacted


def test_a_joint_ruling_takes_two_people_of_two_offices(database: db.Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        matter = twice_returned(session, county)
        at, third = MONDAY + 3 * HOUR, county.units[2].id
        ruling = assign(session, matter, lead=third, supporting=[], copy=COPY, is_approved=True,
                        by=county.office, at=at, seen=matter.version)  # fmt: skip
        assert ruling is not None
        assert matter.state is S.RETURN_ASKED  # nothing moves before the other office confirms
        assert seen(session, county.party_office, Queue.JOINT, at) == [matter.id]
        for wrong in (county.office, county.head, county.clerk, county.handlers[0]):
            with pytest.raises(Forbidden):
                joint_rulings.decide_ruling(session, matter, is_confirmed=True, by=wrong, at=at)
        with pytest.raises(Refused):
            joint_rulings.propose(session, matter, third, [], by=county.party_office, at=at)
        joint_rulings.decide_ruling(session, matter, is_confirmed=True, by=county.party_office, at=at)
        standing = standing_of(matter)
        assert (standing.state, standing.lead, standing.is_ruled) == (S.ASSIGNED, third, True)
        with pytest.raises(Refused):  # ruled: it can't be given back any more
            act(session, matter, A.ASK_RETURN, by=county.handlers[2], at=at, text="不归我局",
                facts={"basis": True, "proposed": county.units[0].id})  # fmt: skip
        assert seen(session, county.party_office, Queue.JOINT, at) == []
        actions = session.scalars(
            sa.select(journal.Entry.action)
            .where(journal.Entry.action.like("joint_ruling.%"))
            .order_by(journal.Entry.id)
        ).all()
        assert actions == ["joint_ruling.propose", "joint_ruling.confirm"]


def test_a_declined_ruling_leaves_the_matter_and_a_step_in_between_ends_a_proposal(
    sqlite: db.Database,
) -> None:
    with transaction() as session:
        county = lives.offices(session)
        matter = twice_returned(session, county)
        at, third = MONDAY + 3 * HOUR, county.units[2].id
        joint_rulings.propose(session, matter, third, [], by=county.office, at=at)
        joint_rulings.decide_ruling(session, matter, is_confirmed=False, by=county.party_office, at=at)
        assert matter.state is S.RETURN_ASKED
        joint_rulings.propose(session, matter, third, [], by=county.party_office, at=at)
        act(session, matter, A.REFUSE_RETURN, by=county.office, at=at, text="职责清楚")
        with pytest.raises(Refused):
            joint_rulings.decide_ruling(session, matter, is_confirmed=True, by=county.office, at=at)
        with pytest.raises(SomeoneElse):
            joint_rulings.propose(session, matter, third, [], by=county.office, at=at, seen=1)
        fresh = lives.to_route(session, county, MONDAY)
        with pytest.raises(Refused):  # the first assignment needs one office only
            joint_rulings.propose(session, fresh, third, [], by=county.office, at=at)


def test_what_concerns_the_centre_is_ruled_within_the_partys_office(sqlite: db.Database) -> None:
    """The other office may not know of it: a second person of the Party's office confirms."""
    with transaction() as session:
        county = lives.offices(session)
        second = a_staff(session, Role.SUPERVISION)
        second.unit_id = county.party.id
        session.flush()
        session.refresh(second)
        ruling = JointRuling(asked_by=county.party_office.id, asker=county.party_office)
        matter = Matter(conflict=Conflict.CENTRE)
        assert joint_rulings.may_confirm(ruling, matter, second)
        assert not joint_rulings.may_confirm(ruling, matter, county.party_office)
        assert not joint_rulings.may_confirm(ruling, Matter(conflict=Conflict.NONE), second)


def test_the_board_and_the_page_of_a_matter(app: Flask, county: Offices, as_role: SignedIn) -> None:
    """From the queue to the matter, assigned with the copy approved; the unit sees it, the journal who looked."""
    with transaction() as session:
        matter = lives.to_route(session, county, MONDAY)
        receipt = matter.receipt
    with clock.frozen(MONDAY + HOUR):
        office = as_role(staff=county.office)
        assert receipt in office.get("/supervision/?queue=assign").get_data(as_text=True)
        found = office.get(f"/supervision/?receipt={receipt}")
        assert (found.status_code, found.headers["Location"]) == (303, f"/supervision/matters/{receipt}")
        page = office.get(f"/supervision/matters/{receipt}").get_data(as_text=True)
        assert "路灯坏了" in page
        assert "14500001234" not in page
        form = {"step": "assign", "seen": "2", "assign-lead": str(county.units[0].id), "assign-copy": COPY}
        unapproved = office.post(f"/supervision/matters/{receipt}", data=form)
        assert unapproved.status_code == 422
        assert "请先核对并确认脱敏后的内容" in unapproved.get_data(as_text=True)
        stale = office.post(
            f"/supervision/matters/{receipt}", data={**form, "seen": "1", "assign-redacted": "1"}
        )
        assert stale.status_code == 409
        assert COPY in stale.get_data(as_text=True)  # what was typed is kept
        done = office.post(f"/supervision/matters/{receipt}", data={**form, "assign-redacted": "1"})
        assert done.status_code == 303
        assert receipt in as_role(staff=county.handlers[0]).get("/handling/").get_data(as_text=True)
        assert as_role(staff=county.handlers[1]).get(f"/supervision/matters/{receipt}").status_code == 403
        assert office.get(f"/supervision/matters/{receipt}/deadline").status_code == 200
        assert office.post(f"/supervision/matters/{receipt}", data={"step": "nonsense"}).status_code == 404
    with reading() as session:
        looked = session.scalars(
            sa.select(journal.Entry).where(journal.Entry.action == "matter.supervised")
        ).all()
        assert [entry.staff_id for entry in looked] == [county.office.id]


@pytest.mark.parametrize(
    ("step", "form", "state", "who"),
    [
        ("remind", {"remind-text": "请抓紧"}, S.IN_HAND, "office"),
        ("supervise", {"supervise-text": "三日内办结"}, S.IN_HAND, "office"),
        ("list", {"list-text": "屡次拖延"}, S.IN_HAND, "office"),
        ("fault", {"fault-fault": "stalled", "fault-unit": "lead", "fault-text": "查实"}, S.IN_HAND, "office"),
        ("suspend", {"suspend-text": "一、立项", "suspend-told": "1", "suspend-review": "2026-12-20"}, S.SUSPENDED, "head"),
        ("flag", {"flag-text": "化工厂起火\n柳湖镇"}, S.IN_HAND, "office"),
    ],
)  # fmt: skip
def test_the_offices_steps_by_their_forms(
    app: Flask,
    county: Offices,
    as_role: SignedIn,
    step: str,
    form: dict[str, str],
    state: MatterState,
    who: str,
) -> None:
    with transaction() as session:
        matter = lives.in_hand(session, county, MONDAY)
        receipt, matter_id = matter.receipt, matter.id
    given = {name: str(county.units[0].id) if value == "lead" else value for name, value in form.items()}
    with clock.frozen(MONDAY + HOUR):
        client = as_role(staff=getattr(county, who))
        address = f"/supervision/matters/{receipt}"
        empty = client.post(address, data={"step": step, "seen": "4"})
        assert empty.status_code == 422
        done = client.post(address, data={"step": step, "seen": "4", **given})
        assert done.status_code == 303, done.get_data(as_text=True)[:2000]
        with reading() as session:
            assert session.get_one(Matter, matter_id).state is state
        page = client.get(address).get_data(as_text=True)
        assert form.get(f"{step}-text", "").split("\n")[0] in page


def test_a_head_clears_a_fault_and_nobody_else(app: Flask, county: Offices, as_role: SignedIn) -> None:
    with transaction() as session:
        matter = lives.in_hand(session, county, MONDAY)
        key = f"{county.units[0].id}:late:1"
        act(session, matter, A.FAULT, by=county.office, at=MONDAY, text="超期",
            facts={"fault": "late", "unit": county.units[0].id})  # fmt: skip
        receipt, matter_id = matter.receipt, matter.id
    form = {"step": "clear", "clear-key": key, "clear-text": "系统时钟有误", "seen": "5"}
    with clock.frozen(MONDAY + HOUR):
        address = f"/supervision/matters/{receipt}"
        assert as_role(staff=county.office).post(address, data=form).status_code == 403
        head = as_role(staff=county.head)
        assert "撤销过错" in head.get(address).get_data(as_text=True)
        assert head.post(address, data=form).status_code == 303
    with reading() as session:
        standing = standing_of(session.get_one(Matter, matter_id))
        assert (standing.faults, standing.cleared_faults) == ((), (key,))


def test_a_joint_ruling_is_confirmed_by_the_others_own_sign_in(
    app: Flask, county: Offices, as_role: SignedIn
) -> None:
    with transaction() as session:
        matter = twice_returned(session, county)
        receipt, version = matter.receipt, matter.version
    address = f"/supervision/matters/{receipt}"
    third = str(county.units[2].id)
    form = {
        "step": "assign",
        "seen": str(version),
        "assign-lead": third,
        "assign-copy": COPY,
        "assign-redacted": "1",
    }
    with clock.frozen(MONDAY + 3 * HOUR):
        office, party = as_role(staff=county.office), as_role(staff=county.party_office)
        assert "提出联合裁定" in office.get(address).get_data(as_text=True)
        assert office.post(address, data=form).status_code == 303
        own = office.get(address).get_data(as_text=True)
        assert "要由另一督查室的人登录后确认" in own
        assert office.post(address, data={"step": "confirm"}).status_code == 403
        assert "确认并交办" in party.get(address).get_data(as_text=True)
        assert receipt in party.get("/supervision/?queue=joint").get_data(as_text=True)
        assert party.post(address, data={"step": "confirm"}).status_code == 303
    with reading() as session:
        found = session.scalars(sa.select(Matter).where(Matter.receipt == receipt)).one()
        assert (found.state, found.lead_unit_id) == (S.ASSIGNED, int(third))


def test_the_incident_lane_with_its_clocks(app: Flask, county: Offices, as_role: SignedIn) -> None:
    with transaction() as session:
        matter = lives.to_route(session, county, MONDAY)
        act(session, matter, A.FLAG_INCIDENT, by=county.clerk, at=MONDAY, text="桥塌了\n柳湖镇")
        receipt = matter.receipt
    address = f"/supervision/matters/{receipt}"
    with clock.frozen(MONDAY + timedelta(minutes=10)):
        office = as_role(staff=county.office)
        assert "无人查看" in office.get("/supervision/?queue=incidents").get_data(as_text=True)
        page = office.get(address).get_data(as_text=True)
        assert "无人查看" not in office.get("/supervision/?queue=incidents").get_data(as_text=True)
        for words in (
            "09:50",
            "10:10",
            "11:30",
            "09:45",
        ):  # by telephone, in writing, to the city; the next level
            assert words in page
        assert office.post(address, data={"step": "acknowledge", "seen": "3"}).status_code == 303
        assert office.post(address, data={"step": "way", "seen": "4", "way-way": "phone"}).status_code == 303
        assert office.post(address, data={"step": "way", "seen": "5", "way-way": "phone"}).status_code == 409
        assert "已在第 1 级确认" in office.get(address).get_data(as_text=True)


def test_new_limits_are_announced_by_the_head(app: Flask, county: Offices, as_role: SignedIn) -> None:
    address = "/supervision/limits/"
    head, office = as_role(staff=county.head), as_role(staff=county.office)
    with clock.frozen(MONDAY):
        page = office.get(address).get_data(as_text=True)
        assert "15 个工作日" in page
        assert '<input name="result-any"' not in page
        form = {
            f"{limit}-{column}": text for limit, row in FIRST_LIMITS.items() for column, text in row.items()
        }
        assert office.post(address, data={**form, "valid_from": "2026-12-01"}).status_code == 403
        wrong = head.post(address, data={**form, "check-any": "一天", "valid_from": "2026-12-01"})
        assert wrong.status_code == 422
        assert "请写成 15m、4h、90d 或 5wd" in wrong.get_data(as_text=True)
        assert "一天" in wrong.get_data(as_text=True)  # what was typed is kept
        assert head.post(address, data={**form, "valid_from": "2026-11-16"}).status_code == 409
        assert head.post(address, data={**form, "valid_from": "soon"}).status_code == 422
        assert (
            head.post(address, data={**form, "result-u3": "4wd", "valid_from": "2026-12-01"}).status_code
            == 303
        )
        assert "12 月 1 日起" in office.get(address).get_data(as_text=True).replace("日 起", "日起")
    with transaction() as session:
        old = lives.in_hand(session, county, datetime(2026, 11, 30, 2, tzinfo=UTC))
        new = lives.in_hand(session, county, datetime(2026, 12, 1, 2, tzinfo=UTC))
        assert (clock.local(old.due_at).date().day, clock.local(new.due_at).date().day) == (7, 7)


def test_the_file_of_a_queue_holds_no_words_of_anybody(
    app: Flask, county: Offices, as_role: SignedIn
) -> None:
    with transaction() as session:
        matter = lives.to_route(session, county, MONDAY)
        receipt = matter.receipt
    with clock.frozen(MONDAY + HOUR):
        text = as_role(staff=county.office).get("/supervision/export.csv?queue=assign").get_data(as_text=True)
    assert receipt in text
    assert "路灯坏了" not in text
    assert "14500001234" not in text


def test_notices_on_the_bell(app: Flask, county: Offices, as_role: SignedIn) -> None:
    """The unit's door counts what nobody has seen; the list holds receipts only; looking counts as seen."""
    with transaction() as session:
        matter = lives.assigned(session, county, MONDAY)
        receipt = matter.receipt
    with clock.frozen(MONDAY + timedelta(minutes=1)):
        unit, other = as_role(staff=county.handlers[0]), as_role(staff=county.handlers[1])
        assert receipt in unit.get("/notices/").get_data(as_text=True)
        assert receipt not in other.get("/notices/").get_data(as_text=True)
        assert "路灯坏了" not in unit.get("/notices/").get_data(as_text=True)
        assert unit.post("/notices/1").status_code == 303
        assert receipt not in unit.get("/notices/").get_data(as_text=True)
        assert receipt in unit.get("/notices/?show=all").get_data(as_text=True)
        assert other.post("/notices/1").status_code == 404
        assert as_role(Role.INTERVIEWER).get("/notices/").status_code == 403


def test_a_notice_whose_cause_is_over_waits_for_nobody(
    app: Flask, county: Offices, as_role: SignedIn
) -> None:
    with transaction() as session:
        matter = lives.assigned(session, county, MONDAY)
        receipt = matter.receipt
    unit = as_role(staff=county.handlers[0])
    with clock.frozen(MONDAY + timedelta(minutes=1)), reading() as session:
        assert notice_reading.unseen(session, county.handlers[0], clock.now()) == 1
    with transaction() as session:
        matter = session.scalars(sa.select(Matter)).one()
        act(session, matter, MatterAction.SIGN, by=county.handlers[0], at=MONDAY + timedelta(minutes=2))
    with clock.frozen(MONDAY + timedelta(minutes=3)):
        with reading() as session:
            assert notice_reading.unseen(session, county.handlers[0], clock.now()) == 0
        assert receipt not in unit.get("/notices/").get_data(as_text=True)
        assert receipt in unit.get("/notices/?show=all").get_data(as_text=True)


def test_a_unit_reads_how_its_deadline_came_about_but_not_who_held_it(
    app: Flask, county: Offices, as_role: SignedIn
) -> None:
    with transaction() as session:
        receipt = lives.in_hand(session, county, MONDAY).receipt
    with clock.frozen(MONDAY + HOUR):
        page = as_role(staff=county.handlers[0]).get(f"/handling/{receipt}/deadline").get_data(as_text=True)
        assert "11 月 21 日" in page  # a Saturday, skipped
        assert "时间在谁手里" not in page
        assert as_role(staff=county.handlers[1]).get(f"/handling/{receipt}/deadline").status_code == 404


def test_the_board_opens_on_the_first_queue_in_which_something_waits(
    county: Offices, as_role: SignedIn
) -> None:
    """Not on an empty “Overdue”; what the address names is kept, and the file is of the queue that is shown."""
    with clock.frozen(MONDAY + HOUR):
        office = as_role(staff=county.office)
        assert "督办 · 已超期" in office.get("/supervision/").get_data(as_text=True)
        with transaction() as session:
            receipt = lives.to_route(session, county, MONDAY).receipt
        page = office.get("/supervision/").get_data(as_text=True)
        assert "督办 · 待交办" in page
        assert str(receipt) in page
        assert "export.csv?queue=assign" in page
        assert "督办 · 已超期" in office.get("/supervision/?queue=red").get_data(as_text=True)
        assert "督办 · 待交办" in office.get("/supervision/?queue=centre").get_data(
            as_text=True
        )  # not theirs
    with clock.frozen(MONDAY + 20 * DAY):
        assert "督办 · 已超期" in as_role(staff=county.office).get("/supervision/").get_data(as_text=True)


def test_a_draft_past_its_limit_is_the_desks_own_and_not_on_the_board(
    county: Offices, as_role: SignedIn
) -> None:
    """It has no receipt yet, and so no page of the office's: the desk completes it."""
    with transaction() as session:
        said = Statement("只说到路灯")
        draft = raise_problem(session, said, origin=Origin.CITIZEN_LINE, by=county.clerk, at=MONDAY).id
    with clock.frozen(MONDAY + HOUR):
        office = as_role(staff=county.office)
        answer = office.get("/supervision/?queue=red")
        assert answer.status_code == 200
        assert f"待补登 {draft}" not in answer.get_data(as_text=True)
        assert office.get("/supervision/export.csv?queue=red").status_code == 200


def test_the_story_says_which_fault_it_was(county: Offices, as_role: SignedIn) -> None:
    """Recorded by the clock, by hand, and cleared: each names the fault, for the office, the desk and the unit."""
    with clock.frozen(MONDAY + 3 * DAY):
        with transaction() as session:
            matter = lives.in_hand(session, county, MONDAY)
            sweep.tick_all(session, clock.now())
            unit = county.units[0].id
            facts = {"fault": "perfunctory", "unit": unit}
            act(session, matter, A.FAULT, by=county.office, at=clock.now(), facts=facts, text="查实")
            key = {"key": f"{unit}:perfunctory:1"}
            act(session, matter, A.CLEAR_FAULT, by=county.head, at=clock.now(), facts=key, text="误判")
            receipt, name = matter.receipt, county.units[0].name
        for staff, address in (
            (county.office, f"/supervision/matters/{receipt}"),
            (county.clerk, f"/matters/{receipt}"),
        ):
            page = as_role(staff=staff).get(address).get_data(as_text=True)
            assert f"<strong>认定过错</strong> · 拖延不办 · {name}" in page
            assert f"<strong>认定过错</strong> · 敷衍办理 · {name}" in page
            assert f"<strong>撤销过错</strong> · 敷衍办理 · {name}" in page
        page = as_role(staff=county.handlers[0]).get(f"/handling/{receipt}").get_data(as_text=True)
        assert "拖延不办" in page
        assert page.count("敷衍办理") >= 2
