"""The prompter: a simulated resident answers, in text, a person who practises with the telephone."""

from __future__ import annotations

import logging
import threading

import requests
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core import clock
from core.db import reading
from core.problems import Problem
from demo.chance import uniform
from demo.meetings import meet
from demo.residents import person_behind
from demo.talk import reply
from demo.telephones import TIMEOUT
from demo.townspeople import Townsperson
from survey import interviewing
from survey.answers import asked_in
from survey.attempts import Attempt
from survey.cases import Case
from survey.interviews import Interview
from telephony.calls import Call
from telephony.simulator.personas import Temper

log = logging.getLogger("tingmin.demo")


class Prompter(threading.Thread):
    """Lets the simulated resident answer a person who practises, in text, question by question."""

    def __init__(self, robots: set[int], *, carrier: str, stopping: threading.Event) -> None:
        super().__init__(name="prompter", daemon=True)
        self.robots = robots
        self.carrier = carrier
        self.stopping = stopping
        self.told: dict[int, str] = {}

    def run(self) -> None:
        """Look every second at the calls of people who are not robots."""
        while not self.stopping.wait(1.0):
            try:
                for leg, call_id, key, text in self._lines():
                    if self.told.get(call_id) != key:
                        self.told[call_id] = key
                        body = {"leg": leg, "text": text}
                        requests.post(f"{self.carrier}/sim/say", json=body, timeout=TIMEOUT)
            except (Problem, DBAPIError, requests.RequestException) as error:
                log.info("prompter rests: %s", type(error).__name__)

    def _lines(self) -> list[tuple[str, int, str, str]]:
        query = (
            sa.select(Attempt, Call)
            .join(Call, Call.id == Attempt.call_id)
            .where(
                Attempt.ended_at.is_(None),
                Attempt.staff_id.not_in(self.robots),
                Call.connected_at.is_not(None),
            )
        )
        found = []
        with reading() as session:
            for attempt, call in session.execute(query):
                if call.provider_ref is None or call.is_ended:
                    continue
                case = session.get_one(Case, attempt.case_id)
                person = person_behind(case)
                interview = interviewing.interview_of(session, case)
                if interview is None or not interview.position:
                    found.append((call.provider_ref, call.id, "hello", _greeting(person)))
                    continue
                answered = self._answer(interview, person, case)
                if answered is not None:
                    found.append((call.provider_ref, call.id, interview.position, answered))
        return found

    def _answer(self, interview: Interview, person: Townsperson, case: Case) -> str | None:
        asked = asked_in(interview)
        question = asked.question(interview.position or "")
        if not question.is_step:
            return None
        met = meet(
            person,
            interview.splits,
            listed=case.frame_number.adults,
            attempt=case.attempt_count,
            is_conversion=case.is_converted,
        )
        value = met.said.get(question.name) or reply(
            met.respondent, question, asked, county=case.county.code, on=clock.today()
        )
        label = next((o.label.zh for o in asked.lists.get(question.list, ()) if o.name == value), value)
        return {"DONT_KNOW": "这个……我也说不好。", "OK": "嗯，您说。"}.get(value, f"{label}。")


def _greeting(person: Townsperson) -> str:
    if person.is_business:
        return "您好，这里是单位办公室，请问您找哪位？"
    match person.temper:
        case Temper.HARD_REFUSER:
            return "别再打了！"
        case Temper.SOFT_REFUSER:
            return "我这会儿没空，不用了。"
        case Temper.APPOINTMENT:
            return "我现在不方便，您晚点再打行吗？"
        case _:
            return "喂，您好？" if uniform(person.number, "hello") < 0.5 else "你好，哪位？"
