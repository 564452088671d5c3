"""The interviewer's screen as rows: the case in hand, why it is, how the call stands, what today has brought."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.dates import moment_words
from core.people import Staff
from core.phone import masked
from core.places import Place
from core.terms import Words
from survey import appointments, handouts, household, listening_in
from survey.answers import as_screen, given
from survey.attempts import Attempt, HandOut
from survey.calling import Rules
from survey.cases import Case, CaseState
from survey.disposition import DISPOSITION, GROUPS, NOT_ATTEMPTED, RateCell, disposition
from survey.interviewers import Interviewer, is_tired
from survey.interviewing import end_code, interview_of
from survey.interviews import Interview, InterviewState
from survey.leases import open_attempt
from survey.undoing import WITHIN
from telephony.calls import Call
from telephony.line import line


def screen(session: Session, *, by: Staff, at: datetime) -> dict[str, Any]:
    """Return everything the console shows now."""
    case = session.scalars(
        sa.select(Case)
        .where(Case.lease_by == by.id, Case.state == CaseState.CLAIMED)
        .order_by(Case.lease_until.desc())
    ).first()
    me = session.get(Interviewer, by.id)
    can = line().capabilities()
    shown: dict[str, Any] = {
        "now": at.isoformat(),
        "phase": "idle",
        "today": today(session, by, at),
        "undo": _undo(session, by, at),
        "line": {"provider": can.provider, "dials": can.dials, "browser": can.browser},
        "tired": bool(me and is_tired(me, Rules(), at)),
    }
    if case is not None:
        shown.update(_case(session, case, by, at))
    return shown


def _case(session: Session, case: Case, by: Staff, at: datetime) -> dict[str, Any]:
    query = sa.select(HandOut).where(HandOut.case_id == case.id, HandOut.staff_id == by.id)
    hand_out = session.scalars(query.order_by(HandOut.id.desc())).first()
    rules = Rules.from_wave(case.wave.rules)
    residence = case.frame_number.residence
    attempt = open_attempt(session, case)
    call = session.get(Call, attempt.call_id) if attempt and attempt.call_id else None
    interview = interview_of(session, case)
    return {
        "phase": _phase(attempt, call),
        "case": {
            "id": case.id,
            "number": masked(case.frame_number.number),
            "kind": case.kind.label,
            "kind_code": case.kind.value,
            "place": " · ".join(
                [case.county.label, case.township.label, *([residence.label] if residence else [])]
            ),
            "township": case.township_id,
            "edition": case.wave.edition_id,
            "whom": str(_whom(session, interview) or ""),
        },
        "why": str(handouts.reason(hand_out)) if hand_out else "",
        "why2": str(handouts.second_line(hand_out)) if hand_out else "",
        "history": [
            {"at": str(moment_words(tried.at)), "words": tried.words}
            for tried in handouts.history(session, case)[-6:]
        ],
        "attempt": _attempt(attempt, call),
        "listening": listening_in.heard_by(session, call),
        "interview": as_screen(session, interview)
        if interview is not None and interview.state == InterviewState.ONGOING
        else None,
        "end_code": end_code(session, interview)
        if interview is not None and interview.state == InterviewState.ONGOING
        else None,
        "times": [
            {"words": str(words), "at": f"{moment:%Y-%m-%dT%H:%M}"}
            for words, moment in appointments.quick_times(at, rules)
        ],
        "towns": _towns(session, case.county_id),
    }


def _whom(session: Session, interview: Interview | None) -> Words | None:
    """Say whom a household's earlier call has chosen; None where nobody is, or they have agreed already."""
    if interview is None or interview.consented_at is not None:
        return None
    return household.whom(given(session, interview), interview.splits)


def _phase(attempt: Attempt | None, call: Call | None) -> str:
    if attempt is None:
        return "preview"
    if call is None:  # the resident called back, or the try was written down by hand
        return "talking" if attempt.connected_at else "outcome"
    if call.is_ended:
        return "outcome"
    return "talking" if call.was_connected else "calling"


def _attempt(attempt: Attempt | None, call: Call | None) -> dict[str, Any] | None:
    if attempt is None:
        return None
    code = attempt.suggested
    return {
        "id": attempt.id,
        "call": call.id if call else None,
        "call_state": call.state.value if call else "",
        "call_words": (call.cause.label if call.cause else call.state.label) if call else "",
        "connected_at": attempt.connected_at.isoformat() if attempt.connected_at else None,
        "suggested": code,
        "suggested_words": disposition(code).label if code else "",
    }


def _towns(session: Session, county_id: int) -> list[dict[str, Any]]:
    query = sa.select(Place).where(Place.parent_id == county_id, Place.is_current).order_by(Place.code)
    return [{"id": place.id, "name": place.label} for place in session.scalars(query)]


def _undo(session: Session, by: Staff, at: datetime) -> dict[str, Any] | None:
    query = sa.select(Attempt).where(Attempt.staff_id == by.id, Attempt.wrapped_up_at > at - WITHIN)
    attempt = session.scalars(query.order_by(Attempt.wrapped_up_at.desc())).first()
    if attempt is None or attempt.disposition is None or attempt.wrapped_up_at is None:
        return None
    if disposition(attempt.disposition).cell == RateCell.COMPLETE:
        return None
    left = int((attempt.wrapped_up_at + WITHIN - at).total_seconds())
    return {"attempt": attempt.id, "words": disposition(attempt.disposition).label, "seconds": left}


def today(session: Session, by: Staff, at: datetime) -> dict[str, Any]:
    """Count an interviewer's day: dials, completes, refusals, median wrap-up in seconds."""
    midnight = clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        sa.select(Attempt.disposition, Attempt.ended_at, Attempt.wrapped_up_at, Attempt.connected_at)
        .where(Attempt.staff_id == by.id, Attempt.started_at >= midnight)
        .order_by(Attempt.started_at)
    )
    rows = session.execute(query).all()
    cells = [disposition(row.disposition).cell for row in rows if row.disposition]
    wraps = sorted(
        max((row.wrapped_up_at - row.ended_at).total_seconds(), 0.0)
        for row in rows
        if row.wrapped_up_at and row.ended_at
    )
    talked = sum(
        (row.ended_at - row.connected_at for row in rows if row.connected_at and row.ended_at), timedelta()
    )
    return {
        "dials": len(rows),
        "completes": cells.count(RateCell.COMPLETE),
        "refusals": cells.count(RateCell.REFUSAL),
        "contacts": sum(row.connected_at is not None for row in rows),
        "talked_s": int(talked.total_seconds()),
        "wrap_s": wraps[len(wraps) // 2] if wraps else None,
    }


def outcome_groups() -> list[dict[str, Any]]:
    """Return the outcomes as the panel shows them: groups on digits, codes on digits within."""
    return [
        {
            "words": str(words),
            "codes": [
                {
                    "code": code,
                    "words": DISPOSITION[code].label,
                    "note": DISPOSITION[code].needs_note,
                    "refusal": DISPOSITION[code].cell == RateCell.REFUSAL,
                }
                for code in codes
                if code != NOT_ATTEMPTED
            ],
        }
        for words, codes in GROUPS
    ]


def tries_today(session: Session, by: Staff, at: datetime) -> list[dict[str, Any]]:
    """List an interviewer's tries of the day, newest first."""
    midnight = clock.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        sa.select(Attempt)
        .where(Attempt.staff_id == by.id, Attempt.started_at >= midnight)
        .order_by(Attempt.started_at.desc())
        .limit(200)
    )
    return [
        {
            "at": attempt.started_at,
            "number": masked(attempt.case.frame_number.number),
            "place": f"{attempt.case.county.label} · {attempt.case.township.label}",
            "words": disposition(attempt.disposition).label if attempt.disposition else "—",
            "talked": attempt.ended_at - attempt.connected_at
            if attempt.ended_at and attempt.connected_at
            else None,
        }
        for attempt in session.scalars(query)
    ]
