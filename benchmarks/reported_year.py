"""A year that a bulletin can look back on: the invented city, drawn every week, its outcomes and matters made up in bulk."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import sqlalchemy as sa

from core import clock
from core.db import transaction
from core.people import Staff, Unit
from core.places import Level, Place
from demo.seeding import seed
from matters.attributes import IdentityClass, MatterKind, Origin, Urgency
from matters.flow import MatterAction
from matters.log import MatterEvent
from matters.matter import Matter
from matters.moving import clock_columns
from matters.policies import policy_of, policy_on
from matters.receipts import receipt
from matters.reporters import Reporter
from matters.rules import begin, replay
from matters.standing import Deed, as_json
from matters.topics import TOPICS
from survey.attempts import Attempt
from survey.cases import Case, CaseState
from survey.interviews import Answer, Interview, InterviewState
from survey.planning import take
from survey.releasing import release
from survey.waves import Wave

ENDS = date(2026, 11, 15)
"""A Sunday: the bulletin's week is over."""
WEEKS = 53
ITEMS = ("s1_safety", "e1_police", "e2_traffic", "e3_court", "e4_procuratorate", "e5_justice")
SCALE = (0.45, 0.35, 0.13, 0.05, 0.02)
A = MatterAction
CASES = cast(sa.Table, Case.__table__)


def build(folder: Path, calls: int, matters: int, say: Callable[[str], None]) -> None:
    """Make the year: so many dials over 53 weeks, a fifth of them interviews, and so many matters."""
    a_week = calls // WEEKS
    first = ENDS - timedelta(weeks=WEEKS, days=-1)
    began = datetime.combine(first, time(1), tzinfo=UTC)
    wave_id = seed(size=calls + calls // 10, daily_target=a_week // 7, days=0, folder=folder, at=began)
    dice = np.random.default_rng(20261115)
    for n in range(WEEKS):
        monday = datetime.combine(first + timedelta(weeks=n), time(1), tzinfo=UTC)
        with transaction() as session:
            wave = session.get_one(Wave, wave_id)
            sample = take(session, wave, a_week, monday.date(), reason={}, by=None, at=monday)
            for replicate in sample.replicates:
                release(session, replicate, by=None, at=monday)
        _work(wave_id, monday, dice)
        say(f"week {n + 1}/{WEEKS}")
    _raise(matters, began)


def _work(wave_id: int, monday: datetime, dice: np.random.Generator) -> None:
    """Give every case of the week its outcome; a fifth are interviews with all their answers."""
    with transaction() as session:
        staff = session.scalars(sa.select(Staff.id).order_by(Staff.id)).first()
        edition = session.get_one(Wave, wave_id).edition_id
        query = sa.select(Case.id).where(Case.wave_id == wave_id, Case.state == CaseState.WAITING)
        ids = list(session.scalars(query.order_by(Case.id)))
        codes = dice.choice(
            ["1.1", "2.112", "3.13", "2.211", "4.31"], len(ids), p=[0.2, 0.3, 0.25, 0.15, 0.1]
        )
        at = [monday + timedelta(minutes=int(m)) for m in dice.integers(60, 6 * 24 * 60, len(ids))]
        attempts: list[dict[str, Any]] = []
        interviews: list[dict[str, Any]] = []
        for case, code, moment in zip(ids, codes.tolist(), at, strict=True):
            attempts.append(
                {
                    "case_id": case, "staff_id": staff, "number": 1, "started_at": moment,
                    "ended_at": moment + timedelta(minutes=4), "disposition": code, "is_recorded": False,
                    "has_seat": False,
                }
            )  # fmt: skip
            if code == "1.1":
                interviews.append(
                    {
                        "id": case, "case_id": case, "wave_id": wave_id, "edition_id": edition, "staff_id": staff,
                        "state": InterviewState.COMPLETE, "splits": {}, "consented_at": moment,
                        "started_at": moment, "ended_at": moment + timedelta(minutes=4),
                    }
                )  # fmt: skip
        session.execute(sa.insert(Attempt), attempts)
        session.execute(sa.insert(Interview), interviews)
        session.execute(sa.insert(Answer), list(_answers(interviews, dice)))
        rows = [{"case": c, "code": k, "at": m} for c, k, m in zip(ids, codes.tolist(), at, strict=True)]
        settle = (
            sa.update(CASES)
            .where(CASES.c.id == sa.bindparam("case"))
            .values(
                state=CaseState.CLOSED.value, disposition=sa.bindparam("code"), closed_at=sa.bindparam("at"),
                attempt_count=1,
            )
        )  # fmt: skip
        session.connection().execute(settle, rows)


def _answers(interviews: list[dict[str, Any]], dice: np.random.Generator) -> Iterator[dict[str, Any]]:
    many = len(interviews)
    drawn = {item: dice.choice(5, many, p=SCALE) + 1 for item in ITEMS}
    drawn |= {f"{item}_contact": dice.integers(1, 3, many) for item in ITEMS[1:]}
    drawn |= {"sex": dice.integers(1, 3, many), "area": dice.integers(1, 3, many)}
    drawn |= {"education": dice.integers(1, 6, many), "age": dice.integers(18, 85, many)}
    drawn |= {"o1_problem": dice.integers(1, 3, many)}
    for n, interview in enumerate(interviews):
        for question, values in drawn.items():
            yield {
                "interview_id": interview["id"], "question": question, "turn": 1, "value": str(values[n]),
                "at": interview["ended_at"], "shown_ms": 9000, "token": f"{interview['id']}-{question}"[:36],
                "is_current": True,
            }  # fmt: skip


def _raise(many: int, began: datetime) -> None:
    """Register matters over the year and let each live: where it stands is what its log says, as everywhere."""
    dice = random.Random(7)
    topics = [t.code for t in TOPICS if not t.is_retired]
    with transaction() as session:
        towns = list(
            session.scalars(sa.select(Place.id).where(Place.level == Level.TOWNSHIP).order_by(Place.id))
        )
        units = list(session.scalars(sa.select(Unit.id).order_by(Unit.id)))
        policy = policy_on(session, clock.today(began), at=began)
        cut = clock.midnight(ENDS + timedelta(days=1)) + timedelta(hours=10)  # Monday morning moves some
        made: list[dict[str, Any]] = []
        told: list[dict[str, Any]] = []
        for n in range(1, many + 1):
            at = began + timedelta(minutes=dice.randrange(WEEKS * 7 * 24 * 60))
            unit = dice.choice(units)
            log = [deed for deed in _life(dice, n, unit, at, policy.id) if deed.at < cut]
            stands = replay(begin(at), log)
            clocks = clock_columns(stands, policy_of(session, policy.id, at=cut))
            made.append(
                {
                    "id": n, "receipt": receipt(f"{at:%y%m}", n % 10_000), "pin_hash": "-", "kind": MatterKind.HELP,
                    "topic": dice.choice(topics), "urgency": Urgency.U3, "identity": IdentityClass.PROTECTED,
                    "origin": dice.choice([Origin.CITIZEN_LINE, Origin.INTERVIEW, Origin.WEB]),
                    "narrative": "路灯坏了", "place_id": dice.choice(towns), "promised_on": at.date(),
                    "raised_at": at, "registered_at": stands.registered_at, "standing": as_json(stands),
                    "policy_id": policy.id, "version": len(log), "round": stands.round, "level": stands.level,
                    "state": stands.state, "state_since": stands.since, "lead_unit_id": stands.lead,
                    "ended_at": stands.ended_at, **clocks,
                }
            )  # fmt: skip
            told += [
                {
                    "matter_id": n,
                    "number": k,
                    "action": d.action,
                    "at": d.at,
                    "unit_id": d.unit,
                    "facts": d.facts,
                }
                for k, d in enumerate(log, start=1)
            ]
        # Ten thousand receipts a month are more than the year needs; two alike would be refused.
        seen: dict[str, dict[str, Any]] = {}
        made = [seen.setdefault(row["receipt"], row) for row in made if row["receipt"] not in seen]
        kept = {row["id"] for row in made}
        session.execute(sa.insert(Matter), made)
        session.execute(
            sa.insert(Reporter),
            [
                {
                    "id": row["id"], "matter_id": row["id"], "receipt_of_id": row["id"], "identity": row["identity"],
                    "origin": row["origin"], "joined_at": row["raised_at"],
                }
                for row in made
            ],
        )  # fmt: skip
        session.execute(sa.insert(MatterEvent), [row for row in told if row["matter_id"] in kept])


def _life(dice: random.Random, matter: int, unit: int, at: datetime, policy: int) -> Iterator[Deed]:
    """Tell the whole life of a matter, from the first word on: most are solved in time, some late or not, some lie."""
    good, lies = dice.random() < 0.8, dice.random() < 0.05
    done = 120 if good else 720
    told = {"result": "reached", "caller": matter, "told": True, "lead": unit}
    asked = {
        "result": "reached", "caller": matter, "judgement": "solved" if good else "not_solved", "unit_on_line": False,
        "satisfaction": 5 if good else 2, "judged": True, "lead": unit,
    }  # fmt: skip
    steps: tuple[tuple[MatterAction, float, dict[str, Any]], ...] = (
        (A.REGISTER, 0, {"anonymous": False, "conflict": "none", "urgency": "u3", "caller": matter, "conflict_unit": None,
                         "consent": True, "policy": policy}),
        (A.SUBMIT, 1, {}),
        (A.ASSIGN, 2, {"lead": unit, "supporting": [], "redacted": True}),
        (A.SIGN, 5, {}),
        (A.CONTACT, 8, {"lead": unit, "first": True, "in_time": good}),
        (A.REPORT, done, {"lead": unit, "outcome": "solved", "points": True, "evidence": 1, "on_time": good,
                          "on_time_plain": good}),
        (A.ACCEPT, done + 8, {"outcome": "solved"}),
        (A.TELL, done + 24, told),
        (A.ALL_TOLD, done + 24, {}),
        (A.REVISIT, done + 80, asked),
        *(
            ((A.CLOSE_SOLVED, done + 96, {}),)
            if good
            else ((A.PANEL, done + 90, {"cause": "no_money"}), (A.CLOSE_EXPLAINED, done + 96, {"appeal": True}))
        ),
    )  # fmt: skip
    for action, hours, facts in steps:
        if lies and action is A.REPORT:
            return
        yield Deed(action.value, at + timedelta(hours=hours), None, None, facts)
