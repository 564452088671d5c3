"""Tiles of the indices: each over time with its newest change, and the counties with what can be told apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import clock
from core.places import counties
from core.terms import Words
from reports.blocks import Cell, Chart, Column, Table, Text
from reports.definitions import (
    ENFORCEMENT,
    ENFORCEMENT_WORDS,
    SAFETY,
    Definition,
    in_force,
)
from reports.estimates import By, Figures, Known, since
from reports.index_blocks import (
    HOLM,
    METHOD,
    interval,
    interval_columns,
    numbers_of,
    places_of,
    verdicts_of,
)
from reports.index_series import newest, of_period
from reports.luck import luck_of
from reports.periods import Period, PeriodKind
from reports.tiles import Made, Tile, estimated

K = PeriodKind
NO_WEIGHTS = Text(
    "还没有指数。调查完成 50 份访问并导入人口边际之后，每天清晨自动加权，十分钟内出现在这里。",
    "No index yet. Once a wave has 50 complete interviews and the population margins are imported, weights are made "
    "early each morning and the indices appear here within ten minutes.",
)


def names(definition: Definition) -> dict[str, Text]:
    """Return what both indices are called."""
    return {SAFETY: definition.safety.words, ENFORCEMENT: ENFORCEMENT_WORDS}


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
