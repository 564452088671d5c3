"""The cube against the row path; authority: `estimates` and `contrasts`, row by row, to 1e-10."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.methods import calibration, cube_calibration, raking
from survey.methods.adjustment import Adjustment
from survey.methods.calibration import Distance
from survey.methods.contrasts import Target, joint
from survey.methods.cube import Cube, count, total
from survey.methods.cube_estimates import cube_estimates, cube_joint
from survey.methods.cube_estimation import CellStep, CubeTarget, Margins
from survey.methods.cube_layout import Index, Item, Key, Layout
from survey.methods.design import Design, FloatArray, IntArray, declare
from survey.methods.estimands import Composite, Estimand, Mean, Total
from survey.methods.estimates import Domains, estimates
from survey.methods.failures import ConvergenceFailure, DesignFailure, SinglePsuFailure
from survey.methods.margins import Margin
from survey.methods.variance import SinglePsu

COUNTIES, SEXES, AREAS = ("C1", "C2", "C3"), ("f", "m"), ("urban", "rural")
LAYOUT = Layout(
    strata=tuple(f"S{h}" for h in range(5)),
    keys=(Key("county", COUNTIES), Key("sex", SEXES), Key("area", AREAS)),
    items=(Item("safe", may_miss=False), Item("police"), Item("courts"), Item("age", is_share=False)),
    indices=(Index("enforcement", ("police", "courts"), (2.0, 1.0)), Index("all", ("safe", "courts"))),
)
NAMES = ("safe", "police", "courts", "age", "enforcement", "all")


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample in both forms."""

    strata: IntArray
    keys: list[IntArray]
    weights: FloatArray
    answers: list[FloatArray]
    units: IntArray | None
    population: FloatArray | None

    @property
    def cube(self) -> Cube:
        return count(
            LAYOUT,
            strata=self.strata,
            keys=self.keys,
            weights=self.weights,
            answers=self.answers,
            units=self.units,
        )

    @property
    def design(self) -> Design:
        sizes = [] if self.population is None else [self.population[self.strata]]
        units = [] if self.units is None else [self.units]
        return declare(weights=self.weights, strata=self.strata, units=units, population=sizes, nest=True)

    @property
    def estimands(self) -> dict[str, Estimand]:
        safe, police, courts = (
            Mean(n, y, is_share=True) for n, y in zip(NAMES, self.answers[:3], strict=False)
        )
        found = [safe, police, courts, Mean("age", self.answers[3])]
        found += [Composite("enforcement", (police, courts), (2.0, 1.0)), Composite("all", (safe, courts))]  # type: ignore[list-item]
        return {e.name: e for e in found}

    def where(self, **chosen: str) -> np.ndarray:
        result = np.ones(self.strata.size, dtype=np.bool_)
        for key, codes in zip(LAYOUT.keys, self.keys, strict=True):
            if key.name in chosen:
                result &= codes == key.categories.index(chosen[key.name])
        return result


def a_sample(
    seed: int, n: int, *, has_units: bool = False, has_fpc: bool = False, lonely: bool = False
) -> Sample:
    rng = np.random.default_rng(seed)
    strata = np.sort(np.concatenate((np.arange(8) % 4, rng.integers(0, 4, n - 8))))
    units = None
    if has_units:
        units = np.concatenate([np.arange(k) % max(2, k // 3) for k in np.bincount(strata)])
    if lonely:
        strata = np.append(strata[:-1], 4)
        if units is not None:
            units[-1] = 0
    keys = [rng.integers(0, len(k.categories), n) for k in LAYOUT.keys]
    p = 0.3 + 0.2 * keys[1] + 0.1 * keys[0]
    shares = [(rng.random(n) < p).astype(float) for _ in range(3)]
    for y in shares[1:]:
        y[rng.random(n) < 0.3] = np.nan
    age = rng.normal(40, 15, n)
    age[rng.random(n) < 0.1] = np.nan
    sizes = np.bincount(strata, minlength=5) * np.array([1.0, 2, 3, 10, 7]) + (np.arange(5) > 0)
    weights = rng.uniform(0.5, 4, n)
    weights[rng.random(n) < 0.05] = 0
    return Sample(strata, keys, weights, [*shares, age], units, sizes if has_fpc else None)


def totals_for(sample: Sample, seed: int) -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(seed + 1)
    found = {}
    for key, codes in zip(LAYOUT.keys, sample.keys, strict=True):
        now = np.bincount(codes, sample.weights, len(key.categories))
        share = now * rng.uniform(0.8, 1.25, now.size)
        found[key.name] = dict(zip(key.categories, (1000 * share / share.sum()).tolist(), strict=True))
    return found


def calibrated(sample: Sample, how: str, seed: int) -> tuple[list[Adjustment], list[CellStep], Margins]:
    cube = sample.cube
    folded, totals = Margins.of(cube), totals_for(sample, seed)
    if how == "none":
        return [], [], folded
    margins = [
        Margin(k.name, k.categories, np.array(list(totals[k.name].values())), codes)
        for k, codes in zip(LAYOUT.keys, sample.keys, strict=True)
    ]
    if how == "rake":
        return (
            [raking.rake(sample.weights, margins, tolerance=1e-12)],
            [cube_calibration.rake(cube, folded, totals, tolerance=1e-12)],
            folded,
        )
    x = np.hstack([np.eye(m.totals.size)[m.codes] for m in margins])
    target = np.concatenate([m.totals for m in margins])
    if how == "twice":  # a first raking to one key, then logit with bounds on all
        one = raking.rake(sample.weights, margins[:1], tolerance=1e-12)
        first = cube_calibration.rake(cube, folded, {"county": totals["county"]}, tolerance=1e-12)
        two = calibration.calibrate(
            one.weights, x, target, distance=Distance.LOGIT, bounds=(0.2, 5), tolerance=1e-13
        )
        second = cube_calibration.calibrate(
            cube, folded, totals, distance=Distance.LOGIT, bounds=(0.2, 5), tolerance=1e-13, after=[first]
        )
        return [one, two], [first, second], folded
    distance = Distance(how)
    scale = 1000 / sample.weights.sum()
    bounds = (0.4 * scale, 2.5 * scale) if distance is Distance.LINEAR else (0.05 * scale, 10 * scale)
    if distance is Distance.LOGIT:
        bounds = (min(bounds[0], 0.5), max(bounds[1], 2.0))
    return (
        [calibration.calibrate(sample.weights, x, target, distance=distance, bounds=bounds, tolerance=1e-13)],
        [cube_calibration.calibrate(cube, folded, totals, distance=distance, bounds=bounds, tolerance=1e-13)],
        folded,
    )


TARGETS: tuple[tuple[str, dict[str, str]], ...] = (
    ("safe", {}),
    ("age", {"county": "C2"}),
    ("enforcement", {}),
    ("enforcement", {"county": "C1"}),
    ("all", {"sex": "f", "county": "C3"}),
    ("police", {"area": "rural"}),
)


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 100_000),
    n=st.integers(60, 300),
    how=st.sampled_from(["none", "rake", "linear", "raking", "logit", "twice"]),
    has_units=st.booleans(),
    has_fpc=st.booleans(),
    single=st.sampled_from([SinglePsu.REMOVE, SinglePsu.ADJUST, SinglePsu.AVERAGE]),
    lonely=st.booleans(),
)
def test_the_cube_gives_what_the_rows_give(
    seed: int, n: int, how: str, has_units: bool, has_fpc: bool, single: SinglePsu, lonely: bool
) -> None:
    sample = a_sample(seed, n, has_units=has_units, has_fpc=has_fpc, lonely=lonely)
    try:
        adjustments, steps, folded = calibrated(sample, how, seed)
    except ConvergenceFailure:
        return  # bounds too narrow for this draw: both paths refuse
    cube, items = sample.cube, sample.estimands
    values, v = joint(
        sample.design,
        [Target(items[name], sample.where(**where)) for name, where in TARGETS],
        adjustments=adjustments,
        single=single,
    )
    got, w = cube_joint(
        cube,
        [CubeTarget(name, where) for name, where in TARGETS],
        margins=folded,
        steps=steps,
        population=sample.population,
        single=single,
    )
    assert got == pytest.approx(values, rel=1e-10, abs=1e-12)
    size = np.sqrt(np.outer(np.diag(v), np.diag(v)))
    assert np.abs(w - v).max() <= 1e-10 * size.max()
    assert np.sqrt(np.diag(w)) == pytest.approx(np.sqrt(np.diag(v)), rel=1e-10, abs=1e-13)
    by = Domains(sample.keys[0], COUNTIES)
    rows = estimates(
        sample.design, list(items.values()), adjustments=adjustments, by=by, single=single, whole="city"
    )
    cells = cube_estimates(
        cube, NAMES, margins=folded, steps=steps, by="county", whole="city",
        population=sample.population, single=single,
    )  # fmt: skip
    for ours, theirs in zip(cells, rows, strict=True):
        for field, asked in dataclasses.asdict(theirs).items():
            mine = getattr(ours, field)
            assert mine == (pytest.approx(asked, rel=1e-9) if isinstance(asked, float) else asked), field


def same(a: Cube, b: Cube) -> None:
    x, y = np.argsort(a.addresses), np.argsort(b.addresses)
    assert a.addresses[x].tolist() == b.addresses[y].tolist()
    assert a.counts[x].tolist() == b.counts[y].tolist()
    np.testing.assert_allclose(a.first[x], b.first[y], rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(a.second[x], b.second[y], rtol=1e-12, atol=1e-9)


def part(sample: Sample, rows: np.ndarray) -> Sample:
    units = None if sample.units is None else sample.units[rows]
    return Sample(
        sample.strata[rows],
        [k[rows] for k in sample.keys],
        sample.weights[rows],
        [y[rows] for y in sample.answers],
        units,
        sample.population,
    )


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), n=st.integers(40, 120), has_units=st.booleans())
def test_weeks_add_up_and_interviews_come_and_go(seed: int, n: int, has_units: bool) -> None:
    sample = a_sample(seed, n, has_units=has_units)
    week = np.random.default_rng(seed).integers(0, 3, n)
    weeks = [part(sample, np.flatnonzero(week == k)).cube for k in range(3)]
    whole = sample.cube
    same(total(weeks), whole)
    same(whole - weeks[0], weeks[1] + weeks[2])
    one_by_one = Cube.empty(LAYOUT, has_units=has_units)
    for i in [*range(n), 3, 3]:
        keys, answers = [int(k[i]) for k in sample.keys], [float(y[i]) for y in sample.answers]
        unit = 0 if sample.units is None else int(sample.units[i])
        times = -1 if one_by_one.rows > n else 1
        one_by_one.add(int(sample.strata[i]), keys, float(sample.weights[i]), answers, unit=unit, times=times)
    same(one_by_one, whole)


def test_an_emptied_cell_does_not_count() -> None:
    sample = a_sample(5, 80)
    cube = part(sample, np.arange(79)).cube
    keys, answers = [int(k[79]) for k in sample.keys], [float(y[79]) for y in sample.answers]
    before = cube_estimates(cube, NAMES, by="county", single=SinglePsu.REMOVE)
    lone = 4  # a stratum that holds nobody else
    for times in (1, -1):
        cube.add(lone, keys, 2.5, answers, times=times)
    after = cube_estimates(cube, NAMES, by="county")  # the policy is to fail: nobody is alone any more
    assert cube.rows == 79
    for a, b in zip(before, after, strict=True):
        assert (b.n, b.df) == (a.n, a.df)
        assert b.standard_error == pytest.approx(a.standard_error, rel=1e-12)
    with pytest.raises(DesignFailure, match="none left"):
        cube.add(lone, keys, 2.5, answers, times=-1)


def test_totals_of_counties_add_up_to_the_city_and_match_the_rows() -> None:
    sample = a_sample(11, 200, has_fpc=True)
    adjustments, steps, folded = calibrated(sample, "rake", 11)
    targets = [CubeTarget("police", {"county": c}, is_total=True) for c in COUNTIES]
    values, v = cube_joint(
        sample.cube, [*targets, CubeTarget("police", is_total=True)],
        margins=folded, steps=steps, population=sample.population,
    )  # fmt: skip
    row, r = joint(
        sample.design,
        [Target(Total("police", sample.answers[1]), sample.where(county=c)) for c in COUNTIES],
        adjustments=adjustments,
    )
    assert values[:3] == pytest.approx(row, rel=1e-10)
    np.testing.assert_allclose(v[:3, :3], r, rtol=1e-9, atol=1e-10 * np.abs(r).max())
    assert values[3] == pytest.approx(values[:3].sum(), rel=1e-12)
    assert v[3, 3] == pytest.approx(v[:3, :3].sum(), rel=1e-9)


@pytest.mark.parametrize("min_rows", [1, 12])
def test_raking_joins_the_same_categories_as_the_rows_do(min_rows: int) -> None:
    sample = a_sample(3, 90)
    ages = tuple("abcdefg")
    rng = np.random.default_rng(0)
    age = rng.choice(7, 90, p=[0.3, 0.04, 0.2, 0.03, 0.2, 0.03, 0.2])
    layout = dataclasses.replace(LAYOUT, keys=(Key("age", ages), LAYOUT.keys[1]))
    cube = count(
        layout,
        strata=sample.strata,
        keys=[age, sample.keys[1]],
        weights=sample.weights,
        answers=sample.answers,
    )
    totals = {"age": dict.fromkeys(ages, 10.0), "sex": {"f": 30.0, "m": 40.0}}
    rows = raking.rake(
        sample.weights,
        [
            Margin("age", ages, np.full(7, 10.0), age),
            Margin("sex", SEXES, np.array([30.0, 40]), sample.keys[1]),
        ],
        min_rows=min_rows,
        tolerance=1e-12,
    )
    step = cube_calibration.rake(cube, Margins.of(cube), totals, min_rows=min_rows, tolerance=1e-12)
    assert step.collapses == rows.collapses
    assert bool(step.collapses) == (min_rows > 1)
    cell = layout.cell([age, sample.keys[1]])
    factor = step.factor[np.searchsorted(step.cells, cell)]
    np.testing.assert_allclose(sample.weights * factor, rows.weights, rtol=1e-10)


def test_what_a_cube_refuses() -> None:
    sample = a_sample(2, 60)
    cube = sample.cube
    whole: dict[str, Any] = {"strata": sample.strata, "keys": sample.keys, "weights": sample.weights}
    folded = Margins.of(cube)
    bad: list[tuple[dict[str, Any], str]] = [
        ({"weights": -sample.weights}, "not below 0"),
        ({"answers": sample.answers[:2]}, "4 columns"),
        ({"answers": [sample.answers[1], *sample.answers[1:]]}, "safe.*every row"),
        ({"answers": [sample.answers[0], sample.answers[0] * 2, *sample.answers[2:]]}, "police.*0, 1"),
        ({"keys": [sample.keys[0] + 2, *sample.keys[1:]]}, "county.*0 to 2"),
        ({"keys": sample.keys[:1]}, "keys"),
        ({"strata": sample.strata + 3}, "strata"),
    ]
    for changed, words in bad:
        with pytest.raises(DesignFailure, match=words):
            count(LAYOUT, **({**whole, "answers": sample.answers} | changed))
    with pytest.raises(DesignFailure, match="more than it holds"):
        part(sample, np.arange(5)).cube - cube
    with pytest.raises(DesignFailure, match="one layout"):
        total([])
    with pytest.raises(DesignFailure, match="nobody"):
        cube_joint(cube, [CubeTarget("nobody")])
    with pytest.raises(DesignFailure, match="C1, C2"):
        cube_joint(cube, [CubeTarget("safe", {"county": "C9"})])
    with pytest.raises(ConvergenceFailure, match="county, category C3"):
        cube_calibration.rake(cube, folded, {"county": {"C1": 1.0, "C2": 1.0}})
    with pytest.raises(SinglePsuFailure, match="S4"):
        cube_joint(a_sample(2, 60, lonely=True).cube, [CubeTarget("age")])
    with pytest.raises(DesignFailure, match="at most"):
        cube_joint(cube, [CubeTarget("age")], population=np.full(5, 2.0))
    with pytest.raises(DesignFailure, match="another"):
        step = cube_calibration.rake(cube, folded, {"sex": {"f": 1.0, "m": 1.0}})
        cube_joint(part(sample, np.arange(3)).cube, [CubeTarget("age")], steps=[step])
    for changed_layout, words in (
        ({"items": (Item("a"), Item("a"))}, "all different"),
        ({"indices": (Index("i", ("nobody",)),)}, "known items"),
        ({"indices": (Index("i", ("safe",), (1.0, 2.0)),)}, "one weight per item"),
    ):
        with pytest.raises(DesignFailure, match=words):
            dataclasses.replace(LAYOUT, **changed_layout)


def test_nobody_answered_comes_back_flagged() -> None:
    sample = a_sample(9, 60)
    courts = np.where(sample.keys[0] == 1, np.nan, sample.answers[2])
    silent = dataclasses.replace(sample, answers=[*sample.answers[:2], courts, sample.answers[3]])
    found = {(e.item, e.domain): e for e in cube_estimates(silent.cube, NAMES, by="county")}
    assert found["courts", "C2"].estimate is None
    assert found["courts", "C2"].suppression == "no_answer"
    assert found["all", "C2"].flags == ("empty",)
    assert found["police", "C2"].estimate is not None
