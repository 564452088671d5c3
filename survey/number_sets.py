"""Sets of record ids as one parameter of a query: ten thousand ids cost no more to say than ten."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session


def among(session: Session, column: InstrumentedAttribute[int], ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Return the condition that a column's value is one of these ids."""
    if session.get_bind().dialect.name == "postgresql":
        whole: Any = sa.bindparam("ids", list(ids), ARRAY(sa.BigInteger), unique=True)
        return column == sa.any_(whole)
    listed = sa.func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(sa.select(listed.c.value))
