"""What every test may ask for: a database with all tables (SQLite, or PostgreSQL where it is installed)."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, sync_playwright

from benchmarks.throwaway_postgres import server_programs, throwaway_postgres
from core import db, passwords, secrets
from matters import pins
from tests.emptied_postgres import Emptied
from tests.factories import all_models
from tests.made_once import compile_once, empty_sqlite

CHROMIUM = os.environ.get("CHROMIUM") or next(
    (found for name in ("chromium-headless-shell", "chromium") if (found := shutil.which(name))), ""
)
"""Debian's Chromium; its shell without a window costs a third less and draws the same pages."""
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


FIRST = (
    "journeys/", "demo/test_matters_history", "matters/test_conflict", "matters/test_privacy", "matters/test_portal",
    "hotline/test_line", "hotline/test_killed", "hotline/test_wall", "hotline/test_schedules",
    "hotline/test_calling_back", "hotline/test_consulting", "hotline/test_followup_calls", "web/test_safety",
    "core/test_backup", "survey/test_nothing_leaks", "survey/test_frame_import", "survey/questionnaire/test_engines",
    "survey/test_cube", "test_migrations", "test_commands",
)  # fmt: skip
"""What takes longest begins first, so that no process is left alone with it at the end."""


def pytest_configure() -> None:
    """Let passwords cost little: what is slow on purpose would be most of what signing in is here."""
    for module in (passwords, pins):
        module._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    # To look through the whole house after every few tests was a sixth of all that they cost.
    gc.set_threshold(5_000, 10, 20)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of the search for garbage: it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest (`--no-loadscope-reorder` keeps this order among processes)."""
    root = Path(__file__).parent
    items.sort(key=lambda item: not item.path.relative_to(root).as_posix().startswith(FIRST))


@pytest.fixture(autouse=True, scope="session")
def _keys() -> None:
    secrets.use(secrets.Keyring.fresh())
    compile_once()


@pytest.fixture
def now() -> datetime:
    """The moment at which tests stand."""
    return NOON


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[db.Database]:
    """An empty SQLite database with every table."""
    all_models()
    database = empty_sqlite(f"sqlite:///{tmp_path / 'tingmin.db'}")
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


@pytest.fixture(scope="session")
def _emptied(postgres_server: str) -> Iterator[Emptied]:
    found = Emptied(postgres_server)
    yield found
    found.close()


@pytest.fixture
def postgres(_emptied: Emptied) -> Iterator[db.Database]:
    """An empty PostgreSQL database with every table."""
    database = _emptied.open()
    with db.using(database):
        yield database
    database.close()
    _emptied.clear()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> db.Database:
    """The same test on both databases."""
    found: db.Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one a process, or a skip that says so."""
    path = CHROMIUM
    if not path or not Path(path).exists():
        pytest.skip("Chromium is not installed (make setup installs it where it may; CHROMIUM names another)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()
