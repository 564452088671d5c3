"""The rooms of the counselling line beside the talk: screening, level, danger, plan, follow-up, questionnaires, alarms, totals."""

from __future__ import annotations

from core.doors import Door
from hotline.views import (
    assessment,
    caller_plan,
    counsel_totals,
    danger,
    escalation,
    followup,
    followup_plan,
    own_reviews,
    purpose,
    read_checks,
    residents_assess,
    risk_level,
    safety_plan,
    screening,
)

ROOMS = (
    screening,
    risk_level,
    danger,
    safety_plan,
    followup_plan,
    assessment,
    caller_plan,
    followup,
    escalation,
    own_reviews,
    purpose,
    read_checks,
    residents_assess,
    counsel_totals,
)
BLUEPRINTS = [room.blueprint for room in ROOMS]
DOORS: list[Door] = [
    *escalation.DOORS,
    *followup.DOORS,
    *own_reviews.DOORS,
    *read_checks.DOORS,
    *residents_assess.DOORS,
    *counsel_totals.DOORS,
]
