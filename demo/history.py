"""History: past days played through the very same operations, without the wire, so that it is quick."""

from __future__ import annotations

import gc
import heapq
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.db import transaction
from core.journal import Entry
from core.people import Staff, StaffRole
from core.permissions import Role
from core.places import Level, Place
from demo.chance import SEED
from demo.meetings import NO_SCREENER, first_words, meet
from demo.opinions import raises_problem
from demo.residents import person_behind, raise_problem
from demo.talk import stops_after, talk
from demo.townspeople import Townsperson
from demo.writing_down import write_down
from matters.matter import Matter
from survey import interviewing
from survey.answers import CONSENT, asked_in, given
from survey.attempts import Appointment, Attempt, HandOut
from survey.cases import Case, CaseState
from survey.dials import write_attempt
from survey.disposition import from_line
from survey.frame import FrameNumber
from survey.interviews import Answer, Interview
from survey.outcomes import Outcome, record_outcome
from survey.planning import plan_day
from survey.queue import next_case
from survey.waves import Wave
from telephony.simulator.personas import Pickup, PickupKind, Temper

SHIFTS = ((time(9, 0), time(11, 50)), (time(14, 30), time(17, 30)), (time(18, 0), time(20, 45)))
CAUSES = {
    PickupKind.NO_ANSWER: ("no_answer", None, None),
    PickupKind.BUSY: ("busy", None, None),
    PickupKind.NOT_IN_SERVICE: ("invalid", None, None),
    PickupKind.SWITCHED_OFF: ("unreachable", None, None),
    PickupKind.MACHINE: ("normal", "machine", None),
    PickupKind.REJECTED: ("rejected", None, None),
}
ON_A_SHIFT = 5
FORGET_AFTER = 40
PASSING = (Appointment, Answer, Attempt, Case, Entry, FrameNumber, HandOut, Interview, Matter)
"""What is read for one turn only; people, places, wave and questionnaire stay at hand."""
SHORTEST_REST = timedelta(minutes=5)

Progress = Callable[[int, int], None]


class Day:
    """One day of fieldwork: everybody's clock runs by itself, the earliest acts next."""

    def __init__(self, wave_id: int, day: date) -> None:
        self.wave_id = wave_id
        self.day = day
        self.random = np.random.default_rng([SEED, day.toordinal()])
        self.completes = 0

    def moment(self, hour: time) -> datetime:
        """Return a local hour of the day."""
        return datetime.combine(self.day, hour, tzinfo=clock.zone())

    def play(self) -> int:
        """Draw the day's sample, then work it shift by shift; return the completes."""
        with clock.frozen(self.moment(time(8))), transaction() as session:
            wave = session.get_one(Wave, self.wave_id)
            plan_day(session, wave, self.day, by=None, at=self.moment(time(8)))
        gc.disable()  # records let go of are swept up once a shift: looking for them all the time takes longer
        try:
            for opens, closes in SHIFTS:
                self._shift(self.moment(opens), self.moment(closes))
                gc.collect()
        finally:
            gc.enable()
        return self.completes

    def _shift(self, opens: datetime, closes: datetime) -> None:
        with transaction() as session:
            people, at_hand = _interviewers(session), _at_hand(session, self.wave_id)
            working = [people[i] for i in self.random.permutation(len(people))[:ON_A_SHIFT].tolist()]
            turns = [
                (opens + timedelta(seconds=float(s)), n)
                for n, s in enumerate(self.random.uniform(0, 90, len(working)))
            ]
            heapq.heapify(turns)
            acts = 0
            while turns:
                at, n = heapq.heappop(turns)
                if at >= closes:
                    continue
                with clock.frozen(at), session.no_autoflush:  # every operation flushes what it wrote
                    busy = self._turn(session, working[n], at)
                heapq.heappush(turns, (at + busy, n))
                acts += 1
                if acts % FORGET_AFTER == 0:
                    _forget(session)
            del at_hand  # held till here: a session lets go of what nobody holds

    def _turn(self, session: Session, who: Staff, at: datetime) -> timedelta:
        """Let one interviewer take one case to its outcome; return how long it took."""
        hand_out = next_case(session, by=who, at=at)
        if hand_out is None:
            return self._until_something_is_due(session, at)
        case = session.get_one(Case, hand_out.case_id, options=[joinedload(Case.frame_number)])
        person = person_behind(case)
        attempt = write_attempt(session, case, None, by=who, at=at)
        far = person.pickup(attempt.number, clock.local(at))
        ringing = timedelta(seconds=min(far.ring_s, 25.0) + 4)
        if far.kind is not PickupKind.ANSWERED:
            self._unanswered(session, attempt, far, who, at + ringing)
        else:
            attempt.connected_at = at + ringing
            ringing += self._answered(session, case, attempt, person, who, at + ringing)
        return ringing + timedelta(seconds=float(self.random.uniform(4, 25)))

    def _until_something_is_due(self, session: Session, at: datetime) -> timedelta:
        """Let someone without a case rest until the next call-back or appointment."""
        query = sa.select(sa.func.min(Case.due_at)).where(
            Case.wave_id == self.wave_id,
            Case.state.in_([CaseState.WAITING, CaseState.APPOINTED]),
            Case.due_at > at,
        )
        due = session.scalar(query)
        return max(due - at, SHORTEST_REST) if due else timedelta(hours=12)

    def _unanswered(self, session: Session, attempt: Attempt, far: Pickup, who: Staff, at: datetime) -> None:
        cause, answerer, _ = CAUSES[far.kind]
        code = from_line(cause, answerer) or "3.13"
        attempt.suggested = code
        record_outcome(session, attempt, Outcome(code), by=who, at=at)

    def _answered(
        self,
        session: Session,
        case: Case,
        attempt: Attempt,
        person: Townsperson,
        who: Staff,
        at: datetime,
    ) -> timedelta:
        """Have the talk that this resident has with strangers who call; return how long it took."""
        was_asked = case.disposition == NO_SCREENER
        outcome = first_words(person, was_asked=was_asked, is_conversion=case.is_converted)
        if outcome is None:
            return self._interview(session, case, attempt, person, who, at)
        if outcome.code == NO_SCREENER:
            outcome = replace(outcome, appointment_at=self._later(at, person))
        short = timedelta(seconds=12 + 25 * person.trait("short"))
        record_outcome(session, attempt, outcome, by=who, at=at + short)
        return short

    def _later(self, at: datetime, person: Townsperson) -> datetime:
        hour = time(19, 0) if clock.local(at).hour < 17 else time(10, 0)
        on = self.day if clock.local(at).hour < 17 else self.day + timedelta(days=1)
        minutes = 5 * int(18 * person.trait("suits"))
        return datetime.combine(on, hour, tzinfo=clock.zone()) + timedelta(minutes=minutes)

    def _interview(
        self, session: Session, case: Case, attempt: Attempt, person: Townsperson, who: Staff, at: datetime
    ) -> timedelta:
        interview = interviewing.start(session, case, by=who, at=at)
        before = given(session, interview)
        if CONSENT in before:  # who broke off once does not go on
            record_outcome(session, attempt, Outcome("2.12"), by=who, at=at + timedelta(seconds=20))
            return timedelta(seconds=20)
        met = meet(
            person,
            interview.splits,
            listed=case.frame_number.adults,
            attempt=attempt.number,
            is_conversion=case.is_converted,
        )
        said = talk(
            met.respondent,
            asked_in(interview),
            dict(interview.splits),
            county=case.county.code,
            on=self.day,
            stops_after=stops_after(met.respondent),
            household=met.said,
            is_refused=met.refusal is not None,
        )
        new = [each for each in said if each.question not in before]
        ends = write_down(session, interview, new, at, attempt=attempt.number)
        if met.refusal is not None:
            refusal = replace(
                met.refusal, appointment_at=self._later(ends, person) if met.is_absent else None
            )
            record_outcome(session, attempt, refusal, by=who, at=ends)
            return ends - at
        if met.respondent.temper is not Temper.BREAKS_OFF and raises_problem(met.respondent):
            raise_problem(session, case, met.respondent, by=who, at=ends)
        code = interviewing.end_code(session, interview) or "2.12"
        record_outcome(session, attempt, Outcome(code), by=who, at=ends)
        self.completes += code == "1.1"
        return ends - at


def _at_hand(session: Session, wave_id: int) -> list[Wave | Place]:
    """Read once a shift what every turn needs."""
    places = sa.select(Place).where(Place.level.in_((Level.COUNTY, Level.TOWNSHIP)))
    return [session.get_one(Wave, wave_id), *session.scalars(places)]


def _forget(session: Session) -> None:
    """Let go of the cases that are done with: a whole shift's records would only slow the next flush."""
    for record in list(session.identity_map.values()):
        if isinstance(record, PASSING):
            session.expunge(record)


def _interviewers(session: Session) -> list[Staff]:
    query = (
        sa.select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role == Role.INTERVIEWER, Staff.username != "interviewer")
        .order_by(Staff.id)
    )
    return list(session.scalars(query).unique())


def play(
    wave_id: int,
    *,
    first: date,
    days: int,
    progress: Progress | None = None,
    evening: Callable[[date], None] | None = None,
) -> int:
    """Play a wave's past days one by one, and what follows each one; return the completes."""
    total = 0
    for n in range(days):
        total += Day(wave_id, first + timedelta(days=n)).play()
        if evening:
            evening(first + timedelta(days=n))
        if progress:
            progress(n + 1, days)
    return total
