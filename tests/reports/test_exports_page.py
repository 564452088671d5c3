"""The page of data exports: who may, what is journalled, what comes down, and when it is gone."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from core import clock
from core.db import reading, transaction
from core.jobs import Job, JobState, run_next
from core.journal import Entry
from core.permissions import OPENS, Permission, Role
from reports.data_exports import KEPT, DataExport, drop_old, shelf
from survey.interviews import Answer
from survey.weight_making import make_weight_set
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

FORM = {"formats": ["parquet"], "language": "zh", "method": "bootstrap", "replicates": "20"}


@pytest.fixture
def a_set(app: Flask) -> int:
    """A weight set to export."""
    with transaction() as session:
        field = a_worked_wave(session, each=40, interviews=120)
        cut = NOON + timedelta(days=1)
        return make_weight_set(
            session, field.wave, starts_on=NOON.date(), ends_on=NOON.date(), as_of=cut, by=None, at=cut
        ).id


def journalled(action: str) -> list[Entry]:
    with reading() as session:
        return list(session.scalars(sa.select(Entry).where(Entry.action == action)))


def test_a_designer_asks_fetches_and_is_journalled(a_set: int, as_role: SignedIn) -> None:
    designer = as_role(Role.DESIGNER)
    page = designer.get("/exports")
    assert page.status_code == 200
    assert "还没有导出过" in page.text
    asked = designer.post("/exports", data={**FORM, "set": str(a_set)})
    assert asked.status_code == 303
    assert asked.location.startswith("/jobs/")
    assert "看进度" in designer.get("/exports").text
    with reading() as session:
        waiting = session.scalars(sa.select(DataExport)).one().id
    assert designer.post(f"/exports/{waiting}/fetch").status_code == 404
    assert run_next()
    with reading() as session:
        job = session.scalars(sa.select(Job).where(Job.kind == "data.export")).one()
        assert job.state is JobState.DONE
        assert job.result is not None
        assert job.result["url"] == "/exports"
        made = session.scalars(sa.select(DataExport)).one()
        assert made.interviews == 120
        assert made.token
    assert "120" in designer.get("/exports").text
    fetched = designer.post(f"/exports/{waiting}/fetch", buffered=True)
    assert fetched.status_code == 200
    assert fetched.mimetype == "application/zip"
    assert "no-store" in fetched.headers["Cache-Control"]
    assert f"set{a_set}.zip" in fetched.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(fetched.data)) as archive:
        assert {"interviews.parquet", "interviews.csv", "reproduce.R", "README.zh.md"} <= set(
            archive.namelist()
        )
        assert "interviews.sav" not in archive.namelist()
    (ask,), (make,), (fetch,) = (journalled(f"data_export.{word}") for word in ("ask", "make", "fetch"))
    assert ask.details["weight_set"] == make.details["weight_set"] == fetch.details["weight_set"] == a_set
    assert ask.details["formats"] == ["parquet"]
    assert make.details["interviews"] == 120
    assert ask.staff_id == make.staff_id == fetch.staff_id is not None
    assert fetch.record == f"data_export:{waiting}"


def test_nobody_else_comes_near(a_set: int, app: Flask, as_role: SignedIn) -> None:
    designer = as_role(Role.DESIGNER)
    designer.post("/exports", data={**FORM, "set": str(a_set)})
    run_next()
    others = [role for role in Role if Permission.WEIGHT_MAKE not in OPENS[role]]
    assert Role.LEADER in others
    for role in others:
        browser = as_role(role)
        assert browser.get("/exports").status_code == 403, role
        assert browser.post("/exports/1/fetch").status_code == 403, role
        assert browser.post("/exports", data={**FORM, "set": str(a_set)}).status_code == 403, role
    nobody = app.test_client()
    assert nobody.post("/exports/1/fetch").status_code in (302, 303, 401)
    assert not journalled("data_export.fetch")
    assert len(journalled("data_export.ask")) == 1


def test_what_is_wrong_in_the_form_is_said_and_nothing_begins(a_set: int, as_role: SignedIn) -> None:
    designer = as_role(Role.DESIGNER)
    for field, value, said in (
        ("replicates", "5", "20 到 1000"),
        ("replicates", "x", "整数"),
        ("method", "guess", "方法"),
        ("set", "999", "权数"),
    ):
        answer = designer.post("/exports", data={**FORM, "set": str(a_set), field: value})
        assert answer.status_code == 422, field
        assert said in answer.text
    assert designer.post("/exports", data={**FORM, "set": str(a_set), "language": "fr"}).status_code == 422
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(DataExport)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_a_set_whose_data_changed_fails_with_words(a_set: int, as_role: SignedIn) -> None:
    designer = as_role(Role.DESIGNER)
    with transaction() as session:
        session.execute(
            sa.update(Answer).where(Answer.question == "area", Answer.value == "1").values(value="2")
        )
    designer.post("/exports", data={**FORM, "set": str(a_set)})
    assert run_next()
    with reading() as session:
        job = session.scalars(sa.select(Job)).one()
        assert job.state is JobState.FAILED
        assert job.error is not None
        assert "重新加权" in job.error["zh"]
    assert not any(p.is_file() for p in shelf().folder.rglob("*"))


def test_files_rest_outside_the_web_root_and_go_in_time(a_set: int, app: Flask, as_role: SignedIn) -> None:
    designer = as_role(Role.DESIGNER)
    designer.post("/exports", data={**FORM, "set": str(a_set)})
    run_next()
    folder = shelf().folder
    assert Path(app.static_folder or "") not in folder.parents
    assert folder.stat().st_mode & 0o077 == 0
    with reading() as session:
        made = session.scalars(sa.select(DataExport)).one()
        path = shelf().path(made.token or "")
        number = made.id
    assert path.stat().st_mode & 0o077 == 0
    left = folder / ("A" * 22)
    left.write_bytes(b"half")
    old = (clock.now() - timedelta(days=30)).timestamp()
    os.utime(left, (old, old))
    with transaction() as session:
        assert drop_old(session, clock.now() + KEPT - timedelta(minutes=1)) == 0
    assert path.exists()
    assert not left.exists()
    with transaction() as session:
        assert drop_old(session, clock.now() + KEPT + timedelta(minutes=1)) == 1
    assert not path.exists()
    assert len(journalled("data_export.drop")) == 1
    assert designer.post(f"/exports/{number}/fetch").status_code == 404
    assert "已删除" in designer.get("/exports").text


def test_a_repeated_job_makes_nothing_twice(a_set: int, as_role: SignedIn) -> None:
    as_role(Role.DESIGNER).post("/exports", data={**FORM, "set": str(a_set)})
    run_next()
    with transaction() as session:
        session.scalars(sa.select(Job)).one().state = JobState.QUEUED
    assert run_next()
    assert len(journalled("data_export.make")) == 1
    assert sum(p.suffix == "" for p in shelf().folder.iterdir()) == 1


def test_the_command_writes_the_same_bundle(
    a_set: int, app: Flask, tmp_path: Path, as_role: SignedIn
) -> None:
    runner = app.test_cli_runner()
    out = tmp_path / "set.zip"
    done = runner.invoke(
        args=[
            "reports",
            "export",
            "--set",
            str(a_set),
            "--out",
            str(out),
            "--format",
            "parquet",
            "--replicates",
            "20",
        ]
    )
    assert done.exit_code == 0, done.output
    assert "120 interviews" in done.output
    designer = as_role(Role.DESIGNER)
    designer.post("/exports", data={**FORM, "set": str(a_set)})
    run_next()
    assert designer.post("/exports/1/fetch", buffered=True).data == out.read_bytes()
    missing = runner.invoke(args=["reports", "export", "--set", "999", "--out", str(out)])
    assert missing.exit_code == 1
    assert "no weight set 999" in missing.output
    assert not list(tmp_path.glob(".*.part"))
