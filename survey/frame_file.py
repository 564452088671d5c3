"""The frame's file as it comes: CSV in UTF-8 or GBK, or a workbook; read row by row, columns found by name."""

from __future__ import annotations

import csv
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from core.problems import Invalid
from core.terms import Term, Words
from survey.frame_workbook import check_workbook, extent

MOST_BYTES = 1_000_000_000
UTF16 = (b"\xff\xfe", b"\xfe\xff")
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_UNREADABLE = re.compile("[\ufffd\\x01-\\x08\\x0e-\\x1f]")
NOT_A_TABLE = Words(
    "不是 CSV 或 XLSX 文件（文字应为 UTF-8 或 GBK 编码）",
    "Neither a CSV nor an XLSX file (text should be in UTF-8 or GBK)",
)


class Column(Term):
    """What a column of the file may hold."""

    NUMBER = "number", "号码", "Number"
    COUNTY = "county", "县（区）", "County"
    TOWNSHIP = "township", "乡镇", "Township"
    RESIDENCE = "residence", "城乡", "Urban or rural"
    KIND = "kind", "类型", "Kind of line"
    ADULTS = "adults", "户内成年人数", "Adults in the household"
    SOURCE = "source", "来源", "Source"


REQUIRED = (Column.NUMBER, Column.COUNTY, Column.TOWNSHIP)

_NAMES: dict[Column, tuple[str, ...]] = {
    Column.NUMBER: (
        "号码",
        "电话",
        "电话号码",
        "手机号",
        "手机号码",
        "联系电话",
        "number",
        "phone",
        "phonenumber",
        "tel",
        "mobile",
    ),
    Column.COUNTY: ("县区", "区县", "县", "区", "县市区", "所属县区", "county", "district"),
    Column.TOWNSHIP: ("乡镇", "镇街", "乡镇街道", "街道", "镇", "township", "town", "subdistrict"),
    Column.RESIDENCE: ("城乡", "城乡类型", "城乡属性", "urbanrural", "residence", "urban"),
    Column.KIND: ("类型", "号码类型", "kind", "type", "linetype"),
    Column.ADULTS: ("户内成年人数", "成年人数", "成人数", "adults", "householdadults"),
    Column.SOURCE: ("来源", "数据来源", "source"),
}


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-/()（）.]+", "", unicodedata.normalize("NFKC", name)).lower()


def propose(head: Sequence[str]) -> dict[Column, int]:
    """Propose which column holds what, by name; a column is used once."""
    plain = [_plain(h) for h in head]
    found: dict[Column, int] = {}
    for column, names in _NAMES.items():
        for name in names:
            if name in plain and plain.index(name) not in found.values():
                found[column] = plain.index(name)
                break
    return found


def check_mapping(mapping: dict[Column, int], head: Sequence[str]) -> None:
    """Refuse a mapping that lacks a needed column, before anything is written."""
    lacking = [c for c in REQUIRED if c not in mapping]
    if lacking:
        raise Invalid(
            Words(
                "文件缺少必需的列：{lacking}。文件的列是：{head}。没有写入任何数据；请补上列名或在预览中指定。",
                "The file lacks needed columns: {lacking}. Its columns are: {head}. Nothing was written; name the "
                "columns or choose them in the preview.",
            ),
            lacking=Words("、".join(c.zh for c in lacking), ", ".join(c.en for c in lacking)),
            head="、".join(head) or "—",
        )


def masked_rows(rows: Sequence[Sequence[str]], mapping: dict[Column, int]) -> list[list[str]]:
    """Return rows for a preview: whatever could be a number shows its ends only."""
    number = mapping.get(Column.NUMBER, -1)
    return [
        [
            _masked(cell) if at == number or sum(map(str.isdigit, cell)) > 6 else cell[:40]
            for at, cell in enumerate(row)
        ]
        for row in rows
    ]


def _masked(text: str) -> str:
    return f"{text[:3]}****{text[-2:]}" if len(text) > 6 else text


@dataclass(frozen=True)
class FrameFile:
    """A file on disk with its kind and encoding found out."""

    path: Path
    kind: str
    encoding: str = ""
    delimiter: str = ","

    @classmethod
    def at(cls, path: Path) -> FrameFile:
        """Look at the file's first bytes; refuse what is neither a table of text nor a workbook."""
        if path.stat().st_size > MOST_BYTES:
            raise Invalid(
                Words("文件超过 1 GB，请分成几个文件导入", "The file is over 1 GB; please split it")
            )
        with path.open("rb") as opened:
            start = opened.read(65536)
        if not start.strip():
            raise Invalid(Words("文件是空的", "The file is empty"))
        if zipfile.is_zipfile(path):
            check_workbook(path)
            return cls(path, "xlsx")
        if start.startswith(OLD_OR_LOCKED):
            raise Invalid(
                Words(
                    "工作簿有密码，或是旧版 .xls；请去掉密码，另存为 .xlsx 或 CSV 再导入",
                    "The workbook has a password or is an old .xls; remove the password and save it as .xlsx or CSV",
                )
            )
        if (b"\x00" in start and not start.startswith(UTF16)) or start.startswith(b"%PDF"):
            raise Invalid(NOT_A_TABLE)
        encoding = _encoding(path, start)
        text = start.decode(encoding, "replace")
        if len(_UNREADABLE.findall(text)) * 50 > len(text):
            raise Invalid(NOT_A_TABLE)
        first = next((line for line in text.splitlines() if line.strip()), "")
        return cls(path, "csv", encoding, max(",\t;", key=first.count))

    def rows(self) -> Iterator[list[str]]:
        """Give every row as text, the head first."""
        return self._workbook_rows() if self.kind == "xlsx" else self._text_rows()

    def expected_rows(self) -> int:
        """Say about how many rows are to come, for a progress bar; 0 when nobody knows."""
        if self.kind == "xlsx":
            return extent(self.path).rows
        with self.path.open("rb") as opened:
            start = opened.read(1 << 20)
        return int(self.path.stat().st_size * start.count(b"\n") / max(len(start), 1))

    def head(self) -> list[str]:
        """Return the first row."""
        return next(self.rows(), [])

    def sample(self, n: int = 8) -> list[list[str]]:
        """Return the first rows after the head."""
        rows = self.rows()
        next(rows, None)
        return [row for _, row in zip(range(n), rows, strict=False)]

    def _text_rows(self) -> Iterator[list[str]]:
        with self.path.open(encoding=self.encoding, newline="", errors="replace") as opened:
            reader = csv.reader(opened, delimiter=self.delimiter)
            try:
                yield from reader
            except csv.Error as error:
                raise Invalid(
                    Words(
                        "第 {line} 行读不下去：多半是引号没有成对。没有写入任何数据。",
                        "Line {line} can't be read: most likely a quotation mark is not closed. Nothing was written.",
                    ),
                    line=reader.line_num,
                ) from error

    def _workbook_rows(self) -> Iterator[list[str]]:
        try:
            with CalamineWorkbook.from_path(str(self.path)) as book:
                sheet = book.get_sheet_by_index(0)
                if sheet.start is None:
                    return
                for row in sheet.iter_rows():
                    yield [_cell(value) for value in row]
        except CalamineError as error:
            raise Invalid(
                Words(
                    "工作簿打不开：文件可能已损坏或有密码",
                    "The workbook does not open: damaged, or locked by a password",
                )
            ) from error


def _encoding(path: Path, start: bytes) -> str:
    if start.startswith(UTF16):
        return "utf-16"
    # A GBK file may begin with plain digits for pages: the whole file is tried, not its start.
    try:
        with path.open(encoding="utf-8-sig") as opened:
            while opened.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()
