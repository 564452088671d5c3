"""What the demonstration's shifts left to one another in the last week: written by their leads, signed by the next ones."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from demo.chance import below
from hotline import handovers
from hotline.contacts import Contact, ContactState, WayOut
from hotline.lines import LineKind
from hotline.risk import RiskLevel
from hotline.risk_levels import EpisodeLevel
from hotline.shifts import Shift

BACK = timedelta(days=7)
STILL_TO_SIGN = timedelta(minutes=30)
"""A note written this shortly before now is still the visitor's to sign."""


def hand_over(session: Session, now: datetime) -> None:
    """Let every shift that ended within a week have left its note."""
    query = sa.select(Shift).where(Shift.ends_at > now - BACK, Shift.ends_at <= now).order_by(Shift.ends_at)
    for shift in session.scalars(query).all():
        lead, following = (session.get_one(Staff, who or 0) for who in (shift.lead_id, shift.supervisor_id))
        written_at = shift.ends_at - timedelta(minutes=4 + below(6, "hand over", shift.line, shift.ends_at))
        note = handovers.write(session, shift, _words(session, shift), by=lead, at=written_at)
        signed_at = shift.ends_at + timedelta(minutes=3 + below(9, "sign", shift.line, shift.ends_at))
        if signed_at < now - STILL_TO_SIGN:
            handovers.sign(session, note, by=following, at=signed_at)


def _words(session: Session, shift: Shift) -> str:
    """Say what the shift's own contacts say: how many, who is still to be called back, which cases are key."""
    rang = (Contact.line == shift.line, Contact.rung_at >= shift.begins_at, Contact.rung_at < shift.ends_at)
    contacts = session.scalars(sa.select(Contact).where(*rang).order_by(Contact.rung_at)).all()
    talked = sum(contact.way_out is WayOut.ANSWERED for contact in contacts)
    missed = sum(contact.state is ContactState.MISSED for contact in contacts)
    lines = [f"本班来电 {len(contacts)} 个，接听 {talked} 个，待回拨 {missed} 个。"]
    if shift.line is LineKind.COUNSELLING:
        key = sa.select(EpisodeLevel.contact_id).where(EpisodeLevel.level == RiskLevel.KEY)
        tokens = session.scalars(
            sa.select(Contact.token).where(*rang, Contact.id.in_(key)).order_by(Contact.rung_at)
        )
        lines += [f"重点来电 {token}：督导已知，随访照计划进行。" for token in tokens]
    lines.append("话机和线路正常。" if missed == 0 else "请接班后先回拨等得最久的。")
    return "\n".join(lines)
