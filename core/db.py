"""The database: one model on SQLite and PostgreSQL, written only inside `with transaction():`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Primary keys: 64 bits on PostgreSQL, the row id on SQLite."""

Json = sa.JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive moments and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The one model of all rooms."""

    metadata = sa.MetaData(naming_convention=NAMES)
    type_annotation_map = {
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class Database:
    """An engine with its sessions; knows how to begin a writing transaction on each dialect."""

    def __init__(self, url: str, *, pool_size: int = 8, echo: bool = False) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = sa.create_engine(
                self.url,
                echo=echo,
                hide_parameters=True,
                connect_args={"timeout": 30, "check_same_thread": False},
            )
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = sa.create_engine(
                self.url,
                echo=echo,
                hide_parameters=True,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
            )
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, so that writers queue instead of failing
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "temp_store=MEMORY",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


_default: Database | None = None
_database: ContextVar[Database | None] = ContextVar("database", default=None)
_open: ContextVar[Session | None] = ContextVar("open_transaction", default=None)


def use(database: Database) -> None:
    """Make this the process's database."""
    global _default
    _default = database


@contextmanager
def using(database: Database) -> Iterator[Database]:
    """Use a database inside the block, in this context only."""
    token = _database.set(database)
    try:
        yield database
    finally:
        _database.reset(token)


def database() -> Database:
    """Return the database in use."""
    found = _database.get() or _default
    if found is None:
        raise RuntimeError("no database in use: call core.db.use() first")
    return found


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one place where records are written: all of it is kept, or nothing."""
    if _open.get() is not None:
        raise RuntimeError("a transaction is open already: operations flush, only the edge commits")
    session = database().sessions()
    session.info["connection"] = session.connection(execution_options={"writes": True})
    token = _open.set(session)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _open.reset(token)
        session.info.pop("connection", None)
        session.close()


def plainly(session: Session) -> sa.Connection:
    """Return the connection of a session's transaction, for statements whose rows need not be records.

    Such a statement sees what was flushed. A session looks its connection up anew each time, which busy doors feel.
    """
    held: sa.Connection | None = session.info.get("connection")
    return held if held is not None else session.connection()


@contextmanager
def reading() -> Iterator[Session]:
    """Open a session for reading; a write left in it is an error, never silently lost."""
    outer = _open.get()
    if outer is not None:
        yield outer
        return
    session = database().sessions()
    try:
        yield session
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("records were changed outside a transaction")
    finally:
        session.close()  # no rollback before it: that would empty the records just read


def is_writing() -> bool:
    """Say whether a transaction is open here."""
    return _open.get() is not None


def take(session: Session, query: sa.Select[Any]) -> Any | None:
    """Take the first free record of a query atomically: no two takers get the same one.

    PostgreSQL skips rows that others hold; on SQLite the writing transaction is alone already.
    """
    if session.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    return session.execute(query.limit(1)).scalars().first()
