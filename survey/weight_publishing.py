"""Publishing a weight set, and the spread of its weights as one reads it before doing so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from survey.weighting import Weight, WeightSet

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BARS = 24


@dataclass(frozen=True)
class Spread:
    """The final weights of a set: quantiles as (share, weight), and bars as (from, to, interviews)."""

    quantiles: tuple[tuple[float, float], ...]
    bars: tuple[tuple[float, float, int], ...]


def publish_weight_set(session: Session, weight_set: WeightSet, *, by: Staff, at: datetime) -> None:
    """Mark a set as the published one of its wave and period; the one before loses the mark."""
    session.execute(
        sa.update(WeightSet)
        .where(
            WeightSet.wave_id == weight_set.wave_id,
            WeightSet.starts_on == weight_set.starts_on,
            WeightSet.ends_on == weight_set.ends_on,
        )
        .values(is_published=WeightSet.id == weight_set.id)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    journal.write(session, "weight_set.publish", weight_set, by=by, at=at)
    session.flush()


def spread_of(session: Session, weight_set: WeightSet) -> Spread:
    """Return how the final weights of a set spread."""
    query = sa.select(Weight.final).where(Weight.weight_set_id == weight_set.id)
    weights = np.array(session.scalars(query).all(), dtype=np.float64)
    if not weights.size:
        return Spread((), ())
    counts, edges = np.histogram(weights, bins=BARS)
    bars = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    quantiles = zip(QUANTILES, np.quantile(weights, QUANTILES).tolist(), strict=True)
    return Spread(tuple(quantiles), tuple(bars))
