"""Release: a replicate's cases enter the queue, and are then worked to the end."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from survey.cases import Case, CaseState
from survey.sampling import Replicate, ReplicateState


class AlreadyReleased(Refused):
    """A replicate is released once."""

    words = Words("这个样本批次已经投放", "This replicate has been released already")


def release(session: Session, replicate: Replicate, *, by: Staff | None, at: datetime) -> int:
    """Put the cases of a replicate into the queue; return how many."""
    if replicate.state is ReplicateState.RELEASED:
        raise AlreadyReleased
    replicate.state = ReplicateState.RELEASED
    replicate.released_at = at
    replicate.released_by = by.id if by else None
    session.flush()
    done = session.execute(
        sa.update(Case)
        .where(Case.replicate_id == replicate.id, Case.state == CaseState.HELD)
        .values(state=CaseState.WAITING)
        .execution_options(synchronize_session=False)
    )
    count = int(getattr(done, "rowcount", 0))
    journal.write(session, "replicate.release", replicate, by=by, at=at, cases=count)
    return count
