"""The counties side by side: indices, response, matters, promises and dark figures, each with its interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.places import Level, counties
from core.terms import Words, speaking
from matters.keeping_away import IN_REPORTS
from matters.matter import Matter
from matters.states import MatterState
from reports.blocks import Cell, Column, Table, Text
from reports.dark_cells import DarkRow
from reports.dark_figure import Hidden
from reports.dark_figures import dark_figures
from reports.definitions import ENFORCEMENT, SAFETY
from reports.estimates import By, Figures, Known
from reports.home_counties import home_counties
from reports.index_blocks import METHOD, WHY, interval, numbers_of, places_of
from reports.index_series import newest
from reports.index_tiles import NO_WEIGHTS
from reports.matter_tiles import LEAST
from reports.periods import PeriodKind
from reports.promise_tiles import kept_by_week, share_limits
from reports.tiles import Tile, estimated
from survey.field_rates import Breakdown, Selection, tabulate
from survey.methods.rates import Eligibility
from survey.waves import Wave
from survey.weight_making import margin_totals

SPAN = timedelta(weeks=4)
PER = 10_000
KEPT = 8
NO_DATA = Text("没有数据", "No data")
FEW_DUE = Text("到期不足 10 件，不给比例", "Fewer than 10 were due: no share")
NOTHING: tuple[Cell, ...] = (None, None, None, None, None, NO_DATA)
_ratios: WeakKeyDictionary[sa.Engine, dict[tuple[int, date], dict[str, tuple[Cell, ...]]]] = (
    WeakKeyDictionary()
)
_counting = Lock()


def side_by_side(session: Session, *, at: datetime, sort: str = "") -> Tile:
    """Return every county with what there is of it, in the order of its code or as asked."""
    today = clock.today(at)
    now = newest(session, PeriodKind.FOUR_WEEKS, until=today)
    last = now.weight_set.ends_on if now else today - timedelta(days=1)
    first = last - SPAN + timedelta(days=1)
    heard, kept = _matters(session, first, last), _kept(session, first, last)
    people = margin_totals(session).get("county", {})
    rates = _response(session, now) if now else {}
    dark = _dark(session, now, today) if now else {}
    safety, enforcement = _index(now, SAFETY), _index(now, ENFORCEMENT)
    rows: list[tuple[Cell, ...]] = []
    for county in counties(session):
        n, population = heard.get(county.id, 0), people.get(county.code)
        due, done = kept.get(county.id, (0, 0))
        share = share_limits(due, done) if due >= LEAST else (None, None, None)
        why_share = None if due >= LEAST else FEW_DUE if due else NO_DATA
        per = n / population * PER if population else None
        rows.append(
            (
                Text(county.name, county.name_en), county.code, *safety.get(county.code, NOTHING),
                *enforcement.get(county.code, NOTHING), rates.get(county.code), n, per, due, *share, why_share,
                *dark.get(county.code, (None, None, None, NO_DATA)),
            )
        )  # fmt: skip
    table = Table(
        "counties", Text("县（区）并列", "Counties side by side"), COLUMNS, ordered(rows, sort), "counties"
    )
    city = now.get(SAFETY) if now else None
    held = [Known(city, now.weight_set, now.made)] if now and city else []
    made = estimated(MADE, "index_estimate, case(disposition), matter(promised_on), reporter", held, at=at)
    return Tile(table, made, None, None, None if rows else NO_WEIGHTS)


def ordered(rows: list[tuple[Cell, ...]], sort: str) -> tuple[tuple[Cell, ...], ...]:
    """Sort rows by a column, `-` for downwards; what is missing stands last, and codes settle equals."""
    keys = [c.key for c in COLUMNS]
    key = sort.removeprefix("-")
    if key not in keys:
        return tuple(rows)
    at, is_down = keys.index(key), sort.startswith("-")
    held = [row for row in rows if row[at] is not None]
    first = sorted(held, key=lambda row: str(row[1]))
    if all(isinstance(row[at], int | float) for row in held):
        first.sort(key=lambda row: float(row[at]) * (-1 if is_down else 1))  # type: ignore[arg-type]
    else:
        first.sort(key=lambda row: str(row[at]), reverse=is_down)
    return (*first, *(row for row in rows if row[at] is None))


def _index(now: Figures | None, index: str) -> dict[str, tuple[Cell, ...]]:
    """Return by county an index with its limits, its number of interviews where it may be told, and its places."""
    ranks, found = (now.places(index), now.of(By.COUNTY, index)) if now else ({}, [])
    return {
        e.domain: (
            *interval(e),
            n,
            places_of(ranks.get(e.domain)) if e.is_shown else None,
            None if e.is_shown else WHY.get(e.withheld or "", NO_DATA),
        )
        for e, n in zip(found, numbers_of(found), strict=True)
    }


def _response(session: Session, now: Figures) -> dict[str, float | None]:
    """Return AAPOR's RR3 of the numbers released in the period, by county."""
    w = now.weight_set
    with speaking("zh"):
        chosen = Selection(starts_on=w.starts_on, ends_on=w.ends_on)
        _, cells = tabulate(session, session.get_one(Wave, w.wave_id), chosen, Breakdown.COUNTY)
    return {cell.order: cell.rates(Eligibility.CALCULATOR, weighted=False).rr3 for cell in cells}


def _matters(session: Session, first: date, last: date) -> dict[int, int]:
    query = (
        sa.select(Matter.place_id, sa.func.count())
        .where(Matter.registered_at >= clock.midnight(first))
        .where(Matter.registered_at < clock.midnight(last + timedelta(days=1)))
        .where(Matter.state != MatterState.DRAFT, IN_REPORTS)
        .group_by(Matter.place_id)
    )
    return _summed(
        home_counties(session),
        {row[0]: (row[1], 0) for row in session.execute(query) if row[0] is not None},
        0,
    )


def _kept(session: Session, first: date, last: date) -> dict[int, tuple[int, int]]:
    found = kept_by_week(session, sa.true(), first, last, Matter.place_id.expression)
    by_place: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (place, _), (due, kept) in found.items():
        before = by_place[int(str(place))]
        by_place[int(str(place))] = (before[0] + due, before[1] + kept)
    county = home_counties(session)
    answered = _summed(county, by_place, 1)
    return {code: (n, answered[code]) for code, n in _summed(county, by_place, 0).items()}


def _summed(county: Mapping[int, int], found: Mapping[int, tuple[int, int]], part: int) -> dict[int, int]:
    total: dict[int, int] = defaultdict(int)
    for place, pair in found.items():
        if place in county:
            total[county[place]] += pair[part]
    return dict(total)


def _dark(session: Session, now: Figures, today: date) -> dict[str, tuple[Cell, ...]]:
    """Return the ratio of every county with its limits, or why there is none.

    It reads every interview, so it is worked out once a day and set: whoever asks first does it for all.
    """
    key = (now.weight_set.id, today)
    with _counting:
        held = _ratios.setdefault(session.get_bind().engine, {})
        if key not in held:
            while len(held) >= KEPT:
                held.pop(next(iter(held)))
            held[key] = {
                row.place.code: _ratio(row)
                for row in dark_figures(session, now.weight_set).places
                if row.place is not None and row.place.level is Level.COUNTY
            }
        return held[key]


def _ratio(row: DarkRow) -> tuple[Cell, ...]:
    figure = row.figure
    if figure is None:
        # Only a township has too few to stand by itself: a county of which it is said has nobody asked.
        is_said = row.hidden is not None and row.hidden is not Hidden.FEW_ASKED
        return (None, None, None, Text(row.hidden.zh, row.hidden.en) if row.hidden and is_said else NO_DATA)
    why = Text(figure.flag.zh, figure.flag.en) if figure.flag and figure.ratio is None else None
    return (figure.ratio, figure.low, figure.high, why)


def _why(key: str, zh: str, en: str) -> Column:
    return Column(f"{key}_why", Text(f"{zh}·未列原因", f"{en}, why not given"))


def _estimate(key: str, zh: str, en: str, kind: str = "percent") -> tuple[Column, ...]:
    return (
        Column(key, Text(zh, en), kind),  # type: ignore[arg-type]
        Column(f"{key}_low", Text(f"{zh}·下限", f"{en}, low"), kind),  # type: ignore[arg-type]
        Column(f"{key}_high", Text(f"{zh}·上限", f"{en}, high"), kind),  # type: ignore[arg-type]
    )


COLUMNS = (
    Column("place", Text("县（区）", "County")),
    Column("code", Text("代码", "Code")),
    *_estimate("safety", "安全感", "Security"),
    Column("safety_n", Text("安全感·样本量", "Security, n"), "count"),
    Column("safety_places", Text("安全感·可能的名次", "Security, possible places"), "rank"),
    _why("safety", "安全感", "Security"),
    *_estimate("enforcement", "执法满意度", "Enforcement"),
    Column("enforcement_n", Text("执法满意度·样本量", "Enforcement, n"), "count"),
    Column("enforcement_places", Text("执法满意度·可能的名次", "Enforcement, possible places"), "rank"),
    _why("enforcement", "执法满意度", "Enforcement"),
    Column("response", Text("应答率 RR3", "Response RR3"), "percent"),
    Column("matters", Text("诉求", "Matters"), "count"),
    Column("per", Text("每万人", "Per 10,000"), "number"),
    Column("due", Text("到期承诺", "Promises due"), "count"),
    *_estimate("kept", "承诺兑现", "Promises kept"),
    _why("kept", "承诺兑现", "Promises kept"),
    *_estimate("dark", "暗数比", "Dark figure", "number"),
    _why("dark", "暗数比", "Dark figure"),
)
BARS = ("safety", "enforcement", "kept", "dark")
"""Columns drawn as a mark on its interval."""
MADE = Words(
    METHOD.zh
    + "；应答率按 AAPOR RR3，e 由已知比例推算；诉求按登记日；承诺兑现：承诺日落在这四周、到当天结束时诉求人都"
    "已得到答复的，Clopper–Pearson 区间；暗数比：问到时说有问题的居民 ÷ 主动反映的人次",
    METHOD.en
    + "; response is AAPOR's RR3 with e from the known share; matters by the day of registration; promises kept: "
    "promised within these four weeks and every caller answered by the end of that day, Clopper–Pearson limits; dark "
    "figure: residents who name a problem when asked ÷ callers who raise one unasked",
)
