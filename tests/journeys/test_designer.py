"""A designer's morning in a real browser: a frame, five workbooks, margins, a wave, a draw, a release."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from core import jobs
from core.db import reading, transaction, using
from core.people import Staff
from core.permissions import Role
from core.places import Level, Place
from demo.city import city
from demo.margins import write_margins
from demo.numbers import write_csv
from survey.cases import Case, CaseState
from survey.frame import DoNotCall, FrameNumber
from survey.waves import Wave, WaveState
from tests.factories import SECURITY_WORKBOOK, a_staff
from tests.journeys.conftest import House, assert_accessible, no_sideways_scroll, picture, sign_in

pytestmark = pytest.mark.browser
FORMS = Path(__file__).resolve().parent.parent / "reference" / "xlsforms"


@pytest.fixture
def worker(house: House) -> Iterator[None]:
    """A worker that does the jobs beside the browser."""
    stop = threading.Event()

    def work() -> None:
        with using(house.database):
            while not stop.is_set():
                if not jobs.run_next():
                    stop.wait(0.2)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=20)


@pytest.fixture
def designer(house: House) -> Staff:
    """A designer in the demonstration's city."""
    with transaction() as session:
        made: dict[str, int] = {}
        for town in city().townships:
            if town.county_code not in made:
                county = Place(
                    level=Level.COUNTY,
                    code=town.county_code,
                    name=town.county_name,
                    name_en=f"County {len(made) + 1}",
                )
                session.add(county)
                session.flush()
                made[town.county_code] = county.id
            session.add(
                Place(
                    level=Level.TOWNSHIP,
                    parent_id=made[town.county_code],
                    code=town.code,
                    name=town.name,
                    name_en=town.english,
                )
            )
        return a_staff(session, Role.DESIGNER)


@pytest.fixture
def supervisor(house: House) -> Staff:
    """A supervisor who designs as well: every door of the designer's room is open."""
    with transaction() as session:
        return a_staff(session, Role.DESIGNER, Role.SUPERVISOR)


def _look(page: Page, name: str) -> None:
    """Hold a page to the house's standards and keep its picture."""
    assert_accessible(page)
    no_sideways_scroll(page)
    picture(page, f"designer-{name}")


def send(page: Page) -> None:
    """Send the form by its key, once the page listens: nobody's finger is quicker than that."""
    page.wait_for_load_state()
    page.keyboard.press("Control+Enter")


def test_a_morning(page: Page, house: House, designer: Staff, worker: None, tmp_path: Path) -> None:
    """Import, check, set up, open, draw, release: with a mouse or without, nothing is lost or hidden."""
    page.set_default_timeout(30_000)  # reading a large workbook takes its time on a busy machine
    sign_in(page, designer, house)
    page.goto("/")
    expect(page).to_have_url(f"{house.url}/design")
    expect(page.get_by_text("还没有调查。按这四步来")).to_be_visible()
    _look(page, "first-empty")
    _import_a_frame(page, tmp_path)
    _import_questionnaires(page, tmp_path)
    _import_margins(page, tmp_path)
    _make_a_wave(page)
    _draw_and_release(page)


def _import_a_frame(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    planted = write_csv(path, 6_000, bad_rows=24, encoding="gbk")
    page.goto("/design/frames")
    _look(page, "frames-empty")
    page.keyboard.press("n")
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 900)
    page.get_by_label("名称").fill("四季度号码")
    page.get_by_label("号码文件").set_input_files(tmp_path / "locked.xlsx")
    page.get_by_role("button", name="上传并核对列").click()
    expect(page.locator(".field-error")).to_contain_text("有密码")
    expect(page.get_by_label("名称")).to_have_value("四季度号码")
    _look(page, "frame-refused")
    page.get_by_label("号码文件").set_input_files(path)
    page.get_by_role("button", name="上传并核对列").click()
    expect(page.get_by_role("heading", name="“四季度号码”：核对列")).to_be_visible()
    assert not re.search(r"\d{9}", page.locator("table").inner_text())
    page.get_by_label("乡镇").select_option("")
    page.get_by_role("button", name=re.compile("试读全部行")).click()
    expect(page.get_by_role("alert")).to_contain_text("缺少必需的列")
    page.get_by_label("乡镇").select_option("2")
    _look(page, "frame-columns")
    send(page)
    expect(page.get_by_role("heading", name="为什么拒收")).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载拒收清单（CSV）").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as opened:
        lines = [int(row[0]) for row in list(csv.reader(opened))[1:]]
    assert lines == [bad.line for bad in planted]
    _look(page, "frame-check")
    page.get_by_role("button", name=re.compile("导入 6,000 个号码")).click()
    expect(page.get_by_role("heading", name="各县（区）的规模")).to_be_visible(timeout=60_000)
    _look(page, "frame")
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(FrameNumber)) == 6_000


def _import_questionnaires(page: Page, tmp_path: Path) -> None:
    page.goto("/design/questionnaires")
    kept = []
    for path in sorted(FORMS.glob("*.xlsx")):
        page.get_by_label("XLSForm 工作簿").set_input_files(path)
        page.get_by_role("button", name="导入并预览").click()
        page.wait_for_load_state()
        if page.locator("#refusal").count():
            assert page.locator("#refusal tbody tr").count() > 0
            _look(page, f"edition-refused-{path.stem}")
        else:
            kept.append(path.stem)
            assert page.locator("section.card").count() > 0
            assert_accessible(page)
            page.get_by_role("link", name="English").click()
            assert_accessible(page)
            picture(page, f"designer-edition-{path.stem}", whole=False)
        page.goto("/design/questionnaires")
    assert kept
    page.get_by_label("XLSForm 工作簿").set_input_files(SECURITY_WORKBOOK)
    page.get_by_role("button", name="导入并预览").click()
    expect(page.get_by_text("何时问").first).to_be_visible()
    picture(page, "designer-edition", whole=False)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载工作簿").click()
    assert Path(download.value.path()).read_bytes() == SECURITY_WORKBOOK.read_bytes()
    page.goto("/design/questionnaires")
    _look(page, "editions")


def _import_margins(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "margins.csv"
    write_margins(path)
    page.goto("/design/margins")
    text = path.read_text(encoding="utf-8-sig").splitlines()
    cells = text[1].split(",")
    at = text[0].split(",").index("adults")
    cells[at] = str(int(cells[at]) + 7)
    (tmp_path / "wrong.csv").write_text("\n".join([text[0], ",".join(cells), *text[2:]]), encoding="utf-8")
    page.get_by_label("CSV 文件").set_input_files(tmp_path / "wrong.csv")
    page.get_by_role("button", name="导入").click()
    expect(page.locator(".field-error")).to_contain_text("合计不相等")
    page.get_by_label("CSV 文件").set_input_files(path)
    page.get_by_role("button", name="导入").click()
    expect(page.locator(".flash-good")).to_contain_text("已导入")
    page.locator("details.margin").first.locator("summary").click()
    _look(page, "margins")


def _make_a_wave(page: Page) -> None:
    page.goto("/design/waves/new")
    page.get_by_label("名称", exact=True).fill("四季度安全感")
    page.get_by_label("结束日期").fill("2020-01-01")
    page.get_by_label("每日目标").fill("很多")
    send(page)
    expect(page.locator(".field-error")).to_have_count(1)
    expect(page.get_by_label("每日目标")).to_have_value("很多")
    page.get_by_label("每日目标").fill("")
    page.get_by_label("结束日期").fill("")
    send(page)
    expect(page.get_by_text("还没有选定问卷")).to_be_visible()
    _look(page, "wave-lacking")
    page.keyboard.press("e")
    page.get_by_label("问卷").select_option(index=1)
    page.get_by_label("抽样框").select_option(index=1)
    page.get_by_label("每日目标").fill("40")
    page.get_by_label("拨打时段").fill("09:00-12:00, 15:00-20:30")
    _look(page, "wave-form")
    send(page)
    expect(page.get_by_text("09:00–12:00、15:00–20:30")).to_be_visible()
    expect(page.get_by_text("约需 200 个号码")).to_be_visible()
    _look(page, "wave-draft")
    page.get_by_role("button", name="启动").first.click()
    page.locator("#open").get_by_role("button", name="启动").click()
    expect(page.get_by_role("heading", name="各县（区）进度")).to_be_visible()
    with reading() as session:
        assert session.scalars(sa.select(Wave.state)).one() is WaveState.OPEN


def _draw_and_release(page: Page) -> None:
    page.wait_for_load_state("load")
    page.keyboard.press("d")
    page.get_by_label("再抽多少个号码").fill("0")
    page.keyboard.press("Enter")
    expect(page.locator(".field-error")).to_be_visible()
    page.get_by_label("再抽多少个号码").fill("600")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="600 个号码会这样分")).to_be_visible()
    page.locator("#shares details summary").first.click()
    _look(page, "draw")
    send(page)
    expect(page.get_by_role("heading", name="抽样记录")).to_be_visible()
    with reading() as session:
        held = sa.select(sa.func.count()).where(Case.state == CaseState.HELD)
        assert session.scalar(held) == 600
    page.wait_for_load_state("load")
    page.keyboard.press("r")
    expect(page.locator(".flash-good")).to_contain_text("已投放 120 个个案")
    _look(page, "sample")
    page.goto("/design")
    expect(page.get_by_text("有 4 个批次还没投放")).to_be_visible()
    _look(page, "first")


def test_the_same_pages_in_english(page: Page, house: House, supervisor: Staff) -> None:
    """The English pages stand on their own."""
    sign_in(page, supervisor, house, language="en")
    for path, heading in (
        ("/design", "Waves"),
        ("/design/frames/new", "Import a frame"),
        ("/design/questionnaires", "Questionnaires"),
        ("/design/margins", "Margins"),
        ("/design/waves/new", "New wave"),
        ("/design/do-not-call", "Do-not-call list"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        words = page.locator("main").inner_text()
        assert not re.search(r"[\u4e00-\u9fff]", words), words
        _look(page, "en-" + path.strip("/").replace("/", "-"))


def test_the_do_not_call_list_never_shows_a_number(page: Page, house: House, supervisor: Staff) -> None:
    """A number is added and asked about; the page and the address never show it again."""
    sign_in(page, supervisor, house)
    page.goto("/design/do-not-call")
    page.get_by_label("号码", exact=True).fill("1450000")
    page.get_by_role("button", name="添加").click()
    expect(page.locator(".field-error")).to_be_visible()
    page.get_by_label("号码", exact=True).fill("145 0000 0001")
    page.get_by_role("button", name="添加").click()
    expect(page.locator(".flash-good")).to_be_visible()
    assert "0001" not in page.content() + page.url
    page.get_by_label("要查询的号码").fill("+8614500000001")
    page.get_by_role("button", name=re.compile("查询")).click()
    expect(page.get_by_text("在名单上：不能拨打")).to_be_visible()
    assert "0000" not in page.url
    _look(page, "do-not-call")
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(DoNotCall)) == 1
