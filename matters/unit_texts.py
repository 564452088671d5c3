"""Texts to units: that a matter waits and nobody has looked at it; the receipt alone, to the telephone on duty."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Unit
from core.terms import Words
from matters.matter import Matter
from matters.texts_to_callers import can_text, takes_texts
from telephony.dialling import send_text
from telephony.texts import TextMessage

_AGAIN = Words(
    "【民意中心】贵单位有一件新交办的诉求 {receipt} 还没有人查看，请尽快登录办理。",
    "[Opinion centre] Nobody of your unit has looked at matter {receipt}, newly assigned. Sign in and see to it.",
)


def text_again(session: Session, matter: Matter, unit_id: int, *, at: datetime) -> TextMessage | None:
    """Text a unit's telephone on duty; None where it has none, it takes no texts, or the line sends none."""
    number = session.scalar(sa.select(Unit.duty_number).where(Unit.id == unit_id))
    if number is None or not takes_texts(number) or not can_text():
        return None
    body = _AGAIN.filled(receipt=matter.receipt).in_language("zh")
    return send_text(session, number=number, body=body, by=None, at=at)
