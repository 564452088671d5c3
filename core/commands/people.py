"""What the administrator does with people at the keyboard: the first account, passwords, locks."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from core import clock, personnel
from core.commands.refusing import HouseProblem
from core.db import transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid

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
