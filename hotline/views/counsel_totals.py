"""The leaders' page of the counselling line: whole quarters, totals only, small cells hidden."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from core import clock
from core.db import reading
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.terms import Words
from hotline import counsel_totals, instruments
from hotline.hidden_tables import LEAST

blueprint = Blueprint("counsel_totals", __name__, url_prefix="/counselling-totals")
DOORS = [
    Door(
        "counsel_totals.show",
        Words("心理热线汇总", "Counselling totals"),
        Permission.COUNSEL_TOTALS,
        order=60,
        about=Words(
            "按季度、按县区的汇总，不满 10 的不显示", "By quarter and county; fewer than 10 are not shown"
        ),
    )
]


@blueprint.get("/")
@require(Permission.COUNSEL_TOTALS)
def show() -> str:
    """Show one quarter."""
    acting()
    zone, at = clock.zone(), clock.now()
    quarters = counsel_totals.closed_quarters(at, zone)
    quarter = next((q for q in quarters if q.code == request.args.get("quarter")), quarters[0])
    with reading() as session:
        levels = counsel_totals.by_level(session, quarter, zone)
        tables = [
            (i, counsel_totals.by_county(session, i, quarter, zone)) for i in instruments.public_instruments()
        ]
        return render_template(
            "leader/counselling.html",
            quarters=quarters,
            quarter=quarter,
            levels=levels,
            tables=tables,
            least=LEAST,
        )
