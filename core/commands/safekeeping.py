"""What keeps the house from loss: backups made, and brought back, from the keyboard."""

from __future__ import annotations

from pathlib import Path

import click
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext

from core import clock, journal
from core.backup import back_up
from core.backup import restore as bring_back
from core.commands.database import alembic_config
from core.commands.refusing import HouseProblem
from core.db import database, transaction
from core.problems import Problem

FOLDER = click.Path(file_okay=False, path_type=Path)


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config(""))


@click.command("backup")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--without-keys", is_flag=True, help="Leave the key file out; it is kept elsewhere.")
@with_appcontext
def backup(folder: Path, without_keys: bool) -> None:
    """Write database, uploads and keys into the new folder DIR while the house goes on working."""
    try:
        manifest = back_up(
            database(), current_app.config["SETTINGS"], folder, with_keys=not without_keys, at=clock.now()
        )
    except Problem as problem:
        raise HouseProblem(problem) from problem
    with transaction() as session:
        journal.write(session, "backup.made", "house", by=None, at=clock.now(), files=len(manifest.files))
    click.echo(f"{folder}: {len(manifest.files)} files, revision {manifest.revision}.")
    if not without_keys:
        click.echo("It holds the keys: whoever has this folder can read everything. Keep it locked away.")


@click.command("restore")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--replace", is_flag=True, help="Overwrite the data that are here (stop web and workers first)."
)
@with_appcontext
def restore(folder: Path, replace: bool) -> None:
    """Make database, uploads and keys what the backup in DIR says."""
    scripts = _scripts()
    known = {script.revision for script in scripts.walk_revisions()}
    try:
        manifest = bring_back(
            database(), current_app.config["SETTINGS"], folder, replace=replace, known=known
        )
    except Problem as problem:
        raise HouseProblem(problem) from problem
    click.echo(f"Restored what was backed up at {manifest.made_at}, revision {manifest.revision}.")
    if manifest.revision != scripts.get_current_head():
        click.echo("The program is newer than the backup: now run flask db upgrade.")
        return
    with transaction() as session:
        journal.write(session, "backup.restored", "house", by=None, at=clock.now(), made=manifest.made_at)
