"""The first pages are two, however heavy the week; the paper of an issue never changes; an office opens the document."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from sqlalchemy.orm import Session
from weasyprint import HTML

from core.db import Database, transaction
from core.permissions import Role
from reports import issuing
from reports.advice import AdviceAction, give, move
from reports.blocks import Cell, Section, Snapshot, Table, Text
from reports.bulletins import Bulletin
from reports.imprint import Advised, Imprint, imprint_of
from reports.office import docx
from reports.paper import Paper
from reports.pdf import _Drawer
from reports.printing import page, printed
from reports.views.bulletin_parts import shapes
from tests.factories import a_staff, a_unit
from tests.reports.issues import CUT, WEEK, a_city_at_work, a_draft, approved

LONG = Text(
    "县区道路照明设施管理维护服务中心第十二管理所", "County Road Lighting Maintenance Centre, Office Twelve"
)
MUCH = "对反映集中的路段逐盏检查路灯，坏的一周内修好，修不好的说明原因并定出日期。" * 12
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def heavy(content: Snapshot) -> Snapshot:
    """Plant a week in which everything happened at once."""

    def more(table: Table, rows: int) -> Table:
        kinds: dict[str, Cell] = {"count": 12345, "date": "2026-11-16", "hours": 123.4, "p": 0.001}
        texts: dict[str, Cell] = dict.fromkeys(("text", "effect", "outcome"), MUCH_TEXT)
        texts |= dict.fromkeys(("where", "unit", "holder", "cause"), LONG)
        line = tuple(
            texts.get(c.key, Text("市政照明", "Street lights"))
            if c.kind == "text"
            else kinds.get(c.kind, 0.123)
            for c in table.columns
        )
        return replace(table, rows=(*table.rows, *(line for _ in range(rows))))

    planted = {
        "red": 40,
        "incidents": 25,
        "advice": 20,
        "prevented": 10,
        "clusters": 5,
        "problems": 5,
        "intake": 6,
    }
    made = []
    for s in content.sections:
        blocks = [more(b, planted[b.id]) if isinstance(b, Table) and b.id in planted else b for b in s.blocks]
        there = {b.id for b in blocks if isinstance(b, Table)}
        blocks += [more(t, planted[t.id]) for t in EMPTY.get(s.key, ()) if t.id not in there]
        made.append(Section(s.number, s.key, s.words, tuple(blocks)))
    return replace(content, sections=tuple(made))


MUCH_TEXT = Text(
    MUCH, "Check every lamp of the road and mend what is broken within a week, or say why not. " * 7
)


def _table(table_id: str, *columns: tuple[str, str]) -> Table:
    from reports.blocks import Column

    words = Text("清单", "List")
    return Table(
        table_id,
        words,
        tuple(Column(key, Text("名目", "Heading"), kind) for key, kind in columns),
        (),
        "index",
    )  # type: ignore[arg-type]


EMPTY = {
    "supervision": [_table("red", ("unit", "text"), ("red", "count"), ("most", "count"), ("median", "number"))],
    "incidents": [_table("incidents", ("what", "text"), ("where", "text"), ("at", "date"), ("acknowledged", "hours"))],
    "advice": [_table("advice", ("kind", "text"), ("text", "text"), ("unit", "text"), ("effect", "text"), ("outcome", "text"))],
    "causes": [
        _table("clusters", ("topic", "text"), ("where", "text"), ("since", "date"), ("observed", "count"), ("p", "p")),
    ],
    "problems": [_table("problems", ("what", "text"), ("where", "text"), ("callers", "count"), ("holder", "text"))],
}  # fmt: skip


def annex_page(paper: Paper) -> int:
    """Return on which page the annex begins: what stands before it and its heading are set, its tables move neither."""
    front, annex = page(paper).split('<section class="annex">')
    text = f'{front}<section class="annex">{annex[: annex.index("</h2>")]}</h2></section></body></html>'
    document = HTML(string=text, url_fetcher=_Drawer(paper)).render()
    words = {"zh": "附表", "en": "Annex"}[paper.language]
    return next(mark[1][0] + 1 for mark in document.make_bookmark_tree() if mark[0] == words)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_heavy_week_still_has_two_front_pages(sqlite: Database, language: str) -> None:
    with transaction() as session:
        a_city_at_work(session)
        made = a_draft(session)
        plain = Paper(made, made.content, language)
        assert annex_page(plain) <= 3
        told = {"zh": "“…”处全文见附表", "en": "“…”: whole in the annex"}[language]
        assert told not in page(plain)
        made.comments = {s.key: MUCH for s in made.content.sections}
        offices = Imprint(
            LONG, (LONG,) * 20, 9, tuple(Advised(MUCH, MUCH, LONG, "2026-11-30") for _ in range(8))
        )
        paper = Paper(made, heavy(made.content), language, offices)
        assert annex_page(paper) <= 3
        text = page(paper)
        assert text.count(MUCH) >= 8 + 11  # nothing is lost: the annex has it whole
        assert told in text
        session.rollback()


def an_issue(session: Session) -> Bulletin:
    a_city_at_work(session)
    editor, unit = a_staff(session, Role.EDITOR), a_unit(session)
    made = a_draft(session)
    give(session, made, "修路灯。", unit=unit, due_on=WEEK, effect="亮起来", by=editor, at=CUT)
    issuing.submit(session, made, by=editor, at=CUT)
    approved(session, made)
    issuing.issue(session, made, by=editor, at=CUT)
    return made


def test_what_happens_after_the_issue_changes_no_byte_of_its_paper(sqlite: Database) -> None:
    with transaction() as session:
        made = an_issue(session)

        def papers() -> tuple[bytes, bytes]:
            paper = Paper(made, made.content, "zh", imprint_of(session, made), shapes(session, made.content))
            return printed(paper), docx(paper)

        before = papers()
        assert "修路灯。" in page(Paper(made, made.content, "zh", imprint_of(session, made)))
        leader = a_staff(session, Role.LEADER)
        leader.unit = a_unit(session)
        given = give(
            session, made, "请抓紧。", unit=None, due_on=None, is_instruction=True, by=leader, at=CUT
        )
        move(session, given, AdviceAction.TAKE_UP, by=leader, at=CUT)
        issuing.correct(session, made, "补入晚到的事项", by=leader, at=CUT + timedelta(days=1))
        assert papers() == before


def test_the_head_names_the_centre_and_offices_and_no_person(sqlite: Database) -> None:
    with transaction() as session:
        from core.people import UnitKind

        centre, office = (
            a_unit(session, kind=UnitKind.CENTRE, name="清河市民意中心"),
            a_unit(session, name="市政府办公室"),
        )
        leader = a_staff(session, Role.LEADER)
        leader.unit_id = office.id
        made = an_issue(session)
        session.refresh(leader)
        kept = imprint_of(session, made)
        assert kept.centre is not None
        assert kept.centre.zh == centre.name
        text = page(Paper(made, made.content, "zh", kept))
        assert "编发：清河市民意中心" in text
        assert leader.name not in text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="Converting needs LibreOffice, too large to set up for one test: apt-get install libreoffice-writer",
)
@pytest.mark.skipif(
    shutil.which("pdftotext") is None,
    reason="Reading the converted pages needs pdftotext: apt-get install poppler-utils",
)
def test_an_office_converts_the_document_without_loss(
    sqlite: Database, tmp_path: Path, language: str
) -> None:
    with transaction() as session:
        made = an_issue(session)
        made.comments = {"points": "路灯问题集中。"}
        written = docx(
            Paper(made, made.content, language, imprint_of(session, made), shapes(session, made.content))
        )
        session.rollback()
    file = tmp_path / "bulletin.docx"
    file.write_bytes(written)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", "pdf", "--outdir",
         str(tmp_path), str(file)],
        check=True, capture_output=True, timeout=280,
    )  # fmt: skip
    with zipfile.ZipFile(file) as archive:
        root = ElementTree.fromstring(archive.read("word/document.xml"))
        pictures = [n for n in archive.namelist() if n.startswith("word/media/")]
    texts = ["".join(t.text or "" for t in p.iter(f"{W}t")) for p in root.iter(f"{W}p")]
    read = ""
    for way in ("-layout", "-raw"):
        done = subprocess.run(
            ["pdftotext", way, file.with_suffix(".pdf"), "-"], check=True, capture_output=True, text=True
        )
        read += _flat(done.stdout)
    # A paragraph may turn over a page or run beside another: its words are all there.
    missing = [
        w for p in texts if (flat := _flat(p)) and flat not in read for w in _words(p) if _flat(w) not in read
    ]
    assert missing == []
    assert len(pictures) >= 3


def _flat(text: str) -> str:
    return re.sub(r"[\s\u00ad‐-]", "", text)


def _words(text: str) -> list[str]:
    return re.findall(r"[\u4e00-\u9fff]{1,2}|[A-Za-z0-9.%]+", text)
