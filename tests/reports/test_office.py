"""The Word document carries the whole bulletin: every sentence, every cell, every chart, in both languages, and opens again."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT

from core.db import Database, transaction
from reports.assembling import assemble
from reports.blocks import Chart, Points, Prose, Table
from reports.bulletins import BulletinKind
from reports.cells import lines
from reports.drawing import has_type
from reports.office import docx
from reports.paper import WIDE_FROM, Paper
from tests.reports.issues import CUT, WEEK, a_city_at_work

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_lost_on_the_way_into_word(sqlite: Database, language: str) -> None:
    if not has_type():
        pytest.skip("This machine has no Chinese type, and the page says so")
    with transaction() as session:
        a_city_at_work(session)
        made = assemble(session, BulletinKind.WEEKLY, WEEK, by=None, at=CUT)
        made.comments = {"points": "路灯问题集中。"}
        content = made.content
        written = docx(Paper(made, content, language))
    document = Document(io.BytesIO(written))
    told = [p.text for p in document.paragraphs]
    for section in content.sections:
        assert f"{section.number}　{section.words.in_language(language)}" in told
        for block in section.blocks:
            if isinstance(block, Points):
                assert {p.text.in_language(language) for p in block.points} <= set(told)
            elif isinstance(block, Prose):
                assert block.text.in_language(language) in told
    assert "路灯问题集中。" in told
    kept = [[[c.text for c in row.cells] for row in table.rows] for table in document.tables]
    for table in (b for s in content.sections for b in s.blocks if isinstance(b, Table)):
        head = [c.words.in_language(language) for c in table.columns]
        assert [head, *lines(table, language)] in kept, table.id
    charts = [b for s in content.sections for b in s.blocks if isinstance(b, Chart) and b.kind != "map"]
    assert 0 < len(document.inline_shapes) <= len(charts)
    wide = [t for t in content.tables() if len(t.columns) >= WIDE_FROM and len(t.rows) > 1]
    turned = [s for s in document.sections if s.orientation == WD_ORIENT.LANDSCAPE]
    assert bool(turned) == bool(wide)
    assert all(s.page_width > s.page_height for s in turned)  # type: ignore[operator]
    with zipfile.ZipFile(
        io.BytesIO(written)
    ) as parts:  # a reader of its own, without the library that wrote it
        body = ElementTree.fromstring(parts.read("word/document.xml"))
        pictures = [name for name in parts.namelist() if name.startswith("word/media/")]
    letters = "".join(t.text or "" for t in body.iter(f"{W}t"))
    assert content.sections[0].words.in_language(language) in letters
    assert len(list(body.iter(f"{W}tbl"))) == len(kept)
    assert pictures
