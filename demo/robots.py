"""Interviewers who play today's fieldwork over the wire: they claim, dial, talk, code and go on."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import requests
from sqlalchemy.exc import DBAPIError

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.problems import Problem
from demo import telephones
from demo.meetings import NO_SCREENER, first_words, meet
from demo.opinions import raises_problem
from demo.residents import person_behind, raise_problem
from demo.talk import Said, stops_after, talk
from demo.townspeople import Townsperson
from survey import interviewing
from survey.answers import CONSENT, asked_in, given, save_answer
from survey.attempts import Attempt
from survey.calling import Rules, open_from
from survey.cases import Case
from survey.dials import dial
from survey.interviews import Interview
from survey.outcomes import Outcome, record_outcome
from survey.queue import next_case
from telephony.calls import Call
from telephony.outbox import send_due
from telephony.rooms import Purpose

log = logging.getLogger("tingmin.demo")
LONGEST_RING = 60.0


@dataclass(frozen=True)
class Dialled:
    """What a robot keeps in mind of the call in hand."""

    case_id: int
    attempt_id: int
    call_id: int
    person: Townsperson
    was_asked: bool
    is_conversion: bool


class Robot(threading.Thread):
    """One simulated interviewer at the telephone."""

    def __init__(self, staff_id: int, *, carrier: str, pace: float, stopping: threading.Event) -> None:
        super().__init__(name=f"robot-{staff_id}", daemon=True)
        self.staff_id = staff_id
        self.carrier = carrier
        self.pace = pace
        self.stopping = stopping

    def run(self) -> None:
        """Work until told to stop; after trouble, rest and begin anew."""
        while not self.stopping.is_set():
            try:
                self._connect()
                while not self.stopping.is_set() and self._is_connected():
                    self._one_case()
            except (Problem, DBAPIError, requests.RequestException) as error:
                log.info("robot %s rests: %s", self.staff_id, type(error).__name__)
            self.stopping.wait(5)

    def _rest(self, seconds: float) -> None:
        self.stopping.wait(max(seconds, 0.05))

    def _connect(self) -> None:
        telephones.connect(self.staff_id, Purpose.SURVEY, carrier=self.carrier, stopping=self.stopping)

    def _is_connected(self) -> bool:
        return telephones.is_connected(self.staff_id)

    def _one_case(self) -> None:
        now = clock.now()
        with transaction() as session:
            who = session.get_one(Staff, self.staff_id)
            given = next_case(session, by=who, at=now)
            case_id = given.case_id if given else None
        if case_id is None:
            self._rest(20)
            return
        self._rest(2 / self.pace)
        dialled = self._dial(case_id)
        send_due()
        if self._wait_for_answer(dialled):
            self._answered(dialled)
        else:
            self._code(dialled, Outcome(self._suggested(dialled)))
        self._rest(3 / self.pace)

    def _dial(self, case_id: int) -> Dialled:
        with transaction() as session:
            who = session.get_one(Staff, self.staff_id)
            case = session.get_one(Case, case_id)
            was_asked = case.disposition == NO_SCREENER
            attempt = dial(session, case, by=who, at=clock.now())
            assert attempt.call_id is not None
            person = person_behind(case)
            return Dialled(case_id, attempt.id, attempt.call_id, person, was_asked, case.is_converted)

    def _wait_for_answer(self, dialled: Dialled) -> bool:
        """Hear the ringing until somebody is there (True) or the call has ended."""
        waited = 0.0
        while waited < LONGEST_RING and not self.stopping.is_set():
            with reading() as session:
                call = session.get_one(Call, dialled.call_id)
                if call.is_ended:
                    return False
                if call.connected_at is not None:
                    return True
            self._rest(0.4)
            waited += 0.4
        return False

    def _suggested(self, dialled: Dialled) -> str:
        with reading() as session:
            return session.get_one(Attempt, dialled.attempt_id).suggested or "3.13"

    def _is_gone(self, dialled: Dialled) -> bool:
        with reading() as session:
            return session.get_one(Call, dialled.call_id).is_ended

    def _answered(self, dialled: Dialled) -> None:
        person = dialled.person
        self._rest((4 + 6 * person.trait("short")) / self.pace)
        outcome = first_words(person, was_asked=dialled.was_asked, is_conversion=dialled.is_conversion)
        if outcome is None:
            self._interview(dialled)
        elif outcome.code == NO_SCREENER:
            self._code(dialled, replace(outcome, appointment_at=self._later(dialled)))
        else:
            self._code(dialled, outcome)

    def _later(self, dialled: Dialled) -> datetime:
        with reading() as session:
            rules = Rules.from_wave(session.get_one(Case, dialled.case_id).wave.rules)
        wanted = clock.now() + timedelta(minutes=30 + 5 * int(40 * dialled.person.trait("suits")))
        return open_from(clock.local(wanted), rules)

    def _interview(self, dialled: Dialled) -> None:
        now = clock.now()
        with transaction() as session:
            who = session.get_one(Staff, self.staff_id)
            case = session.get_one(Case, dialled.case_id)
            interview = interviewing.start(session, case, by=who, at=now)
            before = given(session, interview)
            met = meet(
                dialled.person,
                interview.splits,
                listed=case.frame_number.adults,
                attempt=case.attempt_count,
                is_conversion=dialled.is_conversion,
            )
            said = talk(
                met.respondent,
                asked_in(interview),
                dict(interview.splits),
                county=case.county.code,
                on=clock.today(now),
                stops_after=stops_after(met.respondent),
                household=met.said,
                is_refused=met.refusal is not None,
            )
            interview_id = interview.id
        if CONSENT in before:  # who broke off once does not go on
            self._code(dialled, Outcome("2.12"))
            return
        for each in said:
            if each.question in before:
                continue
            self._rest(each.shown_ms / 1000 / self.pace)
            if self.stopping.is_set() or self._is_gone(dialled):
                break
            self._save(interview_id, each)
        if met.refusal is None:
            self._finish(replace(dialled, person=met.respondent), interview_id)
        elif met.is_absent:
            self._code(dialled, replace(met.refusal, appointment_at=self._later(dialled)))
        else:
            self._code(dialled, met.refusal)

    def _save(self, interview_id: int, said: Said) -> None:
        with transaction() as session:
            interview = session.get_one(Interview, interview_id)
            save_answer(
                session,
                interview,
                said.question,
                said.value,
                token=str(uuid4()),
                at=clock.now(),
                shown_ms=said.shown_ms,
            )

    def _finish(self, dialled: Dialled, interview_id: int) -> None:
        with transaction() as session:
            who = session.get_one(Staff, self.staff_id)
            interview = session.get_one(Interview, interview_id)
            case = session.get_one(Case, dialled.case_id)
            code = interviewing.end_code(session, interview) or "2.12"
            if code == "1.1" and raises_problem(dialled.person):
                raise_problem(session, case, dialled.person, by=who, at=clock.now())
        self._code(dialled, Outcome(code))

    def _code(self, dialled: Dialled, outcome: Outcome) -> None:
        with transaction() as session:
            who = session.get_one(Staff, self.staff_id)
            attempt = session.get_one(Attempt, dialled.attempt_id)
            record_outcome(session, attempt, outcome, by=who, at=clock.now())
        send_due()
