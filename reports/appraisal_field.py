"""Fieldwork as appraisal counts it: outcomes of numbers and of dials, and reviews; what was answered is out of reach."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core import clock
from core.places import Level, Place
from reports.appraisal_scores import Count, Subject
from reports.appraisal_terms import Indicator
from survey.attempts import Attempt
from survey.calling import Rules, day_part
from survey.cases import Case
from survey.disposition import DISPOSITION, RateCell
from survey.interviews import Interview, InterviewState
from survey.methods.expected import expected_counts
from survey.reviews import REVIEWABLE, InterviewReview, Verdict
from survey.sampling import Replicate, ReplicateState
from survey.wall import counts_of
from survey.waves import Wave

K = Indicator
MOST_TRIES = 4
"""The fourth try and all later ones are one level of difficulty."""
A_TENTH = 10
FINISHED = (*REVIEWABLE, InterviewState.REPLACED)
_PERSON = (RateCell.COMPLETE, RateCell.PARTIAL, RateCell.REFUSAL, RateCell.OTHER)
SPOKE = frozenset(
    {code for code, d in DISPOSITION.items() if d.cell in _PERSON}
    | {"2.21", "3.20", "3.21", "4.10", "4.51", "4.70", "4.80"}
)
"""Outcomes of dials in which somebody spoke."""
COMPLETE = frozenset(code for code, d in DISPOSITION.items() if d.cell is RateCell.COMPLETE)


@dataclass
class Reviewed:
    """How many interviews were finished, judged by a person, and found good."""

    finished: int = 0
    judged: int = 0
    good: int = 0

    @property
    def checked(self) -> Count:
        """Judged out of the tenth that should be."""
        wanted = -(-self.finished // A_TENTH)
        return Count(min(self.judged, wanted), wanted)

    @property
    def sound(self) -> Count:
        """Good out of those judged."""
        return Count(self.good, self.judged)


def reviewed(
    session: Session,
    key: InstrumentedAttribute[int],
    *,
    since: datetime,
    until: datetime,
    as_of: datetime,
) -> dict[int, Reviewed]:
    """Count reviews by county or by interviewer; the last verdict on an interview stands."""
    query = (
        sa.select(key, Interview.id, InterviewReview.verdict)
        .select_from(Interview)
        .join(Case, Case.id == Interview.case_id)
        .outerjoin(
            InterviewReview,
            sa.and_(InterviewReview.interview_id == Interview.id, InterviewReview.decided_at < as_of),
        )
        .where(Interview.state.in_(FINISHED), Interview.ended_at >= since, Interview.ended_at < until)
        .order_by(key, Interview.id, InterviewReview.id)
    )
    last: dict[int, tuple[int, Verdict | None]] = {}
    for owner, interview, verdict in session.execute(query):
        last[interview] = (int(owner), verdict)
    found: dict[int, Reviewed] = defaultdict(Reviewed)
    for owner, verdict in last.values():
        mine = found[owner]
        mine.finished += 1
        mine.judged += verdict is not None
        mine.good += verdict is Verdict.GOOD
    return dict(found)


def county_rates(session: Session, *, since: datetime, until: datetime) -> dict[int, dict[Indicator, Count]]:
    """Return AAPOR's rates, e = 1, of the numbers released in a period, by county."""
    code = sa.func.coalesce(Case.disposition, "").label("code")
    query = (
        sa.select(Case.county_id, code, sa.func.count())
        .join(Replicate, Replicate.id == Case.replicate_id)
        .where(
            Replicate.state == ReplicateState.RELEASED,
            Replicate.released_at >= since,
            Replicate.released_at < until,
        )
        .group_by(Case.county_id, code)
    )
    codes: dict[int, dict[str, float]] = defaultdict(dict)
    for county, disposition, n in session.execute(query):
        codes[county][disposition] = float(n)
    found: dict[int, dict[Indicator, Count]] = {}
    for county, mine in codes.items():
        c = counts_of(mine)
        spoken = c.interviewed + c.refusal + c.other
        found[county] = {
            K.ANSWERED: Count(c.complete, c.eligible + c.unknown),
            K.COOPERATION: Count(c.complete, spoken),
            K.REACHED: Count(spoken, c.eligible + c.unknown),
        }
    return found


def coverage(session: Session, *, since: datetime, until: datetime) -> dict[int, Count]:
    """Return by county the townships with a complete interview out of all townships."""
    towns = sa.select(Place.parent_id, sa.func.count()).where(Place.level == Level.TOWNSHIP, Place.is_current)
    whole = {int(c): int(n) for c, n in session.execute(towns.group_by(Place.parent_id)) if c is not None}
    query = (
        sa.select(Case.county_id, sa.func.count(sa.distinct(Case.township_id)))
        .where(Case.disposition.in_(COMPLETE), Case.closed_at >= since, Case.closed_at < until)
        .group_by(Case.county_id)
    )
    reached = {int(c): int(n) for c, n in session.execute(query)}
    return {county: Count(min(reached.get(county, 0), n), n) for county, n in whole.items()}


def interviewers(session: Session, *, since: datetime, until: datetime, as_of: datetime) -> list[Subject]:
    """Count dials, completes beside those to be expected, and reviews of everybody who dialled."""
    before = aliased(Attempt)
    query = (
        sa.select(
            Attempt.staff_id, Attempt.number, Attempt.started_at, Attempt.disposition, before.disposition,
            Case.wave_id, Case.county_id, Case.kind,
        )
        .join(Case, Case.id == Attempt.case_id)
        .outerjoin(
            before, sa.and_(before.case_id == Attempt.case_id, before.number == Attempt.number - 1)
        )
        .where(Attempt.started_at >= since, Attempt.started_at < until, Attempt.ended_at < as_of)
    )  # fmt: skip
    rules = {wave.id: Rules.from_wave(wave.rules) for wave in session.scalars(sa.select(Wave))}
    trials: Counter[tuple[str, ...]] = Counter()
    completes: Counter[tuple[str, ...]] = Counter()
    dials: Counter[int] = Counter()
    spoken: Counter[int] = Counter()
    for staff, number, started_at, code, earlier, wave, county, kind in session.execute(query):
        part = day_part(clock.local(started_at), rules[wave]).value
        cell: tuple[str, ...] = (
            f"{staff:09}", str(wave), f"{county} {kind.value}", str(min(number, MOST_TRIES)), str(part),
            _left(earlier),
        )  # fmt: skip
        trials[cell] += 1
        completes[cell] += code in COMPLETE
        dials[staff] += 1
        spoken[staff] += code in SPOKE
    cells = sorted(trials)
    done = [completes[c] for c in cells]
    factors = [[c[f] for c in cells] for f in range(1, 6)]
    wanted = expected_counts(done, [trials[c] for c in cells], factors).tolist() if cells else []
    observed: dict[int, int] = defaultdict(int)
    expected: dict[int, float] = defaultdict(float)
    for cell, got, want in zip(cells, done, wanted, strict=True):
        observed[int(cell[0])] += got
        expected[int(cell[0])] += want
    reviews = reviewed(session, Interview.staff_id, since=since, until=until, as_of=as_of)
    return [
        Subject(
            staff,
            None,
            dials[staff],
            {
                K.SOUND: reviews.get(staff, Reviewed()).sound,
                K.SPOKEN: Count(spoken[staff], dials[staff]),
                K.COMPLETES: Count(observed[staff], expected[staff]),
            },
        )
        for staff in sorted(dials)
    ]


def _left(code: str | None) -> str:
    """Say what the try before left behind: nothing, a refusal, somebody to call again, or nobody reached."""
    known = DISPOSITION.get(code or "")
    if known is None:
        return "fresh"
    if known.cell is RateCell.REFUSAL:
        return "refused"
    return "spoken" if known.code in SPOKE else "silent"
