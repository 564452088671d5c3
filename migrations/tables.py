"""Every table of the house: each room's modules are read, so that the one model is complete."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil

ROOMS = ("core", "telephony", "matters", "survey", "hotline", "reports")
NO_TABLES = ("views", "commands", "methods")


def every_table() -> None:
    """Read every module that may hold a table."""
    for room in ROOMS:
        if importlib.util.find_spec(room) is None:
            continue
        package = importlib.import_module(room)
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not set(found.name.split(".")) & set(NO_TABLES):
                importlib.import_module(found.name)
