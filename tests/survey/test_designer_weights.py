"""A weight set as its designer reads it: steps, margins and spread; one set a period is published."""

# ruff: noqa: F811  (fixtures are taken by name)
from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.db import reading, transaction
from core.journal import Entry
from core.permissions import Role
from survey.weight_charts import histogram
from survey.weight_making import make_weight_set
from survey.weight_publishing import spread_of
from survey.weighting import Weight, WeightSet
from tests.survey.field import NOON
from tests.survey.weighed import ADULTS, a_worked_wave
from tests.web.conftest import SignedIn, app, as_role  # noqa: F401


@pytest.fixture
def two_sets(app: object) -> tuple[int, int, int]:
    """Two sets of one period and one of another."""
    with transaction() as session:
        field = a_worked_wave(session)
        day, at = NOON.date(), NOON + timedelta(days=1)
        first, second, other = (
            make_weight_set(session, field.wave, starts_on=start, ends_on=day, as_of=at, by=None, at=at).id
            for start in (day, day, day - timedelta(days=6))
        )
        return first, second, other


def published() -> set[int]:
    """Return the sets marked."""
    with reading() as session:
        return set(session.scalars(sa.select(WeightSet.id).where(WeightSet.is_published)))


def test_one_set_of_a_period_is_published_and_the_journal_knows(
    two_sets: tuple[int, int, int], as_role: SignedIn
) -> None:
    first, second, other = two_sets
    designer = as_role(Role.DESIGNER)
    for chosen, expected in ((first, {first}), (other, {first, other}), (second, {second, other})):
        assert designer.post(f"/design/weights/{chosen}/publish").status_code == 303
        assert published() == expected
    with reading() as session:
        entries = session.scalars(sa.select(Entry).where(Entry.action == "weight_set.publish")).all()
    assert [e.record for e in entries] == [f"weight_set:{i}" for i in (first, other, second)]
    assert "本期公布的权数" in designer.get(f"/design/weights/{second}").text
    assert "标为公布" in designer.get(f"/design/weights/{first}").text
    assert designer.get("/design/weights").text.count("已公布") == 2
    assert designer.post("/design/weights/999/publish").status_code == 404


def test_only_those_who_weigh_come_in(two_sets: tuple[int, int, int], as_role: SignedIn) -> None:
    leader = as_role(Role.LEADER)
    assert leader.get(f"/design/weights/{two_sets[0]}").status_code == 403
    assert leader.post(f"/design/weights/{two_sets[0]}/publish").status_code == 403
    assert "/design/weights/" not in leader.get(f"/indices/{two_sets[0]}").text
    assert published() == set()
    designer = as_role(Role.DESIGNER)
    assert f"/design/weights/{two_sets[0]}" in designer.get(f"/indices/{two_sets[0]}").text


def test_the_record_holds_margins_before_and_after_and_every_weight(two_sets: tuple[int, int, int]) -> None:
    with reading() as session:
        made = session.get_one(WeightSet, two_sets[0])
        raking = made.provenance["raking"]
        assert set(raking["after"]) == set(raking["before"]) == set(raking["margins"])
        for name, after in raking["after"].items():
            assert sum(after.values()) == pytest.approx(ADULTS)
            joined = {c for j in raking["joined"] if j["margin"] == name for c in (j["category"], j["into"])}
            for category in set(after) - joined:
                assert after[category] == pytest.approx(raking["margins"][name][category], rel=1e-6)
        spread = spread_of(session, made)
        weights = session.scalars(sa.select(Weight.final).where(Weight.weight_set_id == made.id)).all()
    assert sum(n for _, _, n in spread.bars) == len(weights) == 120
    values = [weight for _, weight in spread.quantiles]
    assert values == sorted(values)
    assert (values[0], values[-1]) == pytest.approx((min(weights), max(weights)))
    assert sum(histogram(spread)["data"][0]["y"]) == 120
