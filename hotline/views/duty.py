"""The doors of whoever leads a shift, and of operators to their own shifts."""

from __future__ import annotations

from core.doors import Door
from hotline.views import board, crew, distress, handover, own_shifts, roster, staffing

BLUEPRINTS = [
    board.blueprint,
    roster.blueprint,
    crew.blueprint,
    handover.blueprint,
    staffing.blueprint,
    distress.blueprint,
    own_shifts.blueprint,
]
DOORS: list[Door] = [*board.DOORS, *own_shifts.DOORS]
