"""What a statistician does with the survey at the keyboard: a weight set written out to be checked elsewhere."""

from __future__ import annotations

import csv
from pathlib import Path

import click
from flask.cli import with_appcontext

from core.db import reading
from core.problems import Problem
from survey.weight_export import Row, tables
from survey.weighting import WeightSet


@click.group()
def survey() -> None:
    """Look after the survey's figures."""


def write_csv(path: Path, head: Row, rows: list[Row]) -> None:
    """Write a plain table; another program reads it, so no mark and no guard are added."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


@survey.command("export-check")
@click.argument("weight_set", type=int)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to."
)
@with_appcontext
def export_check(weight_set: int, out: Path) -> None:
    """Write interviews.csv and margins.csv of a weight set, for R's survey package (docs/methods.md)."""
    with reading() as session:
        made = session.get(WeightSet, weight_set)
        if made is None:
            raise click.ClickException(f"There is no weight set {weight_set}.")
        try:
            found = tables(session, made)
        except Problem as problem:
            raise click.ClickException(problem.words.in_language("en")) from problem
    out.mkdir(parents=True, exist_ok=True)
    write_csv(out / "interviews.csv", found.interviews_head, found.interviews)
    write_csv(out / "margins.csv", found.margins_head, found.margins)
    click.echo(f"{len(found.interviews)} interviews, {len(found.margins)} categories: {out}")


GROUPS: list[click.Command] = [survey]
