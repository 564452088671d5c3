"""Weight sets looked into: two beside each other, what moves an index, and files; nobody is in any of them."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from core.db import reading, transaction
from core.permissions import Role
from core.phone import NumberKind
from survey.cases import Case
from survey.interviews import Answer, Interview
from survey.waves import Wave
from survey.weight_comparison import compare
from survey.weight_influence import LEAST, influence_of
from survey.weight_making import make_weight_set
from survey.weighting import IndexFigure, Weight, WeightSet
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401


@pytest.fixture
def sets(app: object) -> tuple[int, int]:
    """Two sets of one wave: the second of the same interviews before ten more came in."""
    with transaction() as session:
        field = a_worked_wave(session)
        day, at = NOON.date(), NOON + timedelta(days=1)
        early = NOON + timedelta(seconds=110)
        second, first = (
            make_weight_set(session, field.wave, starts_on=day, ends_on=day, as_of=cut, by=None, at=at).id
            for cut in (early, at)
        )
        return first, second


def test_a_comparison_tells_sets_apart_and_together(sets: tuple[int, int]) -> None:
    with reading() as session:
        first, second = (session.get_one(WeightSet, i) for i in sets)
        found = compare(session, first, second)
        weights = [
            {row.interview_id: row.final for row in session.execute(sa.select(Weight.interview_id, Weight.final).where(Weight.weight_set_id == i))}
            for i in sets
        ]  # fmt: skip
        assert found.shared == len(set(weights[0]) & set(weights[1])) == second.interviews < first.interviews
        shared = sorted(weights[1])
        assert found.correlation == pytest.approx(
            np.corrcoef([weights[0][i] for i in shared], [weights[1][i] for i in shared])[0, 1]
        )
        assert sum(b[2] for b in found.bars) == pytest.approx(1) == sum(b[3] for b in found.bars)
        assert found.deff[2][1:] == (first.provenance["deff"]["final"], second.provenance["deff"]["final"])
        for line in found.margins["area"]:
            assert line.before[0] == first.provenance["raking"]["before"]["area"][line.category]
            assert line.after[1] == pytest.approx(line.population[1], rel=1e-6)
        changes = [abs(c.change) for c in found.classes]
        assert changes == sorted(changes, reverse=True)
        assert all(min(c.interviews) >= LEAST for c in found.classes)
        for f in found.figures:
            assert f.difference_error is None, "sets that share interviews have no error of their own"
        same = compare(session, first, first)
        assert same.correlation == pytest.approx(1)
        assert {c.change for c in same.classes} == {0.0}
        assert {f.difference for f in same.figures} <= {0.0, None}


def test_nothing_withheld_is_compared(sets: tuple[int, int]) -> None:
    with transaction() as session:
        chosen = sa.select(IndexFigure).where(
            IndexFigure.weight_set_id == sets[0], IndexFigure.domain == "city"
        )
        for figure in session.scalars(chosen):
            figure.is_suppressed, figure.estimate = True, 0.123456
    with reading() as session:
        found = compare(session, *(session.get_one(WeightSet, i) for i in sets))
    city = [f for f in found.figures if f.domain == "city"]
    assert city
    assert {(f.estimate[0], f.error[0], f.difference) for f in city} == {(None, None, None)}


def test_influence_adds_up_and_names_no_small_class(sets: tuple[int, int]) -> None:
    with reading() as session:
        made = session.get_one(WeightSet, sets[0])
        found = influence_of(session, made)["safety"]
        figure = session.get_one(IndexFigure, (made.id, "safety", "city"))
        kinds = Counter(
            session.execute(
                sa.select(Case.kind).join(Interview).join(Weight).where(Weight.weight_set_id == made.id)
            ).scalars()
        )
    assert (found.estimate, found.error) == pytest.approx((figure.estimate, figure.standard_error))
    assert sum(c.share for c in found.classes) == pytest.approx(1)
    assert sum(c.interviews for c in found.classes) == made.interviews
    assert found.concentration[-1] == pytest.approx((1.0, 1.0))
    assert [c.change for c in found.cases] == sorted((c.change for c in found.cases), reverse=True)
    assert all(c.interviews >= LEAST for c in found.classes if c.of)
    assert set(kinds) >= {c.of[1] for c in found.classes if c.of}
    assert min(c.change for c in found.cases) >= 0
    last = found.trims[-1]
    assert (last.estimate is None) == (last.cut == 0)
    cut = [s.cut for s in found.trims]
    assert cut == sorted(cut, reverse=True)


def test_a_single_of_its_kind_goes_unnamed(sets: tuple[int, int]) -> None:
    with transaction() as session:
        case = session.scalars(sa.select(Case).join(Interview).order_by(Case.id)).first()
        assert case is not None
        case.kind = NumberKind.LANDLINE
        at = NOON + timedelta(days=2)
        wave, day = session.get_one(WeightSet, sets[0]).wave_id, NOON.date()
        made = make_weight_set(
            session, session.get_one(Wave, wave), starts_on=day, ends_on=day, as_of=at, by=None, at=at
        )
        found = influence_of(session, made)["safety"]
    assert found.unnamed == 1
    assert [c.interviews for c in found.classes if c.of is None] == [1]
    assert all(c.of is None or c.of[1] is NumberKind.MOBILE for c in found.cases)


def test_the_pages_and_their_files(sets: tuple[int, int], as_role: SignedIn) -> None:
    designer = as_role(Role.DESIGNER)
    first, second = sets
    page = designer.get(f"/design/weights/{first}/compare?with={second}").text
    assert "相关系数" in page
    assert "比较两套权数" in page
    assert f"/design/weights/{first}/compare" in designer.get(f"/design/weights/{first}").text
    assert designer.get(f"/design/weights/{first}/compare?with=999").status_code == 404
    assert designer.get(f"/design/weights/999/compare?with={first}").status_code == 404
    assert "哪些权数左右全市的指数" in designer.get(f"/design/weights/{first}/influence").text
    asked = [
        *(f"/design/weights/{first}/table.csv?part={p}" for p in ("weights", "margins", "deff")),
        *(
            f"/design/weights/{first}/compare.csv?with={second}&part={p}"
            for p in ("weights", "margins", "deff", "classes", "figures")
        ),
        *(
            f"/design/weights/{first}/influence.csv?index=enforcement&part={p}"
            for p in ("classes", "cases", "concentration", "trimming")
        ),
    ]
    for address in asked:
        answer = designer.get(address)
        assert answer.mimetype == "text/csv", address
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert len(rows) > 1
        assert len({len(r) for r in rows}) == 1
    assert designer.get(f"/design/weights/{first}/table.csv?part=people").status_code == 404
    assert designer.get(f"/design/weights/{first}/influence.csv?index=none").status_code == 404


def test_what_has_moved_says_so_and_others_stay_out(sets: tuple[int, int], as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    for end in ("compare", "influence", "table.csv", "compare.csv", "influence.csv"):
        assert leader.get(f"/design/weights/{sets[0]}/{end}").status_code == 403
    with transaction() as session:
        of = sa.select(Weight.interview_id).where(Weight.weight_set_id == sets[0]).limit(1)
        answer = session.scalars(
            sa.select(Answer).where(Answer.interview_id.in_(of), Answer.question == "sex")
        ).one()
        answer.value = "2" if answer.value == "1" else "1"
    designer = as_role(Role.DESIGNER)
    assert "有变动" in designer.get(f"/design/weights/{sets[0]}/influence").text
    assert designer.get(f"/design/weights/{sets[0]}/influence.csv").status_code == 409
