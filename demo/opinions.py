"""What one resident answers to one question: stable from call to call, and true to the city's shares."""

import re
from collections.abc import Sequence

from demo.attitudes import ADMITS, INDICES, ITEMS, Item, favourable, scale, truth, week_of
from demo.facts import FACTS, Asked, Value, one, rank
from demo.leanings import Respondent, is_user, leaning, own_age_group, raises_problem
from demo.options import known_unknown, ordered, read
from survey.questionnaire import ACKNOWLEDGED, DONT_KNOW

__all__ = ["INDICES", "Respondent", "Value", "answer", "is_user", "raises_problem", "truth", "week_of"]


def answer(
    resident: Respondent,
    question_name: str,
    options: Sequence[object] = (),
    *,
    county: str,
    week: int,
    kind: str = "",
    between: tuple[int, int] = (0, 10),
) -> Value:
    """Return the resident's answer in the week.

    Options come in the order of the list in the workbook, as names, (name, label) pairs or options of a
    questionnaire; how they were read out changes nothing. The kind is the question's type where it is known;
    between bounds a number that means nothing in particular.
    """
    name = question_name.lower()
    asked = Asked(resident, name, tuple(map(read, options)), county, week, *between)
    if kind in ("note", "acknowledge"):
        return ACKNOWLEDGED
    for pattern, reply in FACTS:
        if pattern.search(name):
            return reply(asked)
    item = item_of(name)
    if item is None:
        return _anything(asked, kind)
    if _CONTACT.search(name):
        return one(asked, is_user(resident, item.name))
    return _opinion(asked, item)


def item_of(question_name: str) -> Item | None:
    """Return the opinion that a question is about, by its name."""
    return next((ITEMS[key] for pattern, key in _ITEMS if pattern.search(question_name.lower())), None)


def _opinion(asked: Asked, item: Item) -> Value:
    who = asked.who
    choices, unknown = ordered(asked.options), known_unknown(asked.options)
    if who.trait(f"unknown {item.name}") < item.unknown:
        return unknown or DONT_KNOW
    share = favourable(
        item,
        asked.county,
        asked.week,
        is_rural=who.is_rural,
        age=own_age_group(who),
        is_user=is_user(who, item.name),
    )
    u = leaning(who, item.name)
    if item.name == "coached":
        return one(asked, u < share and who.trait("admits coaching") < ADMITS)
    if not choices:
        return 1 + rank(scale(item, share), u)
    if any(each.is_favourable for each in choices):
        inside = [each for each in choices if each.is_favourable == (u < share)] or list(choices)
        within = u / share if u < share else (u - share) / (1 - share)
        return inside[rank(_spread(item, len(inside), is_good=u < share), within)].name
    return choices[rank(_shares(item, share, len(choices)), u)].name


def _shares(item: Item, share: float, count: int) -> tuple[float, ...]:
    five = scale(item, share)
    match count:
        case 5:
            return five
        case 4:
            return (five[0], five[1], five[2] + five[3], five[4])
        case 3:
            return (share, five[2], five[3] + five[4])
        case 2:
            return (share, 1 - share)
        case _:
            return (share, *[(1 - share) / max(1, count - 1)] * (count - 1))


def _spread(item: Item, count: int, *, is_good: bool) -> tuple[float, ...]:
    first = item.first if is_good else item.middle
    return (first, *[(1 - first) / max(1, count - 1)] * (count - 1))


def _anything(asked: Asked, kind: str) -> Value:
    choices = ordered(asked.options)
    if kind == "select_multiple":
        chosen = tuple(each.name for each in choices if asked.who.trait(f"{asked.name} {each.name}") < 0.4)
        return chosen or tuple(each.name for each in choices[-1:])
    if choices:
        return choices[int(asked.u * len(choices))].name
    if kind == "text":
        return "没有补充"
    return asked.low + int(asked.u * (asked.high - asked.low + 1))


_CONTACT = re.compile(r"contact|dealt|deal_|_used|_user|_met")
_ITEMS = tuple(
    (re.compile(pattern), item)
    for pattern, item in (
        (r"^c1|coach|told_how", "coached"),
        (r"^s2|night", "s2"),
        (r"^s3|change", "s3"),
        (r"^s1|safe", "s1"),
        (r"^e2|traffic", "e2"),
        (r"^e1|police", "e1"),
        (r"^e3|court", "e3"),
        (r"^e4|procurat", "e4"),
        (r"^e5|justice", "e5"),
        (r"^d1|dispute", "d1"),
        (r"^k1|know", "k1"),
        (r"^k2|took_part|part_in", "k2"),
    )
)
