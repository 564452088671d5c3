"""Top-ups: more numbers drawn by hand when a day runs short; they wait, held, until a person releases them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from survey.planning import take
from survey.sampling import Sample
from survey.waves import Wave, WaveState

AT_ONCE = 10_000
"""So many are drawn while the person waits; more are drawn by a job."""
MOST = 200_000


def check_top_up(wave: Wave, numbers: int) -> None:
    """Refuse a top-up of a wave that is not in the field, of nothing, or of too much."""
    if wave.state not in (WaveState.OPEN, WaveState.HELD):
        raise Refused(
            Words(
                "调查还没有启动或已经结束，没有抽取任何号码",
                "The wave is not open or is closed; nothing was drawn",
            )
        )
    if not 1 <= numbers <= MOST:
        words = Words("请填 1 到 {most} 之间的整数", "A whole number from 1 to {most}").filled(
            most=f"{MOST:,}"
        )
        raise Invalid(fields={"numbers": words})


def top_up(
    session: Session, wave: Wave, numbers: int, *, by: Staff, at: datetime, job: int | None = None
) -> Sample:
    """Draw so many numbers more for today."""
    check_top_up(wave, numbers)
    reason = {"top_up": True, "numbers": numbers, **({"job": job} if job is not None else {})}
    return take(session, wave, numbers, clock.today(at), reason=reason, by=by, at=at)
