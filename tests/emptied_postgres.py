"""One PostgreSQL database for all tests of a process, emptied after each: to make and to drop one costs far more."""

from __future__ import annotations

import os

import sqlalchemy as sa

from core.db import Base, Database
from tests.factories import all_models

SHAPE = """
SELECT md5(string_agg(concat_ws(' ', oid, relnatts, relchecks, relhastriggers), ',' ORDER BY oid))
  FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""
"""What changes as soon as a table, a column, an index or a constraint comes or goes."""

LEAVE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

BIGGEST = """
SELECT coalesce(max(pg_relation_size(oid)), 0)
  FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
MUCH = 2_000_000
"""Bytes of a table beyond which a new database costs less than to read over what was deleted."""

EMPTY = """
DO $$
DECLARE one record;
BEGIN
  SET LOCAL session_replication_role = replica;  -- whatever hangs on a row goes as well, in any order
  FOR one IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE 'DELETE FROM ' || quote_ident(one.relname);
  END LOOP;
  PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
END $$
"""


class Emptied:
    """The database of this process on a server; made anew when a test has changed its tables or left very much."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.number = self.tables = 0
        self.name = self.shape = ""
        self.beside: Database | None = None

    def open(self) -> Database:
        """Give the database, empty, with every table known by now."""
        all_models()
        if not self.name or self.tables != len(Base.metadata.tables):
            self._make()
        return Database(self.server.format(name=self.name))

    def clear(self) -> None:
        """Show everybody out and delete every row, or the whole database where that would not be all."""
        assert self.beside is not None
        try:
            with self.beside.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(LEAVE)
                is_whole = connection.exec_driver_sql(SHAPE).scalar() == self.shape
                if is_whole and connection.exec_driver_sql(BIGGEST).scalar_one() < MUCH:
                    connection.exec_driver_sql(EMPTY)
                    return
        except sa.exc.OperationalError:
            pass  # the test dropped it, and made it anew perhaps
        finally:
            self.close()
        self._drop()

    def close(self) -> None:
        """Leave the database; it goes with its cluster."""
        if self.beside is not None:
            self.beside.close()

    def _make(self) -> None:
        if self.name:
            self._drop()
        count = len(Base.metadata.tables)
        model, self.number = f"empty{os.getpid()}_{count}", self.number + 1
        self.name, self.tables = f"t{os.getpid()}_{self.number}", count
        known = self._tell("SELECT count(*) FROM pg_database WHERE datname = '" + model + "'")
        if not known:
            self._tell(f"CREATE DATABASE {model}")
            first = Database(self.server.format(name=model), pool_size=1)
            Base.metadata.create_all(first.engine)
            first.close()
        self._tell(f"CREATE DATABASE {self.name} TEMPLATE {model}")
        self.beside = Database(self.server.format(name=self.name), pool_size=1)
        with self.beside.engine.connect() as connection:
            self.shape = str(connection.exec_driver_sql(SHAPE).scalar())
        self.close()  # a test may want to be alone in it, to copy it

    def _drop(self) -> None:
        self._tell(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self.name = ""

    def _tell(self, statement: str) -> object:
        """Tell the server something outside any transaction; give what it answers."""
        admin = Database(self.server.format(name="postgres"), pool_size=1)
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            answer = connection.exec_driver_sql(statement)
            told = answer.scalar() if answer.returns_rows else None
        admin.close()
        return told
