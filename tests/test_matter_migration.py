"""Matters registered before there was a log get one when the house is upgraded, and keep their number stepping back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from core import db, secrets
from core.commands import alembic_config
from matters import log
from matters.matter import Matter
from matters.moving import standing_of
from matters.reporters import reporters_of
from matters.states import MatterState
from migrations.tables import every_table

AT = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
NUMBER = "+8614500001234"
BEFORE = "0003"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[db.Database]:
    """A database as it was before matters had a log, with one matter in it."""
    every_table()
    if request.param == "sqlite":
        database = db.Database(f"sqlite:///{tmp_path / 'old.db'}")
    else:
        database = request.getfixturevalue("postgres")
        db.Base.metadata.drop_all(database.engine)
    command.upgrade(alembic_config(address(database)), BEFORE)
    ring = secrets.keyring()
    with database.engine.begin() as connection:
        connection.execution_options(writes=True)
        connection.execute(
            sa.text(
                "INSERT INTO place (id, level, code, name, name_en, is_current)"
                " VALUES (1, 'township', 'T', '镇', 'Town', true)"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO matter (id, receipt, pin_hash, kind, topic, urgency, identity, origin, narrative,"
                " place_id, spot, reporter_number, reporter_fingerprint, state, promised_on, registered_at)"
                " VALUES (1, '2611-0001-3', '!', 'help', 'livelihood.lighting', 'u2', 'protected', 'interview', :said,"
                " 1, '', :number, :print, 'registered', '2026-11-25', :at)"
            ),
            {
                "said": ring.seal("note", "路灯坏了"),
                "number": ring.seal("reporter", NUMBER),
                "print": ring.blind_index(NUMBER),
                "at": AT.replace(tzinfo=None) if database.is_sqlite else AT,
            },
        )
    yield database
    if request.param == "sqlite":
        database.close()


def address(database: db.Database) -> str:
    """Return the database's address with its password."""
    return database.url.render_as_string(hide_password=False)


def test_an_old_matter_gets_its_log_and_keeps_its_caller(old: db.Database) -> None:
    command.upgrade(alembic_config(address(old)), "head")
    with db.using(old), db.reading() as session:
        matter = session.get_one(Matter, 1)
        assert matter.narrative == "路灯坏了"
        assert matter.state is MatterState.REGISTERED
        assert log.replayed(session, matter) == standing_of(matter)
        caller = reporters_of(session, matter)[0]
        assert caller.number == NUMBER
        assert standing_of(matter).callers[0].id == caller.id
    old.engine.dispose()


def test_stepping_back_gives_the_number_back(old: db.Database) -> None:
    command.upgrade(alembic_config(address(old)), "head")
    command.downgrade(alembic_config(address(old)), BEFORE)
    with old.engine.connect() as connection:
        sealed = connection.execute(sa.text("SELECT reporter_number FROM matter")).scalar_one()
    assert secrets.keyring().open("reporter", bytes(sealed)) == NUMBER
    old.engine.dispose()
