"""Golden vectors of the instruments: bands, indices, turned items, factors, red flags, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from typing import Any

import pytest

from core.problems import Invalid, Missing
from hotline import instruments, scoring
from hotline.instruments import Instrument, instrument

PHQ9, GAD7, SDS, SAS, SCL90 = (instrument(code) for code in ("phq9", "gad7", "sds", "sas", "scl90"))


def summing_to(of: Instrument, total: int, coding: str | None = None) -> dict[int, int]:
    """Answer every item so that the turned answers add up to a total, the first items highest."""
    low, high = of.codings[scoring.coding_of(of, coding)]
    left = total - low * len(of.items)
    answers = {}
    for item in of.items:
        more = min(high - low, left)
        left -= more
        answers[item] = high - more if item in of.reverse else low + more
    assert left == 0
    return answers


@pytest.mark.parametrize(
    ("of", "bands"),
    [
        (
            PHQ9,
            {0: "minimal", 4: "minimal", 5: "mild", 9: "mild", 10: "moderate", 14: "moderate"}
            | {15: "moderately_severe", 19: "moderately_severe", 20: "severe", 27: "severe"},
        ),
        (
            GAD7,
            {0: "minimal", 4: "minimal", 5: "mild", 9: "mild", 10: "moderate", 14: "moderate"}
            | {15: "severe", 21: "severe"},
        ),
    ],
)
def test_bands_of_phq9_and_gad7(of: Instrument, bands: dict[int, str]) -> None:
    for total, code in bands.items():
        found = scoring.score(of, summing_to(of, total))
        assert (found.raw, found.index) == (total, None)
        assert found.band is not None
        assert found.band.code == code


@pytest.mark.parametrize(("given", "fires"), [(0, False), (1, True), (2, True), (3, True)])
def test_item_nine_of_phq9_is_a_red_flag_on_an_abandoned_sheet_too(given: int, fires: bool) -> None:
    whole = scoring.score(PHQ9, dict.fromkeys(PHQ9.items, 0) | {9: given})
    alone = scoring.score(PHQ9, {9: given})
    assert bool(whole.flags) is bool(alone.flags) is fires
    assert (alone.raw, alone.band, alone.is_finished, alone.answered) == (None, None, False, 1)


@pytest.mark.parametrize(
    ("raw", "index", "band"),
    [
        (40, 50, "none"),
        (41, 51, "none"),
        (42, 52, "none"),
        (43, 53, "mild"),
        (50, 62, "mild"),
        (51, 63, "moderate"),
        (58, 72, "moderate"),
        (59, 73, "severe"),
        (20, 25, "none"),
        (80, 100, "severe"),
    ],
)
def test_sds_index_is_the_integer_part(raw: int, index: int, band: str) -> None:
    """42 × 1.25 = 52.5 is 52, below the cut of 53."""
    found = scoring.score(SDS, summing_to(SDS, raw))
    assert (found.raw, found.index, found.shown) == (raw, index, index)
    assert found.band is not None
    assert found.band.code == band


@pytest.mark.parametrize(
    ("raw", "index", "band"),
    [
        (39, 48, "none"),
        (40, 50, "mild"),
        (47, 58, "mild"),
        (48, 60, "moderate"),
        (55, 68, "moderate"),
        (56, 70, "severe"),
    ],
)
def test_sas_index(raw: int, index: int, band: str) -> None:
    found = scoring.score(SAS, summing_to(SAS, raw))
    assert found.index == index
    assert found.band is not None
    assert found.band.code == band


@pytest.mark.parametrize(
    ("of", "turned"), [(SDS, [2, 5, 6, 11, 12, 14, 16, 17, 18, 20]), (SAS, [5, 9, 13, 17, 19])]
)
def test_turned_items(of: Instrument, turned: list[int]) -> None:
    """Raising one answer by one raises the raw score, or lowers it for a turned item."""
    middle = dict.fromkeys(of.items, 2)
    start = scoring.score(of, middle).raw
    assert start is not None
    for item in of.items:
        changed = scoring.score(of, middle | {item: 3}).raw
        assert changed is not None
        assert changed - start == (-1 if item in turned else 1)


@pytest.mark.parametrize(("given", "fires"), [(1, False), (2, False), (3, True), (4, True)])
def test_item_nineteen_of_sds_is_a_red_flag(given: int, fires: bool) -> None:
    assert bool(scoring.score(SDS, {19: given}).flags) is fires


@pytest.mark.parametrize("of", [PHQ9, GAD7, SDS, SAS, SCL90])
def test_a_missing_item_gives_no_total(of: Instrument) -> None:
    coding = next(iter(of.codings))
    low, _ = of.codings[coding]
    whole = dict.fromkeys(of.items, low)
    assert scoring.score(of, whole, coding).is_finished
    for item in of.items:
        found = scoring.score(of, {i: v for i, v in whole.items() if i != item}, coding)
        assert (found.raw, found.index, found.band, found.factors) == (None, None, None, ())
        assert found.missing == (item,)


def test_scl90_has_ten_factors_of_ninety_items() -> None:
    sizes = [len(f.items) for f in SCL90.factors]
    assert sizes == [12, 10, 9, 13, 10, 6, 7, 6, 10, 7]
    assert sorted(i for f in SCL90.factors for i in f.items) == list(range(1, 91))


def scl(high: Iterable[int], value: int = 5, coding: str = "1-5") -> scoring.Scored:
    """Score a sheet of lowest answers with some items higher."""
    low, _ = SCL90.codings[coding]
    return scoring.score(SCL90, dict.fromkeys(SCL90.items, low) | dict.fromkeys(high, value), coding)


def test_each_factor_is_the_mean_of_its_own_items() -> None:
    for factor in SCL90.factors:
        found = scl(factor.items)
        assert {f.factor.code: f.mean for f in found.factors} == {
            f.code: 5.0 if f is factor else 1.0 for f in SCL90.factors
        }
        assert factor.code in found.findings


def test_scl90_total_over_160_positive_items_over_43_factor_mean_over_2() -> None:
    assert scl([]).raw == 90
    forty_three, forty_four = range(1, 44), range(1, 45)
    assert "positive" not in scl(forty_three, 2).findings
    assert "positive" in scl(forty_four, 2).findings
    seventy = dict.fromkeys(range(1, 71), 2)
    low = dict.fromkeys(SCL90.items, 1)
    at_cut = scoring.score(SCL90, low | seventy, "1-5")
    assert (at_cut.raw, "total" in at_cut.findings) == (160, False)
    above = scoring.score(SCL90, low | seventy | {71: 2}, "1-5")
    assert (above.raw, "total" in above.findings) == (161, True)
    hostility = next(f for f in SCL90.factors if f.code == "hostility").items
    assert "hostility" not in scl(hostility, 2).findings
    mean_above = low | dict.fromkeys(hostility, 2) | {hostility[0]: 3}
    assert "hostility" in scoring.score(SCL90, mean_above, "1-5").findings


def test_codings_are_declared_and_never_mixed() -> None:
    answers = dict.fromkeys(SCL90.items, 1)
    with pytest.raises(Invalid):
        scoring.score(SCL90, answers)
    with pytest.raises(Invalid):
        scoring.score(SCL90, answers | {7: 0}, "1-5")
    with pytest.raises(Invalid):
        scoring.score(SCL90, answers | {7: 5}, "0-4")
    with pytest.raises(Invalid):
        scoring.score(SCL90, answers, "1-4")


@pytest.mark.parametrize(
    ("coding", "value", "fires"), [("1-5", 2, False), ("1-5", 3, True), ("0-4", 1, False), ("0-4", 2, True)]
)
def test_red_flags_of_scl90_mean_the_same_under_both_codings(coding: str, value: int, fires: bool) -> None:
    for item in (15, 59):
        assert bool(scoring.score(SCL90, {item: value}, coding).flags) is fires


def test_both_codings_find_the_same_sheet_alike() -> None:
    ones = {i: 1 + (i * 7) % 5 for i in SCL90.items}
    noughts = {i: v - 1 for i, v in ones.items()}
    a, b = scoring.score(SCL90, ones, "1-5"), scoring.score(SCL90, noughts, "0-4")
    assert (a.findings, a.positive_items, a.flags != ()) == (b.findings, b.positive_items, b.flags != ())
    assert a.raw is not None
    assert b.raw is not None
    assert a.raw - b.raw == 90


@pytest.mark.parametrize("value", [-1, 4])
def test_an_answer_outside_the_coding_is_refused(value: int) -> None:
    with pytest.raises(Invalid):
        scoring.score(PHQ9, {1: value})
    with pytest.raises(Invalid):
        scoring.score(PHQ9, {10: 1})


def test_only_free_instruments_carry_text_and_only_those_are_public() -> None:
    assert [i.code for i in instruments.instruments().values() if i.has_text] == ["phq9", "gad7", "cssrs"]
    assert [i.code for i in instruments.public_instruments()] == ["phq9", "gad7"]
    assert instrument("cssrs").is_paraphrase
    with pytest.raises(ValueError, match="screener"):
        scoring.score(instrument("cssrs"), {})
    with pytest.raises(Missing):
        instrument("mmpi")


def definition(name: str) -> dict[str, Any]:
    """Read a definition as it lies in the file."""
    found: dict[str, Any] = json.loads(
        (resources.files("hotline") / "data" / "instruments" / f"{name}.json").read_text(encoding="utf-8")
    )
    return found


def test_a_definition_that_does_not_fit_together_is_refused() -> None:
    scl90 = definition("scl90")
    scl90["factors"][0]["items"].append(2)
    with pytest.raises(ValueError, match="exactly one factor"):
        instruments.read(scl90)
    with pytest.raises(ValueError, match="no such items"):
        instruments.read(definition("sds") | {"reverse": [21]})
    with pytest.raises(ValueError, match="not declared"):
        instruments.read(definition("sds") | {"bands": {"0-3": []}})
    with pytest.raises(ValueError, match="needs its text"):
        instruments.read(definition("sas") | {"is_public": True})
    with pytest.raises(ValueError, match="numbered"):
        instruments.read(definition("gad7") | {"items": definition("gad7")["items"][1:]})
