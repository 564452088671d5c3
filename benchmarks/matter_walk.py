"""A random walk over matters: any action, by anyone, with facts right and wrong; nothing illegal may ever come of it.

The whole run is 1,000,000 actions (`python -m benchmarks.matter_walk`), with its progress on stderr; the tests
walk a shorter way. Every log is replayed and must give the identical standing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.matter_laws import CLOSED_UNITS, EXCLUDED, is_illegal, kept_away
from core.problems import Problem
from matters import attributes as words
from matters.flow import MATTER_FLOW, SIDES, MatterAction, Side
from matters.limits import FIRST_LIMITS, Limit, Policy
from matters.rules import Around, Wish, apply, begin, decide, replay
from matters.standing import Deed, Standing, as_json, from_json
from matters.states import OPEN

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy(1, date(2026, 1, 1), FIRST_LIMITS)
UNITS, PEOPLE = range(1, 8), range(100, 108)
LONGEST_LOG = 120
ENDS_EARLY = frozenset(
    {
        MatterAction.WITHDRAW,
        MatterAction.MERGE,
        MatterAction.TRANSFER,
        MatterAction.ANSWER,
        MatterAction.DECLINE,
        MatterAction.OPEN_IDENTITY,
        MatterAction.FAULT,
    }
)


@dataclass
class Walk:
    """What was seen on the way."""

    tried: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    illegal: int = 0
    unlike: int = 0
    matters: int = 0
    moves: set[tuple[str, str]] = field(default_factory=set)
    ended: Counter[str] = field(default_factory=Counter)


def facts(dice: random.Random, standing: Standing, action: MatterAction, at: datetime) -> dict[str, Any]:
    """Make up facts for an action; most are right, some are wrong or missing."""
    callers = [c.id for c in standing.present_callers] or [1]
    found: dict[str, Any] = {
        "urgency": dice.choice(list(words.Urgency)).value,
        "conflict": dice.choice(list(words.Conflict)).value,
        "conflict_unit": dice.choice((None, *EXCLUDED, *UNITS)),
        "caller": dice.choice(callers) if action is not MatterAction.ADD_CALLER else dice.randrange(1, 6),
        "consent": True,
        "content": True,
        "article": 1,
        "target": {
            MatterAction.TRANSFER: dice.choice(list(words.TransferTarget)).value,
        }.get(action, dice.randrange(1000)),
        "open": dice.random() < 0.9,
        "distinct": True,
        "same_place": True,
        "same_cause": True,
        "same_conflict": True,
        "protected": dice.random() < 0.5,
        "target_at": (at - timedelta(days=dice.randrange(40))).isoformat(),
        "lead": dice.choice(UNITS),
        "supporting": dice.sample(UNITS, dice.choice((0, 0, 1, 2))),
        "redacted": True,
        "ruling": dice.random() < 0.5,
        "second": dice.choice(PEOPLE),
        "basis": True,
        "proposed": dice.choice(UNITS),
        "identity": dice.choice(("open", "protected")),
        "until": (at + timedelta(days=dice.randrange(1, 30))).isoformat(),
        "told": dice.random() < 0.5,
        "promised": dice.random() < 0.1,
        "no_text": dice.random() < 0.1,
        "call": dice.choice((None, dice.randrange(1, 1000))),
        "review": (at + timedelta(days=dice.randrange(1, 100))).isoformat(),
        "leader": dice.random() < 0.5,
        "points": True,
        "evidence": dice.choice((0, 1, 2)),
        "unit": dice.choice(UNITS),
        "result": dice.choice(list(words.TryResult)).value,
        "judgement": dice.choice(list(words.Judgement)).value,
        "satisfaction": dice.randrange(0, 7),
        "unit_on_line": dice.random() < 0.05,
        "appeal": True,
        "cause": dice.choice(list(words.Outcome)).value,
        "verified": dice.choice(("voice", "pin", "")),
        "pressed": dice.random() < 0.2,
        "difficulty": dice.choice(list(words.Difficulty)).value,
        "limit": dice.choice(list(Limit)).value,
        "way": dice.choice(list(words.IncidentWay)).value,
        "fault": dice.choice(list(words.Fault)).value,
        "key": dice.choice(standing.faults) if standing.faults else "none",
        "anonymous": dice.random() < 0.2,
        "topic": "livelihood.lighting",
        "words": ["narrative"],
    }
    outcome = dice.choice(list(words.Outcome)).value
    found["outcome"] = outcome
    reasons = {
        MatterAction.DECLINE: words.DeclineReason,
        MatterAction.ASK_CALLER: words.PauseReason,
        MatterAction.REJECT: words.RejectReason,
    }
    if action in reasons:
        found["reason"] = dice.choice(list(reasons[action])).value
    if dice.random() < 0.05:
        found[dice.choice(list(found))] = dice.choice((None, "", -1, [], "是", 10**12, True))
    if dice.random() < 0.05:
        found.pop(dice.choice(list(found)))
    unit = found.get("conflict_unit")
    found["away"] = sorted(EXCLUDED | ({unit} if isinstance(unit, int) else set()))
    return found


def wish(dice: random.Random, standing: Standing, at: datetime) -> Wish:
    """Make up what someone wants: usually what the state knows and they may do, at times anything at all."""
    if dice.random() < 0.8:
        known = MATTER_FLOW.actions(standing.state)
        onward = [a for a in known if a not in ENDS_EARLY]
        action = dice.choice(onward if onward and dice.random() < 0.9 else known)
    else:
        action = dice.choice(list(MatterAction))
    own = dice.choice(sorted(SIDES[action])) if dice.random() < 0.9 else dice.choice(list(Side))
    sides = {own, Side.SUPERVISION} if own is Side.HEAD or dice.random() < 0.05 else {own}
    if action is MatterAction.ASSIGN and dice.random() < 0.5:
        sides = {Side.SUPERVISION, Side.HEAD}
    unit = standing.lead if dice.random() < 0.8 else dice.choice(UNITS)
    if action is MatterAction.SUB_DONE and standing.sub_tasks:
        unit = dice.choice(standing.supporting)
    text = "" if dice.random() < 0.05 else "说明"
    by = None if own is Side.SYSTEM else dice.choice(PEOPLE)
    return Wish(action, at, frozenset(sides), by, unit, facts(dice, standing, action, at), text)


def walk(actions: int, seed: int, *, tell: bool = False) -> Walk:
    """Walk so many actions over as many matters as it takes."""
    dice, seen, began = random.Random(seed), Walk(), perf_counter()
    while seen.tried < actions:
        seen.matters += 1
        at = datetime(2026, 9, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(60 * 24 * 60))
        start = standing = begin(at)
        log: list[Deed] = []
        stuck = 0
        while seen.tried < actions and len(log) < LONGEST_LOG and stuck < 60:
            seen.tried += 1
            at += timedelta(seconds=dice.choice((1, 60, 3600, 86400, 86400 * 3)))
            wanted = wish(dice, standing, at)
            try:
                deed = decide(standing, wanted, Around(POLICY, ZONE, kept_away(standing), CLOSED_UNITS))
            except Problem:
                seen.refused += 1
                stuck += 1
                continue
            stuck = 0
            after = apply(standing, deed)
            seen.illegal += is_illegal(standing, wanted, after)
            seen.moves.add((standing.state.value, after.state.value))
            seen.done[deed.action] += 1
            log.append(deed)
            standing = after
            if standing.state not in OPEN and dice.random() < 0.3:
                break
        seen.ended[standing.state.value] += 1
        text = as_json(standing)
        seen.unlike += as_json(replay(start, log)) != text or from_json(text) != standing
        if tell and seen.matters % 2000 == 0:
            spent = perf_counter() - began
            print(f"\r{seen.tried:,}/{actions:,} {spent:.0f} s", end="", file=sys.stderr, flush=True)
    return seen


def main() -> None:
    """Read the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = perf_counter()
    seen = walk(options.actions, options.seed, tell=True)
    print(file=sys.stderr)
    print(
        json.dumps(
            {
                "actions": seen.tried,
                "done": sum(seen.done.values()),
                "refused": seen.refused,
                "illegal": seen.illegal,
                "replayed_unlike": seen.unlike,
                "matters": seen.matters,
                "moves_seen": len(seen.moves),
                "actions_seen": len(seen.done),
                "actions_never_done": sorted({a.value for a in MatterAction} - set(seen.done)),
                "ended": dict(seen.ended),
                "seconds": round(perf_counter() - began, 1),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
