"""Case sheets: what was done in a key case beside the record, for whoever reviews it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.terms import Words
from hotline import (
    assessments,
    dangers,
    followup_calls,
    followups,
    instruments,
    risk_levels,
    safety_plans,
    screenings,
)
from hotline.assessments import AssessmentSheet
from hotline.contacts import Contact
from hotline.dangers import Danger
from hotline.followups import FollowUp, FollowUpWish
from hotline.risk_levels import EpisodeLevel, Lowering
from hotline.safety_plans import SafetyPlan
from hotline.screener import Grade, Heard

FIELDS = (
    "level", "reasons", "words", "reviews", "screening", "danger", "safety_plan", "wish", "calls", "tries", "totals",
)  # fmt: skip
"""What the read log says was shown."""


@dataclass(frozen=True)
class Asked:
    """One row of the screener as it was asked, and what was heard; None where it was not asked."""

    words: Words | None
    heard: Heard | None


@dataclass(frozen=True)
class CaseSheet:
    """The talk's screening, and what its episode holds."""

    episode: Contact
    levels: Sequence[EpisodeLevel]
    lowering: Lowering | None
    grade: Grade | None
    asked: list[Asked]
    dangers: Sequence[Danger]
    plan: SafetyPlan | None
    wish: FollowUpWish | None
    calls: Sequence[FollowUp]
    sheets: list[AssessmentSheet]


def case_sheet(session: Session, talk: Contact) -> CaseSheet:
    """Return what a reviewer sees of a talk beside its record; the caller notes the reading."""
    episode = followup_calls.episode_of(session, talk)
    found = screenings.sheet_of(session, talk)
    rows = found.screening if found is not None else None
    items = instruments.instrument("cssrs").items
    return CaseSheet(
        episode=episode,
        levels=risk_levels.history(session, episode),
        lowering=risk_levels.open_lowering(session, episode),
        grade=rows.grade if rows else None,
        asked=[Asked(items[int(row.value)], heard) for row, heard in rows.answers.items()] if rows else [],
        dangers=dangers.dangers_of(session, episode),
        plan=next(iter(safety_plans.versions(session, episode)), None),
        wish=followups.wish_of(session, episode.id),
        calls=followups.follow_ups_of(session, episode),
        sheets=[sheet for sheet in assessments.sheets_of(session, episode) if sheet.total is not None],
    )
