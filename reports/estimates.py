"""Estimates: every index of one weight set by place and group, frozen with what made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.terms import Term, coded
from reports.wording import Change, Measured, apart
from survey.index_ranks import RankRange
from survey.weighting import EstimateColumns, WeightSet

CITY = "city"


class Measure(Term):
    """What is taken of the answers."""

    SHARE = "share", "前两项占比", "Top-two share"
    MEAN = "mean", "平均分（0–100）", "Mean score (0–100)"
    LEGACY = "legacy", "前三项占比（旧口径）", "Top-three share (old rule)"


class By(Term):
    """What sets the people of a figure apart."""

    CITY = "city", "全市", "Whole city"
    COUNTY = "county", "县（区）", "County"
    TOWNSHIP = "township", "乡镇（街道）", "Township"
    AREA = "area", "城乡", "Town and country"
    SEX = "sex", "性别", "Sex"
    AGE = "age", "年龄", "Age"
    CONTACT = "contact", "是否打过交道", "Users and non-users"


class EstimateSet(Base):
    """The estimates of one weight set under one definition; never changed."""

    __tablename__ = "estimate_set"
    __table_args__ = (sa.UniqueConstraint("weight_set_id", "definition_version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    weight_set_id: Mapped[int] = mapped_column(sa.ForeignKey("weight_set.id"))
    definition_version: Mapped[int]
    code_version: Mapped[str] = mapped_column(sa.String(40))
    covariances: Mapped[dict[str, Any]]
    """By index: the counties published, in order of their codes, the full covariance of their shares, and of each the
    best place, the worst and the band (`survey.index_ranks`)."""
    made_at: Mapped[datetime]


class IndexEstimate(EstimateColumns, Base):
    """One figure; shares from 0 to 1, scores from 0 to 100."""

    __tablename__ = "index_estimate"

    estimate_set_id: Mapped[int] = mapped_column(sa.ForeignKey("estimate_set.id"), primary_key=True)
    index: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    """safety, enforcement, or an agency's code."""
    measure: Mapped[Measure] = mapped_column(coded(Measure), primary_key=True)
    by: Mapped[By] = mapped_column(coded(By), primary_key=True)
    domain: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """city, a place's code, urban, male, 30-39, users, …"""
    method: Mapped[str] = mapped_column(sa.String(20), default="")
    withheld: Mapped[str | None] = mapped_column(sa.String(60))
    """Why it is not published; what is withheld is in no report."""

    @property
    def is_shown(self) -> bool:
        """Say whether it may be printed."""
        return self.withheld is None and self.estimate is not None

    @property
    def measured(self) -> Measured | None:
        """Return what a comparison needs, or None where the figure may not be printed or has no error."""
        if not self.is_shown or self.estimate is None or not self.standard_error:
            return None
        return Measured(self.estimate, self.standard_error, self.df or 1)


@dataclass(frozen=True, eq=False)
class Known:
    """One estimate with the set it belongs to."""

    estimate: IndexEstimate
    weight_set: WeightSet
    made: EstimateSet


Key = tuple[str, Measure, By, str]


@dataclass(frozen=True, eq=False)
class Figures:
    """All estimates of one set, by index, measure, group and domain."""

    weight_set: WeightSet
    made: EstimateSet
    rows: dict[Key, IndexEstimate]

    def get(
        self, index: str, domain: str = CITY, by: By = By.CITY, measure: Measure = Measure.SHARE
    ) -> IndexEstimate | None:
        """Return one figure."""
        return self.rows.get((index, measure, by, domain))

    def domains(self, by: By) -> list[str]:
        """List the domains of a group, in order of their codes."""
        return sorted({key[3] for key in self.rows if key[2] is by})

    def of(self, by: By, index: str, measure: Measure = Measure.SHARE) -> list[IndexEstimate]:
        """List one index by a grouping, in the order of its domains."""
        return [e for domain in self.domains(by) if (e := self.get(index, domain, by, measure)) is not None]

    def places(self, index: str) -> dict[str, RankRange]:
        """Return the places that each published county may hold, by its code."""
        kept = self.made.covariances.get(index)
        if kept is None or "places" not in kept:  # estimates of before places were frozen with them have none
            return {}
        return {code: RankRange(*held) for code, held in zip(kept["counties"], kept["places"], strict=True)}

    def between(self, index: str, here: str, there: str) -> Change | None:
        """Compare two counties of the same period; raking ties their errors together, and the covariance is in."""
        one, two = (self.get(index, c, By.COUNTY) for c in (here, there))
        if one is None or two is None or one.measured is None or two.measured is None:
            return None
        kept = self.made.covariances.get(index)
        if kept is None or here not in kept["counties"] or there not in kept["counties"]:
            return None
        i, j = kept["counties"].index(here), kept["counties"].index(there)
        return apart(one.measured, two.measured, covariance=float(np.asarray(kept["matrix"])[i, j]))


def since(now: IndexEstimate | None, before: IndexEstimate | None) -> Change | None:
    """Compare a figure with the same one of a period that shares no number with it."""
    if now is None or before is None or now.measured is None or before.measured is None:
        return None
    return apart(now.measured, before.measured)


def figures_of(session: Session, weight_set: WeightSet, version: int | None = None) -> Figures | None:
    """Return the estimates of a weight set, under one version or the newest there is."""
    query = sa.select(EstimateSet).where(EstimateSet.weight_set_id == weight_set.id)
    if version is not None:
        query = query.where(EstimateSet.definition_version == version)
    made = session.scalars(query.order_by(EstimateSet.definition_version.desc()).limit(1)).first()
    if made is None:
        return None
    rows = session.scalars(sa.select(IndexEstimate).where(IndexEstimate.estimate_set_id == made.id))
    return Figures(weight_set, made, {(r.index, r.measure, r.by, r.domain): r for r in rows})
