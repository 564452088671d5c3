"""A frame's workbook, looked through before it is opened: what it claims to hold against what it holds."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from core.problems import Invalid
from core.terms import Words

MOST_CONTENT = 2_000_000_000
MOST_PARTS = 2_000
MOST_COLUMNS = 200
ALWAYS_FINE = 2_000_000
"""Cells that a sheet may span, however few of them are filled."""
SPARSEST = 4
"""A larger sheet may span at most so many cells for each that is filled."""

_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})(\d{1,9})["']""")
_PIECE = 1 << 20


@dataclass(frozen=True)
class Extent:
    """The rows and columns a sheet spans, and how many of its cells are filled."""

    rows: int
    columns: int
    cells: int

    @property
    def is_sparse(self) -> bool:
        """Say whether it spans far more than it holds: opening it would fill the memory with nothing."""
        return self.rows * self.columns > max(ALWAYS_FINE, SPARSEST * self.cells)


def check_workbook(path: Path) -> None:
    """Refuse a workbook that is locked, is none, unpacks to too much or claims far more than it holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged() from error
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        raise Invalid(
            Words("压缩包里没有工作簿：不是 .xlsx 文件", "No workbook in the archive: not an .xlsx file")
        )
    if any(part.flag_bits & 1 for part in parts):
        raise Invalid(Words("工作簿有密码，请去掉密码再导入", "The workbook has a password; remove it first"))
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_CONTENT:
        raise Invalid(
            Words(
                "工作簿展开后超过 2 GB，请改用 CSV 或分成几份",
                "The workbook unpacks to over 2 GB; use CSV or split it",
            )
        )
    found = extent(path)
    if found.is_sparse or found.columns > MOST_COLUMNS:
        raise Invalid(
            Words(
                "工作簿声称有 {rows} 行 × {columns} 列，实际只填了 {cells} 个单元格。请删去多余的空行空列，"
                "或另存为 CSV 再导入。没有写入任何数据。",
                "The workbook claims {rows} rows × {columns} columns with only {cells} cells filled. Delete the empty "
                "rows and columns, or save it as CSV. Nothing was written.",
            ),
            rows=f"{found.rows:,}",
            columns=f"{found.columns:,}",
            cells=f"{found.cells:,}",
        )


def extent(path: Path) -> Extent:
    """Return what the largest sheet of a workbook spans and holds, read piece by piece."""
    stat = path.stat()
    return _extent(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _extent(path: Path, _changed: int, _size: int) -> Extent:
    try:
        with zipfile.ZipFile(path) as archive:
            sheets = [n for n in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", n)]
            spans = []
            for name in sheets:
                with archive.open(name) as opened:
                    spans.append(_span(opened))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _damaged() from error
    return max(spans, key=lambda e: e.rows * e.columns, default=Extent(0, 0, 0))


def _span(sheet: IO[bytes]) -> Extent:
    rows = cells = 0
    columns: set[bytes] = set()
    tail, unpacked = b"", 0
    while piece := sheet.read(_PIECE):
        unpacked += len(piece)
        if unpacked > MOST_CONTENT:  # the size in the archive's list was not true
            raise ValueError("unpacks to too much")
        text = tail + piece
        end = text.rfind(b">") + 1  # a tag that is cut in two is looked at with the next piece
        places = _PLACE.findall(text[:end])
        tail = text[end:][-4096:]
        if places:
            letters = [column for column, _ in places]
            columns.update(letters)
            cells += len(letters) - letters.count(b"")
            rows = max(rows, *(int(row) for _, row in places))
    return Extent(rows, max((_column(c) for c in columns), default=0), cells)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _damaged() -> Invalid:
    return Invalid(
        Words("工作簿打不开：文件可能已损坏", "The workbook does not open: the file may be damaged")
    )
