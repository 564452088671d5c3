"""Tiles of the indices: each over time with its newest change, and the counties with what can be told apart."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.places import Place, counties
from core.terms import Words
from reports.blocks import Cell, Chart, Column, Figure, Table, Text
from reports.definitions import ENFORCEMENT, ENFORCEMENT_WORDS, SAFETY, Definition, in_force
from reports.estimates import CITY, By, Figures, IndexEstimate, Known, Measure, since
from reports.index_blocks import (
    HOLM,
    METHOD,
    figure,
    interval,
    interval_columns,
    numbers_of,
    places_of,
    verdicts_of,
)
from reports.index_series import Series, newest, of_period, series
from reports.luck import luck_of
from reports.periods import LAST_YEAR, PREVIOUS, Period, PeriodKind
from reports.tiles import Made, Tile, estimated

K = PeriodKind
Where = tuple[By, str]
"""Whose figures: a grouping and one of its domains."""
WEEKS = 13
NO_WEEKS = Text(
    "县（区）一周的样本量不列：从近四周的样本量里减得出少数人。",
    "A county's number of interviews is not given by the week: the four weeks less the others would tell a few.",
)
NO_WEIGHTS = Text(
    "还没有指数。调查完成 50 份访问并导入人口边际之后，每天清晨自动加权，十分钟内出现在这里。",
    "No index yet. Once a wave has 50 complete interviews and the population margins are imported, weights are made "
    "early each morning and the indices appear here within ten minutes.",
)


def names(definition: Definition) -> dict[str, Text]:
    """Return what both indices are called."""
    return {SAFETY: definition.safety.words, ENFORCEMENT: ENFORCEMENT_WORDS}


def over_time(session: Session, index: str, *, county: Place | None, at: datetime) -> Tile:
    """Return an index week by week and over four weeks rolling, with the newest four weeks as its number."""
    today = clock.today(at)
    definition = in_force(session, today)
    words = names(definition)[index]
    where = (By.COUNTY, county.code) if county else (By.CITY, CITY)
    back = today - timedelta(weeks=WEEKS)
    weeks = series(session, K.WEEK, since=back, until=today, by=where[0], domain=where[1])
    months = series(session, K.FOUR_WEEKS, since=back, until=today, by=where[0], domain=where[1])
    whole = {p: found for p, found in months.items() if p.ends_on.weekday() == 6}
    ends = sorted({p.ends_on for p in weeks} | {p.ends_on for p in whole})
    by_end = [{p.ends_on: found.get(index) for p, found in held.items()} for held in (weeks, whole)]
    sizes = _sizes(session, index, [k for held in by_end for k in held.values() if k], where)
    rows: list[tuple[Cell, ...]] = []
    for end in ends:
        cells: list[Cell] = [f"{end:%m-%d}"]
        week, month = (held.get(end) for held in by_end)
        cells += interval(week.estimate if week else None)
        if not county:
            cells.append(sizes.get(week.made.id) if week else None)
        cells += [*interval(month.estimate if month else None), sizes.get(month.made.id) if month else None]
        rows.append(tuple(cells))
    week_columns = _columns("week")[:-1] if county else _columns("week")
    columns = (Column("ends_on", Text("截至", "Up to"), "date"), *week_columns, *_columns("weeks4"))
    table = Table(f"trend.{index}", words, columns, tuple(rows), "index", NO_WEEKS if county else None)
    chart = Chart(
        f"trend.{index}.chart", words, "lines", table.id, "ends_on", ("weeks4", "week"), "_low", "_high"
    )
    held = [k for found in (weeks, months) for period in found.values() if (k := period.get(index))]
    made = estimated(METHOD, "index_estimate(estimate_set)", held, at=at)
    number = _newest(session, index, words, months, weeks, where)
    return Tile(table, made, chart, number, None if rows else NO_WEIGHTS)


def _sizes(session: Session, index: str, found: list[Known], where: Where) -> dict[int, int | None]:
    """Return by estimate set how many answered: of a county not what is few, or would tell another county's few."""
    if where[0] is not By.COUNTY:
        return {k.made.id: numbers_of([k.estimate])[0] for k in found}
    query = (
        sa.select(IndexEstimate)
        .where(IndexEstimate.estimate_set_id.in_([k.made.id for k in found]), IndexEstimate.index == index)
        .where(IndexEstimate.by == By.COUNTY, IndexEstimate.measure == Measure.SHARE)
        .order_by(IndexEstimate.domain)
    )
    sets: dict[int, list[IndexEstimate]] = {}
    for e in session.scalars(query):
        sets.setdefault(e.estimate_set_id, []).append(e)
    told = {made: dict(zip((e.domain for e in es), numbers_of(es), strict=True)) for made, es in sets.items()}
    return {made: numbers.get(where[1]) for made, numbers in told.items()}


def _columns(key: str) -> tuple[Column, ...]:
    zh, en = {"week": ("一周", "Week"), "weeks4": ("近四周", "Four weeks")}[key]
    return (
        Column(key, Text(zh, en), "percent"),
        Column(f"{key}_low", Text(f"{zh}·下限", f"{en}, low"), "percent"),
        Column(f"{key}_high", Text(f"{zh}·上限", f"{en}, high"), "percent"),
        Column(f"{key}_n", Text(f"{zh}·样本量", f"{en}, n"), "count"),
    )


def _newest(
    session: Session, index: str, words: Text, months: Series, weeks: Series, where: Where
) -> Figure | None:
    """Return the newest four weeks, or the newest week where there are none, with its changes and the week's."""
    held = months or weeks
    if not held:
        return None
    period = max(held, key=lambda p: p.ends_on)
    title = Text(
        f"{words.zh}（{period.words.in_language('zh')}）", f"{words.en} ({period.words.in_language('en')})"
    )
    found = _compared(session, index, title, period, held[period].get(index), where)
    if period.kind is K.WEEK or not weeks:
        return found
    week = max(weeks, key=lambda p: p.ends_on)
    lately = _compared(session, index, title, week, weeks[week].get(index), where)
    return msgspec.structs.replace(found, comparisons=(*found.comparisons, *lately.comparisons[:1]))


def _compared(
    session: Session, index: str, title: Text, period: Period, known: Known | None, where: Where
) -> Figure:
    others = [
        (comparable(known, of_span(session, earlier, index, where)), than)
        for earlier, than in (
            (period.previous, PREVIOUS[period.kind]),
            (period.last_year, LAST_YEAR[period.kind]),
        )
    ]
    return figure(f"index.{index}", title, "index", known.estimate if known else None, others)


def of_span(session: Session, period: Period, index: str, where: Where) -> Known | None:
    """Return one index of one period."""
    found = series(
        session, period.kind, since=period.ends_on, until=period.ends_on, by=where[0], domain=where[1]
    )
    return found.get(period, {}).get(index)


def comparable(now: Known | None, other: Known | None) -> IndexEstimate | None:
    """Return the other estimate where both stand on one definition: another one is another index."""
    if now is None or other is None or now.made.definition_version != other.made.definition_version:
        return None
    return other.estimate


def by_county(session: Session, index: str, *, at: datetime, kind: str = "map") -> Tile:
    """Return an index by county over the newest four weeks: places it may hold, bands, and the change."""
    today = clock.today(at)
    words = names(in_force(session, today))[index]
    now = newest(session, K.FOUR_WEEKS, until=today)
    before = (
        of_period(session, Period(K.FOUR_WEEKS, now.weight_set.starts_on, now.weight_set.ends_on).previous)
        if now
        else None
    )
    if now and before and before.made.definition_version != now.made.definition_version:
        before = None
    rows = county_rows(session, index, now, before) if now else []
    luck = luck_of([e for e in now.of(By.COUNTY, index) if e.is_shown] if now else [])
    columns = (
        Column("place", Text("县（区）", "County")),
        Column("code", Text("代码", "Code")),
        *interval_columns(),
        Column("n", Text("样本量", "n"), "count"),
        Column("places", Text("可能的名次", "Possible places"), "rank"),
        Column("band", Text("档", "Band"), "rank"),
        Column("change", Text("比前四周", "On the four weeks before")),
    )
    note = Text(
        f"名次是一个范围：95 % 的把握下可能排在的位置，全部两两比较同时成立。同一档的县（区）分不出先后。{luck.zh}{HOLM.zh}",
        "A rank is a range: where a county may stand with 95 % confidence, all pairs at once. Counties of one band can't be "
        f"told apart. {luck.en}{HOLM.en}",
    )
    title = Text(f"各县（区）{words.zh}", f"{words.en} by county")
    table = Table(f"counties.{index}", title, columns, tuple(rows), "index", note)
    chart = Chart(
        f"{table.id}.chart", title, "map" if kind == "map" else "intervals", table.id,
        "code" if kind == "map" else "place", ("estimate",), "low", "high",
    )  # fmt: skip
    return Tile(table, _made_of(now, index, at), chart, None, None if rows else NO_WEIGHTS)


def county_rows(session: Session, index: str, now: Figures, before: Figures | None) -> list[tuple[Cell, ...]]:
    """Return the counties, those published first by their estimates, and last the withheld, by code."""
    ranks = now.places(index)
    rows: list[tuple[float, tuple[Cell, ...]]] = []
    known = [(p, e) for p in counties(session) if (e := now.get(index, p.code, By.COUNTY)) is not None]
    then = [before.get(index, p.code, By.COUNTY) if before else None for p, _ in known]
    verdicts = verdicts_of(since(e, other) for (_, e), other in zip(known, then, strict=True))
    for (county, e), n, verdict in zip(known, numbers_of([e for _, e in known]), verdicts, strict=True):
        rank = ranks.get(county.code) if e.is_shown else None
        row = (
            Text(county.name, county.name_en), county.code, *interval(e), n, places_of(rank),
            str(rank.band) if rank else None, verdict if e.is_shown else None,
        )  # fmt: skip
        rows.append((-(e.estimate or 0.0) if e.is_shown else 1.0, row))
    return [row for _, row in sorted(rows, key=lambda pair: (pair[0], str(pair[1][1])))]


def _made_of(now: Figures | None, index: str, at: datetime) -> Made:
    city = now.get(index) if now else None
    held = [Known(city, now.weight_set, now.made)] if now and city else []
    return estimated(BANDS, "index_estimate(estimate_set)", held, at=at)


BANDS = Words(
    METHOD.zh + "；名次为 Mogstad 等（2024）的联合置信集，10 万次模拟，种子固定",
    METHOD.en
    + "; places are simultaneous confidence sets after Mogstad et al. (2024), 100,000 draws with a fixed seed",
)
