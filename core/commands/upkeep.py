"""What keeps the house going from the keyboard: the worker, the keys, the drawings, the journal's chain."""

from __future__ import annotations

import logging

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from core import journal, rotation
from core.commands.database import ROOT
from core.db import reading, transaction
from core.flow_drawings import flows_page
from core.worker import Worker


@click.command("worker")
@click.option("--until-idle", is_flag=True, help="Stop when nothing waits.")
@with_appcontext
def worker(until_idle: bool) -> None:
    """Do the waiting jobs and the due sweeps until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    one = Worker()
    one.listen()
    one.run(until_idle=until_idle)


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
