"""Attachments: told by content, made clean, sealed at rest, opened by whoever may and by nobody else."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from core import clock, journal
from core.db import transaction
from core.permissions import Role
from core.problems import Forbidden, Invalid, Missing, Refused
from matters import attachments
from matters.file_formats import FileFormat, cleaned
from matters.flow import MatterAction as A
from tests.conftest import NOON
from tests.matters.pictures import HIDDEN, a_jpeg, a_pdf, a_png, a_workpaper, packed
from tests.matters.scenes import Hall, a_hall, do, handed, the

SignedIn = Callable[..., FlaskClient]
LATER = NOON + timedelta(hours=1)
JPEG_UPRIGHT = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"


@pytest.fixture
def hall(app: Flask) -> Hall:
    """The city hall."""
    with clock.frozen(NOON):
        return a_hall()


@pytest.fixture
def receipt(hall: Hall) -> str:
    """A matter in hand at the roads office."""
    found = handed(hall, at=NOON, supporting=("water",))
    do(found, A.SIGN, hall.people["roads"], at=LATER)
    return found


def add(hall: Hall, receipt: str, data: bytes, *, who: str = "roads", name: str = "坑.png") -> int:
    with transaction() as session:
        staff = session.merge(hall.people[who], load=False)
        return attachments.add(session, the(session, receipt), name, data, by=staff, at=LATER).number


def test_a_photo_keeps_its_picture_and_which_way_is_up_and_nothing_else() -> None:
    for order in (">", "<"):
        for up in (3, 6, 8):
            kind, clean = cleaned(a_jpeg(orientation=up, order=order))
            assert kind is FileFormat.JPEG
            assert JPEG_UPRIGHT + bytes([up]) in clean
            for hidden in (HIDDEN, b"LINGHU", b"Photoshop", b"ns.adobe.com"):
                assert hidden not in clean
            assert clean.endswith(b"\x0f\xff\x00\x7f\xff\xd9")
            assert cleaned(clean) == (kind, clean)
    assert b"Exif" not in cleaned(a_jpeg(orientation=1))[1]
    kind, clean = cleaned(a_png(hidden=HIDDEN))
    assert kind is FileFormat.PNG
    assert clean == a_png()


@pytest.mark.browser
def test_a_browser_shows_what_was_cleaned(browser: Browser) -> None:
    page = browser.new_page()
    for mime, data in (("jpeg", cleaned(a_jpeg())[1]), ("png", cleaned(a_png(hidden=HIDDEN))[1])):
        address = f"data:image/{mime};base64,{base64.b64encode(data).decode()}"
        wide = page.evaluate(
            "(src) => { const i = new Image(); i.src = src; return i.decode().then(() => i.naturalWidth); }",
            address,
        )
        assert wide == (8 if mime == "jpeg" else 4)
    page.close()


def test_papers_without_anything_active_are_taken() -> None:
    assert cleaned(a_pdf())[0] is FileFormat.PDF
    assert cleaned(a_pdf(inside=packed(b"<< /Type /Page >>")))[0] is FileFormat.PDF
    kind, clean = cleaned(a_workpaper(word__media__image1_jpeg=a_jpeg()))
    assert kind is FileFormat.DOCX
    assert HIDDEN not in clean
    again = cleaned(clean)[1]
    assert b"LINGHU" not in again
    assert cleaned(a_workpaper("xlsx", xl__printerSettings__p1_bin=b"\1"))[0] is FileFormat.XLSX


REFUSED = {
    "nothing": b"",
    "a program": b"MZ\x90\0" + bytes(100),
    "a page": b"<html><script>alert(1)</script>",
    "a drawing with script": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a GIF": b"GIF89a" + bytes(20),
    "an old Word file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "a JPEG cut short": a_jpeg()[:-60],
    "a JPEG in name": b"\xff\xd8\xff\xe0" + bytes(50),
    "a PNG cut short": a_png()[:-20],
    "a PNG changed": a_png().replace(b"IDAT", b"IDAX"),
    "a PDF cut short": a_pdf()[:-8],
    "a PDF with script": a_pdf(inside=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
    "a PDF with hidden script": a_pdf(inside=b"/S /J#61va#53cript"),
    "a PDF with packed script": a_pdf(inside=packed(b"<< /S /JavaScript >>")),
    "a PDF that starts programs": a_pdf(inside=b"/S/Launch/F(cmd.exe)"),
    "a PDF with a file in it": a_pdf(inside=b"/EmbeddedFiles 3 0 R"),
    "a locked PDF": a_pdf(inside=b"/Encrypt 5 0 R"),
    "a zip": a_workpaper("docx").replace(b"word/document.xml", b"word/documenT.xml"),
    "Word with macros": a_workpaper(word__vbaProject_bin=b"x"),
    "Word that says it has macros": a_workpaper(
        types=b"<Types><Default ContentType='x.macroEnabled.main+xml'/></Types>"
    ),
    "Word with an object": a_workpaper(word__embeddings__a_bin=b"x"),
    "Excel with a control": a_workpaper("xlsx", xl__activeX__a_xml=b"<x/>"),
    "Excel with links outside": a_workpaper("xlsx", xl__externalLinks__a_xml=b"<x/>"),
    "Word with a template elsewhere": a_workpaper(
        word___rels__settings_xml_rels=b'<Relationship Type="x/attachedTemplate" Target="http://x" TargetMode="External"/>'
    ),
    "Word with a doctype": a_workpaper(word__a_xml=b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'),
    "Word with a damaged photo": a_workpaper(word__media__a_jpeg=a_jpeg()[:-60]),
}


@pytest.mark.parametrize("what", list(REFUSED))
def test_what_is_not_safe_or_not_whole_is_refused(what: str) -> None:
    with pytest.raises(Invalid):
        cleaned(REFUSED[what])


def test_a_package_that_swells_is_refused() -> None:
    with pytest.raises(Invalid):
        cleaned(a_workpaper(word__big_xml=bytes(101 * 1024 * 1024)))
    many = {f"word/{n}.xml": b"x" for n in range(2_100)}
    with pytest.raises(Invalid):
        cleaned(a_workpaper(parts=many))


def test_what_lies_on_disk_is_noise_and_comes_back_whole(app: Flask, hall: Hall, receipt: str) -> None:
    number = add(hall, receipt, a_png(hidden=HIDDEN), name="C:\\照片\\令狐清越家门口.png")
    with transaction() as session:
        kept = session.scalars(sa.select(attachments.MatterAttachment)).one()
        raw = (attachments.folder() / kept.stored_as).read_bytes()
        assert attachments.folder().is_relative_to(app.config["SETTINGS"].uploads)
        assert not attachments.folder().is_relative_to(app.static_folder or "/")
        assert b"PNG" not in raw
        assert (attachments.folder() / kept.stored_as).stat().st_mode & 0o077 == 0
        assert kept.name == "令狐清越家门口.png"
        assert attachments.opened(kept) == a_png()
        (attachments.folder() / kept.stored_as).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        with pytest.raises(Missing):
            attachments.opened(kept)
    assert number == 1


def test_size_and_count_have_limits(hall: Hall, receipt: str) -> None:
    for wrong in (b"", a_png() + bytes(attachments.MOST_BYTES)):
        with pytest.raises(Invalid):
            add(hall, receipt, wrong)
    for _ in range(attachments.MOST_A_ROUND):
        add(hall, receipt, a_png())
    with pytest.raises(Refused):
        add(hall, receipt, a_png())
    assert add(hall, receipt, a_png(), who="water") == attachments.MOST_A_ROUND + 1


def test_a_unit_opens_its_own_the_centre_all_and_others_none(
    hall: Hall, receipt: str, as_role: SignedIn
) -> None:
    own, theirs = add(hall, receipt, a_png()), add(hall, receipt, a_png(), who="water")
    with clock.frozen(LATER):
        roads, water = as_role(staff=hall.people["roads"]), as_role(staff=hall.people["water"])
        answer = roads.get(f"/handling/{receipt}/files/{own}")
        assert answer.data == a_png()
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{receipt}-{own}.png"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"] == "image/png"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert water.get(f"/handling/{receipt}/files/{theirs}").status_code == 200
        assert water.get(f"/handling/{receipt}/files/{own}").status_code == 404
        assert roads.get(f"/handling/{receipt}/files/{theirs}").status_code == 404
        assert roads.get(f"/handling/{receipt}/files/99").status_code == 404
        for key in ("station", "police"):
            assert as_role(staff=hall.people[key]).get(f"/handling/{receipt}/files/{own}").status_code == 404
        for key in ("clerk", "supervision", "head"):
            client = as_role(staff=hall.people[key])
            assert client.get(f"/matters/{receipt}/files/{own}").data == a_png()
            assert client.get(f"/matters/{receipt}/files/{theirs}").status_code == 200
        for role in (Role.INTERVIEWER, Role.LEADER, Role.ADMINISTRATOR, Role.HANDLER):
            assert as_role(role).get(f"/matters/{receipt}/files/{own}").status_code in (303, 403)
        assert as_role(Role.HANDLER).get(f"/handling/{receipt}/files/{own}").status_code == 404
    with transaction() as session:
        read = sa.select(journal.Entry).where(journal.Entry.action == "matter.attachment_read")
        lines = session.scalars(read).all()
        assert len(lines) == 2 + 2 * 3
        assert all(line.staff_id and line.record.startswith("matter:") for line in lines)


def test_nobody_without_signing_in_opens_a_file(app: Flask, hall: Hall, receipt: str) -> None:
    number = add(hall, receipt, a_png())
    for address in (f"/handling/{receipt}/files/{number}", f"/matters/{receipt}/files/{number}"):
        assert app.test_client().get(address).status_code == 303


def test_a_file_goes_back_until_it_is_reported(hall: Hall, receipt: str) -> None:
    first, second = add(hall, receipt, a_png()), add(hall, receipt, a_png())
    with transaction() as session:
        roads, matter = session.merge(hall.people["roads"], load=False), the(session, receipt)
        attachments.remove(session, matter, first, by=roads, at=LATER)
        with pytest.raises(Missing):
            attachments.remove(session, matter, first, by=roads, at=LATER)
        water = session.merge(hall.people["water"], load=False)
        with pytest.raises(Missing):
            attachments.remove(session, matter, second, by=water, at=LATER)
    assert add(hall, receipt, a_png()) == 3
    with transaction() as session:
        assert len(list(attachments.folder().iterdir())) == 3
        assert attachments.clear(session, before=LATER) == 0
        assert attachments.clear(session, before=LATER + timedelta(seconds=1)) == 1
        (attachments.folder() / "notes.txt").write_text("not ours")
        assert attachments.clear(session, before=LATER + timedelta(days=2)) == 0
        assert len(attachments.of_unit(session, the(session, receipt), hall.id("roads"))) == 2


def test_what_was_reported_stays_even_when_it_was_sent_back(hall: Hall, receipt: str) -> None:
    add(hall, receipt, a_png())
    do(
        receipt,
        A.SUB_EXCUSED,
        hall.people["supervision"],
        at=LATER,
        facts={"unit": hall.id("water")},
        text="不需要",
    )
    facts = {"outcome": "solved", "points": True, "evidence": 1}
    do(receipt, A.REPORT, hall.people["roads"], at=LATER, facts=facts, text="修好了")
    do(
        receipt,
        A.REJECT,
        hall.people["checker"],
        at=LATER,
        facts={"reason": "no_evidence"},
        text="照片看不清",
    )
    with transaction() as session:
        roads, matter = session.merge(hall.people["roads"], load=False), the(session, receipt)
        with pytest.raises(Forbidden):
            attachments.remove(session, matter, 1, by=roads, at=LATER)


def test_uploads_arrive_through_the_page_under_any_name(hall: Hall, receipt: str, as_role: SignedIn) -> None:
    with clock.frozen(LATER):
        roads = as_role(staff=hall.people["roads"])
        data = {
            "step": "attach",
            "attach-files": [(io.BytesIO(a_png()), "../../../etc/passwd"), (io.BytesIO(a_pdf()), "a.exe")],
        }
        assert roads.post(f"/handling/{receipt}", data=data).status_code == 303
        page = roads.get(f"/handling/{receipt}").get_data(as_text=True)
    assert "附件 2 · PDF" in page
    assert "passwd" not in page
    with transaction() as session:
        kept = attachments.of_unit(session, the(session, receipt), hall.id("roads"))
        assert [f.name for f in kept] == ["passwd", "a.exe"]
        assert [(f.format, f.download_name) for f in kept] == [
            (FileFormat.PNG, "1.png"),
            (FileFormat.PDF, "2.pdf"),
        ]
