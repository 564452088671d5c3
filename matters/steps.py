"""Steps: one action is checked against the standing, becomes one entry of the log, and the entry changes the standing.

`decide` says whether something may be done and returns the entry; `apply` is the only thing that changes a
standing, so that replaying the log gives the same standing, always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, TypeVar

import msgspec

from core.problems import Forbidden, Invalid, Refused
from core.terms import Term, Words
from matters.flow import MATTER_FLOW, SIDES, MatterAction, Side
from matters.limits import End, Limit, Policy, end_of
from matters.standing import Deed, Standing
from matters.states import OPEN

T = TypeVar("T", bound=Term)
LONGEST_TEXT = 4000


@dataclass(frozen=True)
class Wish:
    """What someone wants done: the action with its facts; the text itself is kept sealed beside the log."""

    action: MatterAction
    at: datetime
    sides: frozenset[Side]
    by: int | None = None
    unit: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Around:
    """What the rules must know beside the matter itself."""

    policy: Policy
    zone: tzinfo
    excluded: frozenset[int] = frozenset()
    """Units that a conflict keeps away: the one complained about and those under it."""
    closed_units: frozenset[int] = frozenset()

    def end(self, standing: Standing, limit: Limit, start: datetime) -> End:
        """Say when a limit of this matter ends."""
        return end_of(start, self.policy.span(limit, standing.urgency), self.zone)


Check = Callable[[Standing, Wish, Around], "dict[str, Any] | None"]
Effect = Callable[[Standing, Deed], dict[str, Any]]
CHECKS: dict[MatterAction, Check] = {}
KEEPS: dict[MatterAction, frozenset[str]] = {}
"""The facts that an entry may hold, by action: anything else that came along is left behind."""
EFFECTS: dict[MatterAction, Effect] = {}


UNTOUCHED: dict[str, Any] = dict.fromkeys(("signed_at", "contacted_at", "given_up_at", "answered_at"))
"""What a unit that is given a matter has not done yet."""


def check(*actions: MatterAction, keeps: str = "") -> Callable[[Check], Check]:
    """Register what must hold before an action and which facts its entry keeps; the check may add more."""

    def register(function: Check) -> Check:
        CHECKS.update(dict.fromkeys(actions, function))
        KEEPS.update(dict.fromkeys(actions, frozenset(keeps.split())))
        return function

    return register


def effect(*actions: MatterAction) -> Callable[[Effect], Effect]:
    """Register what an entry changes beside the state."""

    def register(function: Effect) -> Effect:
        EFFECTS.update(dict.fromkeys(actions, function))
        return function

    return register


class NotNow(Refused):
    """The matter's state does not allow it; the message names what is allowed."""

    words = Words(
        "这件诉求现在是“{state}”，不能“{action}”。现在可以：{allowed}。没有任何改动。",
        "This matter is “{state}” now, so “{action}” can't be done. What can be done: {allowed}. Nothing was changed.",
    )


def allowed(standing: Standing, sides: Iterable[Side]) -> list[MatterAction]:
    """List what these sides can do in the matter's present state, in the order of the table."""
    own = frozenset(sides)
    return [a for a in MATTER_FLOW.actions(standing.state) if SIDES[a] & own]


def decide(standing: Standing, wish: Wish, around: Around) -> Deed:
    """Return the entry that the wish becomes; raise Refused, Invalid or Forbidden where it may not be."""
    if not MATTER_FLOW.allows(standing.state, wish.action):
        others = [a for a in allowed(standing, wish.sides) if a is not MatterAction.OPEN_IDENTITY]
        listed = Words("、".join(a.zh for a in others) or "无", ", ".join(a.en for a in others) or "nothing")
        raise NotNow(state=standing.state, action=wish.action, allowed=listed)
    if not SIDES[wish.action] & wish.sides:
        raise Forbidden(Words("这一步不由您办理", "This step is not yours to take"))
    if wish.at < standing.since:
        raise Refused(
            Words("时间早于上一步，没有记录", "That is earlier than the step before; nothing was recorded")
        )
    if len(wish.text) > LONGEST_TEXT:
        raise Invalid(fields={"text": Words("最多 4000 字", "At most 4,000 characters")})
    found = CHECKS.get(wish.action)
    more = found(standing, wish, around) if found else None
    kept = {name: wish.facts[name] for name in KEEPS.get(wish.action, ()) if name in wish.facts}
    return Deed(wish.action.value, wish.at, wish.by, wish.unit, {**kept, **(more or {})})


def apply(standing: Standing, deed: Deed) -> Standing:
    """Return the standing after an entry of the log."""
    action = MatterAction.of(deed.action)
    after = MATTER_FLOW.table[standing.state, action]
    found = EFFECTS.get(action)
    changes = found(standing, deed) if found else {}
    if after is not standing.state:
        changes = {"since": deed.at, **changes}
        changes["ended_at"] = None if after in OPEN else deed.at
    return msgspec.structs.replace(standing, state=after, **changes)


def needs_text(wish: Wish, zh: str, en: str) -> None:
    """Refuse an action whose reason or content was not written."""
    if not wish.text.strip():
        raise Invalid(fields={"text": Words(zh, en)})


def choice(wish: Wish, name: str, term: type[T], zh: str = "请选择", en: str = "Choose one") -> T:
    """Read a coded fact."""
    found = term.found(wish.facts.get(name))
    if found is None:
        raise Invalid(fields={name: Words(zh, en)})
    return found


def number(wish: Wish, name: str, zh: str = "请选择", en: str = "Choose one") -> int:
    """Read a record's id among the facts."""
    found = wish.facts.get(name)
    if not isinstance(found, int) or isinstance(found, bool):
        raise Invalid(fields={name: Words(zh, en)})
    return found


def moment(wish: Wish, name: str) -> datetime:
    """Read a moment among the facts."""
    try:
        found = datetime.fromisoformat(str(wish.facts.get(name)))
    except ValueError:
        pass
    else:
        if found.tzinfo is not None:
            return found
    raise Invalid(fields={name: Words("请填写日期和时间", "Give a date and time")})


def confirmed(wish: Wish, name: str, zh: str, en: str) -> None:
    """Refuse an action whose precondition was not ticked."""
    if wish.facts.get(name) is not True:
        raise Invalid(fields={name: Words(zh, en)})


def is_lead(standing: Standing, wish: Wish) -> None:
    """Refuse what only the lead unit may do."""
    if wish.unit is None or wish.unit != standing.lead:
        raise Forbidden(Words("只有主办单位可以这样做", "Only the lead unit may do this"))


def another_person(wish: Wish, first: int | None) -> None:
    """Refuse where the same person would be both pairs of eyes."""
    if wish.by is None or wish.by == first:
        raise Forbidden(Words("这一步要由另一个人来做", "Another person must take this step"))
