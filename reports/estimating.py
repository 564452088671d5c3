"""Making estimates: a weight set's interviews scored by the definition and estimated by every group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from hotline.hidden_tables import conceal
from reports import coaching
from reports.code_mark import code_version
from reports.definitions import ENFORCEMENT, SAFETY, Definition, Item
from reports.estimates import CITY, By, EstimateSet, IndexEstimate, Measure
from survey.categories import AREA, SEX, age_band
from survey.index_ranks import places, with_errors
from survey.methods.composites import with_items
from survey.methods.contrasts import Target, joint
from survey.methods.design import BoolArray, FloatArray
from survey.methods.estimands import Composite, Estimand, Mean
from survey.methods.estimates import Domains, Estimate, domains, estimates
from survey.methods.publication import Suppression
from survey.methods.variance import SinglePsu
from survey.period_data import Respondent
from survey.weight_replay import Replay, replayed
from survey.weighting import WeightSet, estimate_columns

USERS, OTHERS = "users", "others"


@dataclass(frozen=True, eq=False)
class Scored:
    """The answers of everybody (rows,) under one definition: by item and measure, NaN for no opinion."""

    definition: Definition
    people: Sequence[Respondent]

    def values(self, item: Item, measure: Measure) -> FloatArray:
        """Score one question."""
        d = self.definition
        match measure:
            case Measure.SHARE:
                score = {code: float(code in d.favourable) for code in d.scores}
            case Measure.LEGACY:
                score = {code: float(code in d.legacy) for code in d.scores}
            case Measure.MEAN:
                score = d.scores
        given = (p.answers.get(item.question, "") for p in self.people)
        return np.array([score.get(v, np.nan) for v in given], dtype=np.float64)

    def estimands(self, measure: Measure) -> list[Estimand]:
        """Return both indices and every agency; without one of its agencies the composite has no value."""
        is_share = measure is not Measure.MEAN
        found: list[Estimand] = []
        safety = self.values(self.definition.safety, measure)
        if not np.isnan(safety).all():
            found.append(Mean(SAFETY, safety, is_share))
        agencies = self.definition.agencies
        items = {a.code: Mean(a.code, self.values(a, measure), is_share) for a in agencies}
        asked = [item for item in items.values() if not np.isnan(item.y).all()]
        if asked:
            parts = tuple((items[a.code], a.weight) for a in agencies if a.weight > 0)
            found.append(Composite(ENFORCEMENT, tuple(i for i, _ in parts), tuple(w for _, w in parts)))
        return [*found, *asked]

    def composites(self, measure: Measure) -> dict[str, Composite]:
        """Return the composite of the agencies' users and that of the others, each agency over its own."""
        weighty = [a for a in self.definition.agencies if a.weight > 0]
        if not all(a.contact for a in weighty):
            return {}
        parts: dict[str, list[Mean]] = {USERS: [], OTHERS: []}
        for agency in weighty:
            y, users = self.values(agency, measure), self.users(agency)
            for label, inside in ((USERS, users), (OTHERS, ~users)):
                parts[label].append(
                    Mean(agency.code, np.where(inside, y, np.nan), measure is not Measure.MEAN)
                )
        weights = tuple(a.weight for a in weighty)
        return {
            label: Composite(ENFORCEMENT, tuple(held), weights)
            for label, held in parts.items()
            if not all(np.isnan(item.y).all() for item in held)
        }

    def users(self, item: Item) -> BoolArray:
        """Tell who had to do with an agency in the last twelve months."""
        return np.array(
            [p.answers.get(item.contact) == self.definition.used for p in self.people], dtype=np.bool_
        )


def groups(people: Sequence[Respondent]) -> dict[By, list[str]]:
    """Return the domain of everybody in each grouping; "" where the answers do not tell."""
    return {
        By.COUNTY: [p.county for p in people],
        By.AREA: [AREA.get(p.answers.get("area", ""), "") for p in people],
        By.SEX: [SEX.get(p.answers.get("sex", ""), "") for p in people],
        By.AGE: [age_band(p.answers.get("age")) or "" for p in people],
    }


def _labelled(labels: Sequence[str]) -> Domains:
    """Make domains of those who told theirs; the others are in none."""
    found = domains(np.asarray(labels))
    if "" not in found.labels:
        return found
    unknown = found.labels.index("")
    numbers = np.where(found.codes == unknown, -1, found.codes - (found.codes > unknown))
    return Domains(numbers, tuple(label for label in found.labels if label))


def make(
    session: Session,
    weight_set: WeightSet,
    definition: Definition,
    *,
    at: datetime,
    replay: Replay | None = None,
) -> EstimateSet:
    """Estimate a weight set under a definition and keep the figures; what is there already is returned."""
    kept = session.scalars(
        sa.select(EstimateSet).where(
            EstimateSet.weight_set_id == weight_set.id, EstimateSet.definition_version == definition.version
        )
    ).first()
    if kept is not None:
        return kept
    again = replay or replayed(session, weight_set)
    scored = Scored(definition, again.people)
    rows: list[tuple[Measure, By, Estimate]] = []
    for measure in Measure:
        estimands = scored.estimands(measure)
        groupings = {
            By.CITY: _estimated(again, estimands, None),
            By.CONTACT: _by_contact(again, scored, measure),
        }
        for by, labels in groups(again.people).items():
            groupings[by] = _estimated(again, estimands, _labelled(labels))
        rows += [(measure, by, e) for by, found in groupings.items() for e in fit_to_print(found, definition)]
    made = EstimateSet(
        weight_set_id=weight_set.id,
        definition_version=definition.version,
        code_version=code_version(),
        covariances=_covariances(again, scored, rows),
        made_at=at,
    )
    session.add(made)
    session.flush()
    if rows:  # a poll on a special topic may ask none of the definition's items
        session.execute(sa.insert(IndexEstimate), [_row(made.id, measure, by, e) for measure, by, e in rows])
    coaching.keep(session, weight_set, again, definition)
    return made


def fit_to_print(found: Sequence[Estimate], definition: Definition) -> list[Estimate]:
    """Withhold of the figures of one grouping what would tell a group's few, then composites without all their items."""
    hidden: set[tuple[str, str]] = set()
    agencies = {a.code: a.weight for a in definition.agencies}
    for item in (definition.safety.code, *agencies):
        mine = [e for e in found if e.item == item]
        told = conceal([[e.n] for e in mine]).cells if len(mine) > 1 else []
        hidden |= {(item, e.domain) for e, (n,) in zip(mine, told, strict=False) if n is None}
    kept = [
        replace(e, suppression=Suppression.COMPLEMENT)
        if e.is_published and (e.item, e.domain) in hidden
        else e
        for e in found
    ]
    return with_items(kept, {ENFORCEMENT: [code for code, weight in agencies.items() if weight > 0]})


def _estimated(replay: Replay, estimands: Sequence[Estimand], by: Domains | None) -> list[Estimate]:
    return estimates(
        replay.weighted.design,
        estimands,
        adjustments=[replay.weighted.adjustment],
        by=by,
        single=SinglePsu.ADJUST,
        whole=CITY if by is None else None,
    )


def _by_contact(replay: Replay, scored: Scored, measure: Measure) -> list[Estimate]:
    """Estimate each agency, and the composite of all, among those who had to do with it and among the others."""
    found: list[Estimate] = []
    wanted = {e.name: e for e in scored.estimands(measure)}
    for agency in scored.definition.agencies:
        if agency.contact and agency.code in wanted:
            labels = np.where(scored.users(agency), USERS, OTHERS)
            found += _estimated(replay, [wanted[agency.code]], domains(labels))
    for label, whole in scored.composites(measure).items():
        found += [replace(e, domain=label) for e in _estimated(replay, [whole], None)]
    return found


def _covariances(replay: Replay, scored: Scored, rows: list[tuple[Measure, By, Estimate]]) -> dict[str, Any]:
    """Return the covariance of the published counties' shares of both indices, and the places they may hold."""
    counties = np.array([p.county for p in replay.people])
    items: Mapping[str, Estimand] = {e.name: e for e in scored.estimands(Measure.SHARE)}
    kept: dict[str, Any] = {}
    for index in (SAFETY, ENFORCEMENT):
        shown = sorted(
            (e for measure, by, e in rows
             if measure is Measure.SHARE and by is By.COUNTY and e.item == index and e.is_published),
            key=lambda e: e.domain,
        )  # fmt: skip
        if len(shown) < 2:
            continue
        values, matrix = joint(
            replay.weighted.design,
            [Target(items[index], counties == e.domain) for e in shown],
            adjustments=[replay.weighted.adjustment],
            single=SinglePsu.ADJUST,
        )
        ranges = places(values, with_errors(shown, matrix))
        kept[index] = {
            "counties": [e.domain for e in shown],
            "matrix": matrix.tolist(),
            "places": [[r.best, r.worst, r.band] for r in ranges],
        }
    return kept


def _row(set_id: int, measure: Measure, by: By, e: Estimate) -> dict[str, Any]:
    return {
        "estimate_set_id": set_id,
        "index": e.item,
        "measure": measure,
        "by": by,
        "domain": e.domain,
        **estimate_columns(e),
        "method": e.method,
        "withheld": e.suppression.value if e.suppression else None,
    }
