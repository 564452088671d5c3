"""What is done with matters at the keyboard: deadlines recomputed with progress."""

from __future__ import annotations

from time import perf_counter

import click
from flask.cli import with_appcontext

from core import clock
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


GROUPS = [matters]
