"""What every test may ask for: a database with all tables (SQLite, or PostgreSQL where it is installed)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

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


def _postgres_bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    which = shutil.which("initdb")
    return Path(which).parent if which else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL cluster on a Unix socket; gives the URL up to the database's name."""
    binaries = _postgres_bin()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (make setup installs it where it may)")
    root = Path(tempfile.mkdtemp(prefix="tingmin-pg-"))
    data = root / "data"
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(root, "postgres", "postgres")

    def run(*command: str) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if as_root else []
        done = subprocess.run([*prefix, *command], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

    run(str(binaries / "initdb"), "-D", str(data), "-U", "tingmin", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-k {root} -c listen_addresses='' -c fsync=off -c max_connections=300"
    run(str(binaries / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(root / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://tingmin@/{{name}}?host={root}"
    finally:
        run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)


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
