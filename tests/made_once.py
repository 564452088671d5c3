"""What every test would make anew though it is always the same: empty tables, compiled pages and addresses."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule
from werkzeug.routing.rules import RulePart

from core.commands import alembic_config
from core.db import Base, Database
from web import static_files

_empty: dict[int, bytes] = {}


def empty_sqlite(url: str) -> Database:
    """Make a SQLite database with every table known by now; the first of a process is what others are copied from."""
    count = len(Base.metadata.tables)
    if count not in _empty:
        with closing(sqlite3.connect(":memory:", check_same_thread=False)) as memory:
            engine = sa.create_engine("sqlite://", creator=lambda: memory, poolclass=sa.StaticPool)
            Base.metadata.create_all(engine)
            _empty[count] = memory.serialize()
    database = Database(url)
    Path(str(database.url.database)).write_bytes(_empty[count])
    return database


_migrated: dict[str, Any] = {}


def migrate_once(database: Database) -> None:
    """Bring a database to what the migrations make of nothing: the first by them, others as its copies."""
    url = database.url.render_as_string(hide_password=False)
    name, server = str(database.url.database), database.url.set(database="postgres").render_as_string(False)
    key = "sqlite" if database.is_sqlite else server
    if key not in _migrated:
        Base.metadata.drop_all(database.engine)
        command.upgrade(alembic_config(url), "head")
        if database.is_sqlite:
            with closing(sqlite3.connect(name)) as made:
                _migrated[key] = made.serialize()
            return
        database.close()
        _migrated[key] = f"migrated{len(_migrated)}"
        _on(server, f"CREATE DATABASE {_migrated[key]} TEMPLATE {name}")
        return
    database.close()
    if database.is_sqlite:
        for beside in Path(name).parent.glob(f"{Path(name).name}-*"):
            beside.unlink()
        Path(name).write_bytes(_migrated[key])
    else:
        _on(server, f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {_migrated[key]}")


def _on(server: str, *statements: str) -> None:
    """Tell a PostgreSQL server to do something outside any transaction."""
    admin = Database(server, pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    admin.close()


_spoken: dict[str, sa.Dialect] = {}
_statements: Any = LRUCache(8_000)


def _share_statements() -> None:
    """Let all databases of a kind speak one dialect, so that a statement is compiled once and not for each of them."""
    made = Database.__init__

    def make(self: Database, url: str, **given: Any) -> None:
        made(self, url, **given)
        kind = self.url.drivername
        if kind not in _spoken and not _meet(self):
            return
        self.engine.dialect = _spoken[kind]
        self.engine._compiled_cache = _statements

    Database.__init__ = make  # type: ignore[method-assign]


def _meet(database: Database) -> bool:
    """Let a dialect learn of its server what it must know; say whether there is one that answers."""
    engine = sa.create_engine("sqlite://") if database.is_sqlite else database.engine
    try:
        engine.connect().close()
    except sa.exc.OperationalError:
        return False
    _spoken[database.url.drivername] = engine.dialect
    return True


class CompiledPages(BytecodeCache):
    """Templates compiled once a process; a bucket knows by its checksum whether the text is still the same."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self.kept[bucket.key] = bucket.bytecode_to_string()


def compile_once() -> None:
    """Let all applications and databases of a process share their compiled templates, addresses and statements."""
    _share_statements()
    _share_addresses()
    static_files.fingerprint = cache(static_files.fingerprint)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledPages()}


def _share_addresses() -> None:
    """Let an address that all applications have be read, and its function be written, once."""
    compiled, parse = Rule._compile_builder, Rule._parse_rule
    kept: dict[Any, Any] = {}
    parsed: dict[Any, tuple[list[RulePart], list[tuple[bool, str]], dict[str, Any]]] = {}

    def compile_builder(self: Rule, append_unknown: bool = True) -> Any:
        """Write an address's function: of its parts alone, for it is given its rule when it is called."""
        if self.defaults:
            return compiled(self, append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in kept:
            kept[key] = compiled(self, append_unknown)
        return kept[key]

    def parse_rule(self: Rule, rule: str) -> Iterable[RulePart]:
        """Read an address: its parts, what a rule remembers of them, and what its places take."""
        assert self.map is not None
        key = (rule, tuple(self.map.converters.items()))
        if key not in parsed:
            trace, converters = self._trace, self._converters
            self._trace, self._converters = [], {}
            parsed[key] = list(parse(self, rule)), self._trace, self._converters
            self._trace, self._converters = trace, converters
        parts, remembered, takes = parsed[key]
        self._trace += remembered
        self._converters |= takes
        self.arguments |= takes.keys()
        return parts

    Rule._compile_builder = compile_builder  # type: ignore[method-assign]
    Rule._parse_rule = parse_rule  # type: ignore[method-assign]
