"""The hotline's doors: each module is named after who sits there."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from hotline import arrivals, citizen_calls, citizen_records, followup_calls, record_wholeness, waiting
from hotline.lines import LineKind
from hotline.views import (
    continuity,
    counselling,
    duty,
    hand_off,
    line,
    number,
    operator,
    operator_matter,
    operator_record,
    retention,
    reviewer,
    room_drafts,
    switchboard,
)
from hotline.wrapping import afterwards, must_be_whole

BLUEPRINTS = [
    line.blueprint,
    operator.blueprint,
    operator_matter.blueprint,
    operator_record.blueprint,
    continuity.blueprint,
    hand_off.blueprint,
    number.blueprint,
    reviewer.blueprint,
    retention.blueprint,
    room_drafts.blueprint,
    *counselling.BLUEPRINTS,
    *duty.BLUEPRINTS,
    *switchboard.BLUEPRINTS,
]
DOORS: list[Door] = [
    *operator.DOORS,
    *reviewer.DOORS,
    *number.DOORS,
    *retention.DOORS,
    *counselling.DOORS,
    *duty.DOORS,
    *switchboard.DOORS,
]


def register(app: Flask) -> None:
    """Let the hotline answer those who call its lines."""
    must_be_whole(LineKind.COUNSELLING, record_wholeness.must_be_whole)
    must_be_whole(LineKind.CITIZEN, citizen_records.must_be_whole)
    afterwards(LineKind.CITIZEN, citizen_calls.keep_unfinished)
    arrivals.answer_callers()
    waiting.answer_waiting()
    switchboard.answer()
    followup_calls.see_to_missed()
