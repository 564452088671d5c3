"""A house for the tests of its doors: settings, application, people who sign in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock, secrets
from core.db import Database, transaction, using
from core.passwords import hashed
from core.people import Staff
from core.permissions import Role
from core.settings import Settings
from core.signing_in import admit
from migrations.tables import every_table
from tests.factories import a_staff
from tests.made_once import empty_sqlite
from web.app import create_app

PASSWORD = "正确的马 battery 9"
HASH = hashed(PASSWORD)


def some_settings(where: Path, **changes: object) -> Settings:
    """Make settings for a test."""
    values: dict[str, object] = {
        "database_url": f"sqlite:///{where / 'house.db'}",
        "secret_key": "k" * 40,
        "data_dir": where,
        "keys_file": where / "keys.json",
        "public_base_url": "http://localhost",
        "secure_cookies": False,
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type]


def a_house(settings: Settings) -> tuple[Flask, Database]:
    """Build an application over a new SQLite database."""
    every_table()
    database = empty_sqlite(settings.database_url)
    app = create_app(settings, database=database)
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False
    return app, database


@pytest.fixture
def app(tmp_path: Path):  # type: ignore[no-untyped-def]
    """The application with an empty database; forms need no token."""
    ring = secrets.keyring()
    application, database = a_house(some_settings(tmp_path, is_demo=True))
    with using(database):
        yield application
    database.close()
    secrets.use(ring)


SignedIn = Callable[..., FlaskClient]


@pytest.fixture
def as_role(app: Flask) -> SignedIn:
    """Give a browser in which someone with these roles has signed in."""

    def sign_in(*roles: Role, staff: Staff | None = None) -> FlaskClient:
        with transaction() as session:
            person = session.merge(staff) if staff else a_staff(session, *roles)
            person.password_hash = HASH
            token = admit(session, person, at=clock.now())
        client = app.test_client()
        client.set_cookie("tingmin", token)
        return client

    return sign_in
