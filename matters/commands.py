"""What is done with matters at the keyboard: deadlines recomputed with progress."""

from __future__ import annotations

from time import perf_counter

import click
from flask.cli import with_appcontext

from core import clock
from core.db import transaction
from matters import sweep
from matters.recomputing import recompute_all


@click.group()
def matters() -> None:
    """Look after matters and their clocks."""


@matters.command("recompute")
@with_appcontext
def recompute() -> None:
    """Recompute deadlines and colours of all open matters; safe to stop and to repeat."""

    def tell(done: int, total: int) -> None:
        click.echo(f"\r{done:,}/{total:,}", nl=False, err=True)

    began = perf_counter()
    changed = recompute_all(clock.now(), tell=tell)
    click.echo(err=True)
    click.echo(f"{changed:,} changed in {perf_counter() - began:.1f} s")


@matters.command("tick")
@with_appcontext
def tick() -> None:
    """Carry out at once what the clock has to do by now, as the worker does all day."""
    for name, run in (
        ("clock", sweep.tick_all),
        ("overdue", sweep.tell_overdue),
        ("retries", sweep.give_again),
    ):
        with transaction() as session:
            done = run(session, clock.now())
        click.echo(f"{name}: {done}")


GROUPS = [matters]
