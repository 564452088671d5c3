"""The pages that leaders and editors read."""

from __future__ import annotations

from core.doors import Door
from core.permissions import Permission, Role
from core.terms import Words
from reports.views import indices, live

BLUEPRINTS = [indices.blueprint, live.blueprint]
DOORS = [
    Door(
        "indices.latest",
        Words("指数", "Indices"),
        Permission.INDEX_READ,
        order=40,
        first_for=frozenset({Role.LEADER}),
        about=Words(
            "安全感与执法满意度，带置信区间", "Sense of security and satisfaction, with their intervals"
        ),
    )
]
