"""Townships: the figure that was measured where there are interviews enough, and a modelled one for all, marked as such."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.phone import NumberKind
from core.places import Level, Place
from hotline.hidden_tables import conceal
from reports.definitions import ENFORCEMENT, SAFETY, Definition
from reports.estimates import By, Figures, Measure
from reports.estimating import Scored
from survey.cases import Case
from survey.frame import Stratum
from survey.interviews import Interview
from survey.methods.design import FloatArray
from survey.methods.estimates import Estimate, domains, estimates
from survey.methods.failures import MethodFailure
from survey.methods.small_area import SmallAreas, benchmarked, fay_herriot, smoothed_variance
from survey.methods.variance import SinglePsu
from survey.waves import Wave
from survey.weight_replay import replayed
from survey.weighting import Weight, WeightSet

LEAST_DIRECT = 100
"""Interviews under which a township has no figure of its own."""
LEAST = 10
"""Interviews under which a township's answers enter nothing that is shown of it, and its number is hidden."""
LEAST_TOWNSHIPS = 8
Z = 1.959964


@dataclass(frozen=True)
class Township:
    """One township: what was measured, and what the model says with how much of the measured in it."""

    place: Place
    county: Place
    n: int | None
    """None is hidden: under ten, or it would tell another that is."""
    direct: Estimate | None
    modelled: float | None
    low: float | None
    high: float | None
    own_share: float | None
    """γ, the weight of the township's own answers; 0 is the prediction alone, None is hidden with n."""


@dataclass(frozen=True)
class Modelled:
    """An index by township over one weighted period."""

    index: str
    weight_set: WeightSet
    definition: Definition
    townships: tuple[Township, ...]
    covariates: tuple[str, ...]
    """What the prediction stands on beside the common mean; a column that says nothing new is left out."""
    variance_between: float | None
    """None where there are too few townships to fit a model."""


@dataclass(frozen=True, eq=False)
class _Fitted:
    """What the model says of every township, before it is tied to the counties."""

    estimate: FloatArray
    mse: FloatArray
    gamma: FloatArray
    between: float


@dataclass(frozen=True, eq=False)
class _Frame:
    """The townships with what the frame knows of them: numbers, and the share of landlines."""

    places: list[Place]
    counties: list[Place]
    size: FloatArray
    landlines: FloatArray


def townships(session: Session, made: Figures, definition: Definition, index: str) -> Modelled:
    """Estimate an index by township: directly from 100 interviews on, modelled for all, tied to the counties.

    Fay–Herriot by REML over every township of the frame. A township's sampling variance is smoothed: its county's
    share p(1 − p) times the design effect of the city's figure over n. Modelled figures are scaled so that they
    average, by the frame's numbers, to their county's published one. Under ten interviews a township gets the
    prediction alone. Raises `Moved` where the data are no longer those that were weighed.
    """
    frame = _frame(session, made.weight_set)
    found = _direct(session, made.weight_set, definition, index)
    mine = [found.get(str(place.id)) for place in frame.places]
    counts = [e.n if e else 0 for e in mine]
    shown = _counts(frame, counts)
    fitted, names = _fitted(frame, made, index, mine)
    estimate, reach = _tied(frame, made, index, fitted) if fitted else (None, None)
    rows = []
    for i, place in enumerate(frame.places):
        e, n = mine[i], shown[i]
        value = float(np.clip(estimate[i], 0.0, 1.0)) if estimate is not None else None
        low, high = (
            (max(value - reach[i], 0.0), min(value + reach[i], 1.0))
            if value is not None and reach is not None
            else (None, None)
        )
        is_told = n is not None or counts[i] < LEAST
        own = float(fitted.gamma[i]) if fitted is not None and is_told else None
        is_direct = e is not None and n is not None and e.n >= LEAST_DIRECT and e.is_published
        rows.append(Township(place, frame.counties[i], n, e if is_direct else None, value, low, high, own))
    between = fitted.between if fitted is not None else None
    return Modelled(index, made.weight_set, definition, tuple(rows), names, between)


def _direct(
    session: Session, weight_set: WeightSet, definition: Definition, index: str
) -> dict[str, Estimate]:
    """Estimate an index by township, by the place's id."""
    replay = replayed(session, weight_set)
    items = [e for e in Scored(definition, replay.people).estimands(Measure.SHARE) if e.name == index]
    lies = (
        sa.select(Interview.id, Case.township_id)
        .join(Case, Case.id == Interview.case_id)
        .join(Weight, Weight.interview_id == Interview.id)
        .where(Weight.weight_set_id == weight_set.id)
    )
    towns = {interview: str(town) for interview, town in session.execute(lies)}
    by = domains(np.array([towns[p.interview_id] for p in replay.people]))
    made = estimates(
        replay.weighted.design,
        items,
        adjustments=[replay.weighted.adjustment],
        by=by,
        single=SinglePsu.ADJUST,
    )
    return {e.domain: e for e in made}


def _frame(session: Session, weight_set: WeightSet) -> _Frame:
    """Return the townships of the wave's frame, in the order of their codes."""
    wave = session.get_one(Wave, weight_set.wave_id)
    query = (
        sa.select(Stratum.township_id, Stratum.kind, sa.func.sum(Stratum.size))
        .where(Stratum.frame_id == wave.frame_id)
        .group_by(Stratum.township_id, Stratum.kind)
    )
    size: dict[int, dict[NumberKind, int]] = {}
    for town, kind, n in session.execute(query):
        size.setdefault(town, {})[kind] = n
    known = {p.id: p for p in session.scalars(sa.select(Place))}
    places = sorted((known[town] for town in size if sum(size[town].values())), key=lambda p: p.code)
    places = [p for p in places if p.level is Level.TOWNSHIP and p.parent_id in known]
    total = np.array([sum(size[p.id].values()) for p in places], dtype=np.float64)
    lines = np.array([size[p.id].get(NumberKind.LANDLINE, 0) for p in places], dtype=np.float64)
    return _Frame(places, [known[p.parent_id or 0] for p in places], total, lines / np.maximum(total, 1))


def _counts(frame: _Frame, counts: list[int]) -> list[int | None]:
    """Return how many interviews each township has, without those that are few or would give few away."""
    shown: list[int | None] = list(counts)
    for county in {c.id for c in frame.counties}:
        members = [i for i, c in enumerate(frame.counties) if c.id == county]
        # The county's own number stands on other pages: the sum must not tell the one that is hidden.
        cells = conceal([[counts[i]] for i in members], least=LEAST).cells
        for i, cell in zip(members, cells, strict=True):
            shown[i] = cell[0]
    return shown


def _fitted(
    frame: _Frame, made: Figures, index: str, found: list[Estimate | None]
) -> tuple[_Fitted | None, tuple[str, ...]]:
    """Fit the model with what the frame knows, then without, or not at all where townships are too few."""
    city = made.get(index)
    if city is None or not city.estimate or not city.standard_error or not 0 < city.estimate < 1:
        return None, ()
    p = city.estimate
    pooled = np.array([_share(made, index, c.code, p) for c in frame.counties])
    effect = city.standard_error**2 * city.n / (p * (1 - p))
    n = np.array([e.n if e and e.estimate is not None else 0 for e in found], dtype=np.float64)
    if np.count_nonzero(n) < LEAST_TOWNSHIPS:
        return None, ()
    direct = np.array([e.estimate if e and n[i] else np.nan for i, e in enumerate(found)], dtype=np.float64)
    noise = smoothed_variance(pooled, n, effect)
    level = np.ones(len(frame.places))
    for names, columns in (
        (("landlines", "size"), (frame.landlines, np.log(frame.size))),
        (("landlines",), (frame.landlines,)),
        ((), ()),
    ):
        try:
            x = np.column_stack((level, *columns))
            return _without_few(fay_herriot(direct, noise, x), x, n), names
        except MethodFailure:
            continue  # a column that is constant here, or too few townships for so many
    return None, ()


def _without_few(made: SmallAreas, x: FloatArray, n: FloatArray) -> _Fitted:
    """Leave townships of under ten interviews to the prediction: their few answers enter the common line alone."""
    few = n < LEAST
    of_line = made.g2 / np.maximum(1 - made.gamma, 1e-12) ** 2  # x'(X'V⁻¹X)⁻¹x
    return _Fitted(
        np.where(few, x @ made.beta, made.estimate),
        np.where(few, made.variance_between + of_line, made.mse),
        np.where(few, 0.0, made.gamma),
        made.variance_between,
    )


def _share(made: Figures, index: str, county: str, city: float) -> float:
    """Return a county's published share, else the city's; never 0 or 1, which would leave no variance."""
    e = made.get(index, county, By.COUNTY)
    return e.estimate if e is not None and e.is_shown and e.estimate and e.estimate < 1 else city


def _tied(frame: _Frame, made: Figures, index: str, fitted: _Fitted) -> tuple[FloatArray, FloatArray]:
    """Scale the modelled figures to their counties' published ones, their half-widths with them."""
    codes = sorted({c.code for c in frame.counties})
    group = np.array([codes.index(c.code) for c in frame.counties], dtype=np.int64)
    held = [made.get(index, code, By.COUNTY) for code in codes]
    direct = np.array([e.estimate if e is not None and e.is_shown and e.estimate else np.nan for e in held])
    estimate = benchmarked(fitted.estimate, frame.size, group, direct)
    factor = np.divide(estimate, fitted.estimate, out=np.ones_like(estimate), where=fitted.estimate != 0)
    return estimate, Z * np.sqrt(fitted.mse) * factor


INDICES = (SAFETY, ENFORCEMENT)
