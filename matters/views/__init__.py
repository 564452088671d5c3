"""The doors of matters: the desk's list, the unit's own, and what a resident may ask without signing in."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from matters import attachments
from matters.views import (
    caller,
    caller_closings,
    caller_notes,
    caller_recalls,
    caller_receipt,
    clerk,
    clerk_conflict,
    clerk_correcting,
    clerk_inbox,
    clerk_merging,
    clerk_registration,
    clerk_steps,
    custodian,
    custodian_review,
    deadline,
    exchange,
    importing,
    knowledge,
    notices,
    partners,
    relays,
    residents,
    residents_report,
    routes,
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
    clerk_inbox.blueprint,
    clerk_registration.blueprint,
    clerk.blueprint,
    clerk_steps.blueprint,
    clerk_merging.blueprint,
    clerk_correcting.blueprint,
    clerk_conflict.blueprint,
    routes.blueprint,
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
    caller_notes.blueprint,
    caller.blueprint,
    caller_closings.blueprint,
    caller_recalls.blueprint,
    caller_receipt.blueprint,
    custodian.blueprint,
    custodian_review.blueprint,
    importing.blueprint,
    knowledge.blueprint,
    partners.blueprint,
    residents_report.blueprint,
]
WEBHOOKS = [exchange.blueprint]
"""Partners' programs prove themselves by their token."""
DOORS: list[Door] = [
    *caller.DOORS,
    *caller_recalls.DOORS,
    *clerk_inbox.DOORS,
    *clerk.DOORS,
    *routes.DOORS,
    *residents.DOORS,
    *unit.DOORS,
    *relays.DOORS,
    *supervision.DOORS,
    *notices.DOORS,
    *caller_notes.DOORS,
    *custodian.DOORS,
    *custodian_review.DOORS,
    *importing.DOORS,
    *knowledge.DOORS,
    *partners.DOORS,
    *residents_report.DOORS,
]


def register(app: Flask) -> None:
    """Say where attachments are kept: with the uploads, so that a backup takes them along."""
    attachments.use(app.config["SETTINGS"].uploads / "attachments")
