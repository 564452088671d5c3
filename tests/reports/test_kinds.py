"""Every kind of bulletin from the same parts: daily, monthly, quarterly, annual and special, from draft to paper."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.db import Database, transaction
from core.permissions import Role
from core.places import Level, Place
from core.problems import Invalid
from reports import issuing
from reports.advice import give
from reports.assembling import Exists, another_edition, assemble, renew, snapshot
from reports.blocks import Chart, Figure, Points, Snapshot, Table, frozen, thawed
from reports.bulletins import Bulletin, BulletinKind
from reports.checks import checks
from reports.definitions import reweigh
from reports.office import docx
from reports.paper import Paper
from reports.periods import Period, PeriodKind, wide
from reports.printing import page
from reports.special_reports import assemble_special
from tests.factories import a_staff, a_unit
from tests.reports.issues import CUT, WEEK, a_city_at_work, approved
from tests.reports.raised import a_matter

K = BulletinKind
LIGHTING, WAGES = "livelihood.lighting", "livelihood.wages"


def keys(content: Snapshot) -> list[str]:
    return [s.key for s in content.sections]


def table(content: Snapshot, table_id: str) -> Table:
    found = content.block(table_id)
    assert isinstance(found, Table), table_id
    return found


def cells(content: Snapshot, table_id: str) -> dict[str, object]:
    """Return the first row of a table by its columns."""
    found = table(content, table_id)
    return dict(zip((c.key for c in found.columns), found.rows[0], strict=True))


def whole(bulletin: Bulletin) -> None:
    """Hold what holds for every kind: numbers in order, sources, tables of charts, both languages, paper."""
    content = bulletin.content
    assert [s.number for s in content.sections] == list(range(1, len(content.sections) + 1))
    assert frozen(thawed(bulletin.snapshot)) == bulletin.snapshot
    ids = [b.id for s in content.sections for b in s.blocks if isinstance(b, Figure | Table | Chart)]
    assert len(ids) == len(set(ids))
    for s in content.sections:
        for b in s.blocks:
            if isinstance(b, Figure | Table):
                assert content.source(b.source) is not None
            if isinstance(b, Chart):
                assert isinstance(content.block(b.table), Table)
            if isinstance(b, Points):
                assert 0 < len(b.points) <= 6
                assert all(not p.link or content.block(p.link) for p in b.points)
    for language in ("zh", "en"):
        paper = Paper(bulletin, content, language)
        text = page(paper)
        assert bulletin.kind.in_language(language) in text
        assert bulletin.which.in_language(language) in text
        assert docx(paper).startswith(b"PK")


@pytest.mark.parametrize(
    ("kind", "which", "first", "last"),
    [
        (K.DAILY, "2026 年第 322 期", date(2026, 11, 18), date(2026, 11, 18)),
        (K.WEEKLY, "2026 年第 47 期", date(2026, 11, 16), date(2026, 11, 22)),
        (K.MONTHLY, "2026 年 11 月", date(2026, 11, 1), date(2026, 11, 30)),
        (K.QUARTERLY, "2026 年第 4 季度", date(2026, 10, 1), date(2026, 12, 31)),
        (K.ANNUAL, "2026 年度", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_every_kind_is_drafted_checked_issued_and_printed(
    sqlite: Database, kind: BulletinKind, which: str, first: date, last: date
) -> None:
    with transaction() as session:
        a_city_at_work(session)
        editor = a_staff(session, Role.EDITOR)
        made = assemble(session, kind, WEEK, by=editor, at=CUT)
        assert (made.which.zh.format(year=made.year, number=made.number), made.starts_on, made.ends_on) == (
            which, first, last,
        )  # fmt: skip
        whole(made)
        with pytest.raises(Exists):
            assemble(session, kind, WEEK, by=editor, at=CUT)
        before = made.snapshot
        renew(session, made, by=editor, at=CUT)
        assert made.snapshot == before
        said = [check.words.zh for check in checks(session, made)]
        assert ("两项指数都有结果" in said) == (kind is not K.DAILY)
        issuing.submit(session, made, by=editor, at=CUT)
        approved(session, made)
        issuing.issue(session, made, by=editor, at=CUT)
        again = another_edition(session, made, by=editor, at=CUT + timedelta(minutes=1))
        assert (again.edition, again.period) == (2, made.period)


def test_a_day_says_what_was_done_and_claims_no_index(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        content = assemble(session, K.DAILY, WEEK, by=None, at=CUT).content
    assert keys(content) == ["points", "fieldwork", "intake", "incidents", "supervision", "method"]
    assert content.figures() == []
    assert content.weight_sets == ()
    field = cells(content, "fieldwork")
    assert field["completes"] == 200
    assert set(field) == {"place", "dials", "completes", "reached", "townships"}
    assert "指数".encode() not in frozen(content).replace("不报指数；指数见周报".encode(), b"")
    intake = cells(content, "intake")
    assert intake["now"] == 3  # the other two came a day earlier
    points = next(b for b in content.sections[0].blocks if isinstance(b, Points))
    assert "完成访问 200 份" in points.points[0].text.zh


def test_a_day_is_held_against_its_weekday(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        town = session.scalars(
            sa.select(Place).where(Place.level == Level.TOWNSHIP).order_by(Place.code)
        ).first()
        assert town is not None
        for weeks in (1, 2, 3, 4):
            a_matter(session, town, WAGES, WEEK - timedelta(weeks=weeks))
        a_matter(session, town, WAGES, WEEK - timedelta(weeks=1, days=1))
        content = assemble(session, K.DAILY, WEEK, by=None, at=CUT).content
    assert table(content, "intake").columns[2].words.zh == "前四周同日均值"
    assert cells(content, "intake")["mean"] == 1.0


def test_longer_kinds_tell_groups_apart_and_name_what_every_figure_rests_on(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        made = assemble(session, K.MONTHLY, WEEK, by=None, at=CUT)
        content = made.content
    assert "groups" in keys(content)
    groups = table(content, "groups.safety")
    assert {str(row[1]) for row in groups.rows} >= {"性别", "年龄"}
    rests = table(content, "provenance")
    index = {c.key: i for i, c in enumerate(rests.columns)}
    city = [row for row in rests.rows if row[index["where"]] == content.place]
    figure = next(f for f in content.figures() if f.id == "index.safety")
    first = next(row for row in city if row[0] == figure.words)
    assert first[index["n"]] == figure.n
    assert first[index["effective_n"]] == figure.effective_n
    assert first[index["deff"]] == figure.deff
    assert first[index["estimate"]] == pytest.approx(100 * (figure.estimate or 0))
    printed = {
        (str(row[0]), row[5])
        for t in ("groups.safety",)
        for row in table(content, t).rows
        if row[2] is not None
    }
    resting = {(str(row[index["where"]]), row[index["n"]]) for row in rests.rows}
    assert printed
    assert printed <= resting
    sets = table(content, "method")
    assert {row[0] for row in sets.rows} >= {str(row[index["set"]]) for row in rests.rows}
    for row in sets.rows:
        assert all(cell not in (None, "") for cell in row[:6])


def test_a_year_brings_the_counties_forward_and_a_quarter_its_units(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        weekly, quarter, year = (
            assemble(session, kind, WEEK, by=None, at=CUT).content
            for kind in (K.WEEKLY, K.QUARTERLY, K.ANNUAL)
        )
    assert table(weekly, "counties.safety").is_annex
    assert not table(year, "counties.safety").is_annex
    assert not table(quarter, "urging").is_annex


def test_the_dark_figure_is_told_or_why_it_is_not(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        content = assemble(session, K.MONTHLY, WEEK, by=None, at=CUT).content
        assert assemble(session, K.WEEKLY, WEEK, by=None, at=CUT).content.block("dark") is None
    dark = table(content, "dark")
    assert dark.rows[0][0] == content.place
    told = frozen(content).decode()
    assert "暗数比" in told
    for row in dark.rows:
        values = dict(zip((c.key for c in dark.columns), row, strict=True))
        if values["ratio"] is None:
            assert values["why"] is not None
        else:
            assert values["low"] <= values["ratio"] <= values["high"]  # type: ignore[operator]


def test_a_special_report_is_about_its_topics_and_its_place_alone(sqlite: Database) -> None:
    first, last = WEEK - timedelta(days=20), WEEK
    with transaction() as session:
        a_city_at_work(session)
        towns = list(
            session.scalars(sa.select(Place).where(Place.level == Level.TOWNSHIP).order_by(Place.code))
        )
        elsewhere = next(t for t in towns if t.parent_id != towns[0].parent_id)
        for n in range(4):
            a_matter(session, elsewhere, LIGHTING, WEEK, number=f"1380000000{n}")
            a_matter(session, towns[0], WAGES, WEEK, number=f"1370000000{n}")
        city = assemble_special(
            session, "全市路灯", first, last, topics=[LIGHTING], by=None, at=CUT
        )  # fmt: skip
        county = session.get_one(Place, towns[0].parent_id)
        one = assemble_special(
            session, "路灯", first, last, topics=[LIGHTING], within=county, by=None, at=CUT
        )
        two = assemble_special(
            session, "民生", first, last, topics=[LIGHTING, WAGES], within=towns[0], by=None, at=CUT
        )
        for made in (city, one, two):
            whole(made)
        assert [m.number for m in (city, one, two)] == [1, 2, 3]
        assert [cells(m.content, "intake")["now"] for m in (city, one, two)] == [9, 5, 9]
        assert one.content.place.zh == county.name
        assert keys(one.content) == [
            "points", "intake", "course", "problems", "causes", "handling", "supervision", "method",
        ]  # fmt: skip
        assert [row[2] for row in table(one.content, "problems").rows] == [5]
        weeks = table(one.content, "course").rows
        assert sum(row[1] for row in weeks if isinstance(row[1], int)) == 5
        assert len(weeks) == 13 + 4
        assert one.content.weight_sets == ()
        with pytest.raises(Exists):
            assemble_special(session, "路灯", first, last, topics=[LIGHTING], by=None, at=CUT)
        before = one.snapshot
        editor = a_staff(session, Role.EDITOR)
        renew(session, one, by=editor, at=CUT)
        assert one.snapshot == before
        corrected = another_edition(session, one, by=editor, at=CUT)
        assert (corrected.topics, corrected.place_id, corrected.number) == (one.topics, county.id, 2)


@pytest.mark.parametrize(
    ("subject", "topics", "days", "field"),
    [
        ("", [LIGHTING], 7, "subject"),
        ("路灯", [], 7, "topics"),
        ("路灯", ["no.such"], 7, "topics"),
        ("路灯", [LIGHTING], -1, "last"),
        ("路灯", [LIGHTING], 400, "last"),
    ],
)
def test_a_special_report_says_what_it_lacks(
    sqlite: Database, subject: str, topics: list[str], days: int, field: str
) -> None:
    with transaction() as session, pytest.raises(Invalid) as refused:
        assemble_special(
            session, subject, WEEK, WEEK + timedelta(days=days), topics=topics, by=None, at=CUT
        )  # fmt: skip
    assert set(refused.value.fields) == {field}


def test_what_was_corrected_lately_is_listed(sqlite: Database) -> None:
    with transaction() as session:
        a_city_at_work(session)
        editor, unit = a_staff(session, Role.EDITOR), a_unit(session)
        made = assemble(session, K.DAILY, WEEK, by=editor, at=CUT)
        give(session, made, "修路灯", unit=unit, due_on=WEEK, effect="亮", by=editor, at=CUT)
        issuing.submit(session, made, by=editor, at=CUT)
        approved(session, made)
        issuing.issue(session, made, by=editor, at=CUT)
        issuing.withdraw(session, made, "口径有误", by=editor, at=CUT)
        later = assemble(session, K.WEEKLY, WEEK, by=editor, at=CUT + timedelta(hours=1)).content
    row = table(later, "corrections").rows[0]
    assert (str(row[1]), row[2], str(row[3])) == ("撤回", clock.local(CUT).date().isoformat(), "口径有误")


def test_what_is_withdrawn_counts_by_its_withdrawal(sqlite: Database) -> None:
    """An issue of ten weeks ago taken back yesterday is news; one taken back ten weeks ago is none."""
    with transaction() as session:
        a_city_at_work(session)
        editor = a_staff(session, Role.EDITOR)
        for day, issued_at, taken_back_at in (
            (WEEK - timedelta(weeks=11), CUT - timedelta(weeks=10), CUT - timedelta(days=1)),
            (WEEK - timedelta(weeks=12), CUT - timedelta(weeks=11), CUT - timedelta(weeks=10)),
            (WEEK - timedelta(weeks=1), CUT - timedelta(weeks=1), CUT + timedelta(days=1)),
        ):
            made = assemble(session, K.DAILY, day, by=editor, at=issued_at)
            issuing.submit(session, made, by=editor, at=issued_at)
            approved(session, made)
            issuing.issue(session, made, by=editor, at=issued_at)
            issuing.withdraw(session, made, "口径有误", by=editor, at=taken_back_at)
        rows = table(assemble(session, K.WEEKLY, WEEK, by=editor, at=CUT).content, "corrections").rows
    yesterday = clock.local(CUT - timedelta(days=1)).date().isoformat()
    assert [(str(row[1]), row[2]) for row in rows] == [("撤回", yesterday)]


def test_a_span_is_compared_with_as_many_days_before() -> None:
    span = Period(PeriodKind.SPAN, date(2026, 10, 5), date(2026, 10, 24))
    assert (span.previous.starts_on, span.previous.ends_on) == (date(2026, 9, 15), date(2026, 10, 4))
    assert span.last_year.days == span.days == 20
    week = Period.with_day(PeriodKind.WEEK, WEEK)
    assert wide(week).days == 28
    assert wide(span) == span
    assert clock.zone() is not None


def test_a_new_definition_is_named_and_its_weeks_are_counted_by_it(sqlite: Database) -> None:
    weights = {"police": 4.0, "traffic": 1.0, "court": 1.0, "procuratorate": 1.0, "justice": 1.0}
    with transaction() as session:
        a_city_at_work(session)
        designer = a_staff(session, Role.DESIGNER)
        before = assemble(session, K.WEEKLY, WEEK, by=None, at=CUT).content
        reweigh(session, weights, valid_from=date(2026, 11, 16), reason="人大建议", by=designer, at=CUT)
        after = assemble(session, K.MONTHLY, WEEK, by=None, at=CUT).content
        week = snapshot(session, K.WEEKLY, Period.with_day(PeriodKind.WEEK, WEEK), as_of=CUT)
        reweigh(
            session, weights, valid_from=date(2026, 11, 16), reason="量表", breaks_series=True, by=designer, at=CUT
        )  # fmt: skip
        broken = snapshot(session, K.WEEKLY, Period.with_day(PeriodKind.WEEK, WEEK), as_of=CUT)
    assert after.definition_version == 1  # the month began before it counted
    assert (before.definition_version, week.definition_version, broken.definition_version) == (1, 2, 3)
    assert "改用第 2 版" not in frozen(before).decode()
    assert "两期都按这一版重算" in frozen(week).decode()
    assert "此前的数字不作比较" in frozen(broken).decode()
    one, two = (next(f for f in x.figures() if f.id == "index.enforcement") for x in (before, week))
    assert one.estimate != two.estimate
    assert all(c.verdict == "unknown" for f in broken.figures() for c in f.comparisons)
