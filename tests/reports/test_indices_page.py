"""The page of the indices and its file: what is withheld is shown nowhere, what is shown carries its error."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.db import reading, transaction
from core.jobs import Job
from core.permissions import Role
from core.places import Place
from reports.definitions import ENFORCEMENT_WORDS, reweigh
from reports.index_charts import by_county, by_week
from reports.index_disclosure import told
from reports.index_figures import figures_of, headlines, is_shown, rows, told_of
from survey.indices import WORDS
from survey.interviews import Answer
from survey.waves import Wave
from survey.weight_making import make_weight_set
from survey.weighting import IndexFigure, WeightSet
from tests.factories import a_staff
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

SECRET = 0.123456789


@pytest.fixture
def a_set(app: object) -> int:
    """A weight set whose second county is withheld; its figures hold a value that can be looked for."""
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=200)
        made = make_weight_set(
            session, field.wave, starts_on=NOON.date(), ends_on=NOON.date(),
            as_of=NOON + timedelta(days=1), by=None, at=NOON + timedelta(days=1),
        )  # fmt: skip
        county = session.get_one(Place, field.towns[-1].parent_id)
        hidden = sa.select(IndexFigure).where(
            sa.or_(IndexFigure.domain == county.code, IndexFigure.index == "s2_night")
        )
        for figure in session.scalars(hidden):
            figure.is_suppressed, figure.reason = True, "too_uncertain"
            figure.estimate = figure.low = figure.high = SECRET
            figure.standard_error = SECRET / 10
        return made.id


def test_a_withheld_figure_is_neither_on_the_page_nor_in_the_file(a_set: int, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    page = leader.get(f"/indices/{a_set}")
    assert page.status_code == 200
    assert "区间太宽，不予公布" in page.text
    assert "12.3" not in page.text
    assert "0.1234" not in page.text
    file = leader.get(f"/indices/{a_set}.csv")
    assert str(SECRET)[:6] not in file.text
    table = list(csv.DictReader(io.StringIO(file.text.lstrip("\ufeff"))))
    with reading() as session:
        known = {(f.index, f.domain): f for f in session.scalars(sa.select(IndexFigure))}
    assert len(table) == len(known)
    for row in table:
        figure = known[row["index"], row["domain"]]
        if figure.is_suppressed:
            assert {row[k] for k in ("estimate", "standard_error", "low", "high", "rank_best")} == {""}
            assert row["flags"] == "too_uncertain"
        else:
            assert float(row["estimate"]) == pytest.approx(figure.estimate)
    assert any(f.is_suppressed for f in known.values())
    assert any(not f.is_suppressed for f in known.values())


def test_charts_and_changes_leave_withheld_figures_out(a_set: int) -> None:
    with reading() as session:
        made = session.get_one(WeightSet, a_set)
        figures = figures_of(session, made)
        county = by_county(rows(session, figures, "safety", told_of(session, made, figures)))
        assert county is not None
        assert len(county["data"][0]["x"]) == 1
        assert round(100 * SECRET, 2) not in county["data"][0]["x"]
        whole = {f.index: f for (_, d), f in figures.items() if d == "city"}
        weeks = by_week([(made, whole)])
        assert weeks is not None
        assert weeks["data"][0]["y"] == [pytest.approx(100 * (whole["safety"].estimate or 0), abs=1e-3)]
        assert [h.index for h in headlines(session, [made], made)] == ["safety", "enforcement"]
        whole["safety"].is_suppressed = True
        weeks = by_week([(made, whole)])
        assert weeks is not None
        assert weeks["data"][0]["y"] == [None]
        assert not is_shown(whole["safety"])
        session.rollback()


def test_the_page_tells_how_sure_and_how_made_in_both_languages(a_set: int, as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    zh = leader.get(f"/indices/{a_set}").text
    for words in ("95 % 区间", "权数是怎么来的", "Yearbook (invented)", "怎么算的", "位次"):
        assert words in zh
    leader.post("/language", data={"language": "en", "back": f"/indices/{a_set}"})
    assert leader.get("/indices/").status_code == 303


def test_only_those_who_weigh_may_weigh_again(a_set: int, as_role: SignedIn) -> None:
    form = {"wave": "1", "ends_on": (clock.today() - timedelta(days=1)).isoformat(), "days": "28"}
    assert as_role(Role.LEADER).post("/indices/make", data=form).status_code == 403
    assert as_role(Role.INTERVIEWER).get(f"/indices/{a_set}").status_code == 403
    answer = as_role(Role.DESIGNER).post("/indices/make", data=form)
    assert answer.status_code == 303
    assert "/jobs/" in answer.location
    with reading() as session:
        assert session.scalars(sa.select(Job.kind)).one() == "weight.make"
    bad = as_role(Role.DESIGNER).post("/indices/make", data={**form, "days": "0"})
    assert bad.status_code == 422
    early = as_role(Role.DESIGNER).post("/indices/make", data={**form, "ends_on": clock.today().isoformat()})
    assert early.status_code == 422


def test_the_mean_of_all_items_has_a_name_of_its_own_and_no_change_across_a_break(
    a_set: int, as_role: SignedIn
) -> None:
    """After a reweighing bulletins print another number: the page's must not bear the same name."""
    weights = dict.fromkeys(("police", "traffic", "court", "procuratorate", "justice"), 1.0)
    with transaction() as session:
        made = session.get_one(WeightSet, a_set)
        later = make_weight_set(
            session, session.get_one(Wave, made.wave_id), starts_on=made.starts_on, ends_on=made.ends_on,
            as_of=made.as_of, by=None, at=made.as_of,
        )  # fmt: skip
        step = timedelta(days=1)
        made.starts_on, made.ends_on = made.starts_on - step, made.ends_on - step
        session.flush()
        assert any(h.change for h in headlines(session, [later, made], later))
        by = a_staff(session, Role.DESIGNER)
        reweigh(
            session, weights, valid_from=later.starts_on, reason="量表", breaks_series=True, by=by, at=NOON
        )
        assert not any(h.change for h in headlines(session, [later, made], later))
    page = as_role(Role.LEADER).get(f"/indices/{a_set}").text
    assert "执法满意度（各项等权）" in page
    assert str(WORDS["enforcement"]) != ENFORCEMENT_WORDS.zh
    assert "执法满意度（各项等权）" in as_role(Role.LEADER).get(f"/indices/{a_set}.csv").text


def test_without_a_set_the_page_says_what_is_missing(app: object, as_role: SignedIn) -> None:
    assert "50 份" in as_role(Role.LEADER).get("/indices/").text
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 0


def test_places_are_those_kept_with_the_figures(app: object, as_role: SignedIn) -> None:
    with transaction() as session:
        field = a_worked_wave(session, each=60, interviews=200)
        made = make_weight_set(
            session, field.wave, starts_on=NOON.date(), ends_on=NOON.date(),
            as_of=NOON + timedelta(days=1), by=None, at=NOON + timedelta(days=1),
        )  # fmt: skip
        set_id = made.id
        figures = figures_of(session, made)
        found = rows(session, figures, "safety", told_of(session, made, figures))
        assert [r.rank is None for r in found] == [True, False, False]
        for n, row in enumerate(found[1:], start=1):
            row.figure.rank_low = row.figure.rank_high = row.figure.rank_band = n
    leader = as_role(Role.LEADER)
    page = leader.get(f"/indices/{set_id}").text
    assert "第 1 位" in page
    assert "第 2 位" in page
    assert "能分出高下的有 2 档" in page
    file = leader.get(f"/indices/{set_id}.csv").text.lstrip("\ufeff")
    kept = [
        (row["rank_best"], row["rank_worst"])
        for row in csv.DictReader(io.StringIO(file))
        if row["index"] == "safety"
    ]
    assert kept == [("", ""), ("1", "1"), ("2", "2")]
    with reading() as session:
        made = session.get_one(WeightSet, set_id)
        figures = figures_of(session, made)
        chart = by_county(rows(session, figures, "safety", told_of(session, made, figures)))
    assert chart is not None
    shaded = [s for s in chart["layout"]["shapes"] if s["type"] == "rect"]
    assert len(shaded) == 2


def test_a_countys_few_are_told_nowhere_nor_what_gives_them_away(a_set: int, as_role: SignedIn) -> None:
    """City less the other county is the county: with nine interviews of one, the other's number goes, and its figure."""
    few = 9
    with transaction() as session:
        thin = sa.select(IndexFigure).where(
            IndexFigure.reason == "too_uncertain", IndexFigure.domain != "city"
        )
        for figure in session.scalars(thin):
            figure.n, figure.reason = few, "too_few"
            code = figure.domain
        others = {
            f.index: (f.n, f.estimate)
            for f in session.scalars(sa.select(IndexFigure).where(IndexFigure.domain.not_in((code, "city"))))
        }
    leader = as_role(Role.LEADER)
    page = leader.get(f"/indices/{a_set}").text
    assert f'<td class="num">{few}</td>' not in page
    assert "为免推出另一县（区）的少数人" in page
    file = leader.get(f"/indices/{a_set}.csv").text.lstrip("\ufeff")
    table = list(csv.DictReader(io.StringIO(file)))
    counties = [row for row in table if row["domain"] != "city"]
    assert {row["domain"] for row in counties} > {code}
    for row in counties:
        assert {row[key] for key in ("n", "effective_n", "deff", "df", "estimate", "low")} == {""}
    assert {row["flags"] for row in counties if row["domain"] != code} == {"complement"}
    whole = {row["index"]: int(row["n"]) for row in table if row["domain"] == "city"}
    assert all(n > 10 for n in whole.values())
    n, estimate = others["safety"]
    assert f'<td class="num">{n}</td>' not in page
    assert f"{100 * (estimate or 0):.1f}" not in page.partition("逐周")[0].partition("各县（区）")[2]


def test_a_hidden_item_hides_its_composite() -> None:
    """Three hidden of one item, and the mean of all in the same county with them."""
    sizes = {"a": [4, 30, 40], "b": [20, 30, 40], "mean": [24, 60, 80]}
    figures = {
        (index, place): IndexFigure(n=n)
        for index, found in sizes.items()
        for place, n in [*zip("xyz", found, strict=True), ("city", sum(found))]
    }
    may = told(figures, {"mean": ["a", "b"]})
    assert [may.n("a", place) for place in "xyz"] == [None, None, 40]
    assert [may.n("b", place) for place in "xyz"] == [20, 30, 40]
    assert [may.is_withheld("mean", place) for place in ("x", "y", "z", "city")] == [True, True, False, False]
    assert may.n("mean", "x") == 24
    assert may.n("a") == 74
