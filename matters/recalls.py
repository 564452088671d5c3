"""Re-calls: a third person, who does not know the first answer, asks again; the two answers are set side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff
from core.problems import Forbidden
from core.terms import Words
from matters.agreement import Agreement, kappa
from matters.attributes import Judgement, TryResult
from matters.caller_calls import Heard, finish, plan
from matters.caller_tries import tries_of
from matters.lots import MatterRecall
from matters.revisits import check_heard
from matters.standing import Try
from matters.trying import is_given_up
from matters.turn_queue import hold, may_ring, release
from matters.turns import CallerTurn, Errand


def asked_again(session: Session, turn: CallerTurn, heard: Heard, *, by: Staff, at: datetime) -> None:
    """Note what a caller says when asked again; the matter itself does not move."""
    turn = hold(session, turn.id, by=by, at=at)
    if not may_ring(session, turn.matter, by) or by.id in (turn.told_by, turn.asked_by):
        raise Forbidden(Words("复核要由第三个人来做", "A third person must ask again"))
    check_heard(heard)
    finish(session, turn, heard, by=by, at=at)
    query = sa.select(MatterRecall).where(
        MatterRecall.matter_id == turn.matter_id,
        MatterRecall.errand == turn.errand,
        MatterRecall.round == turn.round,
    )
    recall = session.scalars(query).one()
    tries = [Try(t.made_at, t.staff_id, t.result.value) for t in tries_of(session, turn) if t.result]
    if heard.result is TryResult.REACHED:
        recall.judgement, recall.satisfaction = Judgement.found(heard.judgement), heard.satisfaction
        recall.words = heard.words.strip() or None
    elif heard.again_at is None and is_given_up(tries, clock.zone()):
        recall.is_given_up = True
    else:
        plan(session, turn, tries, heard, lambda t: is_given_up(t, clock.zone()), at=at)
        return
    recall.asked_by, recall.asked_at = by.id, at
    journal.write(session, "matter.recall", turn.matter, by=by, at=at, errand=turn.errand.value)
    release(turn)
    session.delete(turn)
    session.flush()


def table(session: Session, *, since: date, until: date) -> list[list[int]]:
    """Count first answers (rows) against second ones (columns) of the days from `since` to `until`."""
    codes = list(Judgement)
    counts = [[0] * len(codes) for _ in codes]
    query = (
        sa.select(MatterRecall.first, MatterRecall.judgement, sa.func.count())
        .where(
            MatterRecall.errand == Errand.RECALL,
            MatterRecall.first.is_not(None),
            MatterRecall.judgement.is_not(None),
            *_within(since, until),
        )
        .group_by(MatterRecall.first, MatterRecall.judgement)
    )
    for first, second, count in session.execute(query):
        if first is not None and second is not None:
            counts[codes.index(first)][codes.index(second)] = count
    return counts


def agreement(session: Session, *, since: date, until: date) -> Agreement:
    """Return how far the blind re-calls agree with the first revisits."""
    return kappa(table(session, since=since, until=until))


@dataclass(frozen=True)
class Samples:
    """What the callers of sampled answers say: reached, of them settled, given up."""

    reached: int
    solved: int
    given_up: int


def samples(session: Session, *, since: date, until: date) -> Samples:
    """Count what became of the answers on the line that were checked with their callers."""
    query = sa.select(
        sa.func.count().filter(MatterRecall.judgement.is_not(None)),
        sa.func.count().filter(MatterRecall.judgement == Judgement.SOLVED),
        sa.func.count().filter(MatterRecall.is_given_up),
    ).where(MatterRecall.errand == Errand.SAMPLE, *_within(since, until))
    return Samples(*session.execute(query).one())


def waiting(session: Session) -> dict[Errand, int]:
    """Count the callers drawn who have not been asked again."""
    query = sa.select(CallerTurn.errand, sa.func.count()).group_by(CallerTurn.errand)
    counts = dict(session.execute(query.where(CallerTurn.errand.in_([Errand.RECALL, Errand.SAMPLE]))).all())
    return {errand: counts.get(errand, 0) for errand in (Errand.RECALL, Errand.SAMPLE)}


def _within(since: date, until: date) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    start = datetime.combine(since, time(0), clock.zone())
    end = datetime.combine(until + timedelta(days=1), time(0), clock.zone())
    return MatterRecall.asked_at >= start, MatterRecall.asked_at < end
