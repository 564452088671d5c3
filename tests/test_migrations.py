"""The migrations make what the models say, on both databases, forwards and backwards, with data in place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from core import db
from core.commands import alembic_config
from core.people import Staff, StaffRole, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from migrations.tables import every_table

VERSIONS = Path(__file__).resolve().parent.parent / "migrations" / "versions"
pytestmark = pytest.mark.skipif(
    not any(VERSIONS.glob("[0-9]*.py")), reason="there is no revision yet: flask db revision"
)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[db.Database]:
    """A database without any table."""
    every_table()
    if request.param == "sqlite":
        database = db.Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield database
        database.close()
        return
    database = request.getfixturevalue("postgres")
    db.Base.metadata.drop_all(database.engine)
    yield database


def url(database: db.Database) -> str:
    """Return the database's address with its password."""
    return database.url.render_as_string(hide_password=False)


def tables(database: db.Database) -> set[str]:
    """Return the tables that are there."""
    return set(sa.inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_head_is_what_the_models_say(empty: db.Database) -> None:
    command.upgrade(alembic_config(url(empty)), "head")
    with empty.engine.connect() as connection:
        options = {"compare_server_default": False, "compare_type": False}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), db.Base.metadata)
    assert not found, "\n".join(map(str, found))
    assert tables(empty) == set(db.Base.metadata.tables)


def test_constraints_are_what_the_models_say(empty: db.Database) -> None:
    command.upgrade(alembic_config(url(empty)), "head")
    inspector = sa.inspect(empty.engine)
    for table in db.Base.metadata.sorted_tables:
        wanted = {c.name for c in table.constraints if isinstance(c, sa.CheckConstraint) and c.name}
        found = {c["name"] for c in inspector.get_check_constraints(table.name)}
        assert wanted <= found, f"{table.name} lacks {wanted - found}"


def test_every_step_goes_back(empty: db.Database) -> None:
    config = alembic_config(url(empty))
    revisions = list(ScriptDirectory.from_config(config).walk_revisions())
    assert len(list(ScriptDirectory.from_config(config).get_heads())) == 1
    command.upgrade(config, "head")
    for _ in revisions:
        command.downgrade(config, "-1")
    assert tables(empty) == set()
    command.upgrade(config, "head")
    assert tables(empty) == set(db.Base.metadata.tables)


def test_data_survives_a_step_back_and_forth(empty: db.Database) -> None:
    config = alembic_config(url(empty))
    command.upgrade(config, "head")
    with db.using(empty):
        with db.transaction() as session:
            place = Place(level=Level.CITY, code="99", name="清和市", name_en="Qinghe")
            session.add(place)
            session.flush()
            unit = Unit(kind=UnitKind.CENTRE, name="中心", name_en="Centre", place_id=place.id)
            session.add(unit)
            session.flush()
            session.add(
                Staff(
                    username="wang",
                    name="王",
                    password_hash="!",
                    totp_secret="SECRET",
                    unit_id=unit.id,
                    created_at=datetime(2026, 1, 1, tzinfo=UTC),
                    role_rows=[StaffRole(role=Role.ADMINISTRATOR)],
                )
            )
        revisions = list(ScriptDirectory.from_config(config).walk_revisions())
        if len(revisions) > 1:
            command.downgrade(config, "-1")
        command.upgrade(config, "head")
        with db.reading() as session:
            staff = session.scalars(sa.select(Staff)).one()
            assert (staff.totp_secret, staff.roles) == ("SECRET", {Role.ADMINISTRATOR})
            assert staff.created_at == datetime(2026, 1, 1, tzinfo=UTC)
