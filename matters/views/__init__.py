"""The doors of matters: the desk's list, the unit's own, and what a resident may ask without signing in."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from matters import attachments
from matters.views import clerk, relays, residents, unit, unit_calls, unit_files, unit_steps

BLUEPRINTS = [
    clerk.blueprint,
    relays.blueprint,
    residents.blueprint,
    unit.blueprint,
    unit_steps.blueprint,
    unit_files.blueprint,
    unit_calls.blueprint,
]
DOORS: list[Door] = [*clerk.DOORS, *residents.DOORS, *unit.DOORS, *relays.DOORS]


def register(app: Flask) -> None:
    """Say where attachments are kept: with the uploads, so that a backup takes them along."""
    attachments.use(app.config["SETTINGS"].uploads / "attachments")
