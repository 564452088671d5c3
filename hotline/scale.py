"""The 12-element scale: which elements a caller's situation has, weighed by points that the centre itself sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.problems import Invalid, Refused
from core.terms import Term, Words

HIGHEST = 16


class Element(Term):
    """One element of the scale; its points are not shipped, each centre loads those it is licensed to use."""

    THOUGHTS = "thoughts", "自杀想法和计划", "Suicidal thoughts and plan"
    DEPRESSION = "depression", "严重抑郁", "Severe depression"
    HOPELESS = "hopeless", "绝望程度", "Hopelessness"
    DISTRESS = "distress", "心理痛苦程度", "Psychological distress"
    ACUTE = "acute", "急性生活事件", "Acute life event"
    CHRONIC = "chronic", "慢性生活事件", "Chronic life event"
    SUBSTANCE = "substance", "酒精或物质滥用", "Alcohol or substance misuse"
    ILLNESS = "illness", "严重躯体疾病", "Severe physical illness"
    FEAR = "fear", "害怕被攻击", "Fear of being attacked"
    ABUSE = "abuse", "被虐待史", "History of abuse"
    ATTEMPT = "attempt", "自杀未遂史", "Earlier attempt"
    RELATIVES = "relatives", "亲友自杀行为史", "Suicidal acts of relatives or friends"


class Band(Term):
    """Where a score lies."""

    LOW = "0-3", "0–3 分", "0–3 points"
    MIDDLE = "4-7", "4–7 分", "4–7 points"
    HIGH = "8-16", "8–16 分", "8–16 points"


class NotLoaded(Refused):
    """The centre has not set the points of its scale."""

    words = Words(
        "本中心还没有录入量表分值，这个量表暂不能计分。其他评估照常可用",
        "This centre has not entered the scale's points, so it can't be scored yet; everything else works",
    )


@dataclass(frozen=True)
class Scale:
    """A version of the scale: for every element the points of its steps, the first always 0 for “not there”."""

    version: str
    points: dict[Element, tuple[int, ...]]

    @property
    def highest(self) -> int:
        """The most points that can be reached."""
        return sum(max(steps) for steps in self.points.values())


def scale_of(version: str, points: Mapping[str, Sequence[int]]) -> Scale:
    """Check a centre's points: all twelve elements, each from 0 upwards, together exactly 16 at most."""
    wrong: dict[str, Words] = {}
    read: dict[Element, tuple[int, ...]] = {}
    for element in Element:
        steps = tuple(points.get(element.value, ()))
        if len(steps) < 2 or steps[0] != 0 or any(b <= a for a, b in pairwise(steps)):
            wrong[element.value] = Words(
                "写成从 0 开始递增的分值，例如 0/1 或 0/2/4",
                "Write rising points from 0, such as 0/1 or 0/2/4",
            )
        read[element] = steps
    if not wrong and sum(steps[-1] for steps in read.values()) != HIGHEST:
        wrong["points"] = Words("十二项最高分合计应为 {n}", "The twelve together must reach {n}").filled(
            n=HIGHEST
        )
    if wrong:
        raise Invalid(fields=wrong)
    return Scale(version, read)


def band_of(score: int) -> Band:
    """Return the band of a score."""
    if not 0 <= score <= HIGHEST:
        raise ValueError(f"expected a score of 0–{HIGHEST}, got {score}")
    return Band.LOW if score <= 3 else Band.MIDDLE if score <= 7 else Band.HIGH


def score(scale: Scale | None, found: Mapping[Element, int | None]) -> int | None:
    """Add up the points of the steps found; None while an element is not answered."""
    if scale is None:
        raise NotLoaded
    total = 0
    for element, steps in scale.points.items():
        step = found.get(element)
        if step is None:
            return None
        if not 0 <= step < len(steps):
            raise Invalid(fields={element.value: Words("没有这一档", "There is no such step")})
        total += steps[step]
    return total
