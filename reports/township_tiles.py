"""Tiles of the townships: what was measured beside what is modelled, never one taken for the other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import clock
from core.places import Place
from core.terms import Words
from reports.blocks import Cell, Chart, Column, Table, Text
from reports.definitions import Definition, in_force, versions
from reports.estimates import CITY, Figures, Known
from reports.index_tiles import NO_WEIGHTS, names
from reports.small_areas import LEAST, LEAST_DIRECT, Modelled, townships
from reports.tiles import Tile, estimated
from survey.weight_replay import Moved

METHOD = Words(
    "直接估计只在访问满 100 份时给出。模型估计：Fay–Herriot 模型（REML），抽样方差按 p(1−p)·deff/n 平滑（p 为所在县，deff 为"
    "全市），辅助变量取自抽样框（固话占比、号码数的对数），再按号码数调到所在县的直接估计；区间为 ±1.96√MSE（g1+g2+2g3），"
    "不计调整的误差。“本地占比”γ 是本乡镇访问在估计里的分量，其余来自模型；访问不足 10 份的只给预测，它们的回答只进入共同的预测线",
    "A measured figure is given from 100 interviews on. The modelled one: Fay–Herriot by REML, sampling variances smoothed "
    "to p(1−p)·deff/n (p of the county, deff of the city), covariates from the frame (share of landlines, logarithm of its "
    "numbers), scaled by those numbers to the county's measured figure; limits are ±1.96√MSE (g1+g2+2g3) without the error "
    "of the scaling. γ, the own share, is how much of the figure is the township's own interviews; under 10 interviews it "
    "is the prediction alone",
)
MOVED = Text(
    "加权之后数据或边际有变动，这一期的乡镇模型不能照原样重算；今夜重新加权后再看。",
    "Data or margins have changed since this period was weighed, so its townships can't be modelled as it stands; look "
    "again after tonight's weighting.",
)
TOO_FEW = Text(
    "有访问的乡镇还不足 8 个，不能拟合模型；访问积累起来后会出现。",
    "Fewer than 8 townships have interviews: no model can be fitted yet. It appears as interviews come in.",
)


def by_township(
    session: Session, figures: Figures | None, index: str, *, county: Place | None, at: datetime
) -> Tile:
    """Return an index by township, of one county or of all, over the period of the figures."""
    definition = _of(session, figures) if figures else in_force(session, clock.today(at))
    words = names(definition)[index]
    missing: Text | None = NO_WEIGHTS
    found: Modelled | None = None
    if figures is not None:
        try:
            found = townships(session, figures, definition, index)
            missing = TOO_FEW if found.variance_between is None else None
        except Moved:
            missing = MOVED
    rows = [row for row in _rows(found) if county is None or row[2] == county.code]
    title = Text(f"各乡镇（街道）{words.zh}：模型估计", f"{words.en} by township: modelled")
    note = Text(
        f"这是模型估计，不是实测；访问数不足 {LEAST}、或由别的数可推出的，不显示。",
        f"These are modelled, not measured. Numbers of interviews under {LEAST}, and whatever would give them away, are not "
        "shown.",
    )
    table = Table(f"townships.{index}", title, COLUMNS, tuple(rows), "townships", note)
    chart = Chart(
        f"{table.id}.chart", title, "intervals", table.id, "place", ("modelled",), "modelled_low", "modelled_high"
    )  # fmt: skip
    city = figures.get(index, CITY) if figures else None
    held = [Known(city, figures.weight_set, figures.made)] if figures and city else []
    kept = [c.key for c in COLUMNS if c.key not in ("county_code", "code", *(["county"] if county else []))]
    return Tile(
        table,
        estimated(METHOD, "index_estimate, stratum(size)", held, at=at),
        chart,
        None,
        missing,
        len(rows),
        tuple(kept),
    )


def _of(session: Session, figures: Figures) -> Definition:
    """Return the definition that figures were made by."""
    version = figures.made.definition_version
    return next((d for d in versions(session) if d.version == version), versions(session)[-1])


def _rows(found: Modelled | None) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for t in found.townships if found else ():
        direct = (t.direct.estimate, t.direct.low, t.direct.high) if t.direct else (None, None, None)
        own = None if t.own_share is None else round(t.own_share, 2)
        rows.append(
            (
                Text(t.place.name, t.place.name_en), Text(t.county.name, t.county.name_en), t.county.code,
                t.place.code, t.n, *direct, t.modelled, t.low, t.high, own,
            )
        )  # fmt: skip
    return rows


COLUMNS = (
    Column("place", Text("乡镇（街道）", "Township")),
    Column("county", Text("县（区）", "County")),
    Column("county_code", Text("县代码", "County code")),
    Column("code", Text("代码", "Code")),
    Column("n", Text("访问", "Interviews"), "count"),
    Column("direct", Text(f"实测（≥ {LEAST_DIRECT} 份）", f"Measured (n ≥ {LEAST_DIRECT})"), "percent"),
    Column("direct_low", Text("实测·下限", "Measured, low"), "percent"),
    Column("direct_high", Text("实测·上限", "Measured, high"), "percent"),
    Column("modelled", Text("模型估计", "Modelled"), "percent"),
    Column("modelled_low", Text("模型·下限", "Modelled, low"), "percent"),
    Column("modelled_high", Text("模型·上限", "Modelled, high"), "percent"),
    Column("own", Text("本地占比 γ", "Own share γ"), "percent"),
)
