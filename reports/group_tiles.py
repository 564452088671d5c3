"""Tiles of the groups: every index by county, town and country, sex, age, users and others, with its changes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.places import Place
from reports.blocks import Cell, Chart, Column, Table, Text
from reports.definitions import ENFORCEMENT, ENFORCEMENT_WORDS, SAFETY, in_force
from reports.estimates import By, Figures, Known, Measure, since
from reports.group_words import group_words
from reports.index_blocks import HOLM, METHOD, WHY, interval, numbers_of, verdicts_of
from reports.index_series import newest, of_period
from reports.index_tiles import NO_WEIGHTS
from reports.periods import LAST_YEAR, PREVIOUS, Period, PeriodKind
from reports.tiles import Tile, estimated

KINDS = (PeriodKind.WEEK, PeriodKind.FOUR_WEEKS, PeriodKind.HALF_YEAR)


def index_names(session: Session, at: datetime) -> dict[str, Text]:
    """Return every index with its name: both indices, then the agencies."""
    definition = in_force(session, clock.today(at))
    agencies = {a.code: a.words for a in definition.agencies}
    return {SAFETY: definition.safety.words, ENFORCEMENT: ENFORCEMENT_WORDS, **agencies}


def by_group(
    session: Session, index: str, by: By, kind: PeriodKind, measure: Measure, *, at: datetime
) -> Tile:
    """Return an index of the newest period of a kind by a grouping, each with its change and that on last year."""
    now = newest(session, kind, until=clock.today(at))
    earlier: list[Figures | None] = [None, None]
    previous = PREVIOUS[kind]
    if now is not None:
        span = Period(kind, now.weight_set.starts_on, now.weight_set.ends_on)
        previous = span.previous_words
        earlier = [_alike(now, of_period(session, p)) for p in (span.previous, span.last_year)]
    places = (
        {p.code: Text(p.name, p.name_en) for p in session.scalars(sa.select(Place))}
        if by is By.COUNTY
        else {}
    )
    rows: list[tuple[Cell, ...]] = []
    found = now.of(by, index, measure) if now else []
    told = [
        verdicts_of(since(e, other.get(index, e.domain, by, measure) if other else None) for e in found)
        for other in earlier
    ]
    # A number that is few is hidden, and with it the smallest other: the sum stands on other pages.
    for e, n, *verdicts in zip(found, numbers_of(found), *told, strict=True):
        why = None if e.is_shown else WHY.get(e.withheld or "")
        words = places.get(e.domain, Text(e.domain, e.domain)) if places else group_words(e.domain)
        changes = [verdict if e.is_shown else None for verdict in verdicts]
        rows.append((words, e.domain, *interval(e), n, *changes, why))
    unit = "score" if measure is Measure.MEAN else "percent"
    columns = (
        Column("group", Text(by.zh, by.en)),
        Column("code", Text("代码", "Code")),
        Column("estimate", Text("估计值", "Estimate"), unit),  # type: ignore[arg-type]
        Column("low", Text("下限", "Low"), unit),  # type: ignore[arg-type]
        Column("high", Text("上限", "High"), unit),  # type: ignore[arg-type]
        Column("n", Text("样本量", "n"), "count"),
        Column("before", Text(f"比{previous.zh}", f"On {previous.en}")),
        Column("year", Text("比" + LAST_YEAR[kind].zh, "On " + LAST_YEAR[kind].en)),
        Column("withheld", Text("不予公布的原因", "Why withheld")),
    )
    name = index_names(session, at)[index]
    words = Text(f"{name.zh}·{measure.zh}", f"{name.en}, {measure.en}")
    table = Table("groups", words, columns, tuple(rows), "groups", HOLM)
    chart = Chart("groups.chart", words, "intervals", "groups", "group", ("estimate",), "low", "high")
    city = now.get(index, measure=measure) if now else None
    held = [Known(city, now.weight_set, now.made)] if now and city else []
    made = estimated(METHOD, "index_estimate(by, domain)", held, at=at)
    return Tile(table, made, chart, None, None if rows else _missing(now, by, kind))


def _alike(now: Figures, other: Figures | None) -> Figures | None:
    """Return the other figures where both stand on one definition: another one is another index."""
    return other if other and other.made.definition_version == now.made.definition_version else None


def _missing(now: Figures | None, by: By, kind: PeriodKind) -> Text:
    if now is not None and by is By.CONTACT:
        return Text(
            "这一期没有按是否打过交道分开的结果：问卷没有问，或者这一指数不分。",
            "No figures apart for users and others: they were not asked, or this index is not told apart.",
        )
    if kind is PeriodKind.HALF_YEAR:
        return Text(
            "还没有半年的加权结果。半年的权数每逢周日和半年末的夜里做一次。",
            "No half-year has been weighed yet. It is, on Sunday nights and when a half-year ends.",
        )
    return NO_WEIGHTS
