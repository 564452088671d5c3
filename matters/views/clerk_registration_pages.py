"""The pages of the clerk's registration: the form, a draft to complete, and what is read aloud at the end."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from flask import render_template
from sqlalchemy.orm import Session

from core import clock, purposes
from core.people import acting
from core.phone import masked
from core.places import counties, townships
from core.problems import Invalid, Problem
from core.purposes import ReadingPurpose
from core.terms import labels
from matters import drafts, likeness, merging, promises, statements, topics
from matters.alarm import alarming, in_crisis, patterns
from matters.attributes import Conflict, IdentityClass, MatterKind, Origin, Urgency
from matters.keeping_away import within_sight
from matters.matter import Matter
from matters.promises import Registered
from matters.views.where import topic_words, where

ORIGINS = (Origin.CITIZEN_LINE, Origin.VISIT)


def form(
    session: Session, typed: Mapping[str, str], *, key: str, problem: Problem | None = None, **more: object
) -> str:
    """Render the form with what was typed and what lacks."""
    township = typed.get("place", "")
    return render_template(
        "clerk/register.html" if "matter" not in more else "clerk/draft.html",
        typed=typed,
        errors=problem.fields if isinstance(problem, Invalid) else {},
        problem=problem.words if problem else None,
        form_key=key,
        origins={o.value: o.label for o in ORIGINS},
        kinds=labels(MatterKind),
        topics=topics.offered(),
        urgencies=labels(Urgency),
        identities=labels(IdentityClass),
        conflicts=labels(Conflict),
        consents={i.value: str(line) for i, line in promises.CONSENT.items()},
        counties=counties(session),
        townships=townships(session),
        villages=statements.villages(session, int(township)) if township.isdecimal() else [],
        units=statements.complained_about(session),
        alarm_patterns=patterns(),
        is_alarming=alarming(typed.get("narrative", "")),
        is_in_crisis=in_crisis(typed.get("narrative", "")),
        **more,
    )


def draft(
    session: Session,
    matter: Matter,
    *,
    typed: Mapping[str, str] | None = None,
    key: str = "",
    problem: Problem | None = None,
    wrong: Invalid | None = None,
    refused: Problem | None = None,
) -> str:
    """Render a draft: closed, or open as the form that completes it."""
    staff, at = acting(), clock.now()
    number = drafts.number_kept(session, matter)
    return form(
        session,
        typed or {},
        key=key,
        problem=problem,
        refused=next(iter(refused.fields.values()))
        if isinstance(refused, Invalid)
        else refused and refused.words,
        matter=matter,
        is_open=typed is not None,
        is_own=drafts.is_own(matter, staff),
        stated=purposes.in_force(session, matter, by=staff, at=at),
        purposes=labels(ReadingPurpose),
        purpose_errors=wrong.fields if wrong else {},
        number_kept=masked(number) if number else "",
        topic=topic_words(matter.topic),
        where=where(matter.place),
    )


def registered(session: Session, made: Registered) -> str:
    """Render what is read aloud: receipt, PIN and the promise; the PIN is shown this once."""
    staff, at, matter = acting(), clock.now(), made.matter
    is_seen = bool(
        session.scalar(within_sight(session, staff, sa.select(Matter.id).where(Matter.id == matter.id)))
    )
    alike = likeness.suggestions(session, matter, staff, at=at) if is_seen else []
    same = likeness.of_same_caller(session, matter, staff) if is_seen else []
    return render_template(
        "clerk/registered.html",
        made=made,
        matter=matter,
        is_seen=is_seen,
        alike=alike,
        same=same,
        is_in_crisis=in_crisis(matter.narrative),
        is_alarming=alarming(matter.narrative),
        topic_words=topic_words,
        where=where,
        may_merge=lambda other: merging.may_merge(session, matter, other, staff),
    )
