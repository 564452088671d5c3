"""Coaching: signs that residents of a place were told how to answer; of places alone, never of a person."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa
from numpy.typing import ArrayLike
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base
from core.terms import Term, coded
from hotline.hidden_tables import conceal
from reports.definitions import Definition
from reports.estimates import CITY
from survey.methods.contrasts import Target, difference
from survey.methods.design import FloatArray
from survey.methods.estimands import Mean
from survey.methods.estimates import Estimate, domains, estimates
from survey.methods.list_experiment import ListExperiment, list_experiment
from survey.methods.multiplicity import adjusted
from survey.methods.variance import SinglePsu
from survey.weight_replay import Replay
from survey.weighting import EstimateColumns, WeightSet, estimate_columns

DIRECT, SHORT, LONG = "c1_direct", "c1_list_short", "c1_list_long"
TOLD = "1"
CONTROLS = 4
"""Harmless things in the short list; the long one has the sensitive one more."""
LEAST = 10
LEAST_RATED = 3
"""Who rated fewer has no pattern of answers."""
LEVEL = 0.05


class Sign(Term):
    """What may show that people were told how to answer."""

    DIRECT = "direct", "说有人教过怎么回答", "Say that they were told how to answer"
    EXTREME = "extreme", "全部选最好一档", "Best answer to everything"
    LIST = "list", "名单法估计被教过的", "Told how to answer, by the list experiment"


class CoachingSign(EstimateColumns, Base):
    """One sign of one place from one weight set, beside the rest of the city."""

    __tablename__ = "coaching_sign"

    weight_set_id: Mapped[int] = mapped_column(sa.ForeignKey("weight_set.id"), primary_key=True)
    sign: Mapped[Sign] = mapped_column(coded(Sign), primary_key=True)
    domain: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """city, or a county's code."""
    p: Mapped[float | None] = mapped_column(sa.Float(53))
    """Of no difference from the rest of the city, by Holm over all places and signs."""
    is_above: Mapped[bool] = mapped_column(default=False)
    """Clearly above the rest: Holm's p under 0.05, and the rest's share below the whole interval."""


def keep(session: Session, weight_set: WeightSet, replay: Replay, definition: Definition) -> None:
    """Keep the signs of a weight set, once."""
    has = sa.select(CoachingSign.domain).where(CoachingSign.weight_set_id == weight_set.id)
    if session.scalar(has.limit(1)) is None:
        session.add_all(signs(weight_set.id, replay, definition))
        session.flush()


def signs(weight_set_id: int, replay: Replay, definition: Definition) -> list[CoachingSign]:
    """Measure every sign of the city and of each county with ten answers or more (and none that would tell of fewer).

    A county is compared with the rest of the city by the difference of shares with its design-based error. Shares near
    zero have skewed errors, so that a small p alone is not enough: the county's own interval must also lie above the
    rest's share. The list experiment is of the city alone; a county's would be too wide to say anything.
    """
    counties = np.array([p.county for p in replay.people])
    found: list[CoachingSign] = []
    compared: list[tuple[CoachingSign, float, float]] = []
    for sign, values in ((Sign.DIRECT, told(replay)), (Sign.EXTREME, extreme(replay, definition))):
        if np.isnan(values).all():
            continue
        mean = Mean(sign.value, values, True)
        found += [_sign(weight_set_id, sign, e) for e in _estimated(replay, mean, None)]
        of_counties = _estimated(replay, mean, counties)
        told_n = conceal([[e.n] for e in of_counties]).cells if len(of_counties) > 1 else []
        for e, (n,) in zip(of_counties, told_n, strict=False):
            if n is None or e.n < LEAST:
                continue
            made = _sign(weight_set_id, sign, e)
            found.append(made)
            if not e.is_published:
                continue
            rest = Target(mean, counties != e.domain)
            if not np.isnan(values[counties != e.domain]).all():
                apart = difference(
                    replay.weighted.design, Target(mean, counties == e.domain), rest,
                    adjustments=[replay.weighted.adjustment], single=SinglePsu.ADJUST,
                )  # fmt: skip
                p = float("nan") if apart.p is None else apart.p
                compared.append((made, p, (made.estimate or 0.0) - apart.estimate))
    for (made, _, rest_share), q in zip(
        compared, adjusted([p for _, p, _ in compared]).tolist(), strict=True
    ):
        made.p = None if np.isnan(q) else q
        made.is_above = q < LEVEL and made.low is not None and made.low > rest_share
    listed = by_list(replay)
    if listed is not None:
        d = listed.share
        found.append(
            CoachingSign(
                weight_set_id=weight_set_id, sign=Sign.LIST, domain=CITY, estimate=d.estimate,
                standard_error=d.standard_error, low=d.low, high=d.high, n=len(replay.people), df=float(d.df), p=d.p,
            )
        )  # fmt: skip
    return found


def told(replay: Replay) -> FloatArray:
    """Return who said that somebody had told them how to answer (rows,), NaN without an answer."""
    given = [p.answers.get(DIRECT, "") for p in replay.people]
    return np.array([float(v == TOLD) if v.isdigit() else np.nan for v in given])


def extreme(replay: Replay, definition: Definition) -> FloatArray:
    """Return who gave the best answer to every rating (rows,), NaN where under three were rated."""
    best = max(definition.scores, key=lambda code: definition.scores[code])
    questions = [definition.safety.question, *(a.question for a in definition.agencies)]
    rated = [
        [v for q in questions if (v := p.answers.get(q, "")) in definition.scores] for p in replay.people
    ]
    return np.array([float(set(v) == {best}) if len(v) >= LEAST_RATED else np.nan for v in rated])


def by_list(replay: Replay) -> ListExperiment | None:
    """Return the list experiment of the whole city, or None where a list was asked of too few."""
    lists = {0: SHORT, 1: LONG}
    arm = np.array([next((a for a, q in lists.items() if q in p.answers), -1) for p in replay.people])
    given = [p.answers.get(lists.get(int(a), ""), "") for p, a in zip(replay.people, arm, strict=True)]
    counts = np.array([float(v) if v.isdigit() else np.nan for v in given])
    if any(((arm == a) & ~np.isnan(counts)).sum() < LEAST for a in lists):
        return None
    return list_experiment(
        replay.weighted.design, counts, np.where(arm < 0, np.nan, arm), items=CONTROLS,
        adjustments=[replay.weighted.adjustment], single=SinglePsu.ADJUST,
    )  # fmt: skip


def signs_of(session: Session, weight_set_id: int) -> list[CoachingSign]:
    """Return the signs kept with a weight set, by place."""
    query = sa.select(CoachingSign).where(CoachingSign.weight_set_id == weight_set_id)
    return list(session.scalars(query.order_by(CoachingSign.domain, CoachingSign.sign)))


def _estimated(replay: Replay, mean: Mean, by: ArrayLike | None) -> list[Estimate]:
    return estimates(
        replay.weighted.design,
        [mean],
        adjustments=[replay.weighted.adjustment],
        by=None if by is None else domains(np.asarray(by)),
        single=SinglePsu.ADJUST,
        whole=CITY if by is None else None,
    )


def _sign(weight_set_id: int, sign: Sign, e: Estimate) -> CoachingSign:
    made = CoachingSign(
        weight_set_id=weight_set_id, sign=sign, domain=e.domain, **estimate_columns(e), is_above=False
    )
    if not e.is_published:
        made.estimate = made.standard_error = made.low = made.high = None
    return made
