"""The way of a bulletin: drafted, commented, checked, approved, issued, read, instructed upon, corrected, withdrawn."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import io
import re
import zipfile
import zlib

import pytest
import sqlalchemy as sa
from flask import Flask

from core.db import reading, transaction
from core.jobs import run_next
from core.journal import Entry
from core.permissions import Role
from core.units import Unit
from reports.advice import Advice, AdviceState
from reports.bulletins import Bulletin, BulletinReader, BulletinState
from tests.reports.issues import WEEK, a_city_at_work, a_draft, issued_on_screen
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401


@pytest.fixture
def draft(app: Flask) -> int:
    """A draft on the editor's desk."""
    with transaction() as session:
        a_city_at_work(session)
        return a_draft(session).id


def state_of(bulletin_id: int) -> BulletinState:
    with reading() as session:
        return session.get_one(Bulletin, bulletin_id).state


def test_an_editor_drafts_in_the_background(app: Flask, as_role: SignedIn) -> None:
    with transaction() as session:
        a_city_at_work(session)
    editor = as_role(Role.EDITOR)
    assert "没有在编的简报" in editor.get("/editing/").text
    asked = editor.post("/editing/draft", data={"kind": "weekly", "day": WEEK.isoformat()})
    assert asked.location.startswith("/jobs/")
    assert run_next()
    assert "第 47 期" in editor.get("/editing/").text


def test_readers_know_of_nothing_before_it_is_issued(draft: int, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    assert leader.get(f"/bulletins/{draft}").status_code == 404
    assert leader.get(f"/bulletins/{draft}/numbers/intake").status_code == 404
    assert leader.get(f"/bulletins/{draft}.pdf").status_code == 404
    assert leader.get("/editing/").status_code == 403
    assert as_role(Role.HANDLER).get(f"/bulletins/{draft}").status_code == 403


def test_a_comment_is_held_against_the_figures(draft: int, as_role: SignedIn) -> None:
    editor = as_role(Role.EDITOR)
    refused = editor.post(f"/editing/{draft}/comments/points", data={"text": "安全感上升。"})
    assert refused.status_code == 422
    assert "无显著变化" in refused.text
    assert ">安全感上升。</textarea>" in refused.text  # to be put right on the page that refused it
    assert "改好了，再提交" in refused.text
    advised = {"text": "安全感下降，请多巡逻。", "unit": "", "due_on": "2026-12-01", "effect": "夜间多见民警"}
    lost = editor.post(f"/editing/{draft}/advice", data=advised)
    assert lost.status_code == 422
    assert all(f">{words}</textarea>" in lost.text for words in (advised["text"], advised["effect"]))
    kept = editor.post(f"/editing/{draft}/comments/points", data={"text": "路灯问题集中，建议先修。"})
    assert kept.status_code == 303
    assert "路灯问题集中" in editor.get(f"/editing/{draft}").text
    assert editor.post(f"/editing/{draft}/comments/nowhere", data={"text": "好"}).status_code == 422


def test_a_leader_reads_drills_down_and_instructs(draft: int, as_role: SignedIn) -> None:
    editor, leader = as_role(Role.EDITOR), as_role(Role.LEADER)
    issued_on_screen(editor, draft)
    page = leader.get(f"/bulletins/{draft}")
    assert page.status_code == 200
    assert "安全感指数" in page.text
    with reading() as session:
        read = [(r.reader.roles, r.read_at) for r in session.scalars(sa.select(BulletinReader)).unique()]
        assert any(Role.LEADER in roles and at is not None for roles, at in read)
        assert any(Role.EDITOR in roles and at is None for roles, at in read)
        units = list(session.scalars(sa.select(Unit.id)))
    numbers = leader.get(f"/bulletins/{draft}/numbers/index.safety")
    assert "怎么算的" in numbers.text
    assert "有效样本量" in numbers.text
    file = leader.get(f"/bulletins/{draft}/numbers/intake.csv")
    assert file.mimetype == "text/csv"
    assert "本期" in file.text
    given = leader.post(
        f"/bulletins/{draft}/instructions",
        data={"text": "请住建局两周内修好。", "unit": str(units[0]) if units else ""},
    )
    assert given.status_code == 303
    assert "请住建局两周内修好" in leader.get("/bulletins/advice/").text
    with reading() as session:
        advice = session.scalars(sa.select(Advice)).unique().one()
        assert advice.is_instruction
        number = advice.id
    assert editor.post(f"/bulletins/advice/{number}/finish", data={"outcome": "修好了"}).status_code == 409
    assert editor.post(f"/bulletins/advice/{number}/take_up").status_code == 303
    assert editor.post(f"/bulletins/advice/{number}/finish", data={"outcome": ""}).status_code == 422
    assert editor.post(f"/bulletins/advice/{number}/finish", data={"outcome": "修好了"}).status_code == 303
    with reading() as session:
        assert session.get_one(Advice, number).state is AdviceState.DONE
    assert leader.post(f"/bulletins/advice/{number}/reopen").status_code == 403


def test_advice_names_its_unit_its_day_and_its_effect(draft: int, as_role: SignedIn) -> None:
    editor = as_role(Role.EDITOR)
    assert editor.post(f"/editing/{draft}/advice", data={"text": "修路灯"}).status_code == 422
    issued_on_screen(editor, draft)
    full = {"text": "修路灯", "unit": "1", "due_on": "2099-01-01", "effect": "夜间更亮"}
    assert editor.post(f"/editing/{draft}/advice", data=full).status_code == 422


def test_a_correction_takes_the_place_of_what_was_wrong(draft: int, as_role: SignedIn) -> None:
    editor, leader = as_role(Role.EDITOR), as_role(Role.LEADER)
    assert editor.post(f"/editing/{draft}/correct", data={"reason": "有误"}).status_code == 409
    issued_on_screen(editor, draft)
    made = editor.post(f"/editing/{draft}/correct", data={"reason": "补入晚到的事项"})
    new = int(made.location.rsplit("/", 1)[1])
    assert state_of(draft) is BulletinState.ISSUED
    assert leader.get(f"/bulletins/{new}").status_code == 404
    issued_on_screen(editor, new)
    assert (state_of(draft), state_of(new)) == (BulletinState.CORRECTED, BulletinState.ISSUED)
    assert "已由更正版代替" in leader.get(f"/bulletins/{draft}").text
    assert "更正" in leader.get(f"/bulletins/{new}").text


def test_a_withdrawn_one_shows_why_and_nothing_else(draft: int, as_role: SignedIn) -> None:
    editor, leader = as_role(Role.EDITOR), as_role(Role.LEADER)
    issued_on_screen(editor, draft)
    assert editor.post(f"/editing/{draft}/withdraw", data={"reason": ""}).status_code == 422
    assert editor.post(f"/editing/{draft}/withdraw", data={"reason": "口径有误"}).status_code == 303
    page = leader.get(f"/bulletins/{draft}")
    assert "口径有误" in page.text
    assert "受理诉求" not in page.text
    assert leader.get(f"/bulletins/{draft}/numbers/intake").status_code == 404
    assert leader.get(f"/bulletins/{draft}.docx").status_code == 404


def test_paper_is_the_same_to_the_byte_and_set_in_chinese(draft: int, as_role: SignedIn) -> None:
    editor = as_role(Role.EDITOR)
    first = editor.get(f"/bulletins/{draft}.pdf")
    if first.status_code == 409:
        pytest.skip("This machine has no Chinese type or no Pango, and the page says so")
    assert first.data.startswith(b"%PDF-")
    parts = re.findall(rb"stream\r?\n(.*?)endstream", first.data, re.DOTALL)
    inside = b"".join(zlib.decompressobj().decompress(p) for p in parts if p[:1] == b"x")
    assert b"Noto-Sans-CJK-SC" in inside
    assert b"Noto-Serif-CJK-SC" in inside
    assert editor.get(f"/bulletins/{draft}.pdf").data == first.data
    word = editor.get(f"/bulletins/{draft}.docx").data
    assert editor.get(f"/bulletins/{draft}.docx").data == word
    with zipfile.ZipFile(io.BytesIO(word)) as parts:
        text = parts.read("word/document.xml").decode()
        assert parts.testzip() is None
    assert "社情民意调查周报" in text
    assert 'w:eastAsia="Noto Serif CJK SC"' in text


def test_nobody_issues_alone(draft: int, as_role: SignedIn) -> None:
    editor, other = as_role(Role.EDITOR), as_role(Role.EDITOR)
    assert editor.post(f"/editing/{draft}/submit").status_code == 303
    assert "由另一位编辑审定" in editor.get(f"/editing/{draft}").text
    assert editor.post(f"/editing/{draft}/approve").status_code == 409
    assert state_of(draft) is BulletinState.CHECKING
    assert other.post(f"/editing/{draft}/approve").status_code == 303
    assert state_of(draft) is BulletinState.APPROVED


def test_what_another_wrote_meanwhile_is_not_overwritten(draft: int, as_role: SignedIn) -> None:
    one, two = as_role(Role.EDITOR), as_role(Role.EDITOR)
    path = f"/editing/{draft}/comments/points"
    assert one.post(path, data={"text": "路灯问题集中。", "seen": ""}).status_code == 303
    refused = two.post(path, data={"text": "另一句。", "seen": ""})
    assert refused.status_code == 409
    assert ">另一句。</textarea>" in refused.text
    assert two.post(path, data={"text": "另一句。", "seen": "路灯问题集中。"}).status_code == 303
    assert "另一句。" in one.get(f"/editing/{draft}").text


def test_every_file_that_leaves_is_in_the_journal(draft: int, as_role: SignedIn) -> None:
    editor = as_role(Role.EDITOR)
    for path in (
        f"/bulletins/{draft}/numbers/intake.csv",
        f"/bulletins/{draft}.docx",
        "/root-causes/causes.csv",
    ):
        assert editor.get(path).status_code == 200, path
    with reading() as session:
        found = session.scalars(
            sa.select(Entry).where(Entry.action == "report.export").order_by(Entry.id)
        ).all()
        assert [e.record for e in found] == [f"bulletin:{draft}", f"bulletin:{draft}", "report:root_causes"]


def test_an_instruction_hangs_on_the_number_that_was_read(draft: int, as_role: SignedIn) -> None:
    editor, leader = as_role(Role.EDITOR), as_role(Role.LEADER)
    issued_on_screen(editor, draft)
    assert (
        f"/bulletins/{draft}?about=intake#instructions"
        in leader.get(f"/bulletins/{draft}/numbers/intake").text
    )
    page = leader.get(f"/bulletins/{draft}?about=intake").text
    assert '<option value="intake" selected>' in page
    form = {"text": "请查明原因。", "block": "intake"}
    assert leader.post(f"/bulletins/{draft}/instructions", data=form).status_code == 303
    assert "针对：受理总量" in leader.get(f"/bulletins/{draft}").text
