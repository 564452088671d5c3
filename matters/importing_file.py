"""An import's file: CSV in UTF-8 or GBK, or a workbook, read as a table of words within bounds."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable

from python_calamine import CalamineError, CalamineWorkbook

from core.problems import Invalid
from core.terms import Words

MOST_BYTES = 8 * 1024 * 1024
MOST_UNPACKED = 80 * 1024 * 1024
MOST_ROWS = 2_000
MOST_COLUMNS = 60
LONGEST_CELL = 8_000
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,3})?(\d{1,9})["']""")
_OLD = b"\xd0\xcf\x11\xe0"
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\ufffd]")


def table(data: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return a file's head and its rows with their numbers in the file (the head is row 1)."""
    if len(data) > MOST_BYTES:
        raise Invalid(fields={"file": Words("文件超过 8 MB", "The file is over 8 MB")})
    if data.startswith(_OLD):
        raise Invalid(
            fields={
                "file": Words(
                    "有密码的或旧版 .xls 读不了，请另存为 .xlsx 或 CSV",
                    "A locked workbook or an old .xls can't be read: save it as .xlsx or CSV",
                )
            }
        )
    lines = _workbook(data) if data.startswith(b"PK") else _text(data)
    rows = [(n, cells) for n, cells in enumerate(lines, start=1) if any(c.strip() for c in cells)]
    if not rows:
        raise Invalid(fields={"file": Words("文件是空的", "The file is empty")})
    head = [c.strip() for c in rows[0][1]]
    width = max((n for n, name in enumerate(head, start=1) if name), default=0)
    if not 0 < width <= MOST_COLUMNS:
        raise Invalid(fields={"file": Words("列数不对：1 到 60 列", "There must be 1 to 60 columns")})
    if len(rows) - 1 > MOST_ROWS:
        raise Invalid(
            fields={
                "file": Words("一次最多 2000 行，请分成几份", "At most 2,000 rows at once: split the file")
            }
        )
    if len(rows) == 1:
        raise Invalid(fields={"file": Words("只有表头，没有内容", "There is a head but no row")})
    body = [(n, [c.strip()[:LONGEST_CELL] for c in (cells + [""] * width)[:width]]) for n, cells in rows[1:]]
    return head[:width], body


def _text(data: bytes) -> Iterable[list[str]]:
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise _unreadable() from error


def _decoded(data: bytes) -> str:
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_UNREADABLE.findall(text)) * 100 <= len(text):
            return text.replace("\x00", "")
    raise _unreadable()


def _workbook(data: bytes) -> list[list[str]]:
    try:
        _check_extent(data)
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        # The first row of the sheet is row 1, even where the sheet begins further down.
        return [[_word(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError) as error:
        raise _unreadable() from error


def _check_extent(data: bytes) -> None:
    """Refuse a workbook that unpacks to too much or claims rows and columns it can't need."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if sum(p.file_size for p in parts) > MOST_UNPACKED or len(parts) > 500:
            raise _too_large()
        if "xl/workbook.xml" not in {p.filename for p in parts}:
            raise _unreadable()
        for part in parts:
            if not part.filename.startswith("xl/worksheets/") or not part.filename.endswith(".xml"):
                continue
            with archive.open(part) as opened:
                sheet = opened.read(MOST_UNPACKED + 1)
            if len(sheet) > MOST_UNPACKED:
                raise _too_large()
            for column, row in _PLACE.findall(sheet):
                if int(row) > 10 * MOST_ROWS or _number(column) > 10 * MOST_COLUMNS:
                    raise _too_large()


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _word(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _unreadable() -> Invalid:
    return Invalid(
        fields={
            "file": Words(
                "不是能读的 CSV（UTF-8 或 GBK）或 XLSX", "Not a readable CSV (UTF-8 or GBK) or XLSX file"
            )
        }
    )


def _too_large() -> Invalid:
    return Invalid(
        fields={
            "file": Words(
                "工作簿声称的行列太多；删去空行空列，或另存为 CSV",
                "The workbook claims too many rows or columns: delete the empty ones, or save it as CSV",
            )
        }
    )
