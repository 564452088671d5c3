"""Hands that work on a matter in the demonstration: each step done by whoever of the house may do it."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.permissions import Role
from demo.chance import pick
from matters import assigning, attachments, joint_rulings, relays, routing
from matters.attributes import Conflict, Difficulty, Outcome, TryResult, Urgency
from matters.caller_calls import Heard, plan
from matters.caller_tries import CallerTry
from matters.errand_results import note
from matters.feedback import only_a_text_lacks
from matters.flow import MatterAction as A
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.route_rules import Branch
from matters.standing import Standing
from matters.states import MatterState
from matters.trying import is_given_up
from matters.turns import CallerTurn, Errand


@cache
def photograph() -> bytes:
    """Make a small picture that stands for a photograph of what was done."""
    rows = b"".join(b"\0" + bytes((x + y) % 256 for x in range(96)) for y in range(64))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 96, 64, 8, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )


class Cast:
    """Who works on matters, read once a day."""

    def __init__(self, session: Session) -> None:
        everyone = list(session.scalars(sa.select(Staff).order_by(Staff.id)).unique())
        self.by_name = {person.username: person for person in everyone}
        self.clerks = [person for person in everyone if Role.CLERK in person.roles]
        self.handlers = {p.unit_id: p for p in everyone if Role.HANDLER in p.roles}
        self.offices = {
            Branch.GOVERNMENT: (self.by_name["supervision"], self.by_name["office_head"]),
            Branch.PARTY: (self.by_name["supervision02"], self.by_name["office_head02"]),
        }

    def desk_of(self, matter: Matter) -> list[Staff]:
        """Return who takes the centre's steps with a matter: of what is about the centre, the Party's office."""
        return list(self.offices[Branch.PARTY]) if matter.conflict is Conflict.CENTRE else self.clerks


@dataclass
class Hands:
    """One matter at one moment."""

    session: Session
    matter: Matter
    at: datetime
    cast: Cast
    random: np.random.Generator

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return standing_of(self.matter)

    @property
    def state(self) -> MatterState:
        """What is waited for."""
        return self.matter.state

    def do(self, action: A, by: Staff | None, text: str = "", **facts: Any) -> None:
        """Do one thing with it."""
        act(self.session, self.matter, action, by=by, at=self.at, facts=facts, text=text)

    def clerk(self, *but: int | None) -> Staff:
        """Return someone of the desk, not those who may not be both pairs of eyes."""
        free = [person for person in self.cast.desk_of(self.matter) if person.id not in but]
        return free[int(self.random.integers(len(free)))]

    def handler(self) -> Staff:
        """Return the handler of the lead unit."""
        return self.cast.handlers[self.matter.lead_unit_id]

    def office(self) -> tuple[Staff, Staff]:
        """Return officer and head of the supervision office that confirms it."""
        return self.cast.offices[routing.proposed(self.session, self.matter).branch]

    def assign(self) -> None:
        """Assign it as the rules propose, or by hand to another unit that has not given it back."""
        route = routing.proposed(self.session, self.matter)
        returned = self.standing.returned_by
        lead = route.lead
        if lead is None or lead.id in returned:
            others = [u for u in routing.choices(self.session, self.matter) if u.id not in returned]
            lead = others[int(self.random.integers(len(others)))]
        supporting = [unit.id for unit in route.supporting if unit.id != lead.id]
        officer, head = self.cast.offices[route.branch]
        if self.standing.difficulty is None:
            hard = pick(
                (Difficulty.BLUE, Difficulty.BLUE, Difficulty.YELLOW, Difficulty.RED), "hard", self.matter.id
            )
            self.do(A.GRADE, officer, difficulty=hard.value)
        ruling = assigning.assign(
            self.session,
            self.matter,
            lead=lead.id,
            supporting=supporting,
            copy=assigning.proposed_copy(self.session, self.matter),
            is_approved=True,
            by=head if self.matter.urgency is Urgency.U1 else officer,
            at=self.at,
        )
        if ruling is not None:
            other = Branch.PARTY if route.branch is Branch.GOVERNMENT else Branch.GOVERNMENT
            joint_rulings.decide_ruling(
                self.session, self.matter, is_confirmed=True, by=self.cast.offices[other][0], at=self.at
            )

    def relay(self, words: str) -> None:
        """Have the centre pass the unit's first words on."""
        if relays.of_unit(self.session, self.matter, self.matter.lead_unit_id or 0):
            self.do(A.CONTACT, self.clerk(), "诉求人打来，说知道了。")
            return
        relay = relays.ask_to_pass_on(self.session, self.matter, words, by=self.handler(), at=self.at)
        if not self.reach(Errand.RELAY, "诉求人表示知道了。"):
            relays.pass_on(self.session, relay, "诉求人打来，说知道了。", by=self.clerk(), at=self.at)

    def reach(self, errand: Errand, words: str) -> bool:
        """Reach every caller who waits on an errand on the way; False where nobody left a number."""
        by, has_rung = self.clerk(), False
        while (turn := self.due(errand)) is not None:
            made, has_rung = self._tried(turn, by, TryResult.REACHED), True
            note(self.session, turn, made, Heard(TryResult.REACHED, words=words), by=by, at=self.at)
        return has_rung

    def report(self, outcome: Outcome, words: str) -> None:
        """Finish the supporting units' parts, then report the result with a picture."""
        for task in self.standing.sub_tasks:
            helper = self.cast.handlers[task.unit]
            if task.is_open:
                self.do(A.SUB_DONE, helper, "我单位已按职责配合完成。")
        by = self.handler()
        attachments.add(self.session, self.matter, "现场.png", photograph(), by=by, at=self.at)
        self.do(A.REPORT, by, words, outcome=outcome.value, points=True, evidence=1)

    def due(self, errand: Errand) -> CallerTurn | None:
        """Return the caller of this matter whose turn is next."""
        query = sa.select(CallerTurn).where(
            CallerTurn.matter_id == self.matter.id, CallerTurn.errand == errand
        )
        return self.session.scalars(query.order_by(CallerTurn.next_at, CallerTurn.id)).first()

    def ring(self, turn: CallerTurn, by: Staff, heard: Heard) -> None:
        """Tell or ask a caller and note what came of it; without the wire, like the interviews of these days."""
        self._tried(turn, by, heard.result)
        zone = clock.zone()
        action = A.TELL if turn.errand is Errand.TELL else A.REVISIT
        facts: dict[str, Any] = {"caller": turn.reporter_id, "result": heard.result.value}
        if action is A.REVISIT:
            facts["unit_on_line"] = False
            if heard.result is TryResult.REACHED:
                facts |= {"judgement": heard.judgement, "satisfaction": heard.satisfaction}
        caller, errand = turn.reporter_id, turn.errand
        self.do(action, by, heard.words, **facts)
        left = sa.select(CallerTurn.id).where(CallerTurn.reporter_id == caller, CallerTurn.errand == errand)
        if self.session.scalar(left) is None:
            return
        known = self.standing.caller(caller)
        tells, asked = (list(known.tells), list(known.revisits)) if known else ([], [])
        if action is A.REVISIT:
            plan(self.session, turn, asked, heard, lambda t: is_given_up(t, zone), at=self.at)
        elif only_a_text_lacks(tells):
            self._tried(turn, by, TryResult.SENT)
            self.do(A.TELL, by, caller=caller, result=TryResult.SENT.value)
        else:
            plan(self.session, turn, tells, heard, lambda t: only_a_text_lacks(list(t)), at=self.at)

    def _tried(self, turn: CallerTurn, by: Staff, result: TryResult) -> CallerTry:
        made = CallerTry(
            matter_id=turn.matter_id,
            reporter_id=turn.reporter_id,
            errand=turn.errand,
            round=turn.round,
            staff_id=by.id,
            made_at=self.at,
            result=result,
            closed_at=self.at + timedelta(minutes=2),
        )
        self.session.add(made)
        self.session.flush()
        return made
