"""The doors around the line: colleagues asked, talks listened to, messages heard, calls entered, numbers set."""

from __future__ import annotations

from core.doors import Door
from hotline import carrier_days, consult_rounds, fallback, reconciling, ringing_duty, voicemail
from hotline.views import consulting, desk_log, left_over, lines, messages, recordings, talks

BLUEPRINTS = [
    consulting.blueprint,
    talks.blueprint,
    left_over.blueprint,
    messages.blueprint,
    recordings.blueprint,
    desk_log.blueprint,
    lines.blueprint,
]
DOORS: list[Door] = [*talks.DOORS, *left_over.DOORS, *messages.DOORS, *lines.DOORS]
ROUNDS = (
    consult_rounds.end_what_is_due,
    reconciling.look,
    fallback.keep,
    ringing_duty.ring_due,
    carrier_days.look,
)
"""What the worker repeats; named here so that every process of the house knows of them."""


def answer() -> None:
    """Let the lines take messages, and the duty telephones speak."""
    voicemail.take_voicemail()
    ringing_duty.answer_telephones()
