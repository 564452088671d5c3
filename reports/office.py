"""The bulletin as a Word document that an office can edit: the same parts, tables and charts as on paper."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from reports.paper import Paper, Part

SANS, SERIF = "Noto Sans CJK SC", "Noto Serif CJK SC"
RED, SOFT = RGBColor(0xB3, 0x26, 0x1E), RGBColor(0x5B, 0x67, 0x70)
EPOCH = (1980, 1, 1, 0, 0, 0)
MANY_COLUMNS = 9
"""From so many columns on the type is smaller."""
TALL, LONG = Cm(21), Cm(29.7)


def docx(paper: Paper) -> bytes:
    """Write a bulletin as DOCX; the same bulletin gives the same bytes on the same machine."""
    document = Document()
    _page(document)
    facts = paper.facts()
    _head(document, facts)
    for part in paper.sections():
        _turn(document, is_wide=False)
        document.add_heading(f"{part['number']}　{part['words']}", level=2)
        for figure in part["figures"]:
            _figure(document, figure)
        for block in part["blocks"]:
            _block(document, paper, block)
        if part["comment"]:
            document.add_paragraph(part["comment"], style="Intense Quote")
    _turn(document, is_wide=False)
    _lists(document, paper, facts)
    _small(document, facts["foot"])
    annex, corrected, written = paper.annex(), paper.corrected(), paper.written()
    if annex or corrected or written:
        document.add_page_break()  # type: ignore[no-untyped-call]
        document.add_heading(facts["annex_words"], level=2)
        for text in corrected:
            document.add_paragraph(text, style="List Bullet")
        _advised(document, written)
        for block in annex:
            _block(document, paper, block)
    core = document.core_properties
    core.title, core.author = facts["title"], facts["place"]
    core.created = core.modified = paper.bulletin.as_of.astimezone(UTC).replace(tzinfo=None)
    out = io.BytesIO()
    document.save(out)
    return _settled(out.getvalue())


def _page(document: Any) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = TALL, LONG
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(1.8)
    for name, font, size in (("Normal", SANS, 9.5), ("Heading 2", SANS, 11.5), ("Intense Quote", SANS, 9.5)):
        style = document.styles[name]
        style.font.name, style.font.size = font, Pt(size)
        # Word takes the type of Chinese letters from an attribute of its own.
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    document.styles["Normal"].paragraph_format.space_after = Pt(2)


def _head(document: Any, facts: Part) -> None:
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run(facts["kind"])
    run.font.size, run.font.bold, run.font.color.rgb, run.font.name = Pt(22), True, RED, SERIF
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), SERIF)
    under = document.add_paragraph(f"{facts['number']}　　{facts['period']}　　{facts['place']}")
    under.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if facts["imprint"]:
        _small(document, facts["imprint"])


def _figure(document: Any, figure: Part) -> None:
    line = document.add_paragraph()
    line.add_run(f"{figure['words']}　").bold = True
    if figure["withheld"]:
        line.add_run(figure["withheld"])
        return
    value = line.add_run(figure["value"])
    value.bold, value.font.size = True, Pt(15)
    line.add_run(f"　{figure['interval']}")
    for told in figure["comparisons"]:
        document.add_paragraph(told, style="List Bullet")


def _turn(document: Any, is_wide: bool) -> None:
    """Begin pages that lie on their side, or that stand again."""
    now = document.sections[-1]
    wanted = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    if now.orientation != wanted:
        begun = document.add_section(WD_SECTION.NEW_PAGE)
        begun.orientation = wanted
        begun.page_width, begun.page_height = (LONG, TALL) if is_wide else (TALL, LONG)


def _block(document: Any, paper: Paper, block: Part) -> None:
    _turn(document, bool(block.get("is_wide")))
    match block["kind"]:
        case "points":
            for point in block["points"]:
                document.add_paragraph(point, style="List Number")
        case "prose":
            document.add_paragraph(block["text"])
        case "table":
            _table(document, block)
        case "chart":
            drawn = paper.picture(block["address"], form="png")
            if drawn is not None:
                caption = document.add_paragraph()
                caption.add_run(block["words"]).bold = True
                caption.paragraph_format.keep_with_next = True
                document.add_picture(io.BytesIO(drawn), width=Cm(16.5))


def _table(document: Any, block: Part) -> None:
    caption = document.add_paragraph()
    caption.add_run(block["words"]).bold = True
    caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=len(block["columns"]), style="Light Grid Accent 1")
    size = Pt(7 if len(block["columns"]) >= MANY_COLUMNS else 8.5)
    _row(table.rows[0], [c["words"] for c in block["columns"]], block["columns"], size)
    for cells in block["rows"]:
        _row(table.add_row(), cells, block["columns"], size)
    if block["note"]:
        _small(document, block["note"])


def _row(row: Any, texts: list[str], columns: list[Part], size: Pt) -> None:
    for cell, text, column in zip(row.cells, texts, columns, strict=True):
        line = cell.paragraphs[0]
        line.add_run(text).font.size = size
        if column["is_number"]:
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _lists(document: Any, paper: Paper, facts: Part) -> None:
    advised, corrected = paper.advised(), paper.corrected()
    if advised:
        document.add_heading(facts["advice_words"], level=2)
        _advised(document, advised)
    if corrected:
        document.add_heading(facts["corrections_words"], level=2)
        document.add_paragraph(paper.correction_note())


def _advised(document: Any, items: list[Part]) -> None:
    for item in items:
        line = document.add_paragraph()
        line.add_run(f"{item['kind']}　").bold = True
        line.add_run(f"{item['text']}　{item['facts']}")


def _small(document: Any, text: str) -> None:
    run = document.add_paragraph().add_run(text)
    run.font.size, run.font.color.rgb = Pt(8), SOFT


def _settled(content: bytes) -> bytes:
    """Pack the document again with one moment for every part: a package's own clock would change its bytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            info = zipfile.ZipInfo(name, date_time=EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(info, before.read(name))
    return out.getvalue()
