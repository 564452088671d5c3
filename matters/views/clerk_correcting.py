"""The page on which what was written down wrong is put right, by the desk or by the supervision office."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock, purposes
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.places import counties, townships
from core.problems import Invalid, Missing, Problem
from core.purposes import ReadingPurpose
from core.terms import Words, labels
from matters import correcting, statements, topics
from matters.alarm import alarming, in_crisis, patterns
from matters.attributes import MatterKind, Urgency
from matters.conflicts import may_set
from matters.matter import Matter
from matters.views.caller_form import seen_in
from matters.views.clerk import found

blueprint = Blueprint("correcting", __name__, url_prefix="/matters")
CORRECTED = Words("已更正，更正前的内容留在经过里。", "Corrected; what stood before is kept in the log.")
LONGEST_KEPT = 8000


@blueprint.get("/<receipt>/correct")
@require(Permission.MATTER_READ)
def form(receipt: str) -> str:
    """Show what was written down, to be put right; what was said stays closed."""
    with reading() as session:
        matter = found(session, receipt)
        return _page(session, matter, correcting.as_typed(matter))


@blueprint.post("/<receipt>/correct")
@require(Permission.MATTER_READ)
def save(receipt: str) -> ResponseReturnValue:
    """Open what was said to correct it too, or put right what the form says; what was typed stays typed."""
    typed = {name: value[:LONGEST_KEPT] for name, value in request.form.items()}
    staff, at = acting(), clock.now()
    try:
        with transaction() as session:
            matter = found(session, receipt)
            if typed.get("step") == "open":
                stated = purposes.in_force(session, matter, by=staff, at=at)
                purpose = ReadingPurpose.found(typed.get("purpose"))
                if purpose is not None or stated is None:
                    purposes.state(session, matter, purpose, typed.get("words", ""), by=staff, at=at)
                narrative = correcting.open_words(session, matter, by=staff, at=at)
                return _page(session, matter, {**correcting.as_typed(matter), "narrative": narrative})
            correcting.correct(session, matter, typed, by=staff, at=at, seen=seen_in(typed))
    except Missing:
        raise
    except Problem as problem:
        with reading() as session:
            matter = found(session, receipt)
            kept = correcting.as_typed(matter) if typed.get("step") == "open" else typed
            return _page(session, matter, kept, problem), problem.status
    flash(str(CORRECTED), "good")
    return redirect(url_for("matters.one", receipt=receipt), 303)


def _page(session: Session, matter: Matter, typed: Mapping[str, str], problem: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    township = typed.get("place", "")
    return render_template(
        "clerk/correct.html",
        matter=matter,
        typed=typed,
        errors=problem.fields if isinstance(problem, Invalid) else {},
        problem=problem.words if problem else None,
        may_set_conflict=may_set(matter, staff),
        may_correct=correcting.may_correct(matter, staff),
        stated=purposes.in_force(session, matter, by=staff, at=at),
        purposes=labels(ReadingPurpose),
        kinds=labels(MatterKind),
        topics=_topics(matter),
        urgencies=labels(Urgency),
        counties=counties(session),
        townships=townships(session),
        villages=statements.villages(session, int(township)) if township.isdecimal() else [],
        alarm_patterns=patterns(),
        is_alarming=alarming(typed.get("narrative", "")),
        is_in_crisis=in_crisis(typed.get("narrative", "")),
    )


def _topics(matter: Matter) -> list[topics.Topic]:
    """List what may be chosen, and the retired topic that the matter has."""
    own = topics.topic(matter.topic or "")
    return [*topics.offered(), *([own] if own is not None and own.is_retired else [])]
