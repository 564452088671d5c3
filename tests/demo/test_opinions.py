"""Residents' answers add up to the true shares, stay the same from call to call, and fit any list of options."""

from collections import Counter
from datetime import date
from itertools import pairwise
from math import sqrt
from statistics import correlation, mean

import pytest

from demo.attitudes import INDICES, ITEMS, Item, scale, truth, week_of
from demo.city import city
from demo.leanings import is_user, leaning, raises_problem
from demo.opinions import answer
from survey.questionnaire import DONT_KNOW, Option, Text
from tests.demo.people import Person, drawn

WEEK = week_of(date(2026, 11, 16))
SAFE = (("5", "很安全"), ("4", "比较安全"), ("3", "一般"), ("2", "不太安全"), ("1", "很不安全"))
YES_NO = (("yes", "是"), ("no", "否"))


@pytest.mark.parametrize("county", ["平湖县", "清河县", "河口县"])
@pytest.mark.parametrize(("question", "item"), [("s1", "s1"), ("s2", "s2"), ("e2", "e2")])
def test_answers_show_the_true_share(county: str, question: str, item: str) -> None:
    given = [answer(who, question, SAFE, county=who.county, week=WEEK) for who in drawn(2_500, county)]
    with_opinion = [value for value in given if value != DONT_KNOW]
    share = sum(value in ("5", "4") for value in with_opinion) / len(with_opinion)
    true = truth(item, county, WEEK)
    assert abs(share - true) < 3.5 * sqrt(true * (1 - true) / len(with_opinion))
    assert given.count(DONT_KNOW) / len(given) == pytest.approx(ITEMS[item].unknown, abs=0.015)


def test_users_and_others_have_their_own_truth() -> None:
    people = list(drawn(4_000))
    for users in (True, False):
        own = [who for who in people if is_user(who, "e1") == users]
        given = [answer(who, "e1", SAFE, county=who.county, week=WEEK) for who in own]
        said = [value for value in given if value != DONT_KNOW]
        assert mean(value in ("5", "4") for value in said) == pytest.approx(
            truth("e1", None, WEEK, users=users), abs=0.035
        )
    contacted = [answer(who, "e1_contact", YES_NO, county=who.county, week=WEEK) for who in people]
    assert [value == "yes" for value in contacted] == [is_user(who, "e1") for who in people]


def test_true_levels_lie_where_the_city_was_invented() -> None:
    for county in city().counties:
        assert 0.81 <= truth("safety", county.name, WEEK) <= 0.96
        assert 0.77 <= truth("enforcement", county.code, WEEK) <= 0.93
    every = [truth("safety", county.name, WEEK) * county.adults for county in city().counties]
    assert truth("safety", None, WEEK) == pytest.approx(sum(every) / city().adults, abs=1e-12)


def test_composite_follows_its_weights() -> None:
    assert all(sum(weights.values()) == pytest.approx(1.0) for weights in INDICES.values())
    assert truth("enforcement", "清河县", WEEK, weights={"e3": 2.0}) == truth("e3", "清河县", WEEK)
    parts = [truth(f"e{number}", "清河县", WEEK) for number in range(1, 6)]
    assert truth("enforcement", "清河县", WEEK) == pytest.approx(mean(parts))


def test_drift_from_week_to_week_is_small_but_there() -> None:
    weeks = [truth("s1", "大堰县", WEEK + n) for n in range(26)]
    assert max(abs(b - a) for a, b in pairwise(weeks)) < 0.015
    assert 0.004 < max(weeks) - min(weeks) < 0.05


def test_countryside_fears_the_night_more() -> None:
    night = {
        rural: mean(
            answer(Person(n, is_rural=rural), "s2", SAFE, county="清河县", week=WEEK) in ("5", "4")
            for n in range(2_000)
        )
        for rural in (True, False)
    }
    assert 0.03 < night[False] - night[True] < 0.13


def test_opinions_hang_together() -> None:
    people = [Person(number) for number in range(2_000)]
    one, two = ([leaning(who, item) for who in people] for item in ("s1", "e1"))
    assert correlation(one, two) == pytest.approx(0.335, abs=0.06)
    assert mean(one) == pytest.approx(0.5, abs=0.02)


def test_the_same_person_answers_the_same_whatever_the_order_read_out() -> None:
    for number in range(300):
        who = Person(number)
        first = answer(who, "s1", SAFE, county="清河县", week=WEEK)
        assert answer(who, "s1", SAFE, county="990107", week=WEEK) == first
        assert answer(who, "S1", SAFE[::-1], county="清河县", week=WEEK) == first


def test_options_of_a_questionnaire_count_by_their_favourable_mark() -> None:
    options = [
        Option("a", Text("甲", "first")),
        Option("b", Text("乙", "second"), favourable=True),
        Option("c", Text("丙", "third"), favourable=True),
        Option("dk", Text("说不清", "not sure")),
    ]
    given = Counter(answer(Person(n), "s1", options, county="清河县", week=WEEK) for n in range(3_000))
    assert set(given) == {"a", "b", "c", "dk"}
    true = truth("s1", "清河县", WEEK)
    assert (given["b"] + given["c"]) / (3_000 - given["dk"]) == pytest.approx(true, abs=0.03)


def test_scale_shares_add_up_to_one() -> None:
    for item in ITEMS.values():
        five = scale(item, 0.8)
        assert sum(five) == pytest.approx(1.0)
        assert five[0] + five[1] == pytest.approx(0.8)
        assert isinstance(item, Item)


@pytest.mark.parametrize(
    ("question", "options", "expected"),
    [
        ("age", (), 40),
        ("age_group", (("1", "18–29"), ("2", "30–39"), ("3", "40–49"), ("4", "50+")), "3"),
        ("sex", (("male", "男"), ("female", "女")), "female"),
        ("gender", (("1", "男"), ("2", "女")), "2"),
        ("education", (("1", "小学"), ("2", "初中"), ("3", "高中"), ("4", "大专及以上")), "2"),
        ("sex", (("1", "男 / Man"), ("2", "女 / Woman")), "2"),
        ("education", ("primary", "junior", "senior", "college"), "junior"),
        ("area", (("urban", "城镇"), ("rural", "农村")), "urban"),
        ("consent", YES_NO, "yes"),
        ("adult", YES_NO, "yes"),
    ],
)
def test_facts_are_the_persons_own(question: str, options: tuple[object, ...], expected: object) -> None:
    assert answer(Person(1), question, options, county="清河县", week=WEEK) == expected


def test_someone_of_sixteen_is_no_adult() -> None:
    child = Person(1, age=16)
    assert answer(child, "adult", YES_NO, county="清河县", week=WEEK) == "no"
    assert answer(child, "age", county="清河县", week=WEEK) == 16
    assert answer(child, "s1", SAFE, county="清河县", week=WEEK) in {"5", "4", "3", "2", "1"}


def test_problems_and_their_telling_go_together() -> None:
    people = [Person(number) for number in range(2_000)]
    for who in people[:200]:
        has = answer(who, "o1", YES_NO, county="清河县", week=WEEK) == "yes"
        assert (
            has
            == raises_problem(who)
            == (answer(who, "o1", kind="text", county="清河县", week=WEEK) != "没有")
        )
    assert mean(map(raises_problem, people)) == pytest.approx(truth("problem"), abs=0.03)


def test_list_experiment_finds_more_coached_than_asking_does() -> None:
    people = [Person(number) for number in range(6_000)]

    def asked(name: str, most: int) -> list[int]:
        given = [answer(who, name, county="清河县", week=WEEK, between=(0, most)) for who in people]
        assert all(isinstance(value, int) and 0 <= value <= most for value in given)
        return [int(str(value)) for value in given]

    found = mean(asked("c1_list_long", 5)) - mean(asked("c1_list_short", 4))
    said = mean(answer(who, "c1", YES_NO, county="清河县", week=WEEK) == "yes" for who in people)
    assert found == pytest.approx(truth("coached"), abs=0.01)
    assert 0.01 < said < 0.6 * found


def test_unknown_questions_get_an_answer_that_fits() -> None:
    three = ("x", "y", "z")
    given = {answer(Person(n), "colour", three, county="清河县", week=WEEK) for n in range(100)}
    assert given == set(three)
    for number in range(100):
        several = answer(Person(number), "papers", three, county="清河县", week=WEEK, kind="select_multiple")
        assert isinstance(several, tuple)
        assert several
        assert set(several) <= set(three)
        count = answer(Person(number), "rooms", county="清河县", week=WEEK, kind="integer", between=(2, 5))
        assert isinstance(count, int)
        assert 2 <= count <= 5
    assert answer(Person(1), "remarks", county="清河县", week=WEEK, kind="text") == "没有补充"
