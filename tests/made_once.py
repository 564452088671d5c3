"""What every test would make anew though it is always the same: empty tables, compiled pages and addresses."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from core.db import Base, Database

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
    """Let all applications of a process share their compiled templates and addresses."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledPages()}
    compiled = Rule._compile_builder
    kept: dict[Any, Any] = {}

    def compile_builder(self: Rule, append_unknown: bool = True) -> Any:
        """Write an address's function: of its parts alone, for it is given its rule when it is called."""
        if self.defaults:
            return compiled(self, append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in kept:
            kept[key] = compiled(self, append_unknown)
        return kept[key]

    Rule._compile_builder = compile_builder  # type: ignore[method-assign]
