"""A sample as it is analysed: its design, weights, adjustments, replicates, and the rows of a domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from survey.methods.adjustment import Adjustment, residuals
from survey.methods.design import BoolArray, Design, FloatArray
from survey.methods.failures import MethodFailure, SinglePsuFailure
from survey.methods.replication import Replicates
from survey.methods.statistics import Statistic
from survey.methods.variance import SinglePsu, covariance, single_strata


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """Give every statistic its value and its covariance, by linearisation or by replicate weights.

    design: as drawn (rows); weights: (rows,) after all adjustments; adjustments: in the order made; replicates:
    weights (rows, r), which then replace linearisation; inside: (rows,) the domain. Rows outside a domain
    stay in the design with influence 0: strata and units are never dropped. Source: R `survey` 4.5.
    """

    design: Design
    weights: FloatArray
    adjustments: tuple[Adjustment, ...] = ()
    single: SinglePsu = SinglePsu.FAIL
    lonely_in_domain: bool = False
    replicates: Replicates | None = None
    inside: BoolArray
    is_subset: bool = False

    @property
    def is_calibrated(self) -> bool:
        """Tell whether a calibration is part of the variance; trimming alone is not."""
        return self.replicates is None and any(a.projects for a in self.adjustments)

    def within(self, rows: BoolArray) -> Sample:
        """Give the same sample with a domain restricted to `rows`."""
        return replace(self, inside=self.inside & rows, is_subset=True)

    @property
    def counted(self) -> BoolArray:
        """Tell the rows of the domain that carry weight."""
        return np.asarray(self.inside & (self.weights != 0))

    @property
    def rows(self) -> int:
        """Count rows as R's `nrow` does: all of them once the sample is calibrated, else those of the domain."""
        return self.design.size if self.is_calibrated else int(self.inside.sum())

    @property
    def df(self) -> int:
        """Count degrees of freedom: first-stage units less strata with a weighted row in the domain, or
        the rank of the replicate weights there less one."""
        if self.replicates is not None:
            return self.replicates.df(self.inside) if self.is_subset else self.replicates.df(None)
        return self.design.df_of(self.counted)

    def estimate(
        self, statistic: Statistic, *, present: BoolArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Give values (k,) and covariance (k, k); NaN where there is no value.

        `present`: rows that count as drawn where strata of single units are judged (default: the domain).
        """
        values = statistic.values(self.weights)
        if self.replicates is not None:
            return values, self.replicates.covariance(statistic.values(self.replicates.weights), values)
        z = self.weights[:, None] * statistic.influence(self.weights)
        v = self.variance_of(z, present=present)
        unknown = ~np.isfinite(values)
        v[unknown, :] = np.nan
        v[:, unknown] = np.nan
        return values, v

    def variance_of(self, z: FloatArray, *, present: BoolArray | None = None) -> FloatArray:
        """Give the covariance (k, k) of the totals of z = w u (rows, k), residuals of all adjustments taken."""
        rows = None if self.is_calibrated else (self.inside if present is None else present)
        if self.single is SinglePsu.AVERAGE:
            self._refuse_average(rows)
        return covariance(
            residuals(z, self.adjustments), self.design, single=self.single, present=rows,
            lonely_in_domain=self.lonely_in_domain,
        )  # fmt: skip

    def _refuse_average(self, rows: BoolArray | None) -> None:
        first = self.design.stages[0]
        everybody = np.ones(self.design.size, dtype=np.bool_)
        strata = np.unique(self.design.strata[everybody if rows is None else rows])
        seen = np.zeros(first.drawn.size)
        seen[strata] = 2.0
        alone = single_strata(first, seen, self.single)
        if strata.size and alone[strata].all():
            raise SinglePsuFailure(
                "every stratum", expected="one with at least 2 sampled units", got="single units only",
                hint="there is nothing to average over: join strata",
            )  # fmt: skip


def analysed(
    design: Design,
    adjustments: Sequence[Adjustment] = (),
    *,
    weights: FloatArray | None = None,
    single: SinglePsu = SinglePsu.FAIL,
    lonely_in_domain: bool = False,
    replicates: Replicates | None = None,
) -> Sample:
    """Make a sample ready for estimates from a design and the adjustments made, in order.

    >>> sample = analysed(design, [raked], single=SinglePsu.REMOVE)      # doctest: +SKIP
    >>> values, covariance = sample.estimate(means(y, sample.inside))    # doctest: +SKIP
    """
    final = adjustments[-1].weights if adjustments else design.weights
    if weights is not None:
        final = weights
    if not np.any(final != 0):
        raise MethodFailure("weights", expected="at least one that is not 0", got="only zeros")
    return Sample(
        design=design, weights=final, adjustments=tuple(adjustments), single=single,
        lonely_in_domain=lonely_in_domain, replicates=replicates,
        inside=np.ones(design.size, dtype=np.bool_),
    )  # fmt: skip
