"""Stopped: whoever was on the line when the demonstration ended hung up then, and did not wait until it goes on."""

from __future__ import annotations

import os
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.settings import Settings
from hotline.seats import Seat
from telephony.calls import Call
from telephony.events import LineEvent
from telephony.line import Cause, LegState
from telephony.outbox import end_unheard
from web.app import create_app


def end_legs(session: Session, *, now: datetime) -> int:
    """End every leg of the simulated line, which begins anew, at the last moment anything was known of it."""
    known = [
        session.scalar(sa.select(sa.func.max(moment)))
        for moment in (LineEvent.received_at, Seat.heartbeat_at, Call.checked_at)
    ]
    last = max((moment for moment in known if moment is not None), default=now)
    calls = session.scalars(sa.select(Call).where(Call.state != LegState.ENDED).order_by(Call.id)).all()
    for call in calls:
        end_unheard(session, call, Cause.NORMAL, at=last)
    return len(calls)


def main() -> None:
    """End them before the house is opened again."""
    app = create_app(Settings.from_env(os.environ))
    with app.app_context(), transaction() as session:
        end_legs(session, now=clock.now())


if __name__ == "__main__":
    main()
