"""The safety plan's six steps after Stanley and Brown: in the caller's own words, in the order they are used."""

from __future__ import annotations

from collections.abc import Mapping

from core.problems import Invalid
from core.terms import Term, Words

LONGEST = 600


class SafetyStep(Term):
    """One step of the plan."""

    SIGNS = "signs", "1 预警信号", "1 Warning signs"
    COPING = "coping", "2 自己能做的事", "2 What I can do by myself"
    PLACES = "places", "3 能分散注意的人和地方", "3 People and places that take my mind off it"
    PEOPLE = "people", "4 可以求助的亲友", "4 People I can ask for help"
    PROFESSIONALS = "professionals", "5 专业人员和机构", "5 Professionals and agencies"
    MEANS = "means", "6 让身边更安全", "6 Making my surroundings safer"


ASKS: dict[SafetyStep, Words] = {
    SafetyStep.SIGNS: Words(
        "怎么知道自己又要难受了？（想法、心情、情形、举动）",
        "How will you know that it is coming back? (thoughts, moods, situations, behaviour)",
    ),
    SafetyStep.COPING: Words(
        "不找别人，自己做点什么能缓一缓？", "What can you do alone that makes it easier for a while?"
    ),
    SafetyStep.PLACES: Words(
        "跟谁在一起、去哪里，能让您暂时不去想？", "With whom, and where, can you think of something else?"
    ),
    SafetyStep.PEOPLE: Words("愿意向谁开口说这件事？", "Whom would you tell and ask for help?"),
    SafetyStep.PROFESSIONALS: Words(
        "医生、医院、本热线、110、120，先找谁？", "Doctor, hospital, this line, 110, 120: whom first?"
    ),
    SafetyStep.MEANS: Words(
        "怎样把危险的东西放远一点？请谁来帮忙？",
        "How can dangerous things be put out of reach, and who helps?",
    ),
}


def checked(entries: Mapping[str, str]) -> dict[SafetyStep, str]:
    """Return the six steps of a plan, empty ones included; refuse a plan with nothing in it."""
    plan = {step: entries.get(step.value, "").strip() for step in SafetyStep}
    wrong = {
        step.value: Words("最多 {n} 字", "At most {n} characters").filled(n=LONGEST)
        for step, text in plan.items()
        if len(text) > LONGEST
    }
    if not any(plan.values()):
        wrong["signs"] = Words("至少写一步", "Write at least one step")
    if wrong:
        raise Invalid(fields=wrong)
    return plan


def still_empty(plan: Mapping[SafetyStep, str]) -> tuple[SafetyStep, ...]:
    """Return the steps to be filled in at the next call."""
    return tuple(step for step in SafetyStep if not plan.get(step))
