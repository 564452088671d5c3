"""The survey's doors: each module is named after who sits there."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from survey import callbacks_menu
from survey.views import (
    designer,
    designer_do_not_call,
    designer_editions,
    designer_frame_files,
    designer_frames,
    designer_margins,
    designer_samples,
    designer_waves,
    designer_weight_readings,
    designer_weights,
    interviewer,
    interviewer_call,
    interviewer_talk,
    supervisor,
    supervisor_people,
    supervisor_rates,
    supervisor_review,
)

BLUEPRINTS = [
    interviewer.blueprint,
    interviewer_call.blueprint,
    interviewer_talk.blueprint,
    designer.blueprint,
    designer_frame_files.blueprint,
    designer_frames.blueprint,
    designer_editions.blueprint,
    designer_margins.blueprint,
    designer_do_not_call.blueprint,
    designer_waves.blueprint,
    designer_samples.blueprint,
    designer_weights.blueprint,
    designer_weight_readings.blueprint,
    supervisor.blueprint,
    supervisor_rates.blueprint,
    supervisor_review.blueprint,
    supervisor_people.blueprint,
]
DOORS: list[Door] = [*interviewer.DOORS, *designer.DOORS, *supervisor.DOORS]


def register(app: Flask) -> None:
    """Let the survey answer the residents who call its number back."""
    callbacks_menu.answer_callers()
