"""The knowledge base of the demonstration: a dozen invented articles, each with an owner and its last valid day."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff, Unit
from demo import staff
from matters.knowledge_writing import Wording, write

FILE = Path(__file__).parent / "data" / "articles.csv"


def add_articles(session: Session, *, at: datetime) -> int:
    """Write every article of the file; `since` and `until` are days before and after today."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {unit.key: unit.name for unit in staff.UNITS}
    units = {unit.name: unit.id for unit in session.scalars(sa.select(Unit))}
    people = {person.username: person for person in session.scalars(sa.select(Staff)).unique()}
    today = clock.today(at)
    for row in rows:
        keeper = people[row["keeper"]]
        wording = Wording(
            title_zh=row["zh"],
            title_en=row["en"],
            body_zh=row["body_zh"],
            body_en=row["body_en"],
            topics=tuple(row["topics"].split()),
            owner_unit_id=units[names[row["unit"]]],
            owner_staff_id=keeper.id,
            valid_from=today - timedelta(days=int(row["since"])),
            valid_until=today + timedelta(days=int(row["until"])) if row["until"] else None,
        )
        write(session, wording, by=keeper, at=at - timedelta(days=30))
    return len(rows)
