"""A bulletin is one snapshot: the same data give the same bytes, on either database, and nothing in it is typed."""

from __future__ import annotations

import itertools
from datetime import timedelta
from threading import Event, Thread
from time import sleep

import pytest

from core.db import Database, transaction, using
from core.people import Staff
from core.permissions import Role
from reports import assembling, issuing
from reports.advice import give
from reports.assembling import AtOnce, Exists, snapshot
from reports.blocks import Chart, Figure, Points, Table, digest, frozen, thawed
from reports.bulletins import Bulletin, BulletinKind
from reports.corrections import differences
from reports.issuing import comment
from reports.periods import Period, PeriodKind
from reports.verdicts import Overclaimed, borne
from reports.views.bulletin_parts import known
from tests import factories
from tests.factories import a_staff, a_unit
from tests.reports.issues import CUT, WEEK, a_city_at_work, a_draft, approved

BYTES: dict[str, bytes] = {}


def test_the_same_snapshot_gives_the_same_bytes_on_both_databases(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factories, "_count", itertools.count(1))  # the same names on both
    with transaction() as session:
        a_city_at_work(session)
        period = Period.with_day(PeriodKind.WEEK, WEEK)
        first = frozen(snapshot(session, BulletinKind.WEEKLY, period, as_of=CUT))
        again = frozen(snapshot(session, BulletinKind.WEEKLY, period, as_of=CUT))
    assert first == again
    assert frozen(thawed(first)) == first
    BYTES[database.engine.dialect.name] = first
    assert len(set(BYTES.values())) == 1


def test_every_number_has_a_source_and_every_chart_its_table(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        content = a_draft(session).content
    assert [s.number for s in content.sections] == sorted(s.number for s in content.sections)
    blocks = [b for s in content.sections for b in s.blocks]
    ids = [b.id for b in blocks if isinstance(b, Figure | Table | Chart)]
    assert len(ids) == len(set(ids))
    for block in blocks:
        if isinstance(block, Figure | Table):
            assert content.source(block.source) is not None, block.id
        if isinstance(block, Table):
            assert all(len(row) == len(block.columns) for row in block.rows), block.id
        if isinstance(block, Chart):
            table = content.block(block.table)
            assert isinstance(table, Table), block.id
            for key in (block.label, *block.values, block.low, block.high):
                assert not key or table.column(key) >= 0
        if isinstance(block, Points):
            assert len(block.points) <= 6
            assert all(not p.link or content.block(p.link) for p in block.points)


def test_prominent_problems_name_places_never_persons(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        bulletin = a_draft(session)
        table = bulletin.content.block("problems")
    assert isinstance(table, Table)
    assert table.rows[0][2] == 5
    assert b"1390000" not in bulletin.snapshot
    assert "路灯不亮".encode() not in bulletin.snapshot


def test_one_issue_is_drafted_once(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        made = a_draft(session)
        assert made.digest == digest(made.snapshot)
        with pytest.raises(Exists):
            a_draft(session)
        assert a_draft(session, day=WEEK + timedelta(days=4 - WEEK.weekday() - 7)).number == made.number - 1


def test_two_workers_draft_one_issue_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        a_city_at_work(session)
        a_draft(session)
    monkeypatch.setattr(assembling, "once", lambda session, standing: None)  # both looked before either wrote
    with pytest.raises(AtOnce), transaction() as session:
        a_draft(session)


def test_two_editors_write_at_once_and_both_are_kept(database: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        made, one, two = a_draft(session).id, a_staff(session, Role.EDITOR), a_staff(session, Role.EDITOR)
    has_it, written = Event(), []

    def second() -> None:
        with using(database), transaction() as session:
            has_it.wait(20)
            bulletin = known(session, made, session.get_one(Staff, two.id), to_change=True)
            comment(session, bulletin, "intake", "诉求集中。", by=two, at=CUT)
            written.append(True)

    beside = Thread(target=second)
    with transaction() as session:
        bulletin = known(session, made, one, to_change=True)
        if database.engine.dialect.name == "postgresql":  # the other knows one transaction at a time
            beside.start()
            has_it.set()
            sleep(0.5)
            assert not written
        comment(session, bulletin, "points", "路灯集中。", by=one, at=CUT)
    if not beside.is_alive() and not written:
        has_it.set()
        beside.start()
    beside.join(30)
    with transaction() as session:
        assert set(session.get_one(Bulletin, made).comments) == {"points", "intake"}


def test_every_written_text_is_held_to_the_figures_of_its_table(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        made, editor, unit = a_draft(session), a_staff(session, Role.EDITOR), a_unit(session)
        names = set(borne(made.content).before)
        assert {"安全感", "诉求", "市政照明", "解决率"} <= names
        for text in ("诉求增多了。", "市政照明诉求升至 5 件。", "解决率提高了。", "Matters went up."):
            with pytest.raises(Overclaimed):
                comment(session, made, "intake", text, by=editor, at=CUT)
            with pytest.raises(Overclaimed):
                give(session, made, text, unit=unit, due_on=WEEK, effect="亮", by=editor, at=CUT)
        give(
            session,
            made,
            "请提高路灯完好率。",
            unit=unit,
            due_on=WEEK,
            effect="同类诉求减半",
            by=editor,
            at=CUT,
        )
        issuing.submit(session, made, by=editor, at=CUT)
        approved(session, made)
        issuing.issue(session, made, by=editor, at=CUT)
        with pytest.raises(Overclaimed):
            issuing.withdraw(session, made, "安全感升至 99%，有误", by=editor, at=CUT)


def test_what_changed_between_two_snapshots_is_listed(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        before = a_draft(session).content
        a_more = snapshot(
            session,
            BulletinKind.WEEKLY,
            Period.with_day(PeriodKind.WEEK, WEEK),
            as_of=CUT - timedelta(days=5),
        )
    assert differences(before, before) == []
    changed = differences(before, a_more)
    assert changed
    assert all(line["was"] != line["now"] for line in changed)
