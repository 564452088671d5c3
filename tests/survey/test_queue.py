"""The queue: order, hard rules, reasons, leases, and why nothing comes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import db
from core.permissions import Role
from core.problems import Refused
from survey import handouts, leases, quotas
from survey.attempts import Appointment, HandOut, HandOutRule
from survey.calling import Rules
from survey.cases import Case, CaseState
from survey.dials import dial
from survey.do_not_call import DoNotCallReason, add
from survey.frame import FrameNumber
from survey.interviewers import at_work, cool_down, is_tired, note_presence
from survey.outcomes import Outcome, record_outcome
from survey.queue import next_case
from survey.waiting import why_nothing
from survey.waves import Quota, WavePlace
from telephony.manual import Outcome as Heard
from tests.factories import a_staff
from tests.survey.field import a_field, claimed, dialled


def test_the_neediest_county_and_township_come_first(database: db.Database, now: datetime) -> None:
    """The county that misses most is called first, and in it the township that misses most; the reason says so."""
    with db.transaction() as session:
        field = a_field(session)
        needy = field.towns[3]
        session.execute(sa.update(WavePlace).where(WavePlace.township_id == needy.id).values(target=9))
        hand_out = next_case(session, by=field.anna, at=now)
        assert hand_out is not None
        assert hand_out.case.township_id == needy.id
        assert hand_out.rule == HandOutRule.FRESH
        assert "还差 13 份，全市最缺" in handouts.reason(hand_out).in_language("zh")
        assert "13 short" in handouts.reason(hand_out).in_language("en")
        assert "第 1 次拨打" in str(handouts.second_line(hand_out))


def test_a_crowd_spreads_over_the_townships(database: db.Database, now: datetime) -> None:
    """What is in hand counts towards the need, so that a whole room does not call one township."""
    with db.transaction() as session:
        field = a_field(session)
        towns = set()
        for _ in range(8):
            towns.add(claimed(session, a_staff(session, Role.INTERVIEWER), now).township_id)
        assert towns == {t.id for t in field.towns}


def test_an_open_lease_comes_back_to_its_holder(database: db.Database, now: datetime) -> None:
    """Asking again gives the same case; nobody else gets it."""
    with db.transaction() as session:
        field = a_field(session)
        first = claimed(session, field.anna, now)
        assert claimed(session, field.anna, now + timedelta(minutes=5)).id == first.id
        assert claimed(session, field.ben, now).id != first.id


def test_nobody_calls_their_home_county(database: db.Database, now: datetime) -> None:
    """Cross-county calling is a hard rule; without it the home county is called too."""
    with db.transaction() as session:
        field = a_field(session, each=1)
        home = field.towns[0].parent_id
        field.anna.home_county_id = home
        for _ in range(2):
            attempt = dialled(session, field.anna, now, Heard.NO_ANSWER)
            assert attempt.case.county_id != home
            record_outcome(session, attempt, Outcome("3.13"), by=field.anna, at=now)
        assert next_case(session, by=field.anna, at=now) is None
        assert why_nothing(session, by=field.anna, at=now).at_home == 2
        field.wave.is_cross_county = False
        session.flush()
        assert claimed(session, field.anna, now).county_id == home


def test_outside_hours_nothing_is_handed_out_and_the_page_says_when(
    database: db.Database, now: datetime
) -> None:
    """At 13:00 it is 14:30."""
    noon = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
    with db.transaction() as session:
        field = a_field(session)
        assert next_case(session, by=field.anna, at=noon) is None
        why = why_nothing(session, by=field.anna, at=noon)
        assert why.next_at == datetime(2026, 11, 18, 6, 30, tzinfo=UTC)
        assert "拨打时段" in str(why.words)
        case = claimed(session, field.anna, now)
        with pytest.raises(Refused):
            dial(session, case, by=field.anna, at=noon)


def test_call_backs_come_before_fresh_cases_when_due(database: db.Database, now: datetime) -> None:
    """A busy number comes back after 15 minutes, not before."""
    with db.transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, now, Heard.BUSY)
        assert attempt.suggested == "3.12"
        case = record_outcome(session, attempt, Outcome("3.12"), by=field.anna, at=now)
        assert case.due_at == now + timedelta(minutes=15)
        fresh = claimed(session, field.anna, now + timedelta(minutes=14))
        assert fresh.id != case.id
        leases.give_back(session, fresh, by=field.anna, at=now)
        again = next_case(session, by=field.anna, at=now + timedelta(minutes=16))
        assert again is not None
        assert (again.case_id, again.rule) == (case.id, HandOutRule.CALLBACK)


def test_an_appointment_is_personal_for_ten_minutes(database: db.Database, now: datetime) -> None:
    """Then anyone keeps it; before everything else."""
    promised = now + timedelta(minutes=60)
    with db.transaction() as session:
        field = a_field(session)
        attempt = dialled(session, field.anna, now, Heard.ANSWERED)
        case = record_outcome(
            session, attempt, Outcome("2.35", appointment_at=promised), by=field.anna, at=now
        )
        assert case.state == CaseState.APPOINTED
        early = claimed(session, field.ben, promised)
        assert early.id != case.id
        leases.give_back(session, early, by=field.ben, at=promised)
        late = next_case(session, by=field.ben, at=promised + timedelta(minutes=10))
        assert late is not None
        assert (late.case_id, late.rule) == (case.id, HandOutRule.APPOINTMENT)
        assert late.facts["late_s"] == 600
        kept = session.scalars(sa.select(Appointment)).one()
        assert (kept.is_open, kept.kept_at) == (False, promised + timedelta(minutes=10))


def test_a_listed_number_is_closed_instead_of_handed_out(database: db.Database, now: datetime) -> None:
    """What was put on the list after the draw is never offered and never dialled."""
    with db.transaction() as session:
        field = a_field(session, each=1)
        for number in session.scalars(sa.select(FrameNumber)).all()[:3]:
            add(session, number.fingerprint, reason=DoNotCallReason.REQUEST, by=None, at=now)
        last = claimed(session, field.anna, now)
        add(session, last.frame_number.fingerprint, reason=DoNotCallReason.REQUEST, by=None, at=now)
        with pytest.raises(Refused):
            dial(session, last, by=field.anna, at=now)
        leases.give_back(session, last, by=field.anna, at=now)
        assert next_case(session, by=field.ben, at=now) is None
        assert {c.state for c in session.scalars(sa.select(Case))} == {CaseState.CLOSED}


def test_a_full_quota_is_not_handed_out(database: db.Database, now: datetime) -> None:
    """The county whose seats are taken is left out; its waiting cases end when it is filled."""
    with db.transaction() as session:
        field = a_field(session)
        full = field.towns[0].parent_id
        session.add(Quota(wave_id=field.wave.id, cell=f"county:{full}|kind:mobile", seats=1, filled=1))
        session.flush()
        for _ in range(5):
            assert claimed(session, a_staff(session), now).county_id != full
        assert quotas.close_filled(session, now) == 12
        closed = session.scalars(sa.select(Case.disposition).where(Case.state == CaseState.CLOSED)).all()
        assert set(closed) == {"4.80"}


def test_a_lease_that_ran_out_gives_the_case_back(database: db.Database, now: datetime) -> None:
    """A dead browser's case goes to someone else; a living call keeps its own."""
    late = now + timedelta(minutes=16)
    with db.transaction() as session:
        field = a_field(session, each=1)
        idle = claimed(session, field.anna, now)
        attempt = dialled(session, field.ben, now, Heard.ANSWERED)
        assert leases.expire(session, late) == 1
        assert (idle.state, idle.lease_by) == (CaseState.WAITING, None)
        assert attempt.case.state == CaseState.CLAIMED
        with pytest.raises(leases.NotYours):
            leases.hold(session, idle.id, by=field.anna, at=late)


def test_after_abuse_there_is_a_pause_and_after_long_work_a_prompt(
    database: db.Database, now: datetime
) -> None:
    """Ten minutes without a case; ninety minutes without a break."""
    with db.transaction() as session:
        field = a_field(session)
        me = at_work(session, field.anna)
        cool_down(session, me, Rules(), by=field.anna, at=now)
        assert next_case(session, by=field.anna, at=now + timedelta(minutes=9)) is None
        assert why_nothing(session, by=field.anna, at=now).next_at == now + timedelta(minutes=10)
        assert next_case(session, by=field.anna, at=now + timedelta(minutes=10)) is not None
        for minutes in range(10, 101, 5):
            note_presence(me, now + timedelta(minutes=minutes))
        assert is_tired(me, Rules(), now + timedelta(minutes=100))
        note_presence(me, now + timedelta(minutes=111))
        assert not is_tired(me, Rules(), now + timedelta(minutes=112))


def test_the_log_replays_without_a_fault_and_a_planted_one_is_found(
    database: db.Database, now: datetime
) -> None:
    """Each hand-out agrees with what was tried before; one at night does not."""
    with db.transaction() as session:
        field = a_field(session)
        for minutes in (0, 20, 40):
            at = now + timedelta(minutes=minutes)
            attempt = dialled(session, field.anna, at, Heard.BUSY)
            record_outcome(session, attempt, Outcome("3.12"), by=field.anna, at=at)
        found = handouts.replay(session, since=now - timedelta(days=1), until=now + timedelta(days=2))
        assert (found.hand_outs, found.faults) == (3, ())
        night = HandOut(
            case_id=attempt.case_id,
            staff_id=field.ben.id,
            at=now + timedelta(hours=12),
            rule=HandOutRule.FRESH,
            facts={"attempts": 0},
        )
        session.add(night)
        session.flush()
        found = handouts.replay(session, since=now - timedelta(days=1), until=now + timedelta(days=2))
        assert {words for _, words in found.faults} == {"outside calling hours", "tries before"}


def test_threads_never_get_the_same_case(database: db.Database, now: datetime) -> None:
    """Twelve people at once take twelve cases; a thirteenth pair of hands on one account gets one case."""
    with db.transaction() as session:
        a_field(session, each=10)
        people = [a_staff(session, Role.INTERVIEWER) for _ in range(12)]
    got: list[tuple[int, int]] = []

    def take(person: int) -> None:
        with db.using(database), db.transaction() as session:
            hand_out = next_case(session, by=people[person], at=now)
            assert hand_out is not None
            got.append((person, hand_out.case_id))

    threads = [threading.Thread(target=take, args=(n % 12,)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 24
    assert len({case for _, case in got}) == 12
    assert len(set(got)) == 12
