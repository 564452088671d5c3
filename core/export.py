"""Tables that leave the house as files: UTF-8 with a mark that office programs read, safe from formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> object:
    """Return the value so that an office program shows it as text and never runs it."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_DANGEROUS):
        return "'" + value
    return value


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV text with a byte-order mark, headed and guarded."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue()
