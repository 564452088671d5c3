"""Coaching: signs that residents of a place were told how to answer; of places alone, never of a person."""

from __future__ import annotations

import logging

import numpy as np
import sqlalchemy as sa
from numpy.typing import ArrayLike
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base
from core.terms import Term, coded
from hotline.hidden_tables import conceal
from reports.definitions import Definition
from reports.estimates import CITY
from survey.methods.contrasts import Difference, Target, difference
from survey.methods.design import FloatArray
from survey.methods.estimands import Mean
from survey.methods.estimates import Estimate, domains, estimates
from survey.methods.failures import MethodFailure
from survey.methods.list_experiment import list_experiment
from survey.methods.multiplicity import adjusted
from survey.methods.variance import SinglePsu
from survey.questionnaire import Questionnaire
from survey.questionnaire_validation import validate
from survey.questionnaire_walk import Circumstances, Walk
from survey.weight_replay import Replay
from survey.weighting import EstimateColumns, WeightSet, estimate_columns

log = logging.getLogger("tingmin.reports")
DIRECT, SHORT, LONG = "c1_direct", "c1_list_short", "c1_list_long"
TOLD = "1"
MOST_CONTROLS = 20
"""No list read over the telephone is longer; a question that takes any number names no list."""
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
    found: list[CoachingSign] = []
    compared: list[_Beside] = []
    for sign, values in ((Sign.DIRECT, told(replay)), (Sign.EXTREME, extreme(replay, definition))):
        if np.isnan(values).all():
            continue
        try:
            signed, beside = _by_place(weight_set_id, sign, replay, values)
        except MethodFailure as failure:
            log.warning("weight set %s, sign %s: %s", weight_set_id, sign.value, failure)
            continue
        found += signed
        compared += beside
    for (made, _, rest_share), q in zip(
        compared, adjusted([p for _, p, _ in compared]).tolist(), strict=True
    ):
        made.p = None if np.isnan(q) else q
        made.is_above = q < LEVEL and made.low is not None and made.low > rest_share
    try:
        listed = by_list(replay)
    except MethodFailure as failure:  # the list is one sign of several: without it the indices stand
        log.warning("weight set %s, sign %s: %s", weight_set_id, Sign.LIST.value, failure)
        listed = None
    if listed is not None:
        (share, n) = listed
        found.append(
            CoachingSign(
                weight_set_id=weight_set_id, sign=Sign.LIST, domain=CITY, estimate=share.estimate,
                standard_error=share.standard_error, low=share.low, high=share.high, n=n, df=float(share.df), p=share.p,
            )
        )  # fmt: skip
    return found


_Beside = tuple[CoachingSign, float, float]
"""A county's sign, its p, and the share of the rest of the city."""


def _by_place(
    weight_set_id: int, sign: Sign, replay: Replay, values: FloatArray
) -> tuple[list[CoachingSign], list[_Beside]]:
    """Measure a sign in the city and in each county, and compare each county with the rest."""
    counties = np.array([p.county for p in replay.people])
    mean = Mean(sign.value, values, True)
    found = [_sign(weight_set_id, sign, e) for e in _estimated(replay, mean, None)]
    compared: list[_Beside] = []
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
    return found, compared


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


def by_list(replay: Replay) -> tuple[Difference, int] | None:
    """Return the list experiment of the whole city with how many answered either list; None where too few did.

    How many things the lists name says the edition: the most that its questions take.
    """
    lists = {0: SHORT, 1: LONG}
    arm = np.array([next((a for a, q in lists.items() if q in p.answers), -1) for p in replay.people])
    given = [p.answers.get(lists.get(int(a), ""), "") for p, a in zip(replay.people, arm, strict=True)]
    counts = np.array([float(v) if v.isdigit() else np.nan for v in given])
    has_told = (arm >= 0) & ~np.isnan(counts)
    if any((has_told & (arm == a)).sum() < LEAST for a in lists):
        return None
    short, long = (_most(replay.form, q) for q in lists.values())
    if short is None or long != short + 1:
        raise MethodFailure(
            "the two lists",
            expected="questions that take a number, the long list one more",
            got=f"{short}, {long}",
        )
    found = list_experiment(
        replay.weighted.design, counts, np.where(arm < 0, np.nan, arm), items=short,
        adjustments=[replay.weighted.adjustment], single=SinglePsu.ADJUST,
    )  # fmt: skip
    return found.share, int(has_told.sum())


def _most(form: Questionnaire, question: str) -> int | None:
    """Return the highest number that a question takes; None where it takes any."""
    walk = Walk(form, {}, Circumstances())
    taken = [n for n in range(MOST_CONTROLS + 2) if validate(walk, question, str(n)) is None]
    return taken[-1] if taken and taken[-1] <= MOST_CONTROLS else None


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
