"""What the administrator does with the database's shape at the keyboard."""

from __future__ import annotations

from pathlib import Path

import click
from alembic import command as alembic_command
from alembic.config import Config
from flask.cli import AppGroup

from core.db import database

ROOT = Path(__file__).resolve().parent.parent.parent

db_group = AppGroup("db", help="The database's shape.")


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for one database."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def _config() -> Config:
    return alembic_config(database().url.render_as_string(hide_password=False))


@db_group.command("upgrade")
@click.argument("revision", default="head")
def db_upgrade(revision: str) -> None:
    """Bring the database to a revision (the newest)."""
    alembic_command.upgrade(_config(), revision)


@db_group.command("downgrade")
@click.argument("revision")
def db_downgrade(revision: str) -> None:
    """Take the database back to a revision (-1: one step)."""
    alembic_command.downgrade(_config(), revision)


@db_group.command("check")
def db_check() -> None:
    """Say whether the migrations make what the models say."""
    alembic_command.check(_config())


@db_group.command("revision")
@click.argument("sentence")
@click.option("--number", required=True, help="Its number: 0007.")
def db_revision(sentence: str, number: str) -> None:
    """Write the next numbered revision from the models."""
    alembic_command.revision(_config(), sentence, autogenerate=True, rev_id=number)
