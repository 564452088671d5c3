"""Withdrawing: a caller takes back what they raised, on their own call, after the question whether anyone pressed them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from core.problems import Invalid, Missing, Refused
from core.terms import Words
from matters import pins
from matters.flow import MatterAction
from matters.keeping_away import in_sight
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.reporters import Reporter, reporters_of
from matters.states import MatterState

PRESSED_DRAFT = Words(
    "有人施压：不撤回。请登记为正式诉求，再按受压撤回提示督查室",
    "Someone pressed: it is not taken back. Register it, then note the pressure for the supervision office",
)
WRONG_PIN = Words("编号和密码对不上，没有核对通过", "Receipt and PIN do not belong together; not verified")


def verify(session: Session, matter: Matter, caller_id: int | None, verified: str, pin: str) -> Reporter:
    """Find the caller and check the PIN of their own receipt where that is how they are verified."""
    reporter = session.get(Reporter, caller_id) if caller_id else None
    if reporter is None or reporter.matter_id != matter.id:
        raise Invalid(fields={"caller": Words("请选择是哪一位诉求人", "Choose which caller it is")})
    if verified == "pin":
        own = reporter.receipt_of
        if own.receipt is None or not pins.fits(own.pin_hash or "", own.receipt, "".join(pin.split())):
            raise Invalid(fields={"pin": WRONG_PIN})
    return reporter


def withdraw(
    session: Session,
    matter: Matter,
    *,
    caller_id: int | None,
    verified: str,
    pin: str,
    pressed: bool | None,
    text: str,
    by: Staff,
    at: datetime,
    seen: int | None = None,
) -> MatterAction:
    """Take a caller's withdrawal: under pressure the matter goes on; one of several leaves; the last one ends it."""
    in_sight(session, by, matter)
    reporter = verify(session, matter, caller_id, verified, pin)
    standing = standing_of(matter)
    caller = standing.caller(reporter.id)
    if caller is None:
        raise Missing
    if pressed:
        action = MatterAction.PRESSED
    elif len(standing.present_callers) > 1:
        action = MatterAction.CALLER_LEFT
    else:
        action = MatterAction.WITHDRAW
    facts = {"caller": reporter.id, "verified": verified, "pressed": pressed}
    act(session, matter, action, by=by, at=at, facts=facts, text=text, seen=seen)
    return action


def withdraw_draft(
    session: Session,
    matter: Matter,
    *,
    verified: str,
    pressed: bool | None,
    text: str,
    by: Staff,
    at: datetime,
) -> None:
    """Take back what was never registered, on the caller's own call; under pressure it is registered instead.

    A draft has no PIN: whoever takes the call says that they knew the voice.
    """
    if matter.state is not MatterState.DRAFT:
        raise Missing
    if pressed:
        raise Refused(PRESSED_DRAFT)
    facts = {"caller": reporters_of(session, matter)[0].id, "verified": verified, "pressed": pressed}
    act(session, matter, MatterAction.WITHDRAW, by=by, at=at, facts=facts, text=text)
