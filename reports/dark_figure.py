"""The dark figure: problems named when people are asked, for each one that reaches the centre unasked."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

from core.terms import Term
from survey.methods.intervals import t_quantile

LEAST = 10
"""Cells under this are hidden, whichever side they stand on."""
LEAST_OF_TOWNSHIP = 100
"""Interviews under which a township has no figure of its own."""


class Hidden(Term):
    """Why a ratio is not shown."""

    FEW_ASKED = "few_asked", "访问不足 100 份，见所在县", "Under 100 interviews: see the county"
    FEW_NAMED = "few_named", "说有问题的不足 10 人", "Fewer than 10 named a problem"
    FEW_CALLED = "few_called", "主动反映的不足 10 件", "Fewer than 10 came in"
    COMPLEMENT = (
        "complement",
        "为免推出别处或别类的少数，不公布",
        "Withheld so that another small cell can't be worked out",
    )
    NOT_ASKED = "not_asked", "这一期问卷没有问", "Not asked in this period"


class Flag(Term):
    """What a reader of a ratio must know."""

    NOBODY_CALLED = "nobody_called", "没有人主动反映", "Nobody called"


@dataclass(frozen=True)
class DarkFigure:
    """Residents who name a problem when asked, over problems raised unasked; limits at the level asked for."""

    named: float
    called: int
    ratio: float | None
    low: float
    high: float | None
    flag: Flag | None = None


@dataclass(frozen=True)
class Asked:
    """What the survey says: residents who name a problem, with standard error and degrees of freedom."""

    total: float
    standard_error: float
    df: float


def dark_figure(
    asked: Asked, called: int, *, share: tuple[int, int] = (1, 1), level: float = 0.95
) -> DarkFigure:
    """Give T p / C with limits exp(ln ratio ± t·se); `share` = matters of the topic, and all, from interviews.

    T is the design-based total, p = m_k / m the topic's share among the matters that interviews brought, C the calls.
    V(ln) = V(T)/T² + (1−p)/(p m) + 1/C: delta method, the three independent, C Poisson, p binomial. With C = 0
    there is no ratio; `low` is then the lower limit of T p over the upper limit −ln(α/2) of a Poisson mean of which
    none was seen (Garwood 1936). Source: Wolter 2007, ch. 6. Needs T > 0 and m_k > 0.
    """
    topic, of_all = share
    p = topic / of_all
    named = asked.total * p
    noise = (asked.standard_error / asked.total) ** 2 + (1 - p) / topic
    reach = t_quantile(asked.df, level)
    if called == 0:
        most = -log((1 - level) / 2)
        return DarkFigure(named, 0, None, named * exp(-reach * sqrt(noise)) / most, None, Flag.NOBODY_CALLED)
    ratio, half = named / called, reach * sqrt(noise + 1 / called)
    return DarkFigure(named, called, ratio, ratio * exp(-half), ratio * exp(half))


def why_hidden(named: int, called: int, *, topic: int | None = None) -> Hidden | None:
    """Say why a cell is hidden: interviews naming a problem, calls, and matters of the topic from interviews."""
    if named < LEAST or (topic is not None and topic < LEAST):
        return Hidden.FEW_NAMED
    return Hidden.FEW_CALLED if 0 < called < LEAST else None
