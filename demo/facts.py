"""What a resident says about plain facts: age, schooling, how long they live here, and whether there is a problem."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from demo.attitudes import ITEMS, favourable
from demo.leanings import Respondent, leaning, own_age_group, raises_problem
from demo.options import Choice, bracket_of, education_of, ordered, sex_of
from demo.problems import raised_by

Value = str | int | tuple[str, ...]
"""An option's name, a number, several names, or DONT_KNOW."""

_BASELINE = (0.62, 0.41, 0.27, 0.55)
"""Shares to whom the harmless statements of a list experiment apply."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it is put to one resident."""

    who: Respondent
    name: str
    options: tuple[Choice, ...]
    county: str
    week: int
    low: int
    high: int

    @property
    def u(self) -> float:
        """Return the resident's own number for this question."""
        return self.who.trait(f"answer {self.name}")


def one(asked: Asked, is_yes: bool) -> Value:
    """Return the first or the last of the options, which say yes and no."""
    choices = ordered(asked.options)
    if not choices:
        return "yes" if is_yes else "no"
    return choices[0 if is_yes else -1].name


def rank(shares: Sequence[float], u: float) -> int:
    """Return the place whose part of [0, 1) holds u."""
    return next((rank for rank, edge in enumerate(accumulate(shares)) if u < edge), len(shares) - 1)


def _asked_age(asked: Asked) -> Value:
    return bracket_of(asked.options, asked.who.age) if asked.options else asked.who.age


def _asked_residence(asked: Asked) -> Value:
    months = 1 + int(11 * asked.u / 0.05) if asked.u < 0.05 else 12 + int((asked.u - 0.05) * 480)
    if not asked.options:
        return months
    return one(asked, months >= 12)


def _asked_count(on_mobile: Sequence[float], on_landline: Sequence[float]) -> Callable[[Asked], Value]:
    """Answer how many there are; the shares begin with none and depend on the telephone they were reached on."""

    def reply(asked: Asked) -> Value:
        count = rank(on_mobile if asked.who.is_mobile else on_landline, asked.u)
        if not asked.options:
            return count
        return asked.options[min(max(count, 1), len(asked.options)) - 1].name

    return reply


def _chance(share: float) -> Callable[[Asked], Value]:
    return lambda asked: one(asked, asked.u < share)


def _asked_list(asked: Asked) -> Value:
    """Count the statements that apply, the delicate one among them in the longer list."""
    who = asked.who
    most = len(asked.options) - 1 if asked.options else asked.high
    is_long = bool(_LONG_LIST.search(asked.name)) if _ARM.search(asked.name) else most > len(_BASELINE)
    baseline = _BASELINE[: max(1, most - is_long)] if most else _BASELINE
    count = sum(who.trait(f"statement {number}") < share for number, share in enumerate(baseline))
    if is_long:
        share = favourable(ITEMS["coached"], "", 0, is_rural=who.is_rural, age=own_age_group(who))
        count += leaning(who, "coached") < share
    return asked.options[min(count, most)].name if asked.options else count


def _asked_problem(asked: Asked) -> Value:
    if asked.options:
        return one(asked, raises_problem(asked.who))
    return raised_by(asked.who).plain().zh if raises_problem(asked.who) else "没有"


_ARM = re.compile(r"long|short|treat|control|plus|_[ab]$|_[01]$|with")
_LONG_LIST = re.compile(r"long|treat|plus|_b$|_1$|with(?!out)")
FACTS: tuple[tuple[re.Pattern[str], Callable[[Asked], Value]], ...] = (
    (re.compile(r"list"), _asked_list),
    (re.compile(r"consent|agree|willing|introduc"), lambda asked: one(asked, True)),
    (re.compile(r"safe_to_talk|can_talk|convenient"), lambda asked: one(asked, True)),
    (re.compile(r"driving"), lambda asked: one(asked, False)),
    (re.compile(r"resid|lived|months"), _asked_residence),
    (
        re.compile(r"adult(?!s)|age_?18|over_?18|of_age|eligible"),
        lambda asked: one(asked, asked.who.age >= 18),
    ),
    (re.compile(r"register"), _chance(0.75)),
    (re.compile(r"d1_dispute|happened"), _chance(0.31)),
    (re.compile(r"^(o1|problem|o1_.*problem)|has_problem"), _asked_problem),
    (re.compile(r"(^|_)(age|age_group|years)($|_)"), _asked_age),
    (re.compile(r"(^|_)(sex|gender)($|_)"), lambda asked: sex_of(asked.options, asked.who.sex)),
    (re.compile(r"educ|school"), lambda asked: education_of(asked.options, asked.who.education, asked.u)),
    (re.compile(r"urban|rural|(^|_)area($|_)"), lambda asked: one(asked, not asked.who.is_rural)),
    (re.compile(r"landline"), _asked_count((0.82, 0.17, 0.01), (0.0, 0.95, 0.05))),
    (re.compile(r"phones|mobile"), _asked_count((0.0, 0.78, 0.19, 0.03), (0.22, 0.66, 0.11, 0.01))),
    (re.compile(r"adults|household"), _asked_count(*[(0.0, 0.24, 0.47, 0.20, 0.09)] * 2)),
)
