"""What may be said of a difference, and how often chance alone would make it be said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.terms import Words
from reports.overclaiming import Borne, overclaims, unquoted
from reports.periods import PREVIOUS, PeriodKind
from reports.wording import Change, Measured, Verdict, apart, change_words, signed
from survey.methods.design import declare
from survey.methods.estimands import proportion
from survey.methods.estimates import estimates
from survey.methods.variance import SinglePsu

POINTS = Words("个百分点", "points")
WEEK = PREVIOUS[PeriodKind.WEEK]


def test_a_direction_is_said_only_where_zero_is_left_out() -> None:
    up, none = Change(0.03, 0.01, 0.05, 0.004), Change(0.03, -0.01, 0.07, 0.14)
    assert (up.verdict, none.verdict, Change(-0.03, -0.05, -0.01, 0.004).verdict) == (
        Verdict.UP, Verdict.NONE, Verdict.DOWN,
    )  # fmt: skip
    assert change_words(up, WEEK, unit=POINTS).in_language("zh") == "比上周升 3.0 个百分点（+1.0 至 +5.0）"
    said = change_words(none, WEEK, unit=POINTS)
    assert said.in_language("zh") == "与上周相比无显著变化（−1.0 至 +7.0 个百分点）"
    assert said.in_language("en") == "No detectable change on last week (−1.0 to +7.0 points)"
    assert change_words(None, WEEK, unit=POINTS).in_language("zh") == "与上周无从比较"


def test_the_interval_of_a_difference_is_welchs() -> None:
    """Against scipy: two means with their errors and Welch–Satterthwaite degrees of freedom."""
    a, b = np.random.default_rng(5).normal(0.8, 0.1, 40), np.random.default_rng(6).normal(0.7, 0.3, 25)
    change = apart(
        Measured(float(a.mean()), float(a.std(ddof=1) / np.sqrt(40)), 39),
        Measured(float(b.mean()), float(b.std(ddof=1) / np.sqrt(25)), 24),
    )
    assert change is not None
    welch = stats.ttest_ind(a, b, equal_var=False)
    low, high = welch.confidence_interval(0.95)
    assert (change.low, change.high) == pytest.approx((low, high), abs=1e-12)
    assert change.p == pytest.approx(welch.pvalue, abs=1e-12)


def test_a_figure_without_an_error_is_not_compared() -> None:
    assert apart(Measured(1.0, 0.0, 50), Measured(0.8, 0.03, 50)) is None
    assert apart(Measured(0.9, float("nan"), 50), Measured(0.8, 0.03, 50)) is None


def test_signs_are_minus_signs_and_nothing_is_minus_nothing() -> None:
    assert [signed(x) for x in (2.04, -0.31, -0.04, 0.0)] == ["+2.0", "−0.3", "0.0", "0.0"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("安全感比上周上升。", [("安全感", "上升")]),
        ("诉求上升，安全感无显著变化。", []),
        ("安全感与上周相比，上升了 2 个点。", [("安全感", "上升")]),
        ("安全感与上周相比，明显上升。", [("安全感", "上升")]),
        ("安全感平稳，盗窃案件下降。", []),
        ("安全感上升，诉求无显著变化。", [("安全感", "上升")]),
        ("安全感没有下降，也未见明显上升。", []),
        ("执法满意度不降反升。", []),
        ("执法满意度由降转升，止跌回升。", []),
        ("执法满意度不升反降。", [("执法满意度", "降")]),
        ("执法满意度由升转降。", [("执法满意度", "降")]),
        ("安全感不升反降。", [("安全感", "降")]),
        ("诉求不增。安全感不断上升。", [("安全感", "上升")]),
        ("Security has not improved, and no fall was seen.", []),
        ("安全感与上周相比无显著变化，没有上升。", []),
        ("电动车案件下降。安全感稳定。", []),
        ("执法满意度提高了", []),
        ("执法满意度下降了", [("执法满意度", "下降")]),
        ("The security index rose slightly.", [("security", "rose")]),
        ("Enforcement improved; security did not change.", []),
    ],
)
def test_a_comment_may_not_say_more_than_the_figures(text: str, found: list[tuple[str, str]]) -> None:
    known = {
        "安全感": Verdict.NONE, "security": Verdict.NONE,
        "执法满意度": Verdict.UP, "enforcement": Verdict.UP,
    }  # fmt: skip
    assert overclaims(text, Borne(known)) == found


def test_what_fell_after_it_rose_may_be_said_to_have_fallen_and_a_false_claim_may_be_quoted() -> None:
    fell = Borne({"安全感": Verdict.DOWN})
    assert [overclaims(x, fell) for x in ("安全感不升反降。", "安全感由升转降。", "安全感先升后降。")] == [
        [],
        [],
        [],
    ]
    assert overclaims("安全感不降反升。", fell) == [("安全感", "升")]
    quiet = Borne({"安全感": Verdict.NONE})
    assert overclaims(unquoted("原版写了“安全感明显上升”，与数字不符。"), quiet) == []
    assert overclaims(unquoted("“安全感”明显上升，原版漏写。"), quiet) == [("安全感", "上升")]


QUIET = Borne(
    {"安全感": Verdict.NONE, "公安": Verdict.NONE, "诉求": Verdict.NONE, "security": Verdict.NONE, "police": Verdict.NONE},
    {"安全感": Verdict.UP, "security": Verdict.UP},
    {
        "清河县": {"安全感": Verdict.UP, "security": Verdict.UP}, "柳湖县": {"安全感": Verdict.NONE, "security": Verdict.NONE},
        "Qinghe": {"security": Verdict.UP}, "女性": {"安全感": Verdict.DOWN},
    },
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "安全感增加了。", "安全感升至 92%。", "安全感升了2个点。", "安全感下行。", "安全感降至 80%。", "安全感减弱。", "安全感创新高。",
        "安全感创下历史新低。", "安全感明显走强。", "安全感涨了不少。", "安全感跌到谷底。", "安全感反弹。", "公安满意度在提高。", "诉求增多。",
        "诉求比上周翻番。", "本周诉求少了。", "安全感、公安满意度均上升。", "柳湖县安全感上升。", "清河县安全感下降。", "安全感平稳，柳湖县上升。",
        "女性安全感上升。", "清河县诉求增多。", "公安满意度同比上升。", "清河县安全感同比上升。", "应该说安全感上升了。", "安全感已提高。",
        "Security is up 2 points.", "Security went up.", "Security is down.", "Security fell again.", "Security weakened.",
        "Security reached a record high.", "Security, up by two points.", "The police did better.", "Security in Qinghe is lower.",
    ],
)  # fmt: skip
def test_plain_words_claim_a_change_too(text: str) -> None:
    assert overclaims(text, QUIET)


@pytest.mark.parametrize(
    "text",
    [
        "安全感与上周相比无显著变化。", "安全感没有增加，也没有减弱。", "安全感同比上升。", "清河县安全感上升。", "女性安全感下降。",
        "请采取措施，进一步提升安全感。", "建议提高巡逻频次，争取安全感尽快回升。", "诉求集中在柳湖县。", "超期事项升级上报。", "新增监控三处。",
        "安全感稳定，降雨较多。", "主要问题是路灯。", "Please bring security up to where it was.", "Security did not go up.",
        "Security in Qinghe is up.", "Set up a hotline for security.", "Security has not improved.", "Police should improve their answers.",
    ],
)  # fmt: skip
def test_what_is_denied_borne_or_asked_for_is_let_be(text: str) -> None:
    assert overclaims(text, QUIET) == []


def a_week(random: np.random.Generator, share: float) -> Measured:
    """Ask 600 people in six strata with unequal weights."""
    strata = np.repeat(np.arange(6), 100)
    weights = random.uniform(0.5, 2.0, 600) * (1 + strata / 5)
    y = (random.random(600) < share).astype(float)
    (e,) = estimates(declare(weights=weights, strata=strata), [proportion("y", y)], single=SinglePsu.ADJUST)
    assert e.estimate is not None
    assert e.standard_error is not None
    return Measured(e.estimate, e.standard_error, e.df)


def test_chance_alone_is_rarely_called_a_change_and_a_real_one_is_seen() -> None:
    random = np.random.default_rng(20261118)
    quiet = [apart(a_week(random, 0.85), a_week(random, 0.85)) for _ in range(400)]
    assert sum(c is not None and c.verdict is Verdict.NONE for c in quiet) / 400 >= 0.93
    margins = [(c.high - c.low) / 2 for c in quiet if c is not None]
    step = 2 * float(np.mean(margins))
    moved = [apart(a_week(random, 0.75 + step), a_week(random, 0.75)) for _ in range(200)]
    assert sum(c is not None and c.verdict is Verdict.UP for c in moved) / 200 >= 0.90
