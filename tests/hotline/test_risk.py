"""The level of an episode: what leads to it, how long it holds, and that key is lowered by two people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.problems import Invalid
from hotline import risk, scale
from hotline.risk import AlwaysKey, Evidence, RiskLevel
from hotline.scale import Element
from hotline.screener import Heard, Row, screened

GENERAL, ATTENTION, KEY = RiskLevel
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
NO_ROWS: dict[Row, Heard | None] = {Row.WISH: Heard.NO, Row.THOUGHTS: Heard.NO, Row.BEHAVIOUR: Heard.NO}
THOUGHTS: dict[Row, Heard | None] = {Row.WISH: Heard.YES, Row.THOUGHTS: Heard.YES}


@pytest.mark.parametrize(
    ("evidence", "level", "codes"),
    [
        (Evidence(), GENERAL, []),
        (Evidence(screened(NO_ROWS)), GENERAL, []),
        (Evidence(screened(THOUGHTS)), GENERAL, ["screener.1.yes", "screener.2.yes"]),
        (
            Evidence(screened({**THOUGHTS, Row.METHOD: Heard.YES})),
            ATTENTION,
            ["screener.3.yes", "screener.1.yes", "screener.2.yes"],
        ),
        (Evidence(screened({**NO_ROWS, Row.BEHAVIOUR: Heard.LIFETIME})), ATTENTION, ["screener.6.lifetime"]),
        (Evidence(screened({**NO_ROWS, Row.BEHAVIOUR: Heard.RECENT})), KEY, ["screener.6.recent"]),
        (Evidence(screened({Row.INTENT: Heard.YES})), KEY, ["screener.4.yes"]),
        (Evidence(screened({Row.PLAN: Heard.YES})), KEY, ["screener.5.yes"]),
        (Evidence(scale_score=3), GENERAL, ["scale"]),
        (Evidence(scale_score=4), ATTENTION, ["scale"]),
        (Evidence(scale_score=7), ATTENTION, ["scale"]),
        (Evidence(scale_score=8), KEY, ["scale"]),
        (Evidence(phq9_total=14, phq9_item9=0), GENERAL, []),
        (Evidence(phq9_total=15, phq9_item9=0), ATTENTION, ["phq9.total"]),
        (Evidence(phq9_item9=1), ATTENTION, ["phq9.item9"]),
        *[
            (Evidence(always=frozenset({rule}), scale_score=0), KEY, [f"always.{rule.value}", "scale"])
            for rule in AlwaysKey
        ],
        (
            Evidence(screened(NO_ROWS), 0, 0, 0, frozenset({AlwaysKey.JUDGEMENT})),
            KEY,
            ["always.judgement", "scale"],
        ),
    ],
)
def test_what_leads_to_a_level(evidence: Evidence, level: RiskLevel, codes: list[str]) -> None:
    judged = risk.judge(evidence)
    assert judged.level is level
    assert [r.code for r in judged.reasons] == codes
    assert all(r.words.in_language("zh") and r.words.in_language("en") for r in judged.reasons)


def test_declining_everything_is_told() -> None:
    """Silence is no reassurance: it is named among the reasons."""
    judged = risk.judge(Evidence(screened(dict.fromkeys(Row, Heard.DECLINED))))
    assert [r.code for r in judged.reasons] == ["screener.declined"]


def test_attention_fades_after_ninety_days_and_key_does_not() -> None:
    until = risk.expires_at(ATTENTION, NOW)
    assert until == NOW + timedelta(days=90)
    assert risk.in_force(ATTENTION, until, at=NOW + timedelta(days=89, hours=23)) is ATTENTION
    assert risk.in_force(ATTENTION, until, at=NOW + timedelta(days=90)) is GENERAL
    assert risk.expires_at(KEY, NOW) is None
    assert risk.in_force(KEY, None, at=NOW + timedelta(days=4000)) is KEY


@pytest.mark.parametrize("wanted", [GENERAL, ATTENTION])
@pytest.mark.parametrize("second", [None, 7])
def test_one_person_does_not_lower_key(wanted: RiskLevel, second: int | None) -> None:
    with pytest.raises(risk.NotLowered):
        risk.check_lowering(KEY, wanted, asked_by=7, agreed_by=second)


def test_two_people_lower_key_and_anybody_raises() -> None:
    risk.check_lowering(KEY, ATTENTION, asked_by=7, agreed_by=8)
    risk.check_lowering(ATTENTION, GENERAL, asked_by=7, agreed_by=None)
    risk.check_lowering(GENERAL, KEY, asked_by=7, agreed_by=None)
    risk.check_lowering(KEY, KEY, asked_by=7, agreed_by=None)


POINTS = {e.value: [0, 1] for e in Element} | {"thoughts": [0, 2, 4], "attempt": [0, 2]}


def test_no_points_are_shipped() -> None:
    with pytest.raises(scale.NotLoaded):
        scale.score(None, dict.fromkeys(Element, 0))


def test_a_centres_own_points_are_added_up() -> None:
    loaded = scale.scale_of("2026", POINTS)
    assert loaded.highest == 16
    assert scale.score(loaded, dict.fromkeys(Element, 0)) == 0
    assert scale.score(loaded, {**dict.fromkeys(Element, 1)}) == 10 + 2 + 2
    assert scale.score(loaded, {**dict.fromkeys(Element, 1), Element.THOUGHTS: 2}) == 16
    assert scale.score(loaded, {**dict.fromkeys(Element, 0), Element.ABUSE: None}) is None
    with pytest.raises(Invalid):
        scale.score(loaded, {**dict.fromkeys(Element, 0), Element.ABUSE: 2})


@pytest.mark.parametrize(
    "changed",
    [{"abuse": [0]}, {"abuse": [1, 2]}, {"abuse": [0, 2, 2]}, {"abuse": []}, {"abuse": [0, 2]}],
)
def test_points_that_do_not_fit_are_refused(changed: dict[str, list[int]]) -> None:
    """A missing step, one that does not start at 0, one that does not rise, and a total other than 16."""
    with pytest.raises(Invalid):
        scale.scale_of("2026", POINTS | changed)


def test_bands_of_the_scale() -> None:
    assert [scale.band_of(n).value for n in (0, 3, 4, 7, 8, 16)] == ["0-3"] * 2 + ["4-7"] * 2 + ["8-16"] * 2
    with pytest.raises(ValueError, match="expected a score"):
        scale.band_of(17)
