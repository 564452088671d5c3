"""Dark figures from a weighed wave: the survey's total over callers, township by township, and what is not told."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database, transaction
from core.permissions import Role
from core.places import Level, Place
from matters.attributes import Conflict, Origin
from reports import dark_figures as read_side
from reports.dark_cells import DarkRow
from reports.dark_figure import Flag, Hidden
from reports.dark_figures import DarkFigures, dark_figures
from survey.cases import Case
from survey.interviews import Answer, Interview, InterviewState
from survey.weight_making import make_weight_set
from survey.weighting import Weight, WeightSet
from tests.reports.raised import a_matter
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401

LIGHT, THEFT = "livelihood.lighting", "order.theft"


def a_heard_city(session: Session, *, interviews: int = 160) -> WeightSet:
    """A weighed wave in which every third names a problem; twelve and ten of them registered, forty-five callers, no thief."""
    field = a_worked_wave(session, each=60, interviews=interviews)
    held = session.scalars(sa.select(Interview.id).order_by(Interview.id)).all()
    for n, interview in enumerate(held):
        session.add(
            Answer(
                interview_id=interview, question="o1_problem", at=NOON, token=f"{interview}-o1",
                value="1" if n % 3 == 0 else "2" if n % 7 else "DONT_KNOW",
            )
        )  # fmt: skip
    made = make_weight_set(
        session, field.wave, starts_on=NOON.date(), ends_on=NOON.date(),
        as_of=NOON + timedelta(days=1), by=None, at=NOON + timedelta(days=1),
    )  # fmt: skip
    on, town = clock.today(NOON), field.towns[0]
    for topic, many, origin in (
        (LIGHT, 12, Origin.INTERVIEW), (THEFT, 10, Origin.INTERVIEW),
        (LIGHT, 20, Origin.CITIZEN_LINE), ("traffic.parking", 15, Origin.CITIZEN_LINE), (LIGHT, 6, Origin.WEB), ("order.fraud", 4, Origin.IMPORT),
        ("order.fights", 3, Origin.INTERVIEW),
    ):  # fmt: skip
        for _ in range(many):
            a_matter(session, town, topic, on, origin=origin)
    a_matter(session, town, LIGHT, on + timedelta(days=1))
    a_matter(session, town, LIGHT, on).conflict = Conflict.CENTRE
    session.flush()
    return made


def row(found: DarkFigures, place: str | None, code: str = "") -> DarkRow:
    """Return one row."""
    for each in found.rows:
        topic = getattr(each.topic, "code", None) or (each.topic.value if each.topic else "")  # type: ignore[union-attr]
        if topic == code and (each.place.code if each.place else None) == place:
            return each
    raise AssertionError((place, code))


def test_ratios_are_residents_over_callers(database: Database) -> None:
    with transaction() as session:
        made = a_heard_city(session)
        found = dark_figures(session, made)
        assert found.is_calibrated
        city = row(found, None).figure
        assert city is not None
        by_hand = session.scalar(
            sa.select(sa.func.sum(Weight.final))
            .join(Answer, Answer.interview_id == Weight.interview_id)
            .where(Weight.weight_set_id == made.id, Answer.question == "o1_problem", Answer.value == "1")
        )
        assert city.named == pytest.approx(by_hand)
        assert (city.called, row(found, None).interviews) == (45, 160)
        assert city.ratio == pytest.approx(by_hand / 45)
        assert city.low < city.ratio < (city.high or 0)
        light, theft = row(found, None, LIGHT), row(found, None, THEFT)
        assert light.figure is not None
        assert light.figure.ratio == pytest.approx(by_hand * 12 / 25 / 26)
        assert theft.figure is not None
        assert (theft.figure.ratio, theft.figure.flag) == (None, Flag.NOBODY_CALLED)
        assert theft.figure.low > 0
        assert row(found, None, "order.fights").hidden is Hidden.FEW_NAMED
        # Ten thefts and three fights were named, and four frauds called in: too few to be told apart.
        assert row(found, None, "order").hidden is Hidden.FEW_CALLED
        counties = [r for r in found.places if r.place and r.place.level is Level.COUNTY]
        assert sum(r.interviews or 0 for r in counties) == 160
        assert sum(r.figure.named for r in counties if r.figure) == pytest.approx(by_hand)
        towns = [r for r in found.places if r.place and r.place.level is Level.TOWNSHIP]
        assert {r.hidden for r in towns} == {Hidden.FEW_ASKED}
        assert found.topics(None) == tuple(r for r in found.rows if r.place is None and r.topic and r.figure)


def test_a_township_with_a_hundred_interviews_stands_by_itself(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_side, "LEAST_OF_TOWNSHIP", 35)
    with transaction() as session:
        made = a_heard_city(session)
        found = dark_figures(session, made)
        by_town = (
            sa.select(Place.code, sa.func.count())
            .join(Case, Case.township_id == Place.id)
            .join(Interview, Interview.case_id == Case.id)
            .group_by(Place.code)
        )
        count = {str(code): int(n) for code, n in session.execute(by_town)}
        assert len(count) == 4
        for code, n in count.items():
            here = row(found, code)
            assert here.interviews == n
            assert (here.hidden is Hidden.FEW_ASKED) == (n < 35)
        assert any(r.figure for r in found.places if r.place and r.place.level is Level.TOWNSHIP)


def test_what_moved_after_the_weighting_leaves_the_careful_error(sqlite: Database) -> None:
    with transaction() as session:
        made = a_heard_city(session)
        before = row(dark_figures(session, made), None).figure
        gone = session.scalars(sa.select(Interview).order_by(Interview.id.desc())).first()
        assert gone is not None
        gone.state = InterviewState.REPLACED
        session.flush()
        found = dark_figures(session, made)
        after = row(found, None).figure
        assert not found.is_calibrated
        assert before is not None
        assert after is not None
        assert after.ratio == pytest.approx(before.ratio, rel=0.05)


def test_the_page_and_the_file_tell_no_small_cell(app: object, as_role: SignedIn) -> None:
    with transaction() as session:
        set_id = a_heard_city(session).id
    leader = as_role(Role.LEADER)
    assert leader.get("/dark-figures/").location == f"/dark-figures/{set_id}"
    page = leader.get(f"/dark-figures/{set_id}").text
    for words in ("暗数比", "怎么算的", "没有人主动反映", "市政照明"):
        assert words in page
    assert "打架斗殴" not in page
    file = leader.get(f"/dark-figures/{set_id}.csv").text.lstrip("\ufeff")
    for told in csv.DictReader(io.StringIO(file)):
        if told["flag"] in {h.value for h in Hidden}:
            assert {told[k] for k in ("residents_naming", "called", "ratio", "low", "high")} == {""}
        elif told["flag"] == "nobody_called":
            assert (told["called"], told["ratio"], told["high"]) == ("0", "", "")
        else:
            assert int(told["called"]) >= 10
            assert float(told["low"]) < float(told["ratio"]) < float(told["high"])
    assert leader.get(f"/dark-figures/{set_id}?place=nowhere").status_code == 404
    assert leader.get("/dark-figures/999").status_code == 404
    assert as_role(Role.INTERVIEWER).get(f"/dark-figures/{set_id}").status_code == 403


def test_a_township_of_few_interviews_does_not_follow_from_its_county(sqlite: Database) -> None:
    with transaction() as session:
        made = a_heard_city(session)
        towns = session.scalars(
            sa.select(Place).where(Place.level == Level.TOWNSHIP).order_by(Place.code)
        ).all()
        held = sa.select(Interview.case_id)
        mine = session.scalars(
            sa.select(Case).where(Case.township_id == towns[0].id, Case.id.in_(held))
        ).all()
        for case in mine[4:]:
            case.township_id = towns[1].id
        session.flush()
        found = dark_figures(session, made)
        told = {r.place.code: r.interviews for r in found.places if r.place}
    assert told[towns[0].code] is None
    assert told[towns[1].code] is None
    assert told[towns[2].code] is not None


def test_without_weights_the_page_says_so(app: object, as_role: SignedIn) -> None:
    assert "还没有加权结果" in as_role(Role.LEADER).get("/dark-figures/").text
