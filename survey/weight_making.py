"""Making a weight set: the period's data weighed, estimated and kept with its provenance."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.db import transaction
from core.jobs import Running, job
from core.people import Staff
from core.problems import Refused
from core.sweeps import sweep
from core.terms import Words
from survey import categories
from survey.edition_import import questionnaire_of
from survey.index_ranks import RankRange, rank_ranges
from survey.indices import figures
from survey.margin_import import current_margins
from survey.margins import Margin, MarginCell
from survey.methods.estimates import Estimate
from survey.methods.failures import MethodFailure
from survey.period_data import released, respondents
from survey.waves import Wave, WaveState
from survey.weight_choice import end_of
from survey.weighting import IndexFigure, Weight, WeightSet, estimate_columns
from survey.weighting_steps import weigh

LEAST_INTERVIEWS = 50
NIGHT = time(5, 0)


class TooFew(Refused):
    """There is nothing to weigh yet."""

    words = Words(
        "这一期只有 {n} 份完成的访问，至少要 {least} 份才能加权；没有写入任何数据",
        "The period has {n} complete interviews and weighting needs {least}; nothing was written",
    )


class CannotWeigh(Refused):
    """The method says why it can't be done."""

    words = Words("加权没有成功：{why}。没有写入任何数据。", "Weighting failed: {why}. Nothing was written.")


def make_weight_set(
    session: Session,
    wave: Wave,
    *,
    starts_on: date,
    ends_on: date,
    as_of: datetime,
    by: Staff | None,
    at: datetime,
) -> WeightSet:
    """Weigh and estimate a period of a wave, and keep set, weights and figures together."""
    assert wave.edition is not None, "an open wave has its edition"
    numbers = released(session, wave.id, starts_on, ends_on)
    people = respondents(session, wave.id, starts_on, ends_on, as_of=as_of)
    if len(people) < LEAST_INTERVIEWS:
        raise TooFew(n=len(people), least=LEAST_INTERVIEWS)
    margins = current_margins(session)
    if not margins:
        raise CannotWeigh(why=Words("还没有导入人口边际", "no margins have been imported"))
    try:
        weighted = weigh(numbers, people, margin_totals(session), seed=seed_of(wave.id, ends_on))
        estimates = figures(questionnaire_of(wave.edition), people, weighted)
        ranks = rank_ranges(questionnaire_of(wave.edition), people, weighted, estimates)
    except MethodFailure as failure:
        raise CannotWeigh(why=str(failure)) from failure
    provenance: dict[str, Any] = {
        **weighted.provenance,
        "edition": [wave.edition.code, wave.edition.version],
        "margins": {m.variable: {"source": m.source, "as_of": m.as_of.isoformat()} for m in margins.values()},
    }
    made = WeightSet(
        wave_id=wave.id,
        starts_on=starts_on,
        ends_on=ends_on,
        as_of=as_of,
        interviews=len(people),
        provenance=provenance,
        made_by=by.id if by else None,
        made_at=at,
    )
    session.add(made)
    session.flush()
    weights = zip(people, weighted.base, weighted.nonresponse, weighted.final, strict=True)
    session.execute(
        sa.insert(Weight),
        [
            {
                "weight_set_id": made.id,
                "interview_id": p.interview_id,
                "base": float(base),
                "nonresponse": float(responding),
                "final": float(final),
            }
            for p, base, responding, final in weights
        ],
    )
    if estimates:  # a poll on a special topic may have no question with favourable answers
        session.execute(
            sa.insert(IndexFigure), [_figure(made.id, e, ranks.get((e.item, e.domain))) for e in estimates]
        )
    journal.write(session, "weight_set.make", made, by=by, at=at, interviews=len(people))
    return made


def margin_totals(session: Session) -> dict[str, dict[str, int]]:
    """Return the population of every category of the margins in force, neighbours side by side."""
    query = (
        sa.select(Margin.variable, Margin.id, MarginCell.category, MarginCell.population)
        .join(MarginCell, MarginCell.margin_id == Margin.id)
        .order_by(Margin.as_of)
    )
    newest: dict[str, tuple[int, list[tuple[str, int]]]] = {}
    for variable, margin, category, population in session.execute(query):
        if variable not in newest or newest[variable][0] != margin:
            newest[variable] = (margin, [])
        newest[variable][1].append((category, population))
    return {
        variable: dict(sorted(cells, key=lambda cell: (categories.ORDER.get(cell[0], 0), cell[0])))
        for variable, (_, cells) in newest.items()
    }


def seed_of(wave_id: int, ends_on: date) -> int:
    """Return the seed of a set's random choices: the same period gives the same weights."""
    return wave_id * 1_000_000 + ends_on.toordinal()


def _figure(set_id: int, e: Estimate, rank: RankRange | None) -> dict[str, Any]:
    return {
        "weight_set_id": set_id,
        "index": e.item,
        "domain": e.domain,
        **estimate_columns(e),
        "is_suppressed": not e.is_published,
        "reason": ",".join([*([e.suppression.value] if e.suppression else []), *(f.value for f in e.flags)])
        or None,
        "rank_low": rank.best if rank else None,
        "rank_high": rank.worst if rank else None,
        "rank_band": rank.band if rank else None,
    }


def periods_to(day: date) -> list[tuple[date, date]]:
    """Return the periods looked at on a day: the week so far, four weeks back, and on Sundays the half-year so far."""
    found = [(day - timedelta(days=day.weekday()), day), (day - timedelta(days=27), day)]
    half = day.replace(month=1 if day.month <= 6 else 7, day=1)
    if (day.weekday() == 6 or _ends_half(day)) and half < day - timedelta(days=27):
        found.append((half, day))
    return found


def _ends_half(day: date) -> bool:
    return (day.month, day.day) in ((6, 30), (12, 31))


@job("weight.make")
def make_by_job(running: Running) -> dict[str, Any]:
    """Make one weight set in the background."""
    p = running.params
    with transaction() as session:
        now = clock.now()
        made = make_weight_set(
            session,
            session.get_one(Wave, p["wave"]),
            starts_on=date.fromisoformat(p["starts_on"]),
            ends_on=date.fromisoformat(p["ends_on"]),
            as_of=now,
            by=session.get(Staff, running.requested_by) if running.requested_by else None,
            at=now,
        )
        return {"weight_set": made.id}


@sweep("survey.weights", every=timedelta(minutes=30))
def make_nightly(session: Session, now: datetime) -> int:
    """Make the weight sets up to yesterday for every wave at work, once each night."""
    local = clock.local(now)
    if local.time() < NIGHT:
        return 0
    yesterday = local.date() - timedelta(days=1)
    count = 0
    for wave in session.scalars(sa.select(Wave).where(Wave.state.in_([WaveState.OPEN, WaveState.HELD]))):
        for starts_on, ends_on in periods_to(yesterday):
            has = session.scalar(
                sa.select(WeightSet.id).where(
                    WeightSet.wave_id == wave.id,
                    WeightSet.starts_on == starts_on,
                    WeightSet.ends_on == ends_on,
                    WeightSet.as_of >= end_of(ends_on),  # one made for a draft before the end is provisional
                )
            )
            if has is not None:
                continue
            try:
                make_weight_set(
                    session, wave, starts_on=starts_on, ends_on=ends_on, as_of=now, by=None, at=now
                )
                count += 1
            except Refused:
                continue  # too early in the wave: the page says how many interviews there are
    return count
