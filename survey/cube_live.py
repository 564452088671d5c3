"""The indices of a window that is still open, estimated from the stored cube in milliseconds: provisional figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from survey.answers import questionnaire
from survey.cube_cells import CELL, CubeCell
from survey.cube_field import field_of, joined_strata, stratum_weights
from survey.cube_scoring import UNTOLD, scaled, values
from survey.indices import CITY, INDICES, parts_of
from survey.methods import composites
from survey.methods.cube import Cube
from survey.methods.cube_calibration import rake
from survey.methods.cube_estimates import cube_estimates
from survey.methods.cube_estimation import Margins
from survey.methods.cube_layout import Index, Item, Key, Layout
from survey.methods.cube_patterns import gathered
from survey.methods.design import codes
from survey.methods.estimates import Estimate
from survey.methods.failures import MethodFailure
from survey.methods.variance import SinglePsu
from survey.questionnaire import Questionnaire
from survey.waves import Wave
from survey.weight_making import LEAST_INTERVIEWS, margin_totals
from survey.weighting_steps import LEAST_IN_CATEGORY

COUNTY = "county"
Totals = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Live:
    """The provisional figures of one window, or why there are none yet."""

    starts_on: date
    ends_on: date
    interviews: int
    figures: Mapping[tuple[str, str], Estimate] = field(default_factory=dict)
    """By index or item, and city or county."""
    is_without_margins: bool = False
    trouble: str | None = None
    """What the method says where the interviews can't be weighed."""

    @property
    def wanted(self) -> int:
        """How many more interviews it takes until figures are given."""
        return max(LEAST_INTERVIEWS - self.interviews, 0)


def windows(today: date) -> tuple[tuple[date, date], tuple[date, date]]:
    """Return the running week and the four weeks up to today."""
    return (today - timedelta(days=today.weekday()), today), (today - timedelta(days=27), today)


def live(session: Session, wave: Wave, starts_on: date, ends_on: date, *, with_items: bool = False) -> Live:
    """Estimate the indices (and their items) of the numbers released in a window from the stored cube."""
    groups = _groups(session, wave.id, starts_on, ends_on)
    interviews = sum(group.n for group in groups)
    bare = Live(starts_on, ends_on, interviews)
    if interviews < LEAST_INTERVIEWS or wave.edition is None:
        return bare
    totals = {v: {c: float(n) for c, n in t.items()} for v, t in margin_totals(session).items()}
    if not totals:
        return Live(starts_on, ends_on, interviews, is_without_margins=True)
    try:
        found = _estimated(session, wave, groups, totals, starts_on, ends_on, with_items)
    except MethodFailure as failure:
        return Live(starts_on, ends_on, interviews, trouble=str(failure))
    return Live(starts_on, ends_on, interviews, {(e.item, e.domain): e for e in found})


def _groups(session: Session, wave_id: int, starts_on: date, ends_on: date) -> Sequence[Any]:
    """Add the days of a window up: one row per stratum, cell and answers."""
    key = (CubeCell.stratum_id, *[getattr(CubeCell, name) for name in CELL], CubeCell.answers)
    query = (
        sa.select(
            *key,
            sa.func.sum(CubeCell.n).label("n"),
            sa.func.sum(CubeCell.weight).label("weight"),
            sa.func.sum(CubeCell.square).label("square"),
        )
        .where(CubeCell.wave_id == wave_id, CubeCell.released_on.between(starts_on, ends_on))
        .group_by(*key)
    )
    return session.connection().execute(query).all()


def _estimated(
    session: Session,
    wave: Wave,
    groups: Sequence[Any],
    totals: Totals,
    starts_on: date,
    ends_on: date,
    with_items: bool,
) -> list[Estimate]:
    standing = field_of(session, wave.id, starts_on, ends_on)
    weights = stratum_weights(standing)
    interviews = Counter[int]()
    for group in groups:
        interviews[group.stratum_id] += group.n
    strata = joined_strata(standing, interviews)
    county = {s.stratum_id: s.county for s in standing}
    assert wave.edition is not None, "an open wave has its edition"
    cube, used = assembled(groups, questionnaire(wave.edition), totals, weights, strata, county)
    folded = Margins.of(cube)
    by_group = {v: {c: c.partition(":")[0] for c in t} for v, t in used.items()}
    step = rake(cube, folded, used, min_rows=LEAST_IN_CATEGORY, groups=by_group)
    indices = [i.name for i in cube.layout.indices]
    names = indices + [i.name for i in cube.layout.items]
    found = composites.with_items(
        cube_estimates(
            cube, names, margins=folded, steps=[step], by=COUNTY, whole=CITY, single=SinglePsu.ADJUST
        ),
        parts_of(questionnaire(wave.edition)),
    )
    return [e for e in found if (e.n or e.domain == CITY) and (with_items or e.item in indices)]


def assembled(
    groups: Sequence[Any],
    form: Questionnaire,
    totals: Totals,
    weights: Mapping[int, float],
    strata: Mapping[int, str],
    county: Mapping[int, str],
) -> tuple[Cube, Totals]:
    """Make the cube of a window and the margins it can be raked to; untold categories take the usual one."""
    stratum, names = codes([strata[g.stratum_id] for g in groups])
    factor = np.array([weights[g.stratum_id] for g in groups])
    d = np.array([g.weight for g in groups]) * factor
    told = {name: [getattr(g, name) for g in groups] for name in CELL}
    told[COUNTY] = [county[g.stratum_id] for g in groups]
    used = {v: t for v, t in totals.items() if any(c in t for c in told.get(v, ()))}
    keys = {v: tuple(t) for v, t in used.items()}
    keys.setdefault(COUNTY, tuple(sorted(set(told[COUNTY]))))
    signs = [g.answers for g in groups]
    scores = {name: values(signs, place) for place, name in enumerate(scaled(form))}
    items, indices = [], []
    for index in INDICES:
        parts = [n for n in form.index_items(index) if n in scores]
        if any(not np.isnan(scores[n]).all() for n in parts):
            items += [n for n in parts if n not in items]
            indices.append(Index(index, tuple(parts)))
    layout = Layout(
        names, tuple(Key(v, c) for v, c in keys.items()), tuple(Item(n) for n in items), tuple(indices)
    )
    cube = gathered(
        layout,
        strata=stratum,
        keys=[_coded(told[v], c, d) for v, c in keys.items()],
        rows=np.array([g.n for g in groups], dtype=np.int64),
        weights=d,
        squares=np.array([g.square for g in groups]) * factor**2,
        answers=[scores[n] for n in items],
    )
    return cube, used


def _coded(told: Sequence[str], categories: tuple[str, ...], weights: Any) -> Any:
    """Number categories; whoever did not tell one takes that of the most people."""
    place = {c: i for i, c in enumerate(categories)}
    found = np.array([place.get(c, -1) if c != UNTOLD else -1 for c in told], dtype=np.int64)
    known = found >= 0
    usual = int(np.argmax(np.bincount(found[known], weights[known], len(categories))))
    return np.where(known, found, usual)
