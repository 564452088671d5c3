"""Nightly estimates: what was weighed is estimated before anybody asks for it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.sweeps import sweep
from reports.code_mark import code_version
from reports.definitions import in_force
from reports.estimates import EstimateSet
from reports.estimating import make
from survey.methods.failures import MethodFailure
from survey.weight_replay import Moved
from survey.weighting import WeightSet

log = logging.getLogger("tingmin.reports")
BACK = timedelta(days=3)
"""Older sets are estimated when somebody asks for them."""
AT_ONCE = 4
"""Sets in one run: the worker has other work as well."""
FAILED = "not_estimated"
"""Where a set's provenance says why it could not be estimated, and by which code."""


@sweep("reports.estimates", every=timedelta(minutes=10))
def estimate_new(session: Session, now: datetime) -> int:
    """Estimate the weight sets of the last days that have no estimates yet; return how many.

    Where it can't be done the set says why, and is not tried again by the same code.
    """
    has = sa.exists().where(EstimateSet.weight_set_id == WeightSet.id)
    query = sa.select(WeightSet).where(WeightSet.made_at >= now - BACK, ~has).order_by(WeightSet.id)
    count = 0
    for weight_set in session.scalars(query).all():
        if weight_set.provenance.get(FAILED, {}).get("code_version") == code_version():
            continue
        try:
            with session.begin_nested():
                make(session, weight_set, in_force(session, weight_set.starts_on), at=now)
        except (Moved, MethodFailure) as failure:  # one set that can't be estimated keeps no other from it
            log.warning("weight set %s: %s", weight_set.id, failure)
            note = {"code_version": code_version(), "why": str(failure)}
            weight_set.provenance = weight_set.provenance | {FAILED: note}
            session.flush()
            continue
        count += 1
        if count == AT_ONCE:
            break
    return count
