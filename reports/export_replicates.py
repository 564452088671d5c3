"""Replicate weights of a weight set: its design's units drawn again and again, and each draw raked like the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.problems import Refused
from core.terms import Term, Words
from survey.methods import raking
from survey.methods.design import Design, FloatArray
from survey.methods.failures import ConvergenceFailure
from survey.methods.margins import Margin
from survey.methods.replication import Replicates, Replication, replicate

REPLICATES = 200
FEWEST, MOST = 20, 1000
MOST_JACKKNIFE = 1000
SEED = 20_261_123
TOLERANCE = 1e-12
MOST_ROUNDS = 20


class ReplicateMethod(Term):
    """How replicates are drawn."""

    BOOTSTRAP = "bootstrap", "自助法（Rao–Wu）", "Bootstrap (Rao–Wu)"
    JACKKNIFE = "jackknife", "分层刀切法（JKn）", "Jackknife by stratum (JKn)"


class TooManyUnits(Refused):
    """A jackknife leaves out every interview once."""

    words = Words(
        "这一期有 {n} 份访问，刀切法要同样多的复制权数，最多 {most}；请改用自助法",
        "The set has {n} interviews and a jackknife needs as many replicates, at most {most}; use the bootstrap",
    )


class CantReplicate(Refused):
    """Too many draws leave a category of a margin empty."""

    words = Words(
        "复制样本常常缺少边际“{margin}”的某一类，无法逐个校准；请合并样本太少的类别后重新加权",
        "Draws keep leaving a category of the margin {margin} empty; join thin categories and weigh again",
    )


@dataclass(frozen=True, eq=False)
class Replicated:
    """Raked weights of every replicate, and how they were drawn."""

    method: ReplicateMethod
    replicates: Replicates
    seed: int
    redrawn: int
    """Draws that could not be raked, because a category had nobody, and were drawn again."""


def replicated(
    design: Design,
    margins: Sequence[Margin],
    method: ReplicateMethod = ReplicateMethod.BOOTSTRAP,
    *,
    count: int = REPLICATES,
    seed: int = SEED,
) -> Replicated:
    """Draw replicates of the weights before raking (rows,) and rake each to the margins (rows, count).

    Source: Rao, Wu & Yue 1992; calibrated anew in each replicate, so that their spread holds the calibration's
    effect. A draw that leaves a category empty is drawn again: few, counted, and said with the file.
    """
    if method is ReplicateMethod.JACKKNIFE:
        if design.size > MOST_JACKKNIFE:
            raise TooManyUnits(n=design.size, most=MOST_JACKKNIFE)
        drawn = replicate(design, design.weights, Replication.JKN)
        raked, failure = _raked(drawn.weights, margins)
        if failure is not None:
            raise CantReplicate(margin=failure.margin)
        return Replicated(method, Replicates(raked, drawn.scale, drawn.rscales), 0, 0)
    found: list[FloatArray] = []
    missing, redrawn, rounds = count, 0, 0
    while missing:
        drawn = replicate(
            design,
            design.weights,
            Replication.SUBBOOTSTRAP,
            replicates=max(missing, 2),
            seed=seed + rounds,
        )
        raked, failure = _raked(drawn.weights[:, :missing], margins)
        found.append(raked)
        missing -= raked.shape[1]
        redrawn += missing
        rounds += 1
        if rounds == MOST_ROUNDS and failure is not None:
            raise CantReplicate(margin=failure.margin)
    weights = np.hstack(found)
    return Replicated(method, Replicates(weights, 1 / (count - 1), np.ones(count)), seed, redrawn)


def _raked(drawn: FloatArray, margins: Sequence[Margin]) -> tuple[FloatArray, ConvergenceFailure | None]:
    """Rake every column; give those that could be raked, and why the last of the others could not."""
    kept, failure = [], None
    for r in range(drawn.shape[1]):
        try:
            kept.append(raking.rake(drawn[:, r], margins, tolerance=TOLERANCE, min_rows=0).weights)
        except ConvergenceFailure as unmet:
            failure = unmet
    return (np.column_stack(kept) if kept else np.empty((drawn.shape[0], 0))), failure
