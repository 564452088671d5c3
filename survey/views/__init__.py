"""The survey's doors: each module is named after who sits there."""

from __future__ import annotations

from core.doors import Door
from survey.views import interviewer, interviewer_call, interviewer_talk

BLUEPRINTS = [interviewer.blueprint, interviewer_call.blueprint, interviewer_talk.blueprint]
DOORS: list[Door] = [*interviewer.DOORS]
