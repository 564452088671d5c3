"""Write the default instrument's workbook from its reviewed wording: `python -m survey.instruments.build`."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from survey.instruments import SECURITY
from survey.instruments.security import SURVEY
from survey.instruments.security_scales import FAVOURABLE, LISTS, SETTINGS

LANGUAGES = ("中文 (zh)", "English (en)")
TEXTS = ("label", "reversed", "probe", "hint", "constraint_message")
PLAIN = ("type", "name", "required", "relevant", "constraint", "calculation", "split", "sensitive", "index")
_WRITTEN = datetime(2026, 1, 1)  # fixed: the same wording gives the same workbook


def build(path: Path = SECURITY) -> None:
    """Write the workbook to a path."""
    book = Workbook()
    book.properties.creator = "Tingmin"
    book.properties.created = book.properties.modified = _WRITTEN
    survey = book.active
    survey.title = "survey"
    columns = [*PLAIN[:2], *(f"{text}::{language}" for text in TEXTS for language in LANGUAGES), *PLAIN[2:]]
    rows: list[list[object]] = [list(columns)]
    for entry in SURVEY:
        pairs = [entry.get(text, ("", "")) for text in TEXTS]
        words = [word for pair in pairs for word in pair]
        rows.append([*(entry[key] for key in PLAIN[:2]), *words, *(entry.get(key, "") for key in PLAIN[2:])])
    _fill(survey, rows)
    choices: list[list[object]] = [
        ["list_name", "name", *(f"label::{name}" for name in LANGUAGES), "favourable"]
    ]
    for name, options in LISTS.items():
        for code, (zh, en) in enumerate(options, 1):
            choices.append([name, str(code), zh, en, "yes" if code <= FAVOURABLE.get(name, 0) else ""])
    _fill(book.create_sheet("choices"), choices)
    _fill(book.create_sheet("settings"), [list(SETTINGS), list(SETTINGS.values())])
    book.save(path)


def _fill(sheet: object, rows: Iterable[list[object]]) -> None:
    for row in rows:
        sheet.append([cell if cell != "" else None for cell in row])  # type: ignore[attr-defined]
    for cell in sheet[1]:  # type: ignore[index]
        cell.font = Font(bold=True)
    for column in sheet.columns:  # type: ignore[attr-defined]
        widest = max(len(str(cell.value or "")) for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(60, max(10, widest + 2))  # type: ignore[attr-defined]
        for cell in column[1:]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "C2"  # type: ignore[attr-defined]


if __name__ == "__main__":
    build()
