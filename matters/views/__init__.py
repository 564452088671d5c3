"""The doors of matters: the desk's list, the unit's own, and what a resident may ask without signing in."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from matters import attachments
from matters.views import (
    clerk,
    deadline,
    notices,
    relays,
    residents,
    supervision,
    supervision_matter,
    supervision_policy,
    supervision_rates,
    unit,
    unit_calls,
    unit_files,
    unit_steps,
)

BLUEPRINTS = [
    clerk.blueprint,
    relays.blueprint,
    residents.blueprint,
    unit.blueprint,
    unit_steps.blueprint,
    unit_files.blueprint,
    unit_calls.blueprint,
    supervision.blueprint,
    supervision_matter.blueprint,
    supervision_rates.blueprint,
    supervision_policy.blueprint,
    deadline.blueprint,
    notices.blueprint,
]
DOORS: list[Door] = [
    *clerk.DOORS,
    *residents.DOORS,
    *unit.DOORS,
    *relays.DOORS,
    *supervision.DOORS,
    *notices.DOORS,
]


def register(app: Flask) -> None:
    """Say where attachments are kept: with the uploads, so that a backup takes them along."""
    attachments.use(app.config["SETTINGS"].uploads / "attachments")
