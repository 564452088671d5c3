"""The bulletin as PDF: two pages and an annex, with the charts of the screen and proper Chinese type."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from core.problems import Refused
from core.terms import Words
from reports.drawing import NoChineseType, has_type
from reports.paper import Paper

HERE = Path(__file__).parent / "print"
_pages = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def page(paper: Paper) -> str:
    """Return the page as HTML; its charts are addresses that `pdf` draws."""
    return _pages.get_template("bulletin.html").render(
        lang=paper.language,
        style=(HERE / "bulletin.css").read_text(encoding="utf-8"),
        sections=paper.sections(),
        annex=paper.annex(),
        advice=paper.advised(),
        written=paper.written(),
        corrections=paper.corrected(),
        correction_note=paper.correction_note(),
        **paper.facts(),
    )


class NoPrinter(Refused):
    """The machine can't make PDFs."""

    words = Words(
        "这台机器缺少排版用的系统库（libpangoft2-1.0-0），不能生成 PDF；可以先下载 Word。简报本身没有变动。",
        "This machine lacks the library that sets type (libpangoft2-1.0-0), so no PDF can be made; Word works. The "
        "bulletin itself is unchanged.",
    )


def printed(paper: Paper) -> bytes:
    """Print a bulletin as PDF; the same bulletin gives the same bytes on the same machine."""
    try:
        from reports.pdf import pdf
    except OSError as error:  # the library is there, what it stands on is not
        raise NoPrinter from error
    if not has_type():
        raise NoChineseType
    return pdf(page(paper), paper)
