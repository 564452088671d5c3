"""The route rules of the demonstration: which invented unit each topic goes to."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from core.people import Unit
from matters.route_rules import set_rule

FILE = Path(__file__).parent / "data" / "routes.csv"


def add_routes(session: Session, units: Mapping[str, Unit], *, at: datetime) -> int:
    """Write a rule for every line of the file; units are given by their keys."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        pairs = [text.partition(":") for text in row["supporting"].split()]
        set_rule(
            session,
            row["topic"],
            lead_id=units[row["lead"]].id,
            level=row["level"],
            branch=row["branch"],
            supporting=[(units[key].id, level or "city") for key, _, level in pairs],
            by=None,
            at=at,
        )
    return len(rows)
