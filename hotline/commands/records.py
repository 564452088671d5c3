"""What is done with counselling records at the keyboard: verify who read them, and delete what is due."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from core import clock
from core.db import reading, transaction
from hotline.read_log import end_of_log, first_break
from hotline.retention import due, years_of
from hotline.retention_classes import KeptClass
from hotline.retention_rounds import delete_all_due


@click.command("verify-reads")
@with_appcontext
def verify_reads() -> None:
    """Verify the read log from its first row to its last, and print its end to be kept elsewhere."""
    with reading() as session:
        found = first_break(session)
        seq, mark = end_of_log(session)
    if found is not None:
        raise click.ClickException(f"the read log is broken at {found.seq}: {found.what}")
    click.echo(f"{seq} readings, whole; the end is {mark}")


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only say what is due.")
@with_appcontext
def retention(dry_run: bool) -> None:
    """Delete counselling records and numbers whose time has come; safe to stop and to repeat."""
    now = clock.now()
    with reading() as session:
        for kept in KeptClass:
            found = due(session, kept, at=now, limit=1_000_000)
            click.echo(
                f"{kept.value}: kept {years_of(session, kept):g} years, {len(found.contacts)} due, "
                f"{found.held} held back"
            )
    while not dry_run:
        with transaction() as session:
            runs = delete_all_due(session, now)
            for run in runs:
                click.echo(f"{run.kept.value}: {run.contacts}, {run.rows}, left {run.left}, {run.digest}")
        if not runs:
            break
