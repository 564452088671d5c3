"""The doors of the telephone in the browser, and how the house is joined to its line."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from core.permissions import Permission
from core.settings import Settings
from core.terms import Words
from telephony import line, rounds, webhooks
from telephony.views import softphone

BLUEPRINTS = [softphone.blueprint]
WEBHOOKS = [webhooks.blueprint]
DOORS = [
    Door(
        "line.softphone_page",
        Words("话机", "Telephone"),
        Permission.LINE_USE,
        order=60,
        about=Words("检查耳机、麦克风和线路", "Check headset, microphone and line"),
    )
]
ROUNDS = (rounds.send, rounds.look, rounds.hear)
"""What the worker repeats; named here so that every process of the house knows of them."""


def register(app: Flask) -> None:
    """Join the house to the line of its settings."""
    settings: Settings = app.config["SETTINGS"]
    line.use(line.line_from(settings))
    app.config["CONNECT_SOURCES"].extend(line.line().capabilities().browser_connects_to)
