"""What a statistician does with the survey at the keyboard: estimates from a file, the cube counted anew."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from core.db import reading, transaction
from survey.cube_recount import recount
from survey.methods import spec as specification
from survey.waves import Wave


@click.group()
def survey() -> None:
    """Look after the survey's figures."""


@survey.command("rebuild-cube")
@click.option("--wave", "wave_id", type=int, help="One wave only; all of them when none is named.")
@with_appcontext
def rebuild_cube(wave_id: int | None) -> None:
    """Count the cube of the live indices anew from the interviews; each wave whole or not at all."""
    if "SETTINGS" not in current_app.config:
        raise click.ClickException(
            "This needs an installation: set the TINGMIN_ variables (docs/running.md)."
        )
    with reading() as session:
        ids = list(session.scalars(sa.select(Wave.id).order_by(Wave.id)))
    if wave_id is not None and wave_id not in ids:
        raise click.ClickException(f"There is no wave {wave_id}.")
    for each in ids if wave_id is None else [wave_id]:
        with transaction() as session:
            wave = session.get_one(Wave, each)
            click.echo(f"wave {each}: {recount(session, wave)} interviews")


@survey.command("estimate")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option(
    "--batch", is_flag=True, help='Answer a file {"cases": [...]}; a failing case leaves the others.'
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the answer here, whole or not at all.",
)
def estimate(spec: Path, batch: bool, out: Path | None) -> None:
    """Estimate from a CSV file as a specification in JSON asks (docs/methods.md); exit code 1 for an error."""
    answer = specification.answer_file(spec, batch=batch)
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False, indent=1)
    if "error" in answer:
        click.echo(text)
        raise SystemExit(1)
    if out is None:
        click.echo(text)
    else:
        try:
            write_whole(out, text + "\n")
        except OSError as trouble:
            raise click.ClickException(f"Cannot write {out}: {trouble.strerror}") from trouble
    if batch:
        failed = sum("error" in one for one in answer["results"].values())
        click.echo(f"{len(answer['results'])} cases, {failed} with an error", err=True)


def write_whole(path: Path, text: str) -> None:
    """Write beside the file and put it in place at once, so that a reader never sees half of it."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


GROUPS: list[click.Command] = [survey]
