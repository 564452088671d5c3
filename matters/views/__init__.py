"""The doors of matters: the desk's list, and what a resident may ask without signing in."""

from __future__ import annotations

from core.doors import Door
from matters.views import clerk, residents

BLUEPRINTS = [clerk.blueprint, residents.blueprint]
DOORS: list[Door] = [*clerk.DOORS, *residents.DOORS]
