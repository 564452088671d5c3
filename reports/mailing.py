"""Mailing: sends the mails that were written down, outside every transaction, again for a while where the server is away."""

from __future__ import annotations

import contextvars
import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, db
from core.db import take, transaction
from core.sweeps import sweep
from reports.announcing import announcement, subject
from reports.deliveries import BulletinDelivery, DeliveryState, Way, settle
from reports.post import MailServer, Undeliverable, server
from telephony.errands import beside

log = logging.getLogger("tingmin.reports")
LEASE = timedelta(minutes=2)
"""Longer than a server is waited for: a mail in hand is nobody else's."""
MOST_TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)


@sweep("reports.mail", every=timedelta(seconds=20))
def send(session: Session, now: datetime) -> None:
    """Send what is due beside the sweep, never inside its transaction."""
    waits = sa.select(BulletinDelivery.id).where(_is_due(now))
    if server() is None or session.scalar(waits.limit(1)) is None:
        return
    database = db.database()

    def with_database() -> None:
        with db.using(database):
            send_due()

    beside(contextvars.Context(), with_database)


def send_due(*, limit: int = 200) -> int:
    """Send every mail that is due; return how many the server took."""
    post, count = server(), 0
    if post is None:
        return 0
    for _ in range(limit):
        delivery_id = _next(clock.now())
        if delivery_id is None:
            break
        count += _hand_over(post, delivery_id)
    return count


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    d = BulletinDelivery
    return sa.and_(d.state == DeliveryState.WAITING, d.way == Way.MAIL, d.due_at <= now)


def _next(now: datetime) -> int | None:
    with transaction() as session:
        due = sa.select(BulletinDelivery).where(_is_due(now))
        row: BulletinDelivery | None = take(
            session, due.order_by(BulletinDelivery.due_at, BulletinDelivery.id)
        )
        if row is None:
            return None
        row.tries += 1
        row.due_at = now + LEASE
        return row.id


def _hand_over(post: MailServer, delivery_id: int) -> bool:
    """Hand one mail to the server and note what came of it."""
    with db.reading() as session:
        row = session.get_one(BulletinDelivery, delivery_id)
        to = row.recipient.mail if row.recipient.is_reached else None
        language, key = row.recipient.language, row.mail_key or ""
        title = subject(row.bulletin, row.occasion).in_language(language)
        text = announcement(row.bulletin, row.occasion).in_language(language)
    trouble: Undeliverable | None = None
    if to is None:
        trouble = Undeliverable("no-longer-listed", is_final=True)
    else:
        try:
            post.send(to, title, text, key=key, at=clock.now())
        except Undeliverable as refused:
            trouble = refused
    now = clock.now()
    with transaction() as session:
        row = session.get_one(BulletinDelivery, delivery_id, with_for_update=True)
        if trouble is None:
            settle(row, DeliveryState.SENT, at=now)
        elif trouble.is_final or row.tries >= MOST_TRIES:
            settle(row, DeliveryState.FAILED, trouble.code, at=now)
        else:
            row.due_at, row.error = now + FIRST_PAUSE * 2 ** (row.tries - 1), trouble.code
    if trouble is not None:
        log.warning("bulletin mail %s: %s", delivery_id, trouble.code)
    return trouble is None
