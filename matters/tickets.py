"""Tickets: a signed word in a form that says what was shown or proved a short while ago, without keeping it anywhere."""

from __future__ import annotations

import hmac
import secrets as random_source
from datetime import UTC, datetime, timedelta

from core import secrets


def new_word() -> str:
    """Make a word that no other form has."""
    return random_source.token_hex(12)


def issue(purpose: str, word: str, *, at: datetime) -> str:
    """Sign a word for one purpose, with the moment."""
    stamp = f"{int(at.timestamp())}"
    return f"{stamp}.{word}.{_sign(purpose, stamp, word)}"


def read(purpose: str, ticket: str, *, at: datetime, within: timedelta) -> tuple[str, timedelta] | None:
    """Return a ticket's word and its age; None where it is forged, too old or for something else."""
    stamp, _, rest = ticket.partition(".")
    word, _, signature = rest.rpartition(".")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return None
    if not hmac.compare_digest(_sign(purpose, stamp, word).encode(), signature.encode()):
        return None
    age = at - datetime.fromtimestamp(int(stamp), UTC)
    return (word, age) if age <= within else None


def _sign(purpose: str, stamp: str, word: str) -> str:
    return secrets.keyring().blind_index(f"ticket:{purpose}:{stamp}:{word}").hex()
