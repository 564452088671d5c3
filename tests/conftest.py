"""What every test may ask for: a database with all tables (SQLite, or PostgreSQL where it is installed)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from benchmarks.throwaway_postgres import server_programs, throwaway_postgres
from core import db, secrets
from tests.factories import all_models

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NOON = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
"""A Wednesday, 10:30 in Shanghai: within calling hours."""


@pytest.fixture(autouse=True, scope="session")
def _keys() -> None:
    secrets.use(secrets.Keyring.fresh())


@pytest.fixture
def now() -> datetime:
    """The moment at which tests stand."""
    return NOON


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[db.Database]:
    """An empty SQLite database with every table."""
    all_models()
    database = db.Database(f"sqlite:///{tmp_path / 'tingmin.db'}")
    db.Base.metadata.create_all(database.engine)
    with db.using(database):
        yield database
    database.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL cluster on a Unix socket; gives the URL up to the database's name."""
    if server_programs() is None:
        pytest.skip("PostgreSQL's server is not installed (make setup installs it where it may)")
    with throwaway_postgres(is_durable=False) as url:
        yield url.replace("/postgres?", "/{name}?")


_serial = 0


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[db.Database]:
    """An empty PostgreSQL database with every table."""
    global _serial
    _serial += 1
    name = f"t{os.getpid()}_{_serial}"
    admin = db.Database(postgres_server.format(name="postgres"), pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    all_models()
    database = db.Database(postgres_server.format(name=name))
    db.Base.metadata.create_all(database.engine)
    with db.using(database):
        yield database
    database.close()
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> db.Database:
    """The same test on both databases."""
    found: db.Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one a process, or a skip that says so."""
    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed (make setup installs it where it may; CHROMIUM names another)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()
