"""Hand-outs in words: why this case and why now, what was tried before, and the replay of the log."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.terms import Words
from survey.attempts import Attempt, HandOut, HandOutRule
from survey.calling import DayPart, Rules, within_hours
from survey.cases import Case
from survey.disposition import disposition

NOTHING = Words("", "")


def reason(hand_out: HandOut) -> Words:
    """Return the one line: why this case, why now."""
    facts = hand_out.facts
    county = hand_out.case.county
    name = Words(county.name, county.name_en)
    if hand_out.rule == HandOutRule.APPOINTMENT:
        promised = datetime.fromisoformat(facts["promised_at"])
        whose = (
            Words("您约的", "your own")
            if facts.get("personal")
            else Words("可由任何访员拨打", "open to anyone")
        )
        return Words("约访到期 {at}，{whose}", "Appointment for {at}, {whose}").filled(
            at=f"{clock.local(promised):%H:%M}", whose=whose
        )
    if hand_out.rule == HandOutRule.INBOUND:
        return Words("受访者刚回电", "The resident has just called back")
    if hand_out.rule == HandOutRule.LEASE:
        return Words("继续您未完成的个案", "You left this case unfinished")
    short, rank = facts.get("county_short", 0), facts.get("county_rank", 0)
    if short <= 0:
        return Words(
            "{county}已达目标，本批样本要拨完", "{county} is on target; the replicate is worked to its end"
        ).filled(county=name)
    if rank == 1:
        return Words("{county}还差 {n} 份，全市最缺", "{county} is {n} short, most in the city").filled(
            county=name, n=short
        )
    return Words("{county}还差 {n} 份", "{county} is {n} short").filled(county=name, n=short)


_PARTS = {
    DayPart.DAY: Words("白天", "by day"),
    DayPart.EVENING: Words("晚间", "in the evening"),
    DayPart.WEEKEND: Words("周末", "at the weekend"),
}


def second_line(hand_out: HandOut) -> Words:
    """Return what was tried before and what is different now."""
    facts = hand_out.facts
    before = int(facts.get("attempts", 0))
    if before == 0:
        return Words("新个案，第 1 次拨打", "Fresh case, first try")
    tried = DayPart(int(facts.get("dayparts", 0)))
    part = DayPart(int(facts.get("part", 0)))
    if part and not part & tried:
        return Words("第 {n} 次拨打；换到{part}试", "Try no. {n}; now {part} for the first time").filled(
            n=before + 1, part=_PARTS[part]
        )
    return Words("第 {n} 次拨打", "Try no. {n}").filled(n=before + 1)


@dataclass(frozen=True)
class Tried:
    """One earlier try as the screen lists it."""

    at: datetime
    words: str
    code: str


def history(session: Session, case: Case) -> list[Tried]:
    """List the finished tries of a case, oldest first."""
    query = sa.select(Attempt).where(Attempt.case_id == case.id, Attempt.disposition.is_not(None))
    return [
        Tried(a.started_at, disposition(a.disposition).label, a.disposition)
        for a in session.scalars(query.order_by(Attempt.number))
        if a.disposition is not None
    ]


@dataclass(frozen=True)
class Replay:
    """What a replay of the log found: how many hand-outs, and each that breaks a rule."""

    hand_outs: int
    faults: tuple[tuple[int, str], ...]


def replay(session: Session, *, since: datetime, until: datetime) -> Replay:
    """Go through the log of hand-outs in order and check each against the rules with what it saw then."""
    query = (
        sa.select(HandOut)
        .where(HandOut.at >= since, HandOut.at < until)
        .options(joinedload(HandOut.case).joinedload(Case.wave), joinedload(HandOut.staff))
        .order_by(HandOut.at, HandOut.id)
    )
    log = list(session.scalars(query))
    tries = _tries(session, {h.case_id for h in log})
    last: dict[int, HandOut] = {}
    faults: list[tuple[int, str]] = []
    for hand_out in log:
        case, wave = hand_out.case, hand_out.case.wave
        rules = Rules.from_wave(wave.rules)
        if hand_out.rule not in (HandOutRule.LEASE, HandOutRule.INBOUND):
            if not within_hours(clock.local(hand_out.at), rules):
                faults.append((hand_out.id, "outside calling hours"))
            if wave.is_cross_county and hand_out.staff.home_county_id == case.county_id:
                faults.append((hand_out.id, "home county"))
        before = [a for a in tries[case.id] if a.started_at < hand_out.at]
        if hand_out.facts.get("attempts", len(before)) != len(before):
            faults.append((hand_out.id, "tries before"))
        is_promised = hand_out.rule in (HandOutRule.APPOINTMENT, HandOutRule.INBOUND)
        if hand_out.facts.get("attempts", 0) >= rules.cap(case.kind) and not is_promised:
            faults.append((hand_out.id, "cap"))
        previous = last.get(case.id)
        if previous is not None and previous.staff_id != hand_out.staff_id:
            ended = any(a.staff_id == previous.staff_id and a.started_at >= previous.at for a in before)
            if not ended and hand_out.at - previous.at < timedelta(seconds=1):
                faults.append((hand_out.id, "two at once"))
        last[case.id] = hand_out
    return Replay(len(log), tuple(faults))


def _tries(session: Session, case_ids: set[int]) -> dict[int, list[Attempt]]:
    found: dict[int, list[Attempt]] = defaultdict(list)
    ordered = sorted(case_ids)
    for start in range(0, len(ordered), 500):
        query = sa.select(Attempt).where(Attempt.case_id.in_(ordered[start : start + 500]))
        for attempt in session.scalars(query.order_by(Attempt.number)):
            found[attempt.case_id].append(attempt)
    return found
