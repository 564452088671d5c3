"""Files of figures that leave the house: each is handed out by one function, which leaves a line in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import Response

from core import clock, journal
from core.db import transaction
from core.export import csv_text
from core.people import acting
from core.terms import Words, language
from reports.blocks import Table
from reports.cells import plain

CSV = "text/csv"


def handed_out(name: str, body: str | bytes, of: str, *, rows: int = 0, kind: str = CSV) -> Response:
    """Give a file, and note who took it; `of` names what it is of, such as bulletin:3, never a person."""
    with transaction() as session:
        journal.write(session, "report.export", of, by=acting(), at=clock.now(), rows=rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype=kind, headers=headers)


def table_file(name: str, table: Table, of: str, *, is_keyed: bool = False) -> Response:
    """Give one table in full precision, its heads in the reader's language, or keyed for programs."""
    speech = language()
    head = [column.key if is_keyed else column.words.in_language(speech) for column in table.columns]
    return rows_file(name, head, [[plain(cell, speech) for cell in row] for row in table.rows], of)


def rows_file(name: str, head: Sequence[str], rows: Sequence[Sequence[object]], of: str) -> Response:
    """Give rows of one's own making; words are written in the reader's language."""
    body = [[str(v) if isinstance(v, Words | date) else v for v in row] for row in rows]
    return handed_out(name, csv_text(head, body), of, rows=len(body))
