"""Opening a questionnaire workbook with bounds: size, parts, rows and columns, and no XML entities."""

import io
import re
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook

from core.terms import Words
from survey.xlsform_problem import Problem, XlsformError

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_CONTENT = 20 * 1024 * 1024
MOST_PARTS = 500
MOST_ROWS = 5_000
MOST_COLUMNS = 256
LAST_ROW_LOOKED_AT = 20_000
LONGEST_CELL = 20_000

SHEETS = ("survey", "choices", "settings")
_FORBIDDEN = tuple(
    mark.encode(encoding)
    for mark in ("<!DOCTYPE", "<!ENTITY")
    for encoding in ("ascii", "utf-16-le", "utf-16-be")
)


@dataclass(frozen=True)
class Sheet:
    """A sheet as texts: the header row and each non-empty row with its number in the workbook."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    is_cut: bool = False


def open_workbook(source: bytes | str | Path) -> dict[str, Sheet]:
    """Read the three sheets of an XLSForm; refuse what is not a workbook, too large or unsafe."""
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    _check_archive(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            try:
                found = {title.strip().lower(): title for title in book.sheetnames}
                return {name: _sheet(name, book[found[name]]) for name in SHEETS if name in found}
            finally:
                book.close()
    except XlsformError:
        raise
    except Exception as error:  # the library raises whatever a broken part makes it trip over
        raise _refused("xlsx", "文件损坏，无法读取", "The file is damaged and cannot be read") from error


def _check_archive(data: bytes) -> None:
    if len(data) > LARGEST_FILE:
        raise _refused("size", "文件超过 10 MB", "The file is larger than 10 MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_CONTENT:
                raise _refused(
                    "size",
                    "文件展开后过大（可能是压缩炸弹）",
                    "The file unpacks to too much (perhaps a zip bomb)",
                )
            if "xl/workbook.xml" not in archive.namelist() or any(part.flag_bits & 1 for part in parts):
                raise _refused("xlsx", "不是未加密的 .xlsx 工作簿", "Not an unencrypted .xlsx workbook")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    content = archive.read(part)
                    if any(mark in content for mark in _FORBIDDEN):
                        raise _refused("DOCTYPE", "文件含 XML 实体声明", "The file declares XML entities")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _refused(
            "xlsx",
            "不是 .xlsx 工作簿；请另存为 .xlsx 再导入",
            "Not an .xlsx workbook; save it as .xlsx and import again",
        ) from error
    except Exception as error:
        if isinstance(error, XlsformError):
            raise
        raise _refused("xlsx", "文件损坏，无法读取", "The file is damaged and cannot be read") from error


def _sheet(name: str, sheet: object) -> Sheet:
    header: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[str, ...]]] = []
    is_cut = False
    # the claimed size of a sheet is not believed; rows come one by one and looking stops where it is pointless
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):  # type: ignore[attr-defined]
        if number > LAST_ROW_LOOKED_AT:
            is_cut = True
            break
        if all(cell is None for cell in row):
            continue
        cells = tuple(_text(name, number, cell) for cell in row)
        if not any(cells):
            continue
        if header is None:
            header = cells
            continue
        if len(rows) >= MOST_ROWS:
            words = Words(f"超过 {MOST_ROWS} 行", f"More than {MOST_ROWS} rows")
            raise XlsformError([Problem(name, number, "", "rows", words)])
        rows.append((number, cells))
    return Sheet(name, header or (), tuple(rows), is_cut)


def _text(sheet: str, row: int, cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = re.sub(r"[\u00a0\u200b\ufeff]", " ", str(cell)).strip()
    if len(text) > LONGEST_CELL:
        words = Words(
            f"单元格超过 {LONGEST_CELL} 个字符", f"A cell holds more than {LONGEST_CELL} characters"
        )
        raise XlsformError([Problem(sheet, row, "", "cell", words)])
    return text


def _refused(feature: str, zh: str, en: str) -> XlsformError:
    return XlsformError([Problem("workbook", 0, "", feature, Words(zh, en))])
