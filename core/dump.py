"""Dumps: the whole database as one file and back, by the means each database has for it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from core.db import Database
from core.problems import Unavailable
from core.terms import Words

DEBIAN = Path("/usr/lib/postgresql")


class NoProgram(Unavailable):
    """PostgreSQL's own program for dumps is not on this machine."""

    words = Words(
        "本机没有 {name}，没有做任何改动。请安装 PostgreSQL 客户端（Debian:postgresql-client）",
        "{name} is not on this machine; nothing was done. Install PostgreSQL's client (Debian: postgresql-client)",
    )


class DumpFailed(Unavailable):
    """The database or its program refused."""

    words = Words("{name} 没有成功：{said}", "{name} did not succeed: {said}")


def tables(database: Database) -> set[str]:
    """Return the tables that stand in a database."""
    return set(sa.inspect(database.engine).get_table_names())


def revision(database: Database) -> str | None:
    """Return the revision a database stands at, None when it was never upgraded."""
    if "alembic_version" not in tables(database):
        return None
    with database.engine.connect() as connection:
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def dump(database: Database, path: Path) -> None:
    """Write the whole database into one file while others go on working."""
    if database.is_sqlite:
        _copy_sqlite(Path(database.url.database or ""), path, alone=True)
    else:
        _run("pg_dump", database, "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def check(database: Database, path: Path) -> None:
    """Raise DumpFailed unless the file is a whole dump for this kind of database."""
    if not database.is_sqlite:
        _run("pg_restore", None, "--list", str(path))
        return
    try:
        with closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as copy:
            said = copy.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise DumpFailed(name="SQLite", said=str(error)) from error
    if said != "ok":
        raise DumpFailed(name="SQLite", said=said)


def load(database: Database, path: Path) -> None:
    """Make the database what the dump says; whatever stands in it goes."""
    database.close()
    if database.is_sqlite:
        _copy_sqlite(path, Path(database.url.database or ""), alone=False)
        return
    standing = sa.MetaData()
    standing.reflect(database.engine)
    standing.drop_all(database.engine)
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    _run("pg_restore", database, *options, str(path))
    database.close()


def _copy_sqlite(source: Path, target: Path, *, alone: bool) -> None:
    """Copy page by page under the database's own locks; alone: as one file with nothing beside it."""
    if not source.is_file():
        raise DumpFailed(name="SQLite", said=f"{source}: no such file")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    try:
        with (
            closing(sqlite3.connect(source, timeout=30)) as here,
            closing(sqlite3.connect(target, timeout=30)) as there,
        ):
            here.backup(there)
            if alone:
                there.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        raise DumpFailed(name="SQLite", said=str(error)) from error


def program(name: str) -> str:
    """Return where PostgreSQL's program lies: the newest of Debian's, else on the path."""
    found = sorted(
        DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0
    )
    where = str(found[-1]) if found else shutil.which(name)
    if where is None:
        raise NoProgram(name=name)
    return where


def _run(name: str, database: Database | None, *options: str) -> None:
    environment = dict(os.environ)
    command = [program(name), *options]
    if database is not None:
        url = database.url
        given = {
            "dbname": url.database,
            "user": url.username,
            "host": url.host,
            "port": url.port,
            **url.query,
        }
        known = {name: str(value) for name, value in given.items() if value is not None}
        command.insert(1, f"--dbname={make_conninfo('', **known)}")
        if url.password is not None:  # never on the command line, where every process can read it
            environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [str(done.returncode)])[0]
        raise DumpFailed(name=name, said=said)
