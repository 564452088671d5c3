"""The key mark of a record: an operator's own judgement, ticked while writing, is a level in the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from hotline import risk_giving, risk_levels
from hotline.contacts import Contact
from hotline.followup_calls import episode_of
from hotline.risk import AlwaysKey, RiskLevel

MARKS, KEY = "flags", "key"


def heed(
    session: Session, talk: Contact, changes: Sequence[tuple[str, object]], *, by: Staff, at: datetime
) -> bool:
    """Make an episode key when its talk is marked so; a talk in which key was found already stays as it is.

    Taking the mark away lowers nothing: that needs two people.
    """
    marks = dict(changes).get(MARKS)
    if not isinstance(marks, list) or KEY not in marks:
        return False
    episode = episode_of(session, talk)
    session.refresh(episode, with_for_update={"of": Contact})
    for given in risk_levels.history(session, episode):
        if given.level is RiskLevel.KEY and (given.talk_id or given.contact_id) == talk.id:
            return False
    risk_giving.give(
        session, episode, always=[AlwaysKey.JUDGEMENT], chosen=None, words="", by=by, at=at, talk=talk
    )
    return True
