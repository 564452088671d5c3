"""Ownership: who answers for a record that nobody holds; there is always somebody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from hotline.lines import HelpLine, LineKind

OnCall = Callable[[Session, LineKind, datetime], int | None]
_rosters: list[OnCall] = []


def ask_roster(roster: OnCall) -> OnCall:
    """Let the roster say who is on call for a line at a moment; it returns a member of staff's id, or None."""
    if roster not in _rosters:
        _rosters.append(roster)
    return roster


def owner_for(session: Session, line: HelpLine, *, at: datetime) -> int:
    """Return who owns a new record: the lead on call, else the owner of the line."""
    for roster in _rosters:
        found = roster(session, line.kind, at)
        if found is not None:
            return found
    return line.owner_id
