"""Workbooks that are damaged, hostile or too large: refused in bounded time."""

import io
import time
import zipfile

import pytest
from openpyxl import Workbook

from survey.xlsform import read_xlsform
from survey.xlsform_workbook import MOST_ROWS
from tests.survey.questionnaire.workbooks import EVERYTHING, HEAD, faults, workbook


def _zipped(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return stream.getvalue()


def test_a_zip_bomb_is_refused() -> None:
    bomb = _zipped(xl__workbook_dot_xml=b"<workbook/>", xl__sharedStrings_dot_xml=b" " * (60 * 1024 * 1024))
    assert faults(bomb) == [("workbook", 0, "", "size")]


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_xml_entities_are_refused(encoding: str) -> None:
    doctype = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'
    assert faults(_zipped(xl__workbook_dot_xml=doctype.encode(encoding))) == [("workbook", 0, "", "DOCTYPE")]


@pytest.mark.parametrize(
    "data", [b"", b"type,name,label\n", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0" + b"0" * 600]
)
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    assert faults(data) == [("workbook", 0, "", "xlsx")]


def test_a_damaged_workbook_is_refused() -> None:
    assert faults(_zipped(xl__workbook_dot_xml=b"<workbook/>")) == [("workbook", 0, "", "xlsx")]
    whole = EVERYTHING
    assert faults(whole[: len(whole) // 2]) == [("workbook", 0, "", "xlsx")]


def test_too_large_a_file_is_refused() -> None:
    assert faults(b"0" * (11 * 1024 * 1024)) == [("workbook", 0, "", "size")]


def test_a_sheet_claiming_every_row_does_not_hang() -> None:
    book = Workbook()
    book.active.title = "survey"
    for row in (HEAD, ["text", "q", "Q"]):
        book.active.append(row)
    book.active.cell(1_048_576, 16_384, "far away")
    stream = io.BytesIO()
    book.save(stream)
    began = time.monotonic()
    form = read_xlsform(stream.getvalue())
    assert time.monotonic() - began < 5
    assert [(notice.row, notice.feature) for notice in form.notices] == [(20_000, "rows")]


def test_too_many_rows_are_refused() -> None:
    rows = [["text", f"q{n}", "Q"] for n in range(MOST_ROWS + 1)]
    assert faults(workbook([HEAD, *rows])) == [("survey", MOST_ROWS + 2, "", "rows")]


def test_a_workbook_without_questions_is_refused() -> None:
    assert faults(workbook([HEAD]))[0][3] == "survey"
    assert faults(workbook([["a", "b"], ["c", "d"]])) == [("survey", 0, "type", "survey")]
