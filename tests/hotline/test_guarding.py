"""The counselling room is guarded: hand-offs say nothing, numbers need two, codes open two lines, time ends records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.journal import Entry
from core.people import Staff
from core.permissions import Role
from core.places import Level, Place
from core.problems import Forbidden, Invalid, Missing, Refused
from hotline import (
    break_glass,
    continuity,
    dangers,
    key_reviews,
    legal_holds,
    records,
    retention,
    safety_plans,
)
from hotline.break_glass import NotTwo, OpeningReason
from hotline.callers import Caller, caller_from
from hotline.contacts import Contact, ContactState
from hotline.deleting import sealed_tables
from hotline.handoff import HandOff, Sentence, hand_off, handed_over
from hotline.kept_back import kept_back
from hotline.key_reviews import Verdict
from hotline.lines import LineKind
from hotline.read_log import CounsellingRead, ReadPurpose
from hotline.retention_classes import KeptClass
from hotline.retention_rounds import delete_all_due
from hotline.risk import RiskLevel
from hotline.risk_levels import EpisodeLevel
from hotline.safety_steps import SafetyStep
from hotline.sight import in_sight, purpose_of
from matters.attributes import IdentityClass, MatterKind, Origin
from matters.enquiry import Standing
from matters.matter import Matter
from matters.reporters import Reporter
from matters.topics import offered
from tests.factories import a_place, a_staff
from tests.hotline.staffed import a_contact, a_lead, an_operator

NIGHT = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
NUMBER = "+8613900001111"
LAMP = "李家桥小学门前的路灯不亮，请修"


class Room:
    """A counselling operator with a contact, a colleague, and a lead."""

    def __init__(self, session: Session, number: str | None = NUMBER) -> None:
        self.session = session
        self.operator, self.colleague = an_operator(session), an_operator(session)
        self.lead, self.other_lead = a_lead(session), a_lead(session)
        self.contact = a_contact(session, at=NIGHT, owner=self.lead, taker=self.operator)
        self.contact.caller_id = caller_from(session, LineKind.COUNSELLING, number, at=NIGHT).id
        county = a_place(session)
        self.town: Place = a_place(session, level=Level.TOWNSHIP, parent=county)
        session.flush()
        session.refresh(self.contact)

    def sentence(self) -> Sentence:
        """Say what may go over."""
        return Sentence(LAMP, MatterKind.HELP, offered()[0].code, self.town, "小学门前", consented=True)


@pytest.fixture
def session(sqlite: db.Database) -> Session:
    """One open transaction."""
    with db.transaction() as session:
        yield session  # type: ignore[misc]


def test_only_the_sentence_goes_over(session: Session) -> None:
    room = Room(session)
    handed = hand_off(session, room.contact, room.sentence(), form_key="k1", by=room.operator, at=NIGHT)
    matter = session.scalars(sa.select(Matter)).one()
    assert (matter.receipt, matter.narrative, matter.spot) == (handed.receipt, LAMP, "小学门前")
    assert matter.origin is Origin.CITIZEN_LINE
    assert matter.identity is IdentityClass.ANONYMOUS
    assert matter.raised_by is None
    assert matter.registered_by is None
    assert session.scalars(sa.select(Reporter)).one().number is None
    lines = session.scalars(sa.select(Entry).where(Entry.record == f"matter:{matter.id}")).all()
    assert lines
    assert all(line.staff_id is None for line in lines)
    assert all(
        str(room.contact.id) not in str(line.details) for line in lines if "contact" in str(line.details)
    )
    ((row, told),) = handed_over(session, room.contact)
    assert told is not None
    assert (row.receipt, told.standing) == (handed.receipt, Standing.RECEIVED)


def test_the_number_goes_along_only_with_the_callers_yes(session: Session) -> None:
    room = Room(session)
    sentence = replace(room.sentence(), may_call=True)
    hand_off(session, room.contact, sentence, form_key="k1", by=room.operator, at=NIGHT)
    assert session.scalars(sa.select(Reporter)).one().number == NUMBER
    assert session.scalars(sa.select(Matter)).one().identity is IdentityClass.PROTECTED


def test_a_form_sent_twice_is_one_matter(session: Session) -> None:
    room = Room(session)
    first = hand_off(session, room.contact, room.sentence(), form_key="k1", by=room.operator, at=NIGHT)
    again = hand_off(session, room.contact, room.sentence(), form_key="k1", by=room.operator, at=NIGHT)
    assert (again.receipt, again.pin) == (first.receipt, None)
    assert first.pin
    assert session.scalar(sa.select(sa.func.count(Matter.id))) == 1


@pytest.mark.parametrize(
    "words",
    ["来电人很抑郁，门前路灯不亮", "他说不想 活 了，请修路灯", "抑·郁，请修路灯", "ＰＨＱ高，请修路灯",
     "The caller is depressed; fix the light", "She feels hopeless about the lamp", "自*杀 请修路灯",
     "心理热线来电，请修路灯", "he takes medication, mend the road"],
)  # fmt: skip
def test_words_of_the_counselling_room_are_kept_back(session: Session, words: str) -> None:
    room = Room(session)
    with pytest.raises(Invalid) as wrong:
        hand_off(
            session,
            room.contact,
            replace(room.sentence(), words=words),
            form_key="k",
            by=room.operator,
            at=NIGHT,
        )
    assert "words" in wrong.value.fields
    assert session.scalar(sa.select(sa.func.count(HandOff.id))) == 0


@pytest.mark.parametrize("words", [LAMP, "The street light by the school is out, please repair it",
                                   "镇政府门前井盖坏了两周没人管", "垃圾站离居民楼太近，夏天气味大"])  # fmt: skip
def test_plain_problems_go_through(words: str) -> None:
    assert not kept_back(words)


def test_numbers_and_no_consent_stop_a_hand_off(session: Session) -> None:
    room = Room(session)
    for changed, field in (
        ({"words": "路灯坏了，打 13912345678 找我"}, "words"),
        ({"consented": False}, "consent"),
        ({"place": None}, "place"),
        ({"words": "灯"}, "words"),
        ({"spot": "心理科楼下"}, "spot"),
    ):
        with pytest.raises(Invalid) as wrong:
            hand_off(session, room.contact, replace(room.sentence(), **changed), form_key="k", by=room.operator,
                     at=NIGHT)  # fmt: skip
        assert field in wrong.value.fields


def test_a_number_needs_two_people_and_closes_by_itself(session: Session) -> None:
    room = Room(session)
    row = break_glass.ask(session, room.contact, OpeningReason.LOST, by=room.operator, at=NIGHT)
    with pytest.raises(Refused):
        break_glass.number_of(session, row, by=room.operator, at=NIGHT)
    with pytest.raises(Forbidden):
        break_glass.agree(session, row, by=room.colleague, at=NIGHT)
    break_glass.agree(session, row, by=room.lead, at=NIGHT)
    assert break_glass.number_of(session, row, by=room.operator, at=NIGHT + timedelta(minutes=14)) == NUMBER
    with pytest.raises(Missing):
        break_glass.number_of(session, row, by=room.lead, at=NIGHT)
    with pytest.raises(Refused):
        break_glass.number_of(session, row, by=room.operator, at=NIGHT + timedelta(minutes=15))
    assert break_glass.unreviewed(session) == [row]
    break_glass.review(session, row, was_right=True, by=room.other_lead, at=NIGHT + timedelta(hours=2))
    assert not break_glass.unreviewed(session)
    read = session.scalars(sa.select(CounsellingRead)).one()
    assert (read.purpose, read.record, read.fields) == (ReadPurpose.BREAK_GLASS, "caller", "number")


def test_a_lead_does_not_agree_with_themselves(session: Session) -> None:
    room = Room(session)
    row = break_glass.ask(session, room.contact, OpeningReason.RESCUE, by=room.lead, at=NIGHT)
    with pytest.raises(NotTwo):
        break_glass.agree(session, row, by=room.lead, at=NIGHT)
    with pytest.raises(Refused):
        break_glass.agree(session, row, by=room.other_lead, at=NIGHT + timedelta(minutes=31))


def test_in_an_open_emergency_one_person_is_enough(session: Session) -> None:
    room = Room(session)
    dangers.begin(session, room.contact, is_acting=True, by=room.operator, at=NIGHT)
    row = break_glass.ask(session, room.contact, OpeningReason.RESCUE, by=room.operator, at=NIGHT)
    assert row.is_alone
    assert break_glass.number_of(session, row, by=room.operator, at=NIGHT) == NUMBER
    with pytest.raises(Forbidden):
        break_glass.review(session, row, was_right=True, by=room.operator, at=NIGHT)


def test_a_withheld_number_cannot_be_opened(session: Session) -> None:
    room = Room(session, number=None)
    with pytest.raises(break_glass.NoNumber):
        break_glass.ask(session, room.contact, OpeningReason.RESCUE, by=room.operator, at=NIGHT)


def test_a_code_opens_two_lines_and_the_plan(session: Session) -> None:
    room = Room(session)
    safety_plans.write(
        session, room.contact, {next(iter(SafetyStep)).value: "听雨"}, seen=0, by=room.operator, at=NIGHT
    )
    given = continuity.give(session, room.contact, "考试前睡不好，\n下周再来电", by=room.operator, at=NIGHT)
    assert len(given.code) == 6
    stored = session.execute(sa.text("SELECT code_index, story FROM continuity_code")).one()
    assert given.code.encode() not in bytes(stored[0]) + bytes(stored[1])
    later = a_contact(session, at=NIGHT + timedelta(days=3), owner=room.lead, taker=room.colleague)
    spoken = f"{given.code[:3]} {given.code[3:]}"
    continuity.go_on(session, later, spoken, by=room.colleague, at=NIGHT + timedelta(days=3))
    (found,) = continuity.taken_up(session, later, by=room.colleague, at=NIGHT + timedelta(days=3))
    assert found.story.startswith("考试前")
    assert safety_plans.current(session, found.contact) is not None
    with pytest.raises(continuity.NoSuchCode):
        continuity.go_on(
            session, later, "000000" if given.code != "000000" else "111111", by=room.colleague, at=NIGHT
        )
    with pytest.raises(continuity.NoSuchCode):
        continuity.go_on(session, later, given.code, by=room.colleague, at=NIGHT + timedelta(days=800))


def test_trying_codes_is_stopped(session: Session) -> None:
    room = Room(session)
    tries = [continuity.is_within_limits(session, by=room.operator, at=NIGHT) for _ in range(9)]
    assert tries == [True] * 8 + [False]
    assert continuity.is_within_limits(session, by=room.colleague, at=NIGHT)


def test_a_contact_is_in_sight_of_its_own_people_only(session: Session) -> None:
    room = Room(session)
    key = EpisodeLevel(contact_id=room.contact.id, level=RiskLevel.KEY, reasons=[], given_at=NIGHT,
                       given_by=room.operator.id)  # fmt: skip
    reviewer = a_staff(session, Role.REVIEWER)
    assert purpose_of(session, room.contact, by=reviewer, at=NIGHT) is None
    session.add(key)
    session.flush()
    assert purpose_of(session, room.contact, by=room.operator, at=NIGHT) is ReadPurpose.TALK
    assert purpose_of(session, room.contact, by=reviewer, at=NIGHT) is ReadPurpose.REVIEW
    assert purpose_of(session, room.contact, by=room.lead, at=NIGHT) is not None
    outsiders: list[Staff] = [room.colleague]
    outsiders += [a_staff(session, role) for role in Role
                  if role not in (Role.OPERATOR, Role.SHIFT_LEAD, Role.REVIEWER)]  # fmt: skip
    for outsider in outsiders:
        with pytest.raises(Missing):
            in_sight(session, room.contact.token, by=outsider, at=NIGHT)


def test_another_reviews_a_key_case_within_a_day(session: Session) -> None:
    room = Room(session)
    session.add(EpisodeLevel(contact_id=room.contact.id, level=RiskLevel.KEY, reasons=[], given_at=NIGHT,
                             given_by=room.operator.id))  # fmt: skip
    session.flush()
    (case,) = key_reviews.key_cases(session, since=NIGHT)
    assert case.is_late(NIGHT + timedelta(hours=25))
    assert not case.is_late(NIGHT + timedelta(hours=23))
    with pytest.raises(Invalid):
        key_reviews.review(session, room.contact, Verdict.COACH, "", by=room.lead, at=NIGHT)
    room.contact.taken_by = room.other_lead.id
    with pytest.raises(Refused):
        key_reviews.review(session, room.contact, Verdict.GOOD, "", by=room.other_lead, at=NIGHT)
    key_reviews.review(session, room.contact, Verdict.GOOD, "", by=room.lead, at=NIGHT + timedelta(hours=3))
    (case,) = key_reviews.key_cases(session, since=NIGHT)
    assert not case.is_late(NIGHT + timedelta(hours=25))


def _aged(session: Session, room: Room, years: float) -> Contact:
    """Make a finished contact with records on it, closed so many years ago."""
    contact = room.contact
    records.save(
        session, contact, [("narrative", "她说了很多")], token="t1", seen=0, by=room.operator, at=NIGHT
    )
    safety_plans.write(
        session, contact, {next(iter(SafetyStep)).value: "听雨"}, seen=0, by=room.operator, at=NIGHT
    )
    dangers.begin(session, contact, is_acting=True, by=room.operator, at=NIGHT)
    contact.state, contact.closed_at = ContactState.DONE, NIGHT - timedelta(days=365.25 * years)
    session.flush()
    return contact


def test_what_is_due_is_deleted_with_proof_and_the_audit_stays(database: db.Database) -> None:
    with db.transaction() as session:
        room = Room(session)
        contact = _aged(session, room, 11)
        records.read(session, contact, by=room.operator, purpose=ReadPurpose.TALK, at=NIGHT)
        young = Room(session, number="+8613900002222")
        _aged(session, young, 2)
    with db.transaction() as session:
        runs = {run.kept: run for run in delete_all_due(session, NIGHT)}
        assert runs[KeptClass.RECORD].contacts == 1
        assert runs[KeptClass.RECORD].left == 0
        assert runs[KeptClass.RECORD].rows["counselling_record"] == 1
        assert runs[KeptClass.RECORD].rows["safety_plan"] == 1
        assert len(runs[KeptClass.RECORD].digest) == 64
        assert runs[KeptClass.NUMBER].rows == {"caller": 1}
    with db.reading() as session:
        for table in sealed_tables():
            count = sa.select(sa.func.count()).select_from(table).where(table.c.contact_id == contact.id)
            assert session.execute(count).scalar_one() == 0, table.name
        assert session.scalar(sa.select(sa.func.count(CounsellingRead.id))) == 1
        assert {c.number for c in session.scalars(sa.select(Caller))} == {None, "+8613900002222"}
    with db.transaction() as session:
        assert delete_all_due(session, NIGHT) == []


def test_a_hold_takes_two_to_set_and_two_to_lift(session: Session) -> None:
    room = Room(session)
    contact = _aged(session, room, 11)
    hold = legal_holds.ask_hold(session, contact, "（2026）1 号", by=room.lead, at=NIGHT)
    with pytest.raises(Refused):
        legal_holds.agree_hold(session, hold, by=room.lead, at=NIGHT)
    with pytest.raises(Forbidden):
        legal_holds.agree_hold(session, hold, by=room.operator, at=NIGHT)
    legal_holds.agree_hold(session, hold, by=room.other_lead, at=NIGHT)
    assert delete_all_due(session, NIGHT) == []
    assert retention.due(session, KeptClass.RECORD, at=NIGHT).held == 1
    legal_holds.lift(session, hold, by=room.lead, at=NIGHT)
    with pytest.raises(Refused):
        legal_holds.lift(session, hold, by=room.lead, at=NIGHT)
    legal_holds.lift(session, hold, by=room.other_lead, at=NIGHT)
    assert len(delete_all_due(session, NIGHT)) == 2


def test_years_below_the_guide_are_refused(session: Session) -> None:
    room = Room(session)
    with pytest.raises(Invalid):
        retention.set_years(session, KeptClass.RECORD, 2.9, by=room.lead, at=NIGHT)
    retention.set_years(session, KeptClass.RECORD, 3, by=room.lead, at=NIGHT)
    assert retention.years_of(session, KeptClass.RECORD) == 3
    _aged(session, room, 3.1)
    assert {run.kept for run in delete_all_due(session, NIGHT)} == {KeptClass.RECORD, KeptClass.NUMBER}
