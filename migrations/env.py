"""How Alembic meets the house: its database, its one model, and the types both dialects share."""

from __future__ import annotations

import os
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

from core.db import Base, Database, UtcDateTime
from core.secrets import SealedText
from migrations.tables import every_table

every_table()


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types in plain words that need no import of the house."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, SealedText):
        return "sa.LargeBinary()"
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    if isinstance(item, sa.JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if isinstance(item, sa.BigInteger) and "sqlite" in getattr(item, "_variant_mapping", {}):
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return False


def compare_type(_context: Any, _inspected: Any, _column: Any, _found: Any, wanted: Any) -> bool | None:
    """Compare plain types only: sealed and coded columns are bytes and words in the database."""
    return False if isinstance(wanted, SealedText | sa.Enum | UtcDateTime) else None


def _let_tables_be_rebuilt(connection: sa.Connection, *, is_allowed: bool) -> None:
    """SQLite changes a table by building it anew, which it may only while references are not watched."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()  # past the transaction: inside one the switch does nothing
        cursor.execute(f"PRAGMA foreign_keys={'OFF' if is_allowed else 'ON'}")
        cursor.close()


def _nothing_dangles(connection: sa.Connection) -> None:
    """Check every reference again before the step is kept."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(3)
        if found:
            raise RuntimeError(f"references without a record after migrating: {found}")


def run() -> None:
    """Run the migrations on the database that the caller names (or the environment)."""
    given = context.config.attributes.get("url")
    database = Database(given or os.environ["TINGMIN_DATABASE_URL"], pool_size=1)
    try:
        with database.engine.connect().execution_options(writes=True) as connection:
            _let_tables_be_rebuilt(connection, is_allowed=True)
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_item=render_item,
                compare_type=compare_type,
                compare_server_default=False,
                render_as_batch=True,
                transaction_per_migration=False,
            )
            with context.begin_transaction():
                context.run_migrations()
                _nothing_dangles(connection)
            connection.commit()
            _let_tables_be_rebuilt(connection, is_allowed=False)
    finally:
        database.close()


if context.is_offline_mode():
    raise SystemExit("Migrations run on a database, not into a file.")
run()
