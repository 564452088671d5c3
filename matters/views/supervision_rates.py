"""The rates page: every unit's figures with their counts and bands, for a period named in the address."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Blueprint, Response, render_template, request

from core import clock, journal
from core.db import reading, transaction
from core.export import csv_text
from core.people import acting
from core.permissions import Permission, require
from core.terms import t
from matters import rates
from matters.rates import Measure
from matters.shrinking import RANKED_FROM, VOLUMES, volume

blueprint = Blueprint("supervision_rates", __name__, url_prefix="/supervision/rates")
DAYS = 30
LONGEST = timedelta(days=732)


def _period() -> tuple[date, date]:
    """Read the period of the address; the last thirty days where it says nothing sensible."""
    today = clock.today()

    def read(name: str, other: date) -> date:
        try:
            return date.fromisoformat(request.args.get(name, ""))
        except ValueError:
            return other

    until = min(read("until", today), today)
    since = read("since", until - timedelta(days=DAYS))
    return max(min(since, until), until - LONGEST), until


def _moments(since: date, until: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(since, time(), clock.zone())
    return begin, datetime.combine(until + timedelta(days=1), time(), clock.zone())


@blueprint.get("/")
@require(Permission.MATTER_SUPERVISE)
def page() -> str:
    """Show the rates of a period by unit, inside their volume groups."""
    since, until = _period()
    begin, end = _moments(since, until)
    with reading() as session:
        rows = rates.by_unit(session, acting(), since=begin, until=end, at=clock.now())
        measure = Measure.found(request.args.get("measure")) or Measure.SOLVED
        return render_template(
            "supervision/rates.html",
            rows=rows,
            total=rates.total(rows),
            measures=list(Measure),
            measure=measure,
            groups=_groups(rows, measure),
            since=since,
            until=until,
            ranked_from=RANKED_FROM,
        )


def _groups(rows: list[rates.UnitRates], measure: Measure) -> list[tuple[str, list[rates.UnitRates]]]:
    """Put the units into volume groups, the busiest first; those of which nothing was due last."""
    edges = (0, *VOLUMES)
    found = []
    for group in reversed(range(len(edges))):
        members = [
            row
            for row in rows
            if row.counts.rate(measure).denominator and volume(row.counts.rate(measure).denominator) == group
        ]
        low, high = edges[group], VOLUMES[group] - 1 if group < len(VOLUMES) else None
        label = (
            t("{n} 件及以上", "{n} and more", n=low)
            if high is None
            else t("{a}–{b} 件", "{a} to {b}", a=max(low, 1), b=high)
        )
        if members:
            found.append((label, sorted(members, key=lambda row: -_share(row, measure))))
    nothing = [row for row in rows if not row.counts.rate(measure).denominator]
    return [*found, (t("无数据", "No data"), nothing)] if nothing else found


def _share(row: rates.UnitRates, measure: Measure) -> float:
    shrunk = row.shrunk[measure]
    return shrunk.share if shrunk else 0.0


@blueprint.get("/export.csv")
@require(Permission.MATTER_SUPERVISE)
def export() -> Response:
    """Give numerators, denominators and percentages of every measure as a file."""
    since, until = _period()
    begin, end = _moments(since, until)
    staff, at = acting(), clock.now()
    with transaction() as session:
        rows = rates.by_unit(session, staff, since=begin, until=end, at=at)
        journal.write(session, "matter_rates.exported", "matter:*", by=staff, at=at, rows=len(rows))
        head = [t("单位", "Unit"), t("指标", "Measure"), t("分子", "Numerator"), t("分母", "Denominator"),
                t("百分比", "Percentage"), t("收缩后下限", "Band, low"), t("收缩后上限", "Band, high")]  # fmt: skip
        cells: list[list[object]] = []
        for row in rows:
            for measure in Measure:
                rate, shrunk = row.counts.rate(measure), row.shrunk[measure]
                band = [f"{100 * shrunk.low:.1f}", f"{100 * shrunk.high:.1f}"] if shrunk else ["", ""]
                cells.append(
                    [row.unit.label, measure.label, rate.numerator, rate.denominator, rate.percentage, *band]
                )
        text = csv_text(head, cells)
    name = f"rates-{since:%Y%m%d}-{until:%Y%m%d}.csv"
    return Response(
        text, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
