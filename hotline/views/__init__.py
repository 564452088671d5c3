"""The hotline's doors: each module is named after who sits there."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from hotline.views import (
    continuity,
    hand_off,
    number,
    operator,
    operator_matter,
    operator_record,
    reviewer,
)

BLUEPRINTS = [
    operator.blueprint,
    operator_matter.blueprint,
    operator_record.blueprint,
    continuity.blueprint,
    hand_off.blueprint,
    number.blueprint,
    reviewer.blueprint,
]
DOORS: list[Door] = [*reviewer.DOORS, *number.DOORS]


def register(app: Flask) -> None:
    """Let the hotline answer those who call its lines."""
