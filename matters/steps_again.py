"""Steps that turn a matter round: a caller withdraws, a decision is reviewed, a closed matter is opened again."""

from __future__ import annotations

from typing import Any

import msgspec

from core.problems import Invalid, Refused
from core.terms import Words
from matters.clocks import INCIDENT_LIMITS
from matters.flow import MatterAction as A
from matters.limits import Limit
from matters.standing import CallerStanding, Deed, Standing
from matters.states import MatterState
from matters.steps import UNTOUCHED, Around, Wish, another_person, check, effect, needs_text, number

LEVEL_ROUND = 3
_OF_INCIDENT = {f"{A.LIMIT_PASSED.value}:{limit.value}" for limit in INCIDENT_LIMITS.values()}
"""An incident is reported upwards once, whatever the round: its limits are not told again."""


@check(A.WITHDRAW, keeps="caller verified pressed")
def _withdraw(standing: Standing, wish: Wish, around: Around) -> None:
    _own_call(standing, wish)
    if wish.facts.get("pressed") is not False:
        raise Refused(Words("有人施压，不能撤回；这件事继续办", "Someone pressed for it: the matter goes on"))
    if len(standing.present_callers) > 1:
        raise Refused(Words("还有其他诉求人，这件事继续办", "There are other callers; the matter goes on"))


@check(A.CALLER_LEFT, keeps="caller verified pressed")
def _leave(standing: Standing, wish: Wish, around: Around) -> None:
    _own_call(standing, wish)
    if len(standing.present_callers) < 2:
        raise Refused(Words("只有这一位诉求人，请用“撤回”", "This is the only caller: withdraw the matter"))


@check(A.PRESSED, keeps="caller verified pressed")
def _press(standing: Standing, wish: Wish, around: Around) -> None:
    _own_call(standing, wish)


def _own_call(standing: Standing, wish: Wish) -> None:
    caller = standing.caller(number(wish, "caller"))
    is_draft = standing.state is MatterState.DRAFT  # nobody is a caller yet but who raised it
    if not is_draft and (caller is None or caller.has_left):
        raise Invalid(fields={"caller": Words("没有这位诉求人", "There is no such caller")})
    if wish.facts.get("verified") not in ("voice", "pin"):
        raise Invalid(
            fields={"verified": Words("请核对本人：听声或密码", "Verify the caller: by voice or PIN")}
        )
    if not isinstance(wish.facts.get("pressed"), bool):
        raise Invalid(
            fields={
                "pressed": Words("请问：“有没有人要求您撤回？”", "Ask: “did anyone press you to withdraw?”")
            }
        )


@effect(A.WITHDRAW, A.CALLER_LEFT)
def _left(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {
        "callers": tuple(
            msgspec.structs.replace(c, has_left=True) if c.id == deed.facts["caller"] else c
            for c in standing.callers
        )
    }


@effect(A.PRESSED)
def _pressed(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"was_pressed": True, "level": max(standing.level, 2)}


@check(A.REVIEW)
def _review(standing: Standing, wish: Wish, around: Around) -> None:
    needs_text(wish, "请写明复查理由", "Write why it is reviewed")
    another_person(wish, standing.decided_by)
    if wish.at > around.end(standing, Limit.REVIEW, standing.since).due_at:
        raise Refused(Words("已过复查期限，请另行登记", "The time for a review is over; register it anew"))


@effect(A.REVIEW)
def _reviewed(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"is_decline_confirmed": False}


@check(A.REOPEN, keeps="verified caller")
def _reopen(standing: Standing, wish: Wish, around: Around) -> None:
    if wish.facts.get("verified") not in ("voice", "pin"):
        raise Invalid(
            fields={"verified": Words("请核对本人：听声或密码", "Verify the caller: by voice or PIN")}
        )
    if wish.at > around.end(standing, Limit.REOPEN, standing.since).due_at:
        raise Refused(
            Words(
                "办结已超过 30 天：请登记一件新的并关联",
                "Closed more than 30 days ago: register a new, linked matter",
            )
        )


@effect(A.REOPEN, A.SEND_ROUND)
def begin_round(standing: Standing, deed: Deed) -> dict[str, Any]:
    """Begin the next round: its own clock, and every caller is told and asked again."""
    after = standing.round + 1
    return {
        "round": after,
        "round_began_at": deed.at,
        "lead": None,
        "sub_tasks": (),
        "dispatches": 0,
        "is_ruled": False,
        "assigned_at": None,
        **UNTOUCHED,
        "has_asked_caller": False,
        "paused_days": 0,
        "paused_seconds": 0.0,
        "extension_asked": None,
        "extended_to": None,
        "is_extension_refused": False,
        "reported_at": None,
        "reported_by": None,
        "claim": None,
        "check": None,
        "panel_by": None,
        "panel_at": None,
        "notices": tuple(given for given in standing.notices if given in _OF_INCIDENT),
        "level": max(standing.level, 2 if after >= LEVEL_ROUND else 0),
        "callers": tuple(
            CallerStanding(c.id, is_anonymous=c.is_anonymous, has_left=c.has_left) for c in standing.callers
        ),
    }
