"""What a statistician does with reports at the keyboard: the data of a weight set written out."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from core import clock, journal
from core.db import reading, transaction
from core.problems import Problem
from core.terms import LANGUAGES
from reports.export_bundle import bundle
from reports.export_files import FileFormat
from reports.export_replicates import FEWEST, MOST, REPLICATES, ReplicateMethod
from reports.maps import bring
from survey.weighting import WeightSet


@click.group()
def reports() -> None:
    """Look after what leaders read."""


@reports.command("export")
@click.option("--set", "set_id", type=int, required=True, help="The weight set.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The ZIP file to write."
)
@click.option("--format", "formats", multiple=True, type=click.Choice([f.value for f in FileFormat]))
@click.option("--language", default="zh", type=click.Choice(LANGUAGES), help="Language of the labels.")
@click.option("--method", default="bootstrap", type=click.Choice([m.value for m in ReplicateMethod]))
@click.option("--replicates", default=REPLICATES, type=click.IntRange(FEWEST, MOST), show_default=True)
@with_appcontext
def export(
    set_id: int, out: Path, formats: tuple[str, ...], language: str, method: str, replicates: int
) -> None:
    """Write the respondents of a weight set, without identity, with the R script that reproduces its figures."""
    chosen = [FileFormat.of(f) for f in formats] or list(FileFormat)
    part = out.with_name(f".{out.name}.part")
    try:
        with reading() as session:
            made = session.get(WeightSet, set_id)
            if made is None:
                raise click.ClickException(f"There is no weight set {set_id}.")
            found = bundle(
                session,
                made,
                part,
                formats=chosen,
                language=language,
                method=ReplicateMethod.of(method),
                count=replicates,
            )
        with transaction() as session:
            journal.write(
                session,
                "data_export.make",
                f"weight_set:{set_id}",
                by=None,
                at=clock.now(),
                weight_set=set_id,
                files=list(found.files),
                interviews=found.interviews,
            )
        part.replace(out)
    except Problem as problem:
        raise click.ClickException(problem.words.in_language("en")) from problem
    except OSError as trouble:
        raise click.ClickException(f"Cannot write {out}: {trouble.strerror}") from trouble
    finally:
        part.unlink(missing_ok=True)
    click.echo(
        f"{found.interviews} interviews, {found.columns} columns, {found.replicates} replicate weights: {out}"
    )


GROUPS: list[click.Command] = [reports]


@reports.command("outlines")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Where the outlines are from.")
@with_appcontext
def outlines(file: Path, source: str) -> None:
    """Take the outlines of places for maps from a GeoJSON file."""
    try:
        with transaction() as session:
            found = bring(session, file.read_bytes(), source, by=None, at=clock.now())
    except Problem as problem:
        raise click.ClickException(problem.words.in_language("en")) from problem
    click.echo(f"{found.taken} outlines taken")
    for fault in found.faults[:20]:
        click.echo(f"feature {fault.number} ({fault.name}) left out: {fault.words.in_language('en')}")
    if len(found.faults) > 20:
        click.echo(f"… and {len(found.faults) - 20} more")
