"""The commands that keep the house: worker, database, people, keys, drawings."""

from __future__ import annotations

import logging
from pathlib import Path

import click
import sqlalchemy as sa
from alembic import command as alembic_command
from alembic.config import Config
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from core import clock, journal, personnel, rotation
from core.db import database, reading, transaction
from core.flow_drawings import flows_page
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid, Problem
from core.worker import Worker

ROOT = Path(__file__).resolve().parent.parent


class HouseProblem(click.ClickException):
    """A refusal in words, for the terminal."""

    def __init__(self, problem: Problem) -> None:
        lines = [problem.words.in_language("en")]
        if isinstance(problem, Invalid):
            lines += [f"  {name}: {words.in_language('en')}" for name, words in problem.fields.items()]
        super().__init__("\n".join(lines))


@click.command("worker")
@click.option("--until-idle", is_flag=True, help="Stop when nothing waits.")
@with_appcontext
def worker(until_idle: bool) -> None:
    """Do the waiting jobs and the due sweeps until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    one = Worker()
    one.listen()
    one.run(until_idle=until_idle)


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


staff_group = AppGroup("staff", help="People, from the terminal.")


@staff_group.command("create-admin")
@click.argument("username")
@click.option("--name", default="管理员", help="The person's name.")
@click.option("--password", default=None, help="A first password; one is made when none is given.")
def create_admin(username: str, name: str, password: str | None) -> None:
    """Take on an administrator; the first password is printed once."""
    chosen = password or personnel.fresh_password()
    try:
        with transaction() as session:
            personnel.take_on(
                session,
                username=username.lower(),
                name=name,
                roles={Role.ADMINISTRATOR},
                unit_id=None,
                home_county_id=None,
                language="zh",
                password=chosen,
                by=None,
                at=clock.now(),
            )
    except Invalid as problem:
        raise HouseProblem(problem) from problem
    click.echo(
        f"Administrator {username.lower()} can sign in at {current_app.config['SETTINGS'].public_base_url}"
    )
    if password is None:
        click.echo(f"First password (shown once): {chosen}")


def _someone(session: sa.orm.Session, username: str) -> Staff:
    staff = session.scalars(sa.select(Staff).where(Staff.username == username.lower())).first()
    if staff is None:
        raise click.ClickException(f"There is nobody called {username}.")
    return staff


@staff_group.command("reset-password")
@click.argument("username")
def reset_password(username: str) -> None:
    """Give a new first password, printed once."""
    with transaction() as session:
        password = personnel.reset_password(session, _someone(session, username), by=None, at=clock.now())
    click.echo(f"New password of {username.lower()} (shown once): {password}")


@staff_group.command("reset-code")
@click.argument("username")
def reset_code(username: str) -> None:
    """Forget a person's authenticator."""
    with transaction() as session:
        personnel.reset_code(session, _someone(session, username), by=None, at=clock.now())
    click.echo(f"{username.lower()} enrols a new authenticator at the next sign-in.")


@staff_group.command("unlock")
@click.argument("username")
def unlock(username: str) -> None:
    """Open a locked account."""
    with transaction() as session:
        personnel.unlock(session, _someone(session, username), by=None, at=clock.now())
    click.echo(f"{username.lower()} can sign in again.")


keys_group = AppGroup("keys", help="The keys that seal numbers, reporters and notes.")


@keys_group.command("show")
def keys_show() -> None:
    """Name the keys of the ring, never their values."""
    for purpose, current, ids in rotation.summary():
        click.echo(f"{purpose}: seals with {current}, opens {', '.join(map(str, ids))}")


@keys_group.command("add")
def keys_add() -> None:
    """Add a new key for every purpose and seal with it from now on (restart web and workers afterwards)."""
    path = current_app.config["SETTINGS"].keys_file
    rotation.add_keys(path)
    click.echo(f"New keys are in {path}. Back it up, restart web and workers, then: flask keys reseal")


@keys_group.command("reseal")
@click.option("--batch", default=500, show_default=True)
def keys_reseal(batch: int) -> None:
    """Seal every stored value under the newest keys; safe to stop and run again."""
    total = 0
    for table, column in rotation.sealed_columns():
        count = 0
        after: object = None
        while True:
            with transaction() as session:
                changed, after = rotation.reseal(session, table, column, after=after, limit=batch)
            count += changed
            if after is None:
                break
        click.echo(f"{table.name}.{column.name}: {count}")
        total += count
    click.echo(f"{total} values sealed anew.")


docs_group = AppGroup("docs", help="Documents that are written from the code.")


@docs_group.command("flows")
@click.option("--check", is_flag=True, help="Only say whether docs/flows.md is up to date.")
def docs_flows(check: bool) -> None:
    """Draw every flow of the house into docs/flows.md."""
    path = ROOT / "docs" / "flows.md"
    text = flows_page()
    if check:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            raise click.ClickException("docs/flows.md is not what the code says; run: flask docs flows")
        return
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    click.echo("docs/flows.md is written.")


journal_group = AppGroup("journal", help="The journal.")


@journal_group.command("verify")
def journal_verify() -> None:
    """Check the journal's chain from its first line."""
    with reading() as session:
        broken = journal.first_break(session)
    if broken is not None:
        raise click.ClickException(f"The chain breaks at line {broken}: it was changed after it was written.")
    click.echo("The chain holds.")


COMMANDS: list[click.Command] = [worker, db_group, staff_group, keys_group, docs_group, journal_group]
