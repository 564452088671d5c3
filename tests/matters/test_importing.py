"""Imports: a dry run that writes nothing, a fault for every row, and each good row one matter, however often it runs."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core import clock, jobs, journal
from core.db import reading, transaction
from core.permissions import Role
from core.places import Level
from core.problems import Invalid
from matters import enquiry, importing_work
from matters.attributes import IdentityClass, MatterKind, Origin, Urgency
from matters.importing import KEPT, ImportState, MatterImport, MatterImportRow, _forget
from matters.importing_columns import ImportColumn, propose
from matters.importing_file import MOST_BYTES, table
from matters.matter import Matter
from matters.reporters import Reporter
from tests.factories import a_place
from tests.matters.raising import ID_CARD, NAME, NUMBER, Desk, a_desk

SignedIn = Callable[..., FlaskClient]
HEAD = [
    "工单编号",
    "诉求类型",
    "类别",
    "县区",
    "乡镇",
    "村",
    "地址",
    "诉求内容",
    "紧急程度",
    "是否保密",
    "来电人",
    "来电号码",
    "被投诉单位",
]
SAID = f"路灯不亮,{NAME}反映,身份证{ID_CARD}"
C = ImportColumn


@pytest.fixture
def desk(app: Flask) -> Desk:
    """The people, and a town with a name."""
    with transaction() as session:
        return a_desk(session)


def a_row(desk: Desk, reference: str, **changes: str) -> list[str]:
    """Write one row of the other hotline's list."""
    cells = dict.fromkeys(HEAD, "") | {
        "工单编号": reference,
        "诉求类型": "求助",
        "类别": "市政照明",
        "乡镇": desk.town.name,
        "诉求内容": SAID,
        "是否保密": "是",
        "来电人": NAME,
        "来电号码": NUMBER,
    }
    return list((cells | changes).values())


def as_csv(rows: list[list[str]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    """Write a list as text."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([HEAD, *rows])
    return out.getvalue().encode(encoding)


def as_xlsx(rows: list[list[object]]) -> bytes:
    """Write a list as a workbook."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [HEAD, *rows]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(client: FlaskClient, data: bytes, name: str = "list.csv", source: str = "12345 热线") -> str:
    """Upload a file; return its page."""
    answer = client.post("/imports/", data={"source": source, "file": (io.BytesIO(data), name)})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def check(client: FlaskClient, page: str, **changes: str) -> int:
    """Check with the columns as proposed."""
    columns = {c.value: str(n) for c, n in propose(HEAD).items()}
    return client.post(page, data={**columns, "consent": "1", "step": "check", **changes}).status_code


def work() -> None:
    """Do what waits in the background."""
    while jobs.run_next():
        pass


def faults() -> dict[int, list[str]]:
    """Return the faults by row."""
    with reading() as session:
        return {row.number: row.errors for row in session.scalars(sa.select(MatterImportRow)) if row.errors}


def counted() -> int:
    """Count the matters."""
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Matter)) or 0


@pytest.mark.parametrize("kind", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "xlsx", "tab"])
def test_every_kind_of_file_is_read_checked_and_written(
    app: Flask, desk: Desk, as_role: SignedIn, kind: str
) -> None:
    rows = [a_row(desk, "GD-1"), a_row(desk, "GD-2", 是否保密="否", 紧急程度="U2", 来电人="")]
    if kind == "xlsx":
        data = as_xlsx([[*row[:11], 14500007788.0, row[12]] for row in rows])
    elif kind == "tab":
        data = as_csv(rows, delimiter="\t")
    else:
        data = as_csv(rows, kind)
    client = as_role(staff=desk.clerk)
    page = upload(client, data)
    assert counted() == 0
    assert client.post(page, data={"step": "write"}).status_code == 409
    assert check(client, page) == 303
    assert (counted(), faults()) == (0, {})
    assert client.post(page, data={"step": "write"}).status_code == 303
    assert client.post(page, data={"step": "write"}).status_code == 409
    work()
    with reading() as session:
        one, two = session.scalars(sa.select(Matter).order_by(Matter.id))
        assert (one.origin, one.kind, one.topic) == (Origin.IMPORT, MatterKind.HELP, "livelihood.lighting")
        assert (one.identity, two.identity) == (IdentityClass.PROTECTED, IdentityClass.OPEN)
        assert (one.narrative, two.urgency) == (SAID, Urgency.U2)
        assert one.registered_by == desk.clerk.id
        assert [(r.name, r.number) for r in session.scalars(sa.select(Reporter).order_by(Reporter.id))] == [
            (NAME, NUMBER),
            (None, NUMBER),
        ]
        rows_left = session.scalars(sa.select(MatterImportRow.cells)).all()
        assert rows_left == [None, None]
        assert session.scalars(sa.select(MatterImport.state)).one() is ImportState.DONE


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"工单编号": ""}, "reference:missing"),
        ({"工单编号": "9" * 81}, "reference:too_long"),
        ({"诉求类型": "许愿"}, "kind:unknown"),
        ({"诉求类型": ""}, "kind:missing"),
        ({"类别": "天上的事"}, "topic:unknown"),
        ({"乡镇": ""}, "township:missing"),
        ({"乡镇": "无名镇"}, "township:unknown"),
        ({"乡镇": "同名镇"}, "township:several"),
        ({"县区": "无名县"}, "county:unknown"),
        ({"村": "无名村"}, "village:unknown"),
        ({"诉求内容": ""}, "narrative:missing"),
        ({"诉求内容": "长" * 4001}, "narrative:too_long"),
        ({"地址": "远" * 201}, "spot:too_long"),
        ({"紧急程度": "很急"}, "urgency:unknown"),
        ({"是否保密": "也许"}, "identity:unknown"),
        ({"来电号码": "一二三"}, "caller_number:bad_number"),
        ({"来电人": "名" * 41}, "caller_name:too_long"),
        ({"被投诉单位": "无此单位"}, "complained:unknown"),
    ],
)
def test_each_fault_is_told_by_row_and_nothing_of_it_is_written(
    app: Flask, desk: Desk, as_role: SignedIn, changes: dict[str, str], fault: str
) -> None:
    with transaction() as session:
        for _ in range(2):
            a_place(session, level=Level.TOWNSHIP, parent=a_place(session), name="同名镇")
    client = as_role(staff=desk.clerk)
    page = upload(client, as_csv([a_row(desk, "GD-1"), [], a_row(desk, "GD-2", **changes)]))
    assert check(client, page) == 303
    assert faults() == {4: [fault]}
    client.post(page, data={"step": "write"})
    work()
    assert counted() == 1
    with reading() as session:
        assert session.scalars(sa.select(MatterImport.state)).one() is ImportState.DONE


def test_the_same_number_is_taken_once(app: Flask, desk: Desk, as_role: SignedIn) -> None:
    client = as_role(staff=desk.clerk)
    page = upload(client, as_csv([a_row(desk, "GD-1"), a_row(desk, "GD-1"), a_row(desk, "GD-2")]))
    check(client, page)
    assert faults() == {3: ["reference:twice"]}
    client.post(page, data={"step": "write"})
    work()
    assert counted() == 2
    again = upload(client, as_csv([a_row(desk, "GD-1"), a_row(desk, "GD-3")]))
    # A second file that was checked before the first was written is looked at anew, row by row.
    check(client, again)
    elsewhere = upload(client, as_csv([a_row(desk, "GD-1")]), source="邻市热线")
    check(client, elsewhere)
    for each in (again, elsewhere):
        client.post(each, data={"step": "write"})
    work()
    assert counted() == 4


def test_a_job_that_died_goes_on_where_it_stopped(app: Flask, desk: Desk, as_role: SignedIn) -> None:
    client = as_role(staff=desk.clerk)
    data = as_csv([a_row(desk, f"GD-{n}") for n in range(3)])
    first, second = upload(client, data), upload(client, data)
    check(client, first)
    check(client, second)  # before anything of the first was written
    client.post(first, data={"step": "write"})
    client.post(second, data={"step": "write"})
    work()
    assert counted() == 3
    with reading() as session:
        job = session.scalars(sa.select(jobs.Job).order_by(jobs.Job.id)).first()
        assert job is not None
        running = jobs.Running(job.id, dict(job.params), job.requested_by)
    jobs.KINDS["matter.import"](running)
    assert counted() == 3
    left = client.get(f"{second}/rows.csv").get_data(as_text=True)
    assert left.count("以前已导入") == 3


def test_no_answer_shows_who_called_or_what_they_said(app: Flask, desk: Desk, as_role: SignedIn) -> None:
    client = as_role(staff=desk.clerk)
    rows = [a_row(desk, "GD-1"), a_row(desk, "GD-2", 来电号码=f"{NUMBER}99", 诉求类型=NAME)]
    page = upload(client, as_csv(rows))
    seen = [client.get(page), client.get("/imports/")]
    check(client, page)
    seen += [client.get(page), client.get(f"{page}/rows.csv")]
    client.post(page, data={"step": "write"})
    work()
    with reading() as session:
        job = session.scalars(sa.select(jobs.Job)).one()
        told = str([job.params, job.result, job.title])
    seen += [client.get(page), client.get(f"{page}/rows.csv"), client.get(f"/jobs/{job.id}"),
             client.get("/imports/template.csv")]  # fmt: skip
    for answer in seen:
        assert answer.status_code == 200
        told += answer.get_data(as_text=True)
    for secret in (NAME, NUMBER, NUMBER[3:], ID_CARD, "听雨", "路灯不亮"):
        assert secret not in told
    with reading() as session:
        receipt = session.scalars(sa.select(Matter.receipt)).one()
    assert str(receipt) in told


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "文件是空的"),
        (b"\n\n", "文件是空的"),
        ("只有表头，没有".encode(), "只有表头"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 99, "另存为 .xlsx"),
        (b"PK\x03\x04broken", "不是能读的"),
        (b"%PDF-1.7 \x00\x01\x02\x03\xff\xfe" * 9, "不是能读的"),
        (b"a" * (MOST_BYTES + 1), "超过 8 MB"),
        (b"a,b\n" + b"1,2\n" * 2001, "最多 2000 行"),
        (b",".join([b"c"] * 61) + b"\n1\n", "1 到 60 列"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Invalid) as wrong:
        table(data)
    assert words in wrong.value.fields["file"].zh


def test_a_workbook_that_claims_a_million_rows_does_not_hang() -> None:
    data = as_xlsx([["x"]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            body = old.read(part)
            if part.startswith("xl/worksheets/sheet"):
                far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                body = body.replace(b"</sheetData>", far)
            new.writestr(part, body)
    with pytest.raises(Invalid) as wrong:
        table(out.getvalue())
    assert "太多" in wrong.value.fields["file"].zh


def test_columns_must_fit_and_consent_must_be_known(app: Flask, desk: Desk, as_role: SignedIn) -> None:
    client = as_role(staff=desk.clerk)
    page = upload(client, as_csv([a_row(desk, "GD-1")]))
    assert check(client, page, consent="") == 422
    assert check(client, page, township="") == 422
    assert check(client, page, county="99") == 422
    assert check(client, page, county=str(propose(HEAD)[C.TOWNSHIP])) == 422
    assert client.post(page, data={"step": "write"}).status_code == 409
    assert check(client, page) == 303
    assert (
        client.post("/imports/", data={"source": "", "file": (io.BytesIO(b"a\n1"), "a.csv")}).status_code
        == 422
    )
    assert client.post("/imports/", data={"source": "x"}).status_code == 422
    assert client.get("/imports/999").status_code == 404
    assert as_role(Role.SUPERVISION).get(page).status_code == 403


def test_the_template_is_a_list_that_the_house_reads(app: Flask, desk: Desk, as_role: SignedIn) -> None:
    answer = as_role(staff=desk.clerk).get("/imports/template.csv")
    head, rows = table(answer.data)
    assert set(propose(head)) == set(ImportColumn)
    assert len(rows) == 1


def test_rows_that_were_left_out_are_forgotten_after_a_week(app: Flask, desk: Desk) -> None:
    with transaction() as session:
        now = clock.now()
        importing_work.upload(session, as_csv([a_row(desk, "GD-1")]), "热线", by=desk.clerk, at=now)
        _forget(session, now + KEPT / 2)
        assert session.scalars(sa.select(MatterImportRow.cells)).one() is not None
        _forget(session, now + KEPT * 2)
        assert session.scalars(sa.select(MatterImportRow.cells)).one() is None


def test_receipts_and_pins_are_fetched_by_who_imported_while_they_stay(
    app: Flask, desk: Desk, as_role: SignedIn
) -> None:
    """Whoever left no number can be told by the status page alone: somebody must hold their PIN."""
    client = as_role(staff=desk.clerk)
    page = upload(client, as_csv([a_row(desk, "GD-1", 来电号码="", 来电人="")]))
    check(client, page)
    client.post(page, data={"step": "write"})
    work()
    fetch = f"{page}/receipts.csv"
    assert "receipts.csv" in client.get(page).get_data(as_text=True)
    assert as_role(staff=desk.checker).post(fetch).status_code == 409
    head, line = list(csv.reader(io.StringIO(client.post(fetch).get_data(as_text=True).lstrip("\ufeff"))))
    assert head[-1] == "查询密码"
    reference, receipt, pin = line
    assert reference == "GD-1"
    with transaction() as session:
        assert enquiry.told(session, receipt, pin) is not None
        assert pin not in str([e.details for e in session.scalars(sa.select(journal.Entry))])
    assert pin in client.post(fetch).get_data(as_text=True)  # the first download may have been lost
    with transaction() as session:
        fetched = sa.select(journal.Entry).where(journal.Entry.action == "matter_import.pins")
        assert len(session.scalars(fetched).all()) == 2
        record, now = session.scalars(sa.select(MatterImport)).one(), clock.now()
        record.uploaded_at = now - KEPT * 2  # written long after it was uploaded
        _forget(session, now + KEPT / 2)
        assert session.scalars(sa.select(MatterImportRow.pin)).one() == pin
        _forget(session, now + KEPT + timedelta(minutes=1))
        assert session.scalars(sa.select(MatterImportRow.pin)).one() is None
    assert client.post(fetch).status_code == 409
    assert "receipts.csv" not in client.get(page).get_data(as_text=True)
