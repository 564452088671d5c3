"""Frames come in whole or not at all: columns by name, every rejected row with its reason, hostile files refused."""

from __future__ import annotations

import csv
import os
import random
import zipfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from core.db import Database, reading, transaction
from core.phone import NumberKind
from core.places import Place
from core.problems import Invalid
from demo.numbers import write_csv
from survey.do_not_call import DoNotCallReason, add_list
from survey.frame import Frame, FrameNumber, FrameState, Residence, Stratum
from survey.frame_file import Column, FrameFile, check_mapping, masked_rows, propose
from survey.frame_import import dry_run, import_frame
from survey.frame_workbook import extent
from tests.factories import a_city, a_staff

HEAD = ["号码", "县区", "乡镇", "城乡", "类型", "户内成年人数"]


def _frame(name: str = "框", seed: int = 3) -> int:
    with transaction() as session:
        frame = Frame(name=name, seed=seed, created_at=datetime(2026, 1, 1, tzinfo=UTC))
        session.add(frame)
        session.flush()
        return frame.id


def _towns(n: int = 2) -> list[tuple[str, str]]:
    with transaction() as session:
        towns = a_city(session, counties=n, townships=2)
        return [(session.get_one(Place, t.parent_id).name, t.name) for t in towns]


def _write(
    path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8", head: Sequence[str] = HEAD
) -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([head, *rows])
    return path


def _import(frame_id: int, path: Path) -> tuple[int, list[list[str]]]:
    file = FrameFile.at(path)
    rejected = path.with_suffix(".rejected.csv")
    summary = import_frame(frame_id, file, propose(file.head()), reject_path=rejected)
    with rejected.open(encoding="utf-8-sig", newline="") as opened:
        return summary.accepted, list(csv.reader(opened))[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_file_becomes_strata_and_numbers(database: Database, tmp_path: Path, encoding: str) -> None:
    (county, town), (_, other), *_ = _towns()
    rows = [
        ["14500000001", county, town, "城镇", "手机", ""],
        ["145 0000-0002", county, town, "农村", "", ""],
        ["0978-2345678", county, other, "", "固话", "3"],
    ]
    frame_id = _frame()
    accepted, rejected = _import(frame_id, _write(tmp_path / "f.csv", rows, encoding))
    assert (accepted, rejected) == (3, [])
    with reading() as session:
        frame = session.get_one(Frame, frame_id)
        assert (frame.state, frame.size, frame.rejected) == (FrameState.READY, 3, 0)
        strata = {(s.kind, s.size) for s in session.scalars(sa.select(Stratum))}
        assert strata == {(NumberKind.MOBILE, 2), (NumberKind.LANDLINE, 1)}
        numbers = session.scalars(sa.select(FrameNumber)).all()
        assert {n.number for n in numbers} == {"+8614500000001", "+8614500000002", "+869782345678"}
        assert {n.residence for n in numbers} == {Residence.URBAN, Residence.RURAL, None}
        assert {n.adults for n in numbers} == {None, 3}
        assert all(0 <= n.prn < 1 for n in numbers)
        raw = session.execute(sa.text("SELECT number FROM frame_number")).scalars()
        assert all(b"1450000" not in bytes(r) for r in raw)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["1450000", "C", "T", "", "", ""], "wrong length or area code (landlines need the area code)"),
        (["", "C", "T", "", "", ""], "the number is empty"),
        (["电话", "C", "T", "", "", ""], "the number has characters that are not digits"),
        (["14500000001", "云中县", "T", "", "", ""], "no such county"),
        (["14500000001", "C", "无名镇", "", "", ""], "no such township in that county"),
        (["14500000001", "C", "T", "郊外", "", ""], "should be urban or rural"),
        (["14500000001", "C", "T", "", "传真", ""], "the kind of line should be mobile or landline"),
        (["14500000001", "C", "T", "", "固话", ""], "the number is not of that kind"),
        (["14500000001", "C", "T", "", "", "两人"], "adults should be a whole number, 1–20"),
        (["14500000001", "C", "T", "", "", "0020"], "adults should be a whole number, 1–20"),
        (["14500000001", "C"], "the row has too few columns"),
        (["14500000009", "C", "T", "", "", ""], "the same number as an earlier row"),
        (["+86 145-0000-0009", "C", "T", "", "", ""], "the same number as an earlier row"),
        (["14500000007", "C", "T", "", "", ""], "the number is on the do-not-call list"),
    ],
)
def test_each_bad_row_is_listed_with_its_line_and_reason(
    sqlite: Database, tmp_path: Path, now: datetime, row: list[str], reason: str
) -> None:
    (county, town), *_ = _towns()
    with transaction() as session:
        add_list(session, b"14500000007\n", reason=DoNotCallReason.LEGAL, by=a_staff(session), at=now)
    spoiled = [{"C": county, "T": town}.get(cell, cell) for cell in row]
    good = ["14500000009", county, town, "", "", ""]
    path = _write(tmp_path / "f.csv", [good, [], spoiled])
    accepted, rejected = _import(_frame(), path)
    assert accepted == 1
    assert [(line[0], line[4]) for line in rejected] == [("4", reason)]


def test_the_reject_file_shows_no_whole_number_and_runs_no_formula(sqlite: Database, tmp_path: Path) -> None:
    (county, town), *_ = _towns()
    rows = [
        ["14500000009", county, town],
        ["14500000009", county, town],
        ["14500000008", "=HYPERLINK(1)", town],
    ]
    _, rejected = _import(_frame(), _write(tmp_path / "f.csv", rows, head=HEAD[:3]))
    assert rejected[0][2] == "145…09"
    assert rejected[1][2] == "'=HYPERLINK(1)"


def test_planted_rows_are_all_found_and_numbers_are_the_same_by_dry_run(
    database: Database, tmp_path: Path
) -> None:
    from demo.city import city

    with transaction() as session:
        from core.places import Level

        made: dict[str, int] = {}
        for n, town in enumerate(city().townships):
            if town.county_name not in made:
                place = Place(level=Level.COUNTY, code=f"c{n}", name=town.county_name, name_en=f"c{n}")
                session.add(place)
                session.flush()
                made[town.county_name] = place.id
            session.add(
                Place(
                    level=Level.TOWNSHIP,
                    parent_id=made[town.county_name],
                    code=f"t{n}",
                    name=town.name,
                    name_en=f"t{n}",
                )
            )
    path = tmp_path / "f.csv"
    planted = write_csv(path, 60_000, bad_rows=60)
    file = FrameFile.at(path)
    steps: list[tuple[int, int]] = []
    trial = dry_run(
        file,
        propose(file.head()),
        reject_path=tmp_path / "trial.csv",
        progress=lambda done, total, _: steps.append((done, total)),
    )
    frame_id = _frame()
    accepted, rejected = _import(frame_id, path)
    assert accepted == trial.accepted == 60_000
    assert sorted(int(line[0]) for line in rejected) == sorted(p.line for p in planted)
    assert (tmp_path / "trial.csv").read_bytes() == path.with_suffix(".rejected.csv").read_bytes()
    assert steps
    assert all(0 < done <= total * 1.1 for done, total in steps)
    with reading() as session:
        sizes = session.scalar(sa.select(sa.func.sum(Stratum.size)))
        assert sizes == session.scalar(sa.select(sa.func.count()).select_from(FrameNumber)) == 60_000
        by_stratum = Counter(session.scalars(sa.select(FrameNumber.stratum_id)))
        assert by_stratum == {s.id: s.size for s in session.scalars(sa.select(Stratum))}


def test_the_permanent_random_numbers_come_from_the_seed(sqlite: Database, tmp_path: Path) -> None:
    (county, town), *_ = _towns()
    path = _write(tmp_path / "f.csv", [[f"145000{n:05}", county, town] for n in range(50)], head=HEAD[:3])
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        frame_id = _frame(name, seed)
        _import(frame_id, path)
        with reading() as session:
            query = sa.select(FrameNumber).where(FrameNumber.frame_id == frame_id)
            found.append({n.number: n.prn for n in session.scalars(query)})
    assert found[0] == found[1]
    assert found[0] != found[2]
    assert len(set(found[0].values())) == 50


def test_a_missing_column_is_refused_before_anything_is_written(sqlite: Database, tmp_path: Path) -> None:
    _towns()
    frame_id = _frame()
    path = _write(tmp_path / "f.csv", [["14500000001", "x"]], head=["号码", "县区"])
    with pytest.raises(Invalid, match="lacks needed columns: Township"):
        _import(frame_id, path)
    assert not path.with_suffix(".rejected.csv").exists()
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(FrameNumber)) == 0


def test_a_failing_import_leaves_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.frame_import.CHUNK", 10)
    (county, town), *_ = _towns()
    path = _write(tmp_path / "f.csv", [[f"145000{n:05}", county, town] for n in range(50)], head=HEAD[:3])
    with path.open("a") as out:
        out.write('"never closed' + "x" * 200_000)
    frame_id = _frame()
    with pytest.raises(Invalid, match="quotation mark"):
        _import(frame_id, path)
    with reading() as session:
        assert session.get_one(Frame, frame_id).state is FrameState.FAILED
        assert session.scalar(sa.select(sa.func.count()).select_from(FrameNumber)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Stratum)) == 0
    accepted, _ = _import(
        frame_id, _write(tmp_path / "g.csv", [["14500000001", county, town]], head=HEAD[:3])
    )
    assert accepted == 1
    with pytest.raises(Invalid, match="ready already"):
        _import(frame_id, tmp_path / "g.csv")


def test_a_file_without_one_good_row_is_refused(sqlite: Database, tmp_path: Path) -> None:
    _towns()
    frame_id = _frame()
    with pytest.raises(Invalid, match="Not one row"):
        _import(frame_id, _write(tmp_path / "f.csv", [["1", "x", "y"]], head=HEAD[:3]))
    with reading() as session:
        assert session.get_one(Frame, frame_id).state is FrameState.FAILED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \r\n\r\n ", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "password"),
        (b"%PDF-1.7 ...", "Neither"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "Neither"),
        (random.Random(1).randbytes(4000).replace(b"\0", b"x"), "Neither"),
        (b"PK\x05\x06" + b"\x00" * 18, "not an .xlsx"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=said):
        FrameFile.at(path)


def test_a_workbook_is_read_like_a_text(sqlite: Database, tmp_path: Path) -> None:
    (county, town), *_ = _towns()
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["联系电话", "所属县区", "镇/街"])
    sheet.append([14500000001, county, town])
    sheet.append(["14500000002", county, town])
    sheet.append([None, None, None])
    sheet.append(["14500000003", county, "无名镇"])
    path = tmp_path / "f.xlsx"
    book.save(path)
    accepted, rejected = _import(_frame(), path)
    assert accepted == 2
    assert [r[0] for r in rejected] == ["5"]


def _tampered(path: Path, xml: bytes, into: Path) -> Path:
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as out:
        for part in source.infolist():
            content = xml if part.filename == "xl/worksheets/sheet1.xml" else source.read(part)
            out.writestr(part.filename, content)
    return into


def test_a_workbook_that_claims_a_million_rows_is_refused_at_once(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "号码"
    sheet.cell(1_048_576, 50, "x")
    path = tmp_path / "f.xlsx"
    book.save(path)
    with pytest.raises(Invalid, match="1,048,576 rows × 50 columns with only 2 cells"):
        FrameFile.at(path)


def test_a_claimed_size_without_cells_is_not_believed(sqlite: Database, tmp_path: Path) -> None:
    (county, town), *_ = _towns()
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["号码", "县区", "乡镇"], ["14500000001", county, town]):
        sheet.append(row)
    book.save(tmp_path / "f.xlsx")
    with zipfile.ZipFile(tmp_path / "f.xlsx") as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    claimed = xml.replace(b'<dimension ref="A1:C2"/>', b'<dimension ref="A1:XFD1048576"/>')
    assert claimed != xml
    path = _tampered(tmp_path / "f.xlsx", claimed, tmp_path / "g.xlsx")
    assert extent(path).rows == 2
    assert _import(_frame(), path)[0] == 1


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.writestr("xl/workbook.xml", "<workbook/>")
        with out.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(2_100):
                part.write(b" " * 1_000_000)
    assert path.stat().st_size < 20_000_000
    with pytest.raises(Invalid, match="2 GB"):
        FrameFile.at(path)


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.save(tmp_path / "f.xlsx")
    path = _tampered(tmp_path / "f.xlsx", os.urandom(500), tmp_path / "g.xlsx")
    with pytest.raises(Invalid, match="does not open"):
        FrameFile.at(path).head()


def test_columns_are_proposed_by_name_and_a_choice_is_checked() -> None:
    head = ["序号", " 手机号码 ", "所属县区", "乡镇(街道)", "数据来源"]
    assert propose(head) == {Column.NUMBER: 1, Column.COUNTY: 2, Column.TOWNSHIP: 3, Column.SOURCE: 4}
    with pytest.raises(Invalid):
        check_mapping({Column.NUMBER: 1}, head)


def test_the_preview_shows_numbers_by_their_ends_only() -> None:
    rows = [["14500000001", "x", "联系人 14500000002"]]
    shown = masked_rows(rows, {Column.NUMBER: 0})
    assert shown[0][0] == "145****01"
    assert "0000" not in "".join(shown[0])
