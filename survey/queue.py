"""The queue: the next case for an interviewer, in one atomic step, with the reason why this one and why now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.phone import NumberKind
from survey import claims, quotas
from survey.attempts import Appointment, HandOut, HandOutRule
from survey.calling import Rules, day_part, within_hours
from survey.cases import Case, CaseState
from survey.claims import Seeker
from survey.interviewers import at_work, note_presence
from survey.need import Standing, standings
from survey.waves import Wave, WaveState

KINDS = tuple(kind.value for kind in NumberKind)
STATES = {state.value: state for state in CaseState}
MOST_TRIES = 60
_LEASE = sa.text(
    """SELECT c.id FROM "case" c WHERE c.state = 'claimed' AND c.lease_by = :me ORDER BY c.lease_until DESC LIMIT 1"""
)
_OPEN = sa.select(Wave.id, Wave.rules, Wave.is_cross_county).where(Wave.state == WaveState.OPEN)


def open_waves(session: Session) -> dict[int, tuple[Rules, bool]]:
    """Return the open waves with their rules and whether they are cross-county."""
    rows = session.connection().execute(_OPEN)
    return {row.id: (Rules.from_wave(row.rules), row.is_cross_county) for row in rows}


def next_case(session: Session, *, by: Staff, at: datetime) -> HandOut | None:
    """Hand out the next case: an open lease, an appointment due, a call-back due, a fresh one; None when nothing fits."""
    me = at_work(session, by)
    note_presence(me, at)
    held = _own_lease(session, by, at)
    if held is not None:
        return held
    local = clock.local(at)
    waves = {
        wave_id: found for wave_id, found in open_waves(session).items() if within_hours(local, found[0])
    }
    if not waves or (me.cooling_until is not None and me.cooling_until > at):
        return None
    seeker = Seeker(
        staff=by,
        languages=list(me.languages),
        home=by.home_county_id or 0,
        at=at,
        is_postgres=session.get_bind().dialect.name == "postgresql",
        is_alone=len(waves) == 1,
    )
    return _appointment(session, seeker, waves) or _by_need(session, seeker, waves)


def _own_lease(session: Session, by: Staff, at: datetime) -> HandOut | None:
    case_id = session.connection().execute(_LEASE, {"me": by.id}).scalar()
    if case_id is None:
        return None
    case = session.get(Case, case_id, with_for_update=True)
    if case is None or case.lease_by != by.id:
        return None
    case.lease_until = at + timedelta(minutes=Rules.from_wave(case.wave.rules).lease)
    session.flush()
    last = session.scalars(
        sa.select(HandOut)
        .where(HandOut.case_id == case.id, HandOut.staff_id == by.id)
        .order_by(HandOut.id.desc())
        .limit(1)
    ).first()
    if last is not None:
        return last
    again = HandOut(case_id=case.id, staff_id=by.id, at=at, rule=HandOutRule.LEASE, facts=_of_case(case))
    session.add(again)
    session.flush()
    return again


def _of_case(case: Case) -> dict[str, Any]:
    return {"attempts": case.attempt_count, "dayparts": case.dayparts}


def _appointment(session: Session, seeker: Seeker, waves: dict[int, tuple[Rules, bool]]) -> HandOut | None:
    for is_cross in (True, False):
        ids = [w for w, (_, cross) in waves.items() if cross == is_cross]
        shut = [seeker.home] if is_cross and seeker.home else []
        for _ in range(MOST_TRIES if ids else 0):
            rules = waves[ids[0]][0]
            found = claims.due_appointment(session, seeker, ids, rules, shut)
            if found is None:
                break
            rules = waves[found.wave_id][0]
            if not claims.may_be_called(session, found, rules, seeker, is_promised=True):
                _move_on(session, found.appointment_id, found.id)
                continue
            appointment = session.get_one(Appointment, found.appointment_id)
            facts = {
                "attempts": found.attempt_count,
                "dayparts": found.dayparts,
                "promised_at": appointment.at.isoformat(),
                "personal": appointment.staff_id == seeker.staff.id,
                "late_s": int((seeker.at - appointment.at).total_seconds()),
            }
            appointment.is_open = False
            appointment.kept_at = seeker.at
            return _claim(session, found, HandOutRule.APPOINTMENT, facts, waves, seeker)
    return None


def _move_on(session: Session, appointment_id: int, case_id: int) -> None:
    """Put off or drop an appointment whose number may not be called now."""
    appointment = session.get_one(Appointment, appointment_id)
    case = session.get_one(Case, case_id)
    if case.state == CaseState.APPOINTED and case.due_at is not None and case.due_at > appointment.at:
        appointment.at = case.due_at
    else:
        appointment.is_open = False
    session.flush()


def _by_need(session: Session, seeker: Seeker, waves: dict[int, tuple[Rules, bool]]) -> HandOut | None:
    rules = {wave_id: found[0] for wave_id, found in waves.items()}
    shut = _shut_kinds(session, list(waves))
    for rule in (HandOutRule.CALLBACK, HandOutRule.FRESH):
        tries = 0
        order = standings(
            session,
            rules,
            again=rule == HandOutRule.CALLBACK,
            me=seeker.staff.id,
            home=seeker.home,
            languages=seeker.languages,
            at=seeker.at,
        )
        for standing in order:
            kinds = _open_kinds(shut, standing)
            while kinds and tries < MOST_TRIES:
                tries += 1
                found = _pick(session, seeker, rule, standing, kinds, rules[standing.wave_id])
                if found is None:
                    break
                if claims.may_be_called(session, found, rules[standing.wave_id], seeker):
                    facts = {
                        "attempts": found.attempt_count,
                        "dayparts": found.dayparts,
                        "part": int(day_part(clock.local(seeker.at), rules[standing.wave_id])),
                        "county_short": standing.county_short,
                        "county_rank": standing.county_rank,
                        "township_short": standing.short,
                    }
                    known = HandOutRule.FRESH if found.attempt_count == 0 else rule
                    return _claim(session, found, known, facts, waves, seeker)
    return None


def _pick(
    session: Session,
    seeker: Seeker,
    rule: HandOutRule,
    standing: Standing,
    kinds: Sequence[str],
    rules: Rules,
) -> sa.Row[Any] | None:
    if rule == HandOutRule.FRESH:
        return claims.fresh(session, seeker, standing.wave_id, standing.township_id, kinds)
    part = int(day_part(clock.local(seeker.at), rules))
    return claims.due_again(session, seeker, standing.wave_id, standing.township_id, kinds, part)


def _shut_kinds(session: Session, wave_ids: Sequence[int]) -> dict[int, list[dict[str, str]]]:
    """Return, by wave, the cells without a free seat as conditions."""
    shut: dict[int, list[dict[str, str]]] = defaultdict(list)
    for wave_id, cell in quotas.full_cells(session, wave_ids):
        shut[wave_id].append(dict(part.split(":", 1) for part in cell.split("|") if part))
    return shut


def _open_kinds(shut: dict[int, list[dict[str, str]]], standing: Standing) -> list[str]:
    """Return the kinds of number that still have seats in a township."""
    here = {"county": str(standing.county_id), "township": str(standing.township_id)}
    found = list(KINDS)
    for cell in shut.get(standing.wave_id, ()):
        if all(here[name] == value for name, value in cell.items() if name != "kind"):
            found = [kind for kind in found if "kind" in cell and kind != cell["kind"]]
    return found


def _claim(
    session: Session,
    found: sa.Row[Any],
    rule: HandOutRule,
    facts: dict[str, Any],
    waves: dict[int, tuple[Rules, bool]],
    seeker: Seeker,
) -> HandOut:
    lease = timedelta(minutes=waves[found.wave_id][0].lease)
    return claims.claim(
        session, found.id, STATES[found.state], rule, facts, lease=lease, by=seeker.staff, at=seeker.at
    )
