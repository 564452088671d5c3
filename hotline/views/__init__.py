"""The hotline's doors: each module is named after who sits there."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from hotline.views import operator, operator_matter, operator_record

BLUEPRINTS = [
    operator.blueprint,
    operator_matter.blueprint,
    operator_record.blueprint,
]
DOORS: list[Door] = []


def register(app: Flask) -> None:
    """Let the hotline answer those who call its lines."""
