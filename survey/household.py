"""The household: behind a landline one adult is chosen by birthday, before anything else is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from core.phone import NumberKind
from core.terms import Words
from survey.expression import parse
from survey.questionnaire import SPECIAL, Option, Question, Questionnaire, Text

ADULTS = "household_adults"
LAST, NEXT = "household_last", "household_next"
SELECTIONS = (LAST, NEXT)
SPLIT = "household"
"""The split whose arms are the birthdays: fixed for a case by its hash, recorded with the interview."""
ARMS = {LAST: "last", NEXT: "next"}
LIST = "household_who"
ANSWERS, COMES, ABSENT, REFUSES = "1", "2", "3", "4"
MOST = 20

_HINT = Text(
    "接电话的是孩子：请一位成年人来说。是单位电话：按 Esc 记结果。问为什么：是为了让家里每位成年人机会相等。",
    "A child answers: ask for an adult. A business: press Esc and code it. If they ask why: so that every adult "
    "at home has the same chance.",
)
_BIRTHDAYS = {
    LAST: Text(
        "我想访问您家里成年人中**最近一位过了生日**的那位。是您本人吗？不是的话，能请他/她来听电话吗？",
        "I would like to speak to the adult in your home who **had a birthday most recently**. Is that you? If not, "
        "may I speak to them?",
    ),
    NEXT: Text(
        "我想访问您家里成年人中**下一位要过生日**的那位。是您本人吗？不是的话，能请他/她来听电话吗？",
        "I would like to speak to the adult in your home who **will have the next birthday**. Is that you? If not, "
        "may I speak to them?",
    ),
}
_WHO = (
    Option(ANSWERS, Text("就是接电话的人", "The one who answered")),
    Option(COMES, Text("另一位，已来听电话", "Another, who has come to the telephone")),
    Option(ABSENT, Text("另一位，现在不在或不便", "Another, not there or not free now")),
    Option(REFUSES, Text("不肯请那一位", "They will not fetch that person")),
)
_PROBE = Text(
    "不能换成别人。换了人听电话，先重新说明来意。不在：约他/她在的时间。生日说不清：记“不知道”，访问接电话的人。",
    "Nobody else will do. When another person comes, introduce yourself again. Not there: make an appointment for when "
    "they are. If nobody knows the birthdays: record don't know and interview the one who answered.",
)


@cache
def _questions() -> tuple[Question, ...]:
    required = parse("true()")
    adults = Question(
        ADULTS,
        "integer",
        label=Text(
            "为了随机选出一位受访者，先问一下：您家里一起住的、**满 18 周岁的人一共有几位**？请把您自己也算上。",
            "To choose one person at random, may I first ask: **how many people aged 18 or over** live in your home, "
            "yourself included?",
        ),
        hint=_HINT,
        required=required,
        constraint=parse(f". >= 1 and . <= {MOST}"),
        constraint_message=Text(f"人数在 1 到 {MOST} 之间", f"The number is between 1 and {MOST}"),
    )
    choosing = (
        Question(
            name,
            "select_one",
            label=_BIRTHDAYS[name],
            probe=_PROBE,
            list=LIST,
            split=SPLIT,
            arm=ARMS[name],
            required=required,
            relevant=parse(f"${{{ADULTS}}} != '1'"),
        )
        for name in SELECTIONS
    )
    return (adults, *choosing)


def with_household(questionnaire: Questionnaire, kind: NumberKind) -> Questionnaire:
    """Return the questionnaire as it is asked on a kind of number: on a landline an adult is chosen first.

    The choosing stands behind the introduction, before the first question. A workbook that counts the adults under
    the same name chooses by itself and is left as it is.
    """
    if kind is not NumberKind.LANDLINE or ADULTS in questionnaire.places:
        return questionnaire
    first = next((n for n, q in enumerate(questionnaire.questions) if q.is_asked), 0)
    questions = (*questionnaire.questions[:first], *_questions(), *questionnaire.questions[first:])
    return replace(questionnaire, questions=questions, lists={**questionnaire.lists, LIST: _WHO})


def selection(answers: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the choosing question that was answered, with its answer; None where nobody was chosen yet."""
    return next(((name, answers[name]) for name in SELECTIONS if name in answers), None)


def is_unsettled(answers: Mapping[str, str]) -> bool:
    """Say whether the chosen adult has still to be brought to the telephone."""
    chosen = selection(answers)
    return chosen is not None and chosen[1] in (ABSENT, REFUSES)


def whom(answers: Mapping[str, str], splits: Mapping[str, str]) -> Words | None:
    """Say whom to ask for on the next call, once the household has said how many adults it has."""
    told, arm = answers.get(ADULTS), splits.get(SPLIT)
    if told is None or told == "1" or arm not in ARMS.values():
        return None
    count = "?" if told in SPECIAL else told
    if arm == ARMS[LAST]:
        return Words(
            "请找：家里最近一位过了生日的成年人（共 {n} 位）",
            "Ask for: the adult whose birthday was most recent (of {n})",
        ).filled(n=count)
    return Words(
        "请找：家里下一位要过生日的成年人（共 {n} 位）",
        "Ask for: the adult who has the next birthday (of {n})",
    ).filled(n=count)
