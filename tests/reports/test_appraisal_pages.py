"""Who sees what of appraisal: the desk all of units, a unit its own, a supervisor one interviewer at a time."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from matters.rates import Counts
from reports.appraisal_disclosure import for_readers
from reports.appraisal_round import AppraisalRound, RoundState
from reports.appraisal_scheme import AppraisalScheme, SchemeState
from reports.appraisal_sheet import figures
from reports.appraisal_snapshot import Appraisal, Correction, Measured, Row
from reports.appraisal_terms import Appraised, Indicator
from reports.appraising import draft_round, publish_round
from reports.few_callers import kept_back
from reports.periods import PeriodKind
from tests.reports.appraised import AFTER, DAY, QUARTER, a_county_at_work, a_round, a_scheme, an_editor
from tests.reports.test_appraisal_field import tries
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

K = Indicator


@dataclass
class Held:
    """What the tests ask for."""

    round_id: int
    units: list[str]
    unit_ids: list[int]


@pytest.fixture
def held(app: Flask) -> Held:
    """A published round of three units; the one that signs in as handler is the second."""
    with transaction() as session:
        county = a_county_at_work(session)
        editor = an_editor(session)
        a_scheme(session, editor)
        made = a_round(session, editor)
        return Held(made.id, [u.name for u in county.units], [u.id for u in county.units])


def handler_of(unit: int, as_role: SignedIn) -> FlaskClient:
    """Sign a handler of a unit in."""
    return someone_of(unit, Role.HANDLER, as_role)


def someone_of(unit: int, role: Role, as_role: SignedIn) -> FlaskClient:
    """Sign somebody of a unit in."""
    client = as_role(role)
    with transaction() as session:
        newest = session.scalars(sa.select(Staff).order_by(Staff.id.desc()).limit(1)).one()
        newest.unit_id = unit
    return client


def test_the_desk_reads_the_table_its_counts_and_files(held: Held, as_role: SignedIn) -> None:
    head = as_role(Role.OFFICE_HEAD)
    page = head.get(f"/appraisal/rounds/{held.round_id}").text
    for name in held.units:
        assert name in page
    assert ">1–2<" in page
    assert "件量不足 5 的照常列出，不排" in page
    file = head.get(f"/appraisal/rounds/{held.round_id}.csv")
    assert file.mimetype == "text/csv"
    assert len(file.text.strip().splitlines()) == 4
    assert "定案</button>" not in page  # the time to appeal is not over
    figure = head.get(f"/appraisal/rounds/{held.round_id}/figures/solved_low")
    assert "联系不上的按未解决计" in figure.text
    assert head.get(f"/appraisal/rounds/{held.round_id}/figures/solved_low.csv").text.count("\n") == 4
    assert head.get(f"/appraisal/rounds/{held.round_id}/figures/coverage").status_code == 404
    assert head.get(f"/appraisal/rounds/{held.round_id}/figures/nothing.csv").status_code == 404


def test_readers_read_and_do_nothing(held: Held, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    assert as_role(Role.SUPERVISOR).post(f"/appraisal/rounds/{held.round_id}/settle").status_code == 404
    assert "统计成草稿" not in leader.get("/appraisal/").text
    assert leader.get(f"/appraisal/rounds/{held.round_id}").status_code == 200
    assert leader.post(f"/appraisal/rounds/{held.round_id}/settle").status_code == 403
    assert leader.get("/appraisal/schemes/new").status_code == 403
    assert as_role(Role.CLERK).get("/appraisal/").status_code == 403


def test_a_draft_is_unknown_to_readers_and_to_the_unit(app: Flask, as_role: SignedIn) -> None:
    with transaction() as session:
        county = a_county_at_work(session)
        editor = an_editor(session)
        a_scheme(session, editor)
        draft, unit = a_round(session, editor, is_published=False).id, county.units[0].id
    assert as_role(Role.LEADER).get(f"/appraisal/rounds/{draft}").status_code == 404
    handler = handler_of(unit, as_role)
    assert handler.get(f"/unit-appraisal/{draft}").status_code == 404
    assert "还没有公布过" in handler.get("/unit-appraisal/").text
    assert as_role(Role.EDITOR).get(f"/appraisal/rounds/{draft}").status_code == 200


def test_a_unit_sees_its_own_figures_alone(held: Held, as_role: SignedIn) -> None:
    handler = handler_of(held.unit_ids[1], as_role)
    page = handler.get(f"/unit-appraisal/{held.round_id}").text
    assert held.units[1] in page
    assert held.units[0] not in page
    assert "6 / 6" in page  # signed for in time
    assert "4 / 6" not in page  # six callers: their unit would know who said what
    assert "回访到的不足 10 人" in page
    with reading() as session:
        row = session.get_one(AppraisalRound, held.round_id).content.row(held.unit_ids[1])
    assert row is not None
    assert row.points is not None
    for text in (page, handler.get("/unit-appraisal/").text):
        assert f"<strong>{row.points:.1f}" not in text  # the answers follow from the points
    assert handler.get(f"/appraisal/rounds/{held.round_id}").status_code == 403
    assert handler.get(f"/appraisal/rounds/{held.round_id}.csv").status_code == 403
    stranger = as_role(Role.HANDLER)  # of a unit that did nothing
    assert stranger.get(f"/unit-appraisal/{held.round_id}").status_code == 404
    assert handler.get("/own-appraisal/").status_code == 403


def test_nobody_who_raised_a_matter_is_in_any_of_it(held: Held, as_role: SignedIn) -> None:
    with reading() as session:
        snapshot = session.get_one(AppraisalRound, held.round_id).snapshot
    pages = as_role(Role.OFFICE_HEAD).get(f"/appraisal/rounds/{held.round_id}").text
    pages += handler_of(held.unit_ids[1], as_role).get(f"/unit-appraisal/{held.round_id}").text
    for mark in ("4500001234", "路灯", "2611-"):
        assert mark.encode() not in snapshot
        assert mark not in pages


def test_an_appeal_goes_from_the_unit_to_the_desk_and_back(held: Held, as_role: SignedIn) -> None:
    with clock.frozen(AFTER + DAY):
        handler, head = handler_of(held.unit_ids[1], as_role), as_role(Role.OFFICE_HEAD)
        path = f"/unit-appraisal/{held.round_id}"
        wrong = handler.post(f"{path}/appeals", data={"indicator": "solved_low", "grounds": ""})
        assert wrong.status_code == 422
        assert "请写明哪里不对" in wrong.text
        assert handler.post(f"{path}/appeals", data={"indicator": "", "grounds": "错"}).status_code == 422
        filed = handler.post(f"{path}/appeals", data={"indicator": "solved_low", "grounds": "两位都说解决了"})
        assert filed.status_code == 303
        assert "待裁定的申诉" in head.get("/appraisal/").text
        with reading() as session:
            appeal = session.execute(sa.text("SELECT id, grounds FROM appraisal_appeal")).one()
        assert "解决".encode() not in bytes(appeal.grounds)  # sealed at rest
        desk = f"/appraisal/appeals/{appeal.id}"
        assert "两位都说解决了" in head.get(desk).text
        assert as_role(Role.LEADER).get(desk).status_code == 403
        assert handler.get(desk).status_code == 403
        bad = head.post(f"{desk}/uphold", data={"finding": "查实", "numerator": "9", "denominator": "6"})
        assert bad.status_code == 422
        assert "分子不超过分母" in bad.text
        done = head.post(f"{desk}/uphold", data={"finding": "查实", "numerator": "5", "denominator": "6"})
        assert done.status_code == 303
        assert "更正" in head.get(done.location).text
        assert "5.0 / 6.0" in head.get(done.location).text
        own = handler.get(done.location.replace("/appraisal/rounds", "/unit-appraisal")).text
        assert "查实" in own
        assert "5 / 6" not in own
        assert "5.0 / 6.0" not in own
        old = handler.get(path)  # the desk keeps the old edition, the unit reads what stands
        assert (old.status_code, old.location) == (
            303,
            done.location.replace("/appraisal/rounds", "/unit-appraisal"),
        )
        assert head.get(f"/appraisal/rounds/{held.round_id}").status_code == 200
        assert "查实" in head.get(desk).text


def test_a_scheme_is_made_in_the_browser_as_data(app: Flask, as_role: SignedIn) -> None:
    editor = as_role(Role.EDITOR)
    form = {"appraised": "unit", "name": "承办单位考核办法", "minimum": "30", "valid_from": "2027-01-01",
            "w-signed": "40", "w-on_time": "50"}  # fmt: skip
    wrong = editor.post("/appraisal/schemes/new", data=form)
    assert wrong.status_code == 422
    assert "现在是 90" in wrong.text
    assert 'value="50"' in wrong.text  # nothing typed is lost
    made = editor.post("/appraisal/schemes/new", data=form | {"w-signed": "50"})
    assert made.status_code == 303
    scheme = made.location
    assert editor.get(f"{scheme}/change").status_code == 200
    late = form | {"w-signed": "50", "valid_from": "2026-01-01"}
    assert editor.post(f"{scheme}/change", data=late).status_code == 303
    refused = editor.post(f"{scheme}/publish")
    assert refused.status_code == 422
    assert "起算前 10 天公布" in refused.text
    assert editor.post(f"{scheme}/change", data=late | {"valid_from": "2099-01-01"}).status_code == 303
    assert editor.post(f"{scheme}/publish").status_code == 303
    assert editor.post(f"{scheme}/change", data=late).status_code == 409
    assert "起草新的一版" in editor.get(scheme).text
    number = scheme.rsplit("/", 1)[1]
    assert 'value="50"' in editor.get(f"/appraisal/schemes/new?base={number}").text
    assert as_role(Role.LEADER).get(scheme).status_code == 200
    with reading() as session:
        assert session.get_one(AppraisalScheme, int(number)).state is SchemeState.PUBLISHED


def test_people_are_looked_at_one_by_one_and_by_their_supervisor_alone(app: Flask, as_role: SignedIn) -> None:
    supervisor, other = as_role(Role.SUPERVISOR), as_role(Role.INTERVIEWER)
    with transaction() as session:
        who = tries(session)
        editor = an_editor(session)
        a_scheme(session, editor, Appraised.INTERVIEWER, {K.SPOKEN: 50, K.COMPLETES: 50})
        made = draft_round(session, Appraised.INTERVIEWER, PeriodKind.QUARTER, QUARTER, by=editor, at=AFTER)
        publish_round(session, made, by=editor, at=AFTER)
        assert made.state is RoundState.PRELIMINARY
        anna = session.get_one(Staff, who["anna"])
        path, name = f"/appraisal/rounds/{made.id}", anna.name
        own = f"/own-appraisal/{made.id}"
    page = supervisor.get(path)
    assert page.status_code == 200
    assert "<table" not in page.text  # to choose from, but no list of figures
    one = supervisor.get(f"{path}?person={who['anna']}").text
    assert name in one
    assert "5 / 5" in one
    assert supervisor.get(f"{path}.csv").status_code == 404
    assert supervisor.get(f"{path}/figures/completes").status_code == 404
    for role in (Role.OFFICE_HEAD, Role.EDITOR, Role.LEADER, Role.SUPERVISION):
        assert as_role(role).get(path).status_code == 404
    assert other.get(own).status_code == 404  # no figures of theirs in it
    assert other.get(path).status_code == 403


def test_ten_callers_hide_nobody_behind_the_others() -> None:
    ten, nine = (Counts(asked=n, reached=n, solved=n) for n in (10, 9))
    assert kept_back({1: ten, 2: ten, 3: ten}) == set()
    assert kept_back({1: nine, 2: ten, 3: ten}) == {1, 2}  # all less the rest would tell of the first
    assert kept_back({1: nine, 2: nine, 3: ten}) == {1, 2}
    assert kept_back({1: nine}) == {1}


def test_a_leader_reads_no_answers_of_few_nor_what_tells_them(held: Held, as_role: SignedIn) -> None:
    """Seven, six and one callers: their units' answers are for those who make the round; a file is for anybody."""
    said, work = (f"/appraisal/rounds/{held.round_id}/figures/{code}" for code in ("solved_low", "signed"))
    leader, head = as_role(Role.LEADER), as_role(Role.OFFICE_HEAD)
    for path in (said, f"{said}.csv"):
        page = leader.get(path).text
        assert not re.search(r"(>|,)(6|7|4)(<|,)", page.split("</table>")[0]), page
    assert "不足 10 人的单位" in leader.get(said).text
    assert re.search(r">7<", leader.get(work).text)
    assert re.search(r">4<", head.get(said).text)
    assert leader.get(f"{said}.csv").text == head.get(f"{said}.csv").text
    with reading() as session:
        content = session.get_one(AppraisalRound, held.round_id).content
    points = f"{content.rows[0].points:.1f}"
    page = f"/appraisal/rounds/{held.round_id}"
    assert points in head.get(page).text
    assert points not in leader.get(page).text
    assert points not in leader.get(f"{page}.csv").text


def test_what_is_left_of_a_group_tells_of_nobody() -> None:
    def row(unit: int, group: int, n: float) -> Row:
        low, high = Measured("solved_low", n, n, 0.8, 0.7, 0.9), Measured("solved_high", n, n, 0.8, 0.7, 0.9)
        work = Measured("signed", 3, 4, 0.8, 0.7, 0.9)
        return Row(unit, None, group, 40, (low, high, work), 80.0, 70.0, 90.0, 1, 5, 1)

    rows = (row(1, 0, 9), row(2, 0, 50), row(3, 0, 12), row(4, 1, 30), row(5, 1, 31), row(6, 2, 3))
    fixed = (
        Correction(1, 1, "solved_low", (8, 9), (9, 9)), Correction(2, 2, "solved_low", (9, 9), (40, 50)),
        Correction(3, 1, "signed", (2, 4), (3, 4)), Correction(4, 2, "solved_low", (39, 50), (40, 50)),
    )  # fmt: skip
    whole = Appraisal(
        "unit", "quarter", "2026-10-01", "2026-12-31", "", "", 1, 1, 30, (("solved_low", 50), ("signed", 50)),
        rows, fixed,
    )  # fmt: skip
    read = for_readers(whole)
    # The group of 1 gives 3 as well; 6 is alone in its group, and of all together 12 hidden ones are enough.
    assert [r.subject for r in read.rows if r.points is None] == [1, 3, 6]
    assert all(
        r.band is None and [m.indicator for m in r.measured] == ["signed"] for r in read.rows if not r.points
    )
    assert [c.appeal for c in read.corrections] == [3, 4]
    assert for_readers(replace(whole, rows=rows[1:5])).rows == rows[1:5]
    assert [line[2:] for line in figures(read, K.SOLVED_LOW).rows].count((None,) * 6) == 3


def test_a_county_centre_reads_its_own_and_appeals(app: Flask, as_role: SignedIn) -> None:
    with transaction() as session:
        county = a_county_at_work(session)
        editor = an_editor(session)
        a_scheme(session, editor, Appraised.COUNTY, {K.SUBMITTED: 50, K.REVISITED: 50})
        made = draft_round(session, Appraised.COUNTY, PeriodKind.QUARTER, QUARTER, by=editor, at=AFTER)
        publish_round(session, made, by=editor, at=AFTER)
        county.centre.place_id = county.town.parent_id
        path, centre = f"/centre-appraisal/{made.id}", county.centre.id
    with clock.frozen(AFTER + DAY):
        clerk, other = someone_of(centre, Role.CLERK, as_role), as_role(Role.CLERK)
        assert "本中心考核" in clerk.get("/centre-appraisal/").text
        page = clerk.get(path)
        assert page.status_code == 200
        assert "按时提交率" in page.text
        filed = clerk.post(f"{path}/appeals", data={"indicator": "revisited", "grounds": "有两件未计入"})
        assert filed.status_code == 303
        assert "有两件未计入" in clerk.get(path).text
        assert other.get(path).status_code == 404
        assert as_role(Role.HANDLER).get(path).status_code == 403
