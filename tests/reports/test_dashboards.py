"""Dashboards: their numbers are the estimates and the counts, nobody sees another's, and every tile says how it was made."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core import clock
from core.db import Database, reading, transaction
from core.people import Staff, Unit, UnitKind
from core.permissions import Role
from core.places import Place
from matters import promise_ledger
from matters.flow import MatterAction
from matters.matter import Matter
from matters.moving import act
from matters.promise_ledger import PromisedDeed
from matters.reporters import reporters_of
from matters.states import MatterState
from reports.blocks import Text
from reports.definitions import FIRST, reweigh
from reports.estimates import By, EstimateSet, IndexEstimate, Measure
from reports.estimating import OTHERS, USERS, make
from reports.index_series import kind_of, newest, of_period
from reports.matter_tiles import hot_topics, red_list
from reports.periods import Period, PeriodKind
from reports.promise_tiles import promises
from reports.rate_ratio import change_of_counts
from reports.side_by_side import COLUMNS, ordered
from reports.tiles import drawn as drawn_plot
from reports.trend_tile import BROKEN, over_time
from reports.unit_tiles import own_said, own_weeks
from survey.interviews import Answer
from survey.waves import Wave
from survey.weight_making import make_weight_set
from survey.weighting import WeightSet
from tests.factories import a_city, a_staff, a_unit
from tests.matters import lives
from tests.reports.raised import a_matter
from tests.survey.field import NOON, a_field
from tests.survey.weighed import a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

CUT = NOON + timedelta(days=1)
TODAY = CUT.date()


def rows_of(client: FlaskClient, address: str) -> list[dict[str, str]]:
    """Read a tile's file."""
    return list(csv.DictReader(io.StringIO(client.get(address).text.lstrip("\ufeff"))))


def an_estimated_month() -> None:
    """Weigh and estimate four weeks that end with the day of the interviews."""
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=200)
        day = NOON.date()
        starts_on = day - timedelta(days=27)
        made = make_weight_set(
            session, field.wave, starts_on=starts_on, ends_on=day, as_of=CUT, by=None, at=CUT
        )
        make(session, made, FIRST, at=CUT)


def test_a_new_house_says_what_to_do(app: object, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    page = leader.get("/dashboards/leader/").text
    assert "还没有指数" in page
    assert "还没有诉求" in page
    assert "还没有县（区）" in leader.get("/dashboards/city/").text
    assert "现在没有在办的诉求" in as_role(Role.SUPERVISION).get("/dashboards/supervision/").text
    assert "还没有归到哪个单位" in as_role(Role.HANDLER).get("/dashboards/unit/").text


def test_the_numbers_are_the_estimates_and_say_how_they_were_made(app: object, as_role: SignedIn) -> None:
    an_estimated_month()
    leader = as_role(Role.LEADER)
    with clock.frozen(CUT):
        page = leader.get("/dashboards/leader/counties.safety").text
        file = rows_of(leader, "/dashboards/leader/counties.safety.csv")
        city = rows_of(leader, "/dashboards/city/counties.csv")
        board = leader.get("/dashboards/leader/").text
    with reading() as session:
        known = {
            e.domain: e
            for e in session.scalars(
                sa.select(IndexEstimate).where(
                    IndexEstimate.index == "safety",
                    IndexEstimate.measure == Measure.SHARE,
                    IndexEstimate.by.in_([By.COUNTY, By.CITY]),
                )
            )
        }
    assert len(file) == len(city) == 2
    for row in (*file, *city):
        e = known[row["代码"]]
        assert float(row.get("估计值") or row["安全感"]) == pytest.approx(e.estimate)
        assert row.get("样本量", row.get("安全感·样本量")) == str(e.n)
    whole = known["city"]
    assert whole.estimate is not None
    assert f"{100 * whole.estimate:.1f} %" in board
    for words in ("怎么算的", "指数定义第 1 版", "有效样本量", "设计效应", "数据截止", "程序", "Mogstad"):
        assert words in page
    assert leader.get("/dashboards/leader/nothing").status_code == 404


def test_a_countys_few_are_on_no_dashboard(app: object, as_role: SignedIn) -> None:
    """Nine in one county: the other's number goes with it, on the tiles of both and in how they were made."""
    an_estimated_month()
    few = 9
    with transaction() as session:
        counties = sa.select(IndexEstimate).where(IndexEstimate.by == By.COUNTY)
        found = session.scalars(counties.order_by(IndexEstimate.domain)).all()
        code, other = found[0].domain, found[-1].domain
        for e in found:
            e.withheld = "too_few" if e.domain == code else "complement"
            e.n = few if e.domain == code else 191
    leader = as_role(Role.LEADER)
    with clock.frozen(CUT):
        city = rows_of(leader, "/dashboards/city/counties.csv")
        side = (
            leader.get("/dashboards/city/").text.partition('<table class="side">')[2].partition("</table>")[0]
        )
    # Every empty cell says why: too few, given away by them, nothing due, too few who named a problem.
    said = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<td class="side-cell">(.*?)</td>', side)]
    few_words, given_away = "样本不足，不予公布", "为免推出另一组的少数人，不予公布"
    none, unnamed = "没有数据", "说有问题的不足 10 人"
    assert said == [few_words, few_words, none, unnamed, given_away, given_away, none, unnamed]
    assert [row["暗数比·未列原因"] for row in city] == [unnamed] * 2
    with transaction() as session:
        month = session.scalars(sa.select(WeightSet)).one()
        back = timedelta(days=(month.ends_on.weekday() + 1) % 7)  # a month up to a Sunday stands in the trend
        month.starts_on, month.ends_on = month.starts_on - back, month.ends_on - back
    with clock.frozen(CUT):
        trends = [
            leader.get(f"/dashboards/leader/trend.safety{end}?county={place}").text
            for place in (code, other)
            for end in ("", ".csv")
        ]
        whole = rows_of(leader, "/dashboards/leader/trend.safety.csv")
    assert {row["安全感·样本量"] for row in city} == {row["执法满意度·样本量"] for row in city} == {""}
    for page in trends:
        assert not re.search(rf"[>,\s]({few}|191)[<,\s]", page.partition("<main")[2] or page)
        assert "一周·样本量" not in page
    assert [int(row["近四周·样本量"]) > few for row in whole] == [True]


def test_users_and_others_have_a_composite_of_their_own(sqlite: Database) -> None:
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=200)
        for n, answer in enumerate(
            session.scalars(sa.select(Answer).where(Answer.question == "s1_safety")).all()
        ):
            for agency in FIRST.agencies:
                session.add(
                    Answer(
                        interview_id=answer.interview_id, question=agency.contact, value=str(1 + n % 2), at=NOON,
                        token=f"{n}-{agency.code}",
                    )
                )  # fmt: skip
        day = NOON.date()
        made = make_weight_set(session, field.wave, starts_on=day, ends_on=day, as_of=CUT, by=None, at=CUT)
        kept = make(session, made, FIRST, at=CUT)
        found = {
            (e.index, e.domain): e.estimate
            for e in session.scalars(
                sa.select(IndexEstimate).where(
                    IndexEstimate.estimate_set_id == kept.id,
                    IndexEstimate.by == By.CONTACT,
                    IndexEstimate.measure == Measure.SHARE,
                )
            )
        }
    for domain in (USERS, OTHERS):
        parts = [found[a.code, domain] or 0 for a in FIRST.agencies]
        assert found["enforcement", domain] == pytest.approx(sum(parts) / len(parts))


def test_a_countys_leader_sees_their_own_county(app: object, as_role: SignedIn) -> None:
    with transaction() as session:
        towns = a_city(session)
        mine, other = towns[0], towns[-1]
        government = a_unit(session, kind=UnitKind.HANDLING, name="县政府")
        government.place_id = mine.parent_id
        bound = a_staff(session, Role.LEADER)
        bound.unit_id = government.id
        for town in (mine, other):
            late = a_matter(session, town, "livelihood.lighting", TODAY - timedelta(days=20))
            late.due_at = CUT - timedelta(days=3)
            late.state = MatterState.TO_ROUTE
        receipts = {m.place_id: str(m.receipt) for m in session.scalars(sa.select(Matter))}
        here, there = receipts[mine.id], receipts[other.id]
        elsewhere = session.get_one(Place, other.parent_id).code
    with clock.frozen(CUT):
        leader = as_role(Role.LEADER, staff=bound)
        for address in ("/dashboards/leader/red", f"/dashboards/leader/red?county={elsewhere}"):
            page = leader.get(address).text
            assert here in page
            assert there not in page
        city = as_role(Role.LEADER)
        assert there in city.get("/dashboards/leader/red").text
        assert here not in city.get(f"/dashboards/leader/red?county={elsewhere}").text


def test_doors_are_shut_to_others(app: object, as_role: SignedIn) -> None:
    for role, opened in (
        (Role.LEADER, {"leader", "city"}),
        (Role.SUPERVISION, {"supervision"}),
        (Role.HANDLER, {"unit"}),
        (Role.INTERVIEWER, set()),
        (Role.CLERK, set()),
    ):
        client = as_role(role)
        for board in ("leader", "city", "supervision", "unit"):
            expected = 200 if board in opened else 403
            assert client.get(f"/dashboards/{board}/").status_code == expected, (role, board)


def test_a_unit_sees_its_own_alone(app: object, as_role: SignedIn) -> None:
    with transaction() as session:
        town = a_city(session)[0]
        units = [a_unit(session, kind=UnitKind.HANDLING, name=name) for name in ("路灯所", "水务局")]
        handlers: list[Staff] = []
        for n, unit in enumerate(units):
            staff = a_staff(session, Role.HANDLER)
            staff.unit_id = unit.id
            handlers.append(staff)
            for _ in range(n + 2):
                m = a_matter(session, town, "livelihood.lighting", TODAY)
                m.state, m.lead_unit_id = MatterState.IN_HAND, unit.id
                m.due_at, m.yellow_at = CUT + timedelta(days=9), CUT + timedelta(days=7)
    with clock.frozen(CUT):
        for n, staff in enumerate(handlers):
            client = as_role(Role.HANDLER, staff=staff)
            counts = {row["时钟"]: row["件数"] for row in rows_of(client, "/dashboards/unit/colours.csv")}
            assert counts["绿·时限内"] == str(n + 2)
            assert units[1 - n].name not in client.get("/dashboards/unit/").text
        office = as_role(Role.SUPERVISION)
        held = rows_of(office, "/dashboards/supervision/units.csv")
    assert {row["单位"]: row["在办"] for row in held} == {"路灯所": "2", "水务局": "3"}


def test_few_callers_are_not_told_by_their_satisfaction(sqlite: Database) -> None:
    with transaction() as session:
        unit = session.merge(Unit(kind=UnitKind.HANDLING, name="小站", name_en="Small office"))
        session.flush()
        staff = a_staff(session, Role.HANDLER)
        staff.unit_id = unit.id
        session.flush()
        tile = own_said(session, staff, at=CUT)
    assert all(cell is None for row in tile.table.rows for cell in row[1:])
    assert tile.missing is not None


def test_what_a_return_brings_counts_for_whom_it_is_given_to(sqlite: Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        matter = lives.assigned(session, county, NOON)
        second = county.units[1].id
        act(session, matter, MatterAction.SIGN, by=county.handlers[0], at=NOON + timedelta(hours=1))
        act(session, matter, MatterAction.ASK_RETURN, by=county.handlers[0], at=NOON + timedelta(hours=1),
            text="路灯由供电公司管", facts={"basis": True, "proposed": second})  # fmt: skip
        act(session, matter, MatterAction.ACCEPT_RETURN, by=county.office, at=NOON + timedelta(hours=2),
            facts={"lead": second, "redacted": True})  # fmt: skip
        act(session, matter, MatterAction.SIGN, by=county.handlers[1], at=NOON + timedelta(hours=3))
        weeks = own_weeks(session, county.handlers[1], at=CUT)
    at = [column.key for column in weeks.table.columns].index("assigned")
    assert sum(int(str(row[at] or 0)) for row in weeks.table.rows) == 1


def test_promises_are_counted_by_their_day_and_topics_say_no_more_than_they_bear(sqlite: Database) -> None:
    with transaction() as session:
        town = a_city(session)[0]
        for n in range(12):
            m = a_matter(session, town, "livelihood.lighting", TODAY - timedelta(days=10))
            m.promised_on = TODAY - timedelta(days=2 + n % 3)
        told_again = promise_ledger.note(
            session, reporters_of(session, m)[0].id, PromisedDeed.ANSWER, TODAY, told_by=None, at=CUT
        )
        assert m.promised_on is not None
        assert told_again.promised_on > m.promised_on
        for n in range(11):
            a_matter(session, town, "livelihood.lighting", TODAY - timedelta(days=44 + n))
        unsaid = a_matter(session, town, "livelihood.lighting", TODAY - timedelta(days=9))
        unsaid.state, unsaid.receipt = MatterState.DRAFT, None
        session.flush()
        kept = promises(session, county=None, at=CUT)
        topics = hot_topics(session, county=None, at=CUT)
        red = red_list(session, county=None, at=CUT)
    assert kept.figure is not None
    assert kept.figure.n == 12
    assert kept.figure.estimate == 0
    assert kept.figure.high is not None
    assert sum(int(str(row[-2])) for row in kept.table.rows) == 1  # one was told a later day
    slips = [float(str(row[-1])) for row in kept.table.rows if row[-1] is not None]
    assert all(2 <= slip <= 4 for slip in slips)  # promised two to four days ago, none answered
    assert 0.2 < kept.figure.high < 0.3  # 0 of 12: Clopper–Pearson's upper limit is 26.5 %
    [row] = topics.table.rows
    assert row[1:3] == (12, 11)
    assert str(row[-1]) == "无显著变化"
    days = [int(str(row[4])) for row in red.table.rows]
    assert len(days) == 23, "what is not registered yet is nobody's delay"
    assert days == sorted(days, reverse=True)


def test_where_the_weeks_before_are_hidden_so_is_their_p(sqlite: Database) -> None:
    with transaction() as session:
        (town, *_) = a_city(session)
        for n in range(12 + 3 + 30):
            weeks = 1 if n < 12 else 5
            topic = "livelihood.lighting" if n < 15 else "livelihood.wages"
            a_matter(session, town, topic, TODAY - timedelta(weeks=weeks if n < 30 else 2))
        a_matter(session, town, "livelihood.wages", TODAY - timedelta(days=55))
        rows = {str(r[0]): r for r in hot_topics(session, county=None, at=CUT).table.rows}
    few, many = rows["市政照明"], next(r for name, r in rows.items() if name != "市政照明")
    assert few[2:7] == (None, None, None, None, None)
    assert all(cell is not None for cell in many[2:7])


def test_a_change_of_counts_needs_more_than_noise() -> None:
    for now, before, words in ((30, 10, "升"), (10, 30, "降"), (12, 10, "无显著变化"), (12, 0, "升")):
        found = change_of_counts(now, before)
        assert found.words(found.p).zh == words
    assert change_of_counts(30, 10).words(0.06).zh == "无显著变化"
    assert change_of_counts(12, 0).high is None
    assert change_of_counts(0, 0).p == 1


def test_counties_are_sorted_with_the_missing_last() -> None:
    keys = [c.key for c in COLUMNS]

    def row(code: str, safety: float | None) -> tuple[object, ...]:
        cells: list[object] = [None] * len(keys)
        cells[0], cells[1], cells[keys.index("safety")] = code, code, safety
        return tuple(cells)

    rows = [row("1", 0.8), row("2", None), row("3", 0.9)]
    assert [r[1] for r in ordered(rows, "-safety")] == ["3", "1", "2"]  # type: ignore[arg-type]
    assert [r[1] for r in ordered(rows, "safety")] == ["1", "3", "2"]  # type: ignore[arg-type]
    assert [r[1] for r in ordered(rows, "nonsense")] == ["1", "2", "3"]  # type: ignore[arg-type]


def test_a_period_is_known_by_its_days() -> None:
    monday = date(2026, 11, 16)
    assert kind_of(monday, monday + timedelta(days=6)) is PeriodKind.WEEK
    assert kind_of(monday, monday + timedelta(days=3)) is None
    assert kind_of(monday, monday + timedelta(days=27)) is PeriodKind.FOUR_WEEKS
    assert kind_of(date(2026, 7, 1), date(2026, 11, 1)) is PeriodKind.HALF_YEAR
    assert kind_of(date(2026, 7, 1), date(2027, 1, 1)) is None


def test_two_counties_are_compared_with_their_test(app: object, as_role: SignedIn) -> None:
    an_estimated_month()
    leader = as_role(Role.LEADER)
    with clock.frozen(CUT):
        bare = leader.get("/dashboards/city/").text
        with reading() as session:
            now = newest(session, PeriodKind.FOUR_WEEKS, until=TODAY)
            assert now is not None
            a, b = now.domains(By.COUNTY)
            change = now.between("safety", a, b)
            assert change is not None
        page = leader.get(f"/dashboards/city/?a={a}&b={b}").text
        (row, _) = rows_of(leader, f"/dashboards/city/pair.csv?a={a}&b={b}")
        assert rows_of(leader, f"/dashboards/city/pair.csv?a={a}&b={a}") == []
    assert "选两个县（区）" in bare
    assert "分不出高低" in page
    assert float(row["差（百分点）"]) == pytest.approx(100 * change.difference)
    limits = [float(row["差·下限"]), float(row["差·上限"])]
    assert limits == pytest.approx([100 * change.low, 100 * change.high])
    assert change.p is not None
    assert float(row["p（Holm）"]) >= change.p


def _half_year(session: Session, wave: Wave, starts_on: date, ends_on: date) -> WeightSet:
    over = clock.midnight(ends_on + timedelta(days=1))
    made = WeightSet(
        wave_id=wave.id, starts_on=starts_on, ends_on=ends_on, as_of=over, interviews=500, provenance={}, made_at=over
    )  # fmt: skip
    session.add(made)
    session.flush()
    kept = EstimateSet(
        weight_set_id=made.id, definition_version=1, code_version="1", covariances={}, made_at=over
    )
    session.add(kept)
    session.flush()
    session.add(
        IndexEstimate(
            estimate_set_id=kept.id,
            index="safety",
            measure=Measure.SHARE,
            by=By.CITY,
            domain="city",
            estimate=0.8,
            standard_error=0.01,
            low=0.78,
            high=0.82,
            n=500,
            method="logit",
        )
    )
    session.flush()
    return made


def test_a_running_half_year_meets_the_same_span_of_last_year(sqlite: Database) -> None:
    with transaction() as session:
        wave = a_field(session).wave
        _half_year(session, wave, date(2025, 7, 1), date(2025, 12, 31))
        alike = _half_year(
            session, wave, date(2025, 7, 1), date(2025, 11, 2)
        )  # the Sunday next to 1 November
        _half_year(session, wave, date(2025, 7, 1), date(2025, 10, 26))
        now = Period(PeriodKind.HALF_YEAR, date(2026, 7, 1), date(2026, 11, 1))
        found = of_period(session, now.last_year)
        assert found is not None
        assert found.weight_set.id == alike.id
        assert of_period(session, now.previous) is None


def test_a_line_says_where_its_definition_changed(sqlite: Database) -> None:
    """Other weights make the composite another number, and leave the sense of security what it was."""
    monday = TODAY - timedelta(days=TODAY.weekday())
    weights = {a.code: 1.0 for a in FIRST.agencies} | {"police": 3.0}
    with transaction() as session:
        wave, by = a_field(session).wave, a_staff(session, Role.DESIGNER)
        reweigh(session, weights, valid_from=monday - timedelta(weeks=1), reason="权重", by=by, at=NOON)
        for n, version in ((3, 1), (2, 1), (1, 2)):
            starts_on = monday - timedelta(weeks=n)
            week = _half_year(session, wave, starts_on, starts_on + timedelta(days=6))
            kept = session.scalars(sa.select(EstimateSet).where(EstimateSet.weight_set_id == week.id)).one()
            kept.definition_version = version
            safety = session.scalars(
                sa.select(IndexEstimate).where(IndexEstimate.estimate_set_id == kept.id)
            ).one()
            told = ("measure", "by", "domain", "estimate", "standard_error", "low", "high", "n", "method")
            session.add(
                IndexEstimate(
                    estimate_set_id=kept.id, index="enforcement", **{k: getattr(safety, k) for k in told}
                )
            )
        session.flush()
        with clock.frozen(CUT):
            safety_line, composite = (
                over_time(session, index, county=None, at=CUT) for index in ("safety", "enforcement")
            )
        assert "week_definition" not in [c.key for c in safety_line.table.columns]
        told_at = composite.table.column("week_definition")
        assert [row[told_at] for row in composite.table.rows] == [
            Text(f"定义第 {n} 版起", f"Definition {n} on") for n in (1, 1, 2)
        ]
        assert composite.table.note == BROKEN
        drawn = drawn_plot(session, composite)
        assert drawn is not None
        week = next(trace for trace in drawn["data"] if trace["name"] == "一周")
        assert [y is None for y in week["y"]] == [False, False, True, False]


def test_any_index_is_shown_by_any_group(app: object, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    assert "还没有半年的加权结果" in leader.get("/indices/groups/?period=half_year").text
    an_estimated_month()
    with clock.frozen(CUT):
        assert leader.get("/indices/groups/?by=township").location.endswith("/townships/?index=safety")
        page = leader.get("/indices/groups/?index=police&by=sex&measure=mean").text
        file = rows_of(leader, "/indices/groups/groups.csv?index=police&by=sex&measure=mean")
    assert "比前四周" in page
    assert "比上年同期" in page
    with reading() as session:
        known = session.scalars(
            sa.select(IndexEstimate).where(
                IndexEstimate.index == "police",
                IndexEstimate.by == By.SEX,
                IndexEstimate.measure == Measure.MEAN,
            )
        ).all()
    assert {row["code"]: float(row["estimate"]) for row in file} == {
        e.domain: pytest.approx(e.estimate) for e in known if e.is_shown
    }
    assert {row["before"] for row in file} == {"无从比较"}
    assert as_role(Role.HANDLER).get("/indices/groups/").status_code == 403
