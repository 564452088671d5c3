"""Looking up at the vendor what became of a leg, and finding one whose dialling was never answered for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from twilio.rest import Client

from core.phone import told_number
from telephony.line import Kept, LegFacts, LineTrouble, NotTaken, Rung, Waiting
from telephony.twilio.client import asking, optional
from telephony.twilio.translate import key_in_label
from telephony.twilio.vocabulary import leg_state

OVER = ("404/20404", "400/21220", "404/21220")
CLOCKS_DIFFER = timedelta(seconds=5)


def unless_over(act: Callable[[], object]) -> None:
    """Do something to a leg or room; one that is over already is as we want it."""
    try:
        with asking():
            act()
    except LineTrouble as trouble:
        if trouble.code not in OVER:
            raise


def look_for_leg(
    client: Client,
    room: str,
    *,
    request_key: str,
    to: str,
    caller_id: str | None,
    since: datetime,
    known: frozenset[str],
) -> LegFacts | None:
    """Return the leg with our label in the room, else a call to the same end that is nobody else's."""
    for found in client.conferences.list(friendly_name=room, limit=5) if room else ():
        for party in client.conferences(str(found.sid)).participants.list(limit=50):
            if key_in_label(str(party.label or "")) == request_key:
                return facts_of(client.calls(str(party.call_sid)).fetch())
    for call in client.calls.list(to=to, from_=optional(caller_id), limit=50):
        made = call.date_created
        is_ours = call.sid not in known and made is not None and _utc(made) >= since - CLOCKS_DIFFER
        if is_ours and call.direction == "outbound-api":
            return facts_of(call)
    return None


def fetch_facts(client: Client, leg: str) -> LegFacts | None:
    """Return what became of a leg; None when the vendor knows no such leg."""
    try:
        with asking():
            return facts_of(client.calls(leg).fetch())
    except NotTaken as trouble:
        if trouble.code.startswith("404/"):
            return None
        raise


def queue_ref(client: Client, line: str) -> str | None:
    """Return the vendor's reference of a waiting line, which exists once somebody has waited there."""
    with asking():
        queues = client.queues.list(limit=1000)
    return next((str(queue.sid) for queue in queues if queue.friendly_name == line), None)


def list_waiting(client: Client, line: str) -> list[Waiting]:
    """Return who waits on a line, first come first."""
    ref = queue_ref(client, line)
    if ref is None:
        return []
    with asking():
        members = client.queues(ref).members.list(limit=1000)
    return [Waiting(str(m.call_sid), int(m.position or 0), int(m.wait_time or 0)) for m in members]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def facts_of(call: Any) -> LegFacts | None:
    """Return our words for a call as the vendor shows it."""
    known = leg_state(str(call.status))
    if known is None:
        return None
    state, cause = known
    return LegFacts(
        leg=str(call.sid),
        state=state,
        cause=cause,
        started_at=_utc(call.start_time) if call.start_time else None,
        ended_at=_utc(call.end_time) if call.end_time else None,
        duration_s=int(call.duration) if call.duration else None,
    )


def list_calls_to(client: Client, number: str, since: datetime) -> list[Rung]:
    """Return the account's inbound calls to a number, first come first."""
    found = []
    # The vendor's filter knows days; the moment is looked at here.
    for call in client.calls.list(to=number, start_time_after=since - timedelta(days=1), page_size=1000):
        facts = facts_of(call)
        began = (
            facts.started_at or (_utc(call.date_created) if call.date_created else None) if facts else None
        )
        if facts is None or began is None or began < since or call.direction != "inbound":
            continue
        told = told_number(str(call._from or ""))
        found.append(Rung(facts.leg, facts.state, facts.cause, began, facts.ended_at, told))
    return sorted(found, key=lambda rung: (rung.began_at, rung.leg))


def list_recordings(client: Client, leg: str) -> list[Kept]:
    """Return the finished recordings of a call."""
    return [
        Kept(str(kept.sid), _utc(kept.start_time or kept.date_created), int(kept.duration or 0))
        for kept in client.calls(leg).recordings.list(limit=50)
        if str(kept.status) == "completed"
    ]
