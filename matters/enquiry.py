"""A resident's enquiry: where a matter stands, told to whoever holds its receipt number and PIN, and to no one else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.problems import TooMany
from core.terms import Term, Words
from core.throttle import count_try, forget, give_back
from matters import pins, receipts
from matters.matter import Matter
from matters.states import CLOSED, MatterState

PER_RECEIPT = 10
PER_ADDRESS = 40
WINDOW = timedelta(minutes=15)


class Standing(Term):
    """Where a matter stands, in the few words that residents are told; they never change with the office."""

    RECEIVED = "received", "已登记", "Registered"
    IN_HAND = "in_hand", "办理中", "In hand"
    ANSWERED = "answered", "已答复", "Answered"
    CLOSED = "closed", "已办结", "Closed"


S = MatterState
STANDS: dict[MatterState, Standing] = {
    **dict.fromkeys(S, Standing.IN_HAND),
    S.REGISTERED: Standing.RECEIVED,
    S.TO_ROUTE: Standing.RECEIVED,
    **dict.fromkeys((S.ANSWERED, S.FEEDBACK_DUE, S.REVISIT_DUE), Standing.ANSWERED),
    **dict.fromkeys((*CLOSED, S.NOT_ACCEPTED, S.TRANSFERRED, S.WITHDRAWN), Standing.CLOSED),
}
"""Every state of a matter, as residents are told it."""


@dataclass(frozen=True)
class Told:
    """All that an enquiry tells: nothing of who asked, nor of what was said."""

    receipt: str
    standing: Standing
    registered_on: date
    promised_on: date


class TooOften(TooMany):
    """Someone is trying PINs."""

    words = Words(
        "查询次数过多，请 15 分钟后再试，或拨打民意热线人工查询",
        "Too many tries; please wait 15 minutes, or ask by telephone",
    )


def is_within_limits(session: Session, receipt: str, *, address: str, at: datetime) -> bool:
    """Count a try by receipt and by address; commit before the PIN is looked at."""
    is_free = count_try(session, "enquiry.address", address, limit=PER_ADDRESS, within=WINDOW, at=at)
    number = receipts.read_receipt(receipt)
    if number is not None:
        is_free &= count_try(session, "enquiry.receipt", number, limit=PER_RECEIPT, within=WINDOW, at=at)
    return is_free


def told(session: Session, receipt: str, pin: str) -> Told | None:
    """Answer an enquiry, or None when receipt and PIN do not belong together (which of them is not told)."""
    number = receipts.read_receipt(receipt) or ""
    pin_hash = session.scalar(sa.select(Matter.pin_hash).where(Matter.receipt == number))
    # A receipt that does not exist costs the same hashing as one that does.
    is_right = pins.fits(pin_hash or _nobodys(), number, "".join(pin.split()))
    return told_to_holder(session, number) if pin_hash is not None and is_right else None


def told_to_holder(session: Session, receipt: str) -> Told | None:
    """Answer whoever proved a moment ago that the PIN of a receipt is theirs."""
    found = session.execute(
        sa.select(
            Matter.receipt, Matter.state, Matter.registered_at, Matter.promised_on, Matter.merged_into_id
        ).where(Matter.receipt == receipt)
    ).first()
    if found is None:
        return None
    on = clock.local(found.registered_at).date()
    state = _followed(session, found.state, found.merged_into_id)
    return Told(found.receipt, STANDS[state], on, found.promised_on)


def _followed(session: Session, state: MatterState, merged_into: int | None) -> MatterState:
    """Say where the matter stands that a merged one went into, however often it was merged again."""
    passed: set[int] = set()
    while state is S.MERGED and merged_into is not None and merged_into not in passed:
        passed.add(merged_into)
        query = sa.select(Matter.state, Matter.merged_into_id).where(Matter.id == merged_into)
        state, merged_into = session.execute(query).one()
    return state


def forgive(session: Session, answer: Told, *, address: str) -> None:
    """Take the tries back of someone who knew the PIN."""
    forget(session, "enquiry.receipt", answer.receipt)
    give_back(session, "enquiry.address", address)


@cache
def _nobodys() -> str:
    return pins.hashed("", pins.new_pin())
