"""Home counties: the county that every place lies in, whatever its level."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.places import Level, Place


def home_counties(session: Session) -> dict[int, int]:
    """Return the county of every place by their ids; the city lies in none."""
    above = {row.id: row for row in session.execute(sa.select(Place.id, Place.parent_id, Place.level))}
    found: dict[int, int] = {}
    for place in above:
        here: int | None = place
        while here in above and above[here].level is not Level.COUNTY:
            here = above[here].parent_id
        if here in above:
            found[place] = above[here].id
    return found
