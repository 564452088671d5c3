"""The steps of a weighting: every margin is met, every step is on record, joined strata never overstate precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.phone import NumberKind
from survey.methods.failures import ConvergenceFailure
from survey.weighting_steps import LEAST_IN_CATEGORY, weigh
from tests.survey.weighed import ADULTS, margin_rows, plain_data

COUNTIES = ["990101", "990102"]


def test_the_raked_weights_meet_every_margin_and_the_population() -> None:
    numbers, people = plain_data()
    weighted = weigh(numbers, people, margin_rows(COUNTIES), seed=1)
    assert weighted.final.sum() == pytest.approx(ADULTS, rel=1e-10)
    assert {m.name for m in weighted.margins} == {"county", "sex_age", "area", "education"}
    for margin in weighted.margins:
        got = np.bincount(margin.codes, weighted.final, minlength=len(margin.categories))
        assert got == pytest.approx(margin.totals, rel=1e-9), margin.name
    in_first = np.array([p.county == COUNTIES[0] for p in people])
    assert weighted.final[in_first].sum() == pytest.approx(ADULTS / 3, rel=1e-9)


def test_the_record_tells_every_step() -> None:
    numbers, people = plain_data()
    record = weigh(numbers, people, margin_rows(COUNTIES), seed=1).provenance
    assert set(record) == {
        "released", "respondents", "base", "nonresponse", "person", "strata", "raking", "weights", "deff", "seed",
    }  # fmt: skip
    assert (record["released"], record["respondents"]) == (len(numbers), len(people))
    assert record["person"]["landline"] == sum(p.kind is NumberKind.LANDLINE for p in people)
    assert record["raking"]["largest_miss"] <= 1e-10
    assert set(record["raking"]["imputed"]) == set(margin_rows(COUNTIES))
    assert record["weights"]["sum"] == pytest.approx(ADULTS)
    assert 1 <= record["deff"]["base"] < record["deff"]["final"]


def test_base_weights_are_numbers_of_the_stratum_over_those_released() -> None:
    numbers, people = plain_data()
    weighted = weigh(numbers, people, margin_rows(COUNTIES), seed=1)
    first = people[0]
    own = next(n for n in numbers if n.case_id == first.case_id)
    drawn = sum(n.stratum_id == own.stratum_id for n in numbers)
    assert weighted.base[0] == pytest.approx(own.population / drawn)


def test_who_gave_no_background_is_counted_and_placed_the_same_way_each_time() -> None:
    numbers, people = plain_data()
    silent = [
        replace(p, answers={**p.answers, "sex": "NO_ANSWER"}) if i < 7 else p for i, p in enumerate(people)
    ]
    known = sum(p.answers["sex"] in ("1", "2") for p in silent)
    one = weigh(numbers, silent, margin_rows(COUNTIES), seed=4)
    assert one.provenance["raking"]["imputed"]["sex_age"] == len(people) - known >= 7
    assert np.array_equal(one.final, weigh(numbers, silent, margin_rows(COUNTIES), seed=4).final)
    assert not np.array_equal(one.final, weigh(numbers, silent, margin_rows(COUNTIES), seed=5).final)


def test_a_margin_nobody_was_asked_about_is_left_out() -> None:
    numbers, people = plain_data()
    mute = [replace(p, answers={k: v for k, v in p.answers.items() if k != "education"}) for p in people]
    weighted = weigh(numbers, mute, margin_rows(COUNTIES), seed=1)
    assert {m.name for m in weighted.margins} == {"county", "sex_age", "area"}
    assert "education" not in weighted.provenance["raking"]["imputed"]


def test_thin_categories_join_their_neighbour_and_the_record_says_so() -> None:
    numbers, people = plain_data()
    few = [
        replace(p, answers={**p.answers, "education": "1" if i < 2 else "3"}) for i, p in enumerate(people)
    ]
    weighted = weigh(numbers, few, margin_rows(COUNTIES), seed=1)
    joined = [c for c in weighted.provenance["raking"]["joined"] if c["margin"] == "education"]
    assert joined
    assert joined[0]["category"] == "primary"
    assert joined[0]["rows"] < LEAST_IN_CATEGORY
    education = next(m for m in weighted.margins if m.name == "education")
    assert len(education.categories) == 1
    assert weighted.final.sum() == pytest.approx(ADULTS)


@pytest.mark.parametrize("lonely_at", ["first", "middle", "last", "several"])
def test_a_stratum_with_one_interview_joins_its_neighbour_wherever_it_stands(lonely_at: str) -> None:
    numbers, people = plain_data(counties=1, towns=6)
    strata = sorted({n.stratum_id for n in numbers if n.kind is NumberKind.MOBILE})
    chosen = {
        "first": strata[:1], "middle": strata[2:3], "last": strata[-1:], "several": [strata[0], *strata[-3:]],
    }[lonely_at]  # fmt: skip
    home = {n.case_id: n.stratum_id for n in numbers}
    seen: set[int] = set()
    kept = []
    for p in people:
        stratum = home[p.case_id]
        if stratum in chosen and stratum in seen:
            continue
        seen.add(stratum)
        kept.append(p)
    weighted = weigh(numbers, kept, margin_rows(["990101"]), seed=1)
    sizes = np.bincount(weighted.design.strata)
    assert sizes.min() >= 2
    assert sizes.sum() == len(kept)
    assert weighted.provenance["strata"]["sampled"] == len(seen)
    assert weighted.provenance["strata"]["used"] == sizes.size < len(seen)
    by_stratum: dict[int, set[int]] = {}
    for p, code in zip(kept, weighted.design.strata.tolist(), strict=True):
        by_stratum.setdefault(home[p.case_id], set()).add(code)
    assert all(len(codes) == 1 for codes in by_stratum.values())


def test_one_lonely_landline_of_a_county_joins_the_countys_mobiles() -> None:
    numbers, people = plain_data(counties=2)
    landlines = [p for p in people if p.kind is NumberKind.LANDLINE and p.county == COUNTIES[0]]
    kept = [p for p in people if p not in landlines[1:]]
    weighted = weigh(numbers, kept, margin_rows(COUNTIES), seed=1)
    assert np.bincount(weighted.design.strata).min() >= 2
    at = kept.index(landlines[0])
    name = weighted.design.stratum_names[weighted.design.strata[at]]
    assert name.startswith(COUNTIES[0])


def test_margins_of_unequal_size_are_refused_by_name() -> None:
    numbers, people = plain_data()
    margins = margin_rows(COUNTIES)
    margins["area"]["urban"] += 1000
    with pytest.raises(ConvergenceFailure, match="area"):
        weigh(numbers, people, margins, seed=1)


def test_a_dual_user_with_two_mobiles_weighs_a_quarter() -> None:
    numbers, people = plain_data()
    at = next(i for i, p in enumerate(people) if p.kind is NumberKind.MOBILE)
    dual = replace(people[at], answers={**people[at].answers, "mobiles": "2", "landlines": "1"})
    only = replace(dual, answers={**dual.answers, "mobiles": "1", "landlines": "0"})
    margins = margin_rows(COUNTIES)
    first, second = (
        weigh(numbers, [*people[:at], who, *people[at + 1 :]], margins, seed=1).nonresponse[at]
        for who in (dual, only)
    )
    assert first == pytest.approx(second / 4)  # two mobiles, and half of each frame
