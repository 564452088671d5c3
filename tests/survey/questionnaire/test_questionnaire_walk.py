"""The way through a questionnaire, its split halves and what may be answered, worked out by hand."""

from collections import Counter
from collections.abc import Mapping

import pytest

from survey.instruments import SECURITY
from survey.questionnaire import ACKNOWLEDGED, DONT_KNOW, NO_ANSWER, Questionnaire
from survey.questionnaire_splits import arm_of, assign_splits
from survey.questionnaire_validation import CONSTRAINT, NOT_ASKED, NOT_OFFERED, REQUIRED, validate
from survey.questionnaire_walk import Circumstances, Progress, Walk
from survey.xlsform import read_xlsform
from tests.survey.questionnaire.workbooks import EVERYTHING, workbook

FACTS = {"today": "2026-03-15", "now": "2026-03-15T14:30:00", "username": "07"}
EVERY = read_xlsform(EVERYTHING)
SAFE = read_xlsform(SECURITY)
ELIGIBLE = {"intro": ACKNOWLEDGED, "consent": "1", "residence": "1", "adult": "1"}


def walk(form: Questionnaire, answers: Mapping[str, str], **splits: str) -> Walk:
    return Walk(form, answers, Circumstances(splits, FACTS))


def test_the_path_follows_the_answers() -> None:
    assert walk(EVERY, {}, version="a").path() == (
        "hello", "owns", "state", "town", "mood", "born", "woke", "met", "why_a", "seen",
    )  # fmt: skip
    driver = walk(EVERY, {"owns": "1", "cars_n": "2", "brands": "b other", "mood": "1"}, version="b")
    assert driver.path() == (
        "hello", "owns", "cars_n", "brands", "brands_other", "km", "state", "town", "mood", "born", "woke", "met",
        "why_b", "seen", "bye",
    )  # fmt: skip
    assert driver.next_step() == "hello"
    assert driver.next_step("cars_n") == "brands"
    assert driver.next_step("bye") is None
    assert driver.previous_step("km") == "brands_other"
    assert driver.previous_step("hello") is None
    assert driver.progress("brands") == Progress(3, 13)
    assert driver.progress("hello") == Progress(1, 13)


def test_what_no_longer_applies_is_kept_marked_and_not_exported() -> None:
    changed = walk(EVERY, {"owns": "2", "cars_n": "2", "km": "9000", "state": "s1"})
    assert changed.irrelevant() == ("cars_n", "km")
    assert changed.answers["km"] == "9000"
    assert changed.exported() == {"owns": "2", "limit": "0", "state": "s1", "at": "", "told": ""}
    assert walk(EVERY, {**changed.answers, "owns": "1"}).irrelevant() == ()


def test_an_interrupted_interview_goes_on_where_it_stopped() -> None:
    answers = dict(ELIGIBLE)
    assert walk(SAFE, answers).first_open() == "s1_safety"
    answers |= {"s1_safety": "2", "s2_night": DONT_KNOW, "s3_change": NO_ANSWER}
    assert walk(SAFE, answers).first_open() == "e1_police_contact"


def test_an_optional_question_may_be_passed_and_a_required_one_not() -> None:
    answers = {"hello": "OK", "owns": "1", "cars_n": "", "brands": ""}
    assert walk(EVERY, answers).first_open() == "cars_n"
    assert walk(EVERY, {**answers, "cars_n": "1"}).first_open() == "state"
    assert not walk(EVERY, {**answers, "cars_n": "2"}).is_required("km")
    assert walk(EVERY, {**answers, "cars_n": "3"}).is_required("km")


def test_a_filtered_answer_is_asked_again_when_its_list_changes() -> None:
    answers = {"hello": "OK", "owns": "2", "state": "s1", "town": "t2"}
    assert [o.name for o in walk(EVERY, answers).options("town")] == ["t1", "t2"]
    assert walk(EVERY, answers).is_answered("town")
    answers["state"] = "s2"
    assert [o.name for o in walk(EVERY, answers).options("town")] == ["t3"]
    assert not walk(EVERY, answers).is_answered("town")


def test_dont_know_counts_as_empty_in_conditions_but_is_exported() -> None:
    unsure = walk(EVERY, {"owns": DONT_KNOW})
    assert "cars_n" not in unsure.path()
    assert unsure.value("owns") == ""
    assert unsure.exported()["owns"] == DONT_KNOW


def test_wording_is_filled_and_reversed() -> None:
    spoken = walk(EVERY, {"mood": "3"}, order="reversed")
    assert spoken.wording("hello") == "您好 07 2026-03-15"
    assert spoken.wording("bye") == "您说“差”,再见"
    assert spoken.wording("bye", "en") == "You said “差”. Goodbye"
    assert spoken.wording("mood") == "差、一般,还是好?"
    assert [o.name for o in spoken.options("mood")] == ["3", "2", "1"]
    plain = walk(EVERY, {}, order="forward")
    assert plain.wording("mood") == "好、一般,还是差?"
    assert [o.name for o in plain.options("mood")] == ["1", "2", "3"]


def test_a_drawn_order_is_kept_and_other_closes_the_list() -> None:
    drawn = Walk(EVERY, {}, Circumstances({"order:state": "s3 s1 s2"}))
    assert [o.name for o in drawn.options("state")] == ["s3", "s1", "s2"]
    assert [o.name for o in drawn.options("brands")] == ["a", "b", "c", "other"]


def test_a_moment_is_kept_once_reached() -> None:
    assert walk(EVERY, {}).calculated()["at"] == ""
    answers = {"hello": "OK", "owns": "2", "state": "s2", "town": "t3", "mood": "1", "born": "", "woke": "", "met": "",
               "seen": "OK"}  # fmt: skip
    assert walk(EVERY, answers).calculated()["at"] == "2026-03-15T14:30:00"
    later = Walk(
        EVERY, {**answers, "at": "2026-03-15T14:30:00"}, Circumstances({}, {"now": "2026-03-15T15:00:00"})
    )
    assert later.calculated()["at"] == "2026-03-15T14:30:00"


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("owns", "1", None), ("owns", "3", NOT_OFFERED), ("owns", "", REQUIRED), ("owns", DONT_KNOW, None),
        ("cars_n", "2", None), ("cars_n", "2.0", "请填整数"), ("cars_n", "6", "最多 5 辆"), ("cars_n", "0", "最多 5 辆"),
        ("brands", "a b", None), ("brands", "a b c", CONSTRAINT), ("brands", "a a", NOT_OFFERED),
        ("brands", "a  b", NOT_OFFERED), ("brands", "other", None), ("km", "1.5", None), ("km", "-1", CONSTRAINT),
        ("km", "1e3", "请填数字"), ("born", "2026-03-15", None), ("born", "2026-03-16", CONSTRAINT),
        ("born", "2026-02-29", "请填日期，如 2026-03-15"), ("woke", "24:00", "请填时间，如 14:30"), ("woke", "06:05", None),
        ("met", "2026-03-15T14:30", None), ("met", "2026-03-15T14:31", CONSTRAINT), ("why_a", "一二三四", None),
        ("why_a", "一二三四五", CONSTRAINT), ("why_b", "很安全", None), ("why_b", "很很安全", CONSTRAINT),
        ("seen", "OK", None), ("seen", "yes", "按回车表示已读"), ("hello", "OK", None), ("hello", DONT_KNOW, NOT_ASKED),
        ("limit", "3", NOT_ASKED), ("born", "", None),
    ],
)  # fmt: skip
def test_what_may_be_answered(name: str, value: str, wrong: object) -> None:
    found = validate(walk(EVERY, {"owns": "1", "cars_n": "2"}), name, value)
    assert (found.zh if isinstance(wrong, str) and found else found) == wrong


def test_splits_are_stable_even_and_independent() -> None:
    cases = [f"case-{number}" for number in range(4_000)]
    assigned = [assign_splits(SAFE, case) for case in cases]
    assert assigned == [assign_splits(SAFE, case) for case in cases]
    assert assigned[0].keys() == {"order", "list"}
    cells = Counter((splits["order"], splits["list"]) for splits in assigned)
    assert len(cells) == 4
    chi_square = sum((count - 1_000) ** 2 / 1_000 for count in cells.values())
    assert chi_square < 16.27  # 99.9 % point with 3 degrees of freedom
    assert arm_of("case-1", "order", ("forward", "reversed")) == "reversed"


def test_random_orders_differ_and_hold_every_option() -> None:
    orders = {assign_splits(EVERY, f"case-{number}")["order:state"] for number in range(200)}
    assert {" ".join(sorted(order.split())) for order in orders} == {"s1 s2 s3"}
    assert len(orders) == 6


def test_each_list_half_hears_its_own_list() -> None:
    assert "c1_list_short" in walk(SAFE, ELIGIBLE, list="short").path()
    assert "c1_list_long" not in walk(SAFE, ELIGIBLE, list="short").path()
    assert "c1_list_long" in walk(SAFE, ELIGIBLE, list="long").path()


@pytest.mark.parametrize(
    ("answers", "outcome", "path"),
    [
        ({"intro": "OK", "consent": "2"}, "2.112", ("intro", "consent")),
        ({**ELIGIBLE, "residence": "2", "not_eligible": "OK"}, "4.70",
         ("intro", "consent", "residence", "adult", "not_eligible")),
        ({**ELIGIBLE, "adult": "2", "not_eligible": "OK"}, "4.70",
         ("intro", "consent", "residence", "adult", "not_eligible")),
        ({**ELIGIBLE, "adult": NO_ANSWER}, "3.21", ("intro", "consent", "residence", "adult")),
    ],
)  # fmt: skip
def test_the_screener_suggests_the_disposition(
    answers: dict[str, str], outcome: str, path: tuple[str, ...]
) -> None:
    ended = walk(SAFE, answers)
    assert ended.path() == path
    assert ended.first_open() is None
    assert ended.calculated()["outcome"] == outcome


def test_a_whole_interview_ends_complete() -> None:
    answers: dict[str, str] = {}
    for _ in range(60):
        now = walk(SAFE, answers, order="reversed", list="long")
        name = now.first_open()
        if name is None:
            break
        assert now.calculated()["outcome"] == ""
        options = now.options(name)
        kind = SAFE.question(name).type
        answers[name] = (
            options[0].name if options else "OK" if kind == "note" else "30" if name == "age" else "2"
        )
        assert validate(now, name, answers[name]) is None
    assert now.calculated()["outcome"] == "1.1"
    assert now.exported()["s1_safety"] == "5"
    assert now.progress("landlines") == Progress(30, 30)  # of 31, one being the other half's list


def test_index_items_name_their_favourable_answers() -> None:
    assert SAFE.index_items("safety") == {"s1_safety": frozenset("12")}
    offices = ("e1_police", "e2_traffic", "e3_court", "e4_procuratorate", "e5_justice")
    assert SAFE.index_items("enforcement") == {name: frozenset("12") for name in offices}


def test_long_chains_of_conditions_do_not_recurse() -> None:
    rows = [["text", f"q{n}", "Q", f"${{q{n - 1}}} != ''" if n else ""] for n in range(1_500)]
    form = read_xlsform(workbook([["type", "name", "label", "relevant"], *rows]))
    assert len(walk(form, {f"q{n}": "x" for n in range(1_500)}).path()) == 1_500
