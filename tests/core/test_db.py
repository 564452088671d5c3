"""The database writes only inside transactions, on both dialects."""

from __future__ import annotations

import pytest

from core.db import Database, reading, transaction
from core.places import Place, counties
from tests.factories import a_place


def test_what_is_written_in_a_transaction_is_read_afterwards(database: Database) -> None:
    with transaction() as session:
        a_place(session, name="清河县")
    with reading() as session:
        assert [p.name for p in counties(session)] == ["清河县"]


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        a_place(session)
        raise ZeroDivisionError
    with reading() as session:
        assert counties(session) == []


def test_a_write_outside_a_transaction_is_an_error(sqlite: Database) -> None:
    with transaction() as session:
        place = a_place(session)
    with pytest.raises(RuntimeError, match="outside a transaction"), reading() as session:
        session.get_one(Place, place.id).name = "别处"


def test_a_transaction_does_not_nest(sqlite: Database) -> None:
    with transaction(), pytest.raises(RuntimeError, match="open already"), transaction():
        pass
