"""The wall stands: no planted word or number of the counselling room comes out of it, by any role, page, log or row."""

from __future__ import annotations

import ast
import json
import logging
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from benchmarks.hotline_wall import (
    OUTSIDE,
    Found,
    control,
    marks_in_file,
    marks_in_rows,
    roles_signed_in,
    walk,
)
from benchmarks.planted_counselling import Planter, holds_mark, is_sealed, plantable
from core import clock
from core.db import Base, reading, transaction
from core.permissions import OPENS, Permission, Role
from hotline.deleting import sealed_tables
from hotline.read_log import CounsellingRead, first_break
from tests.conftest import NOON
from tests.web.conftest import app  # noqa: F401  the whole house

ROOT = Path(__file__).resolve().parent.parent.parent
CONTACTS = 12


@pytest.fixture
def planted(app: Flask) -> tuple[Planter, list[str]]:  # noqa: F811
    """Contacts of the counselling line with a mark in everything that was said."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with clock.frozen(NOON), transaction() as session:
        planter = Planter(session)
        return planter, planter.plant(CONTACTS)


def test_no_mark_comes_out(
    app: Flask,  # noqa: F811
    planted: tuple[Planter, list[str]],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    planter, tokens = planted
    found = Found()
    with clock.frozen(NOON), caplog.at_level(logging.DEBUG):
        logging.getLogger("tingmin.probe").info("the ear is open")
        for who, client in roles_signed_in(app).items():
            walk(app, client, tokens, who, found, all_doors=False)
        own = control(app, planter, tokens)
    assert own >= 3, "the walk does not see what it looks for"
    assert found.leaks == []
    assert found.opened == []
    assert found.answers > 400
    assert found.refused >= len(OUTSIDE) * 20
    heard = [f"{r.name} {r.getMessage()} {r.exc_text or ''}" for r in caplog.records]
    assert any("the ear is open" in said for said in heard)
    assert not [said for said in heard if holds_mark(said)]
    assert marks_in_rows() == []
    database = tmp_path / "house.db"
    assert database.exists()
    for path in (database, database.with_name("house.db-wal")):
        assert not path.exists() or marks_in_file(path) == []


def test_every_sealed_table_is_planted_and_can_be_deleted() -> None:
    sealed = {t.name for t in Base.metadata.tables.values() if is_sealed(t)}
    assert len(sealed) >= 12
    assert sealed <= {t.name for t in plantable()}
    reached = {t.name for t in sealed_tables()}
    hanging = {"danger_stamp", "follow_up_try"}  # deleted with what they hang on
    by_themselves = {"handover"}  # a shift's notes are about the shift
    assert sealed - reached <= hanging | by_themselves


def test_what_an_operator_reads_is_in_the_log(app: Flask, planted: tuple[Planter, list[str]]) -> None:  # noqa: F811
    planter, tokens = planted
    with clock.frozen(NOON):
        own = control(app, planter, tokens)
    with reading() as session:
        reads = session.scalars(sa.select(CounsellingRead)).all()
        assert first_break(session) is None
    assert len(reads) >= own
    assert {read.staff_id for read in reads} == {planter.operator}
    assert not holds_mark(json.dumps([[read.record, read.fields] for read in reads], ensure_ascii=False))


def test_only_the_room_the_web_and_the_demonstration_know_of_it() -> None:
    allowed = {"hotline", "web", "demo", "reports", "tests", "benchmarks", "migrations", "scripts"}
    knowing = set()
    for path in ROOT.glob("*/**/*.py"):
        room = path.relative_to(ROOT).parts[0]
        if room.startswith(".") or room in ("var", "build"):
            continue
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "hotline" in text else ():
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "hotline" for name in names):
                knowing.add(room)
    assert knowing <= allowed


def test_counselling_doors_open_to_its_own_roles_only() -> None:
    sealed = {Permission.COUNSEL, Permission.COUNSEL_LEAD, Permission.COUNSEL_REVIEW}
    inside = {role for role, doors in OPENS.items() if doors & sealed}
    assert inside == {Role.OPERATOR, Role.SHIFT_LEAD, Role.REVIEWER}
