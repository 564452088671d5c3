"""Dashboards on the screen: one screenful for each who sits there; every tile opens to its table, file and method."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.places import counties
from core.problems import Missing
from core.terms import Words
from reports import dashboards
from reports.dashboards import Look, Tiles, county_of, is_bound
from reports.side_by_side import BARS
from reports.tiles import Tile, drawn
from reports.views.files import table_file


@dataclass(frozen=True)
class Board:
    """One dashboard: its name in addresses, its words, who may open it, its tiles."""

    name: str
    words: Words
    permission: Permission
    tiles: Tiles
    is_by_county: bool = False

    @property
    def blueprint(self) -> str:
        """The name of its views."""
        return f"{self.name}_dashboard"


BOARDS = (
    Board("leader", Words("领导看板", "Leader's dashboard"), Permission.BULLETIN_READ, dashboards.LEADER, True),
    Board("city", Words("县（区）看板", "Counties side by side"), Permission.BULLETIN_READ, dashboards.CITY),
    Board(
        "supervision", Words("督办看板", "Supervision wall"), Permission.MATTER_SUPERVISE, dashboards.SUPERVISION
    ),
    Board("unit", Words("我单位的数字", "Our own figures"), Permission.MATTER_HANDLE, dashboards.UNIT),
)  # fmt: skip
ABOUT = {
    "leader": Words(
        "两项指数、县区、诉求热点、红灯清单、承诺兑现，一屏看完",
        "Both indices, counties, topics, the red list and promises on one screen",
    ),
    "city": Words(
        "各县（区）并列：每个数带区间", "The counties side by side, every number with its interval"
    ),
    "supervision": Words(
        "在办的时钟、在谁手里、突发事件、超期最久的",
        "Clocks of what is open, who must act, incidents, the longest overdue",
    ),
    "unit": Words(
        "交办、签收、按时、解决与满意，只有本单位的", "Assigned, signed, on time, solved: your own unit alone"
    ),
}
ORDER = {"leader": 36, "supervision": 9, "unit": 11}
"""The counties side by side have no door of their own: a tab of the leader's dashboard leads there."""


def _look(session: Session, board: Board) -> Look:
    staff = acting()
    county = county_of(session, staff, request.args.get("county", "")) if board.is_by_county else None
    pair = request.args.get("a", ""), request.args.get("b", "")
    return Look(session, staff, clock.now(), county, request.args.get("sort", ""), pair)


def views(board: Board) -> Blueprint:
    """Make the three views of a dashboard: the screen, one tile, its file."""
    made = Blueprint(board.blueprint, __name__, url_prefix=f"/dashboards/{board.name}")
    part = f"{board.name}_tile"

    @made.get("/")
    @require(board.permission)
    def show() -> str:
        """Show the dashboard."""
        with reading() as session:
            look = _look(session, board)
            tiles = [make(look) for make in board.tiles.values()]
            return render_template(
                f"dashboards/{board.name}.html", board=board, look=look, bars=BARS,
                tiles={t.key: t for t in tiles}, plots={t.key: drawn(session, t) for t in tiles},
                counties=counties(session) if board.is_by_county and not is_bound(session, look.staff) else [],
            )  # fmt: skip

    @made.get(f"/<{part}>")
    @require(board.permission)
    def tile(**where: str) -> str:
        """Show one tile whole, with how it was made."""
        with reading() as session:
            look = _look(session, board)
            found = _made(board, look, where[part])
            return render_template(
                "dashboards/tile.html", board=board, look=look, tile=found, plot=drawn(session, found)
            )

    @made.get(f"/<{part}>.csv")
    @require(board.permission)
    def file(**where: str) -> ResponseReturnValue:
        """Give one tile's table as a file, in full precision."""
        with reading() as session:
            table = _made(board, _look(session, board), where[part]).table
        return table_file(f"{board.name}-{table.id}.csv", table, f"dashboard:{board.name}.{table.id}")

    return made


def _made(board: Board, look: Look, key: str) -> Tile:
    if key not in board.tiles:
        raise Missing
    return board.tiles[key](look)


BLUEPRINTS = [views(board) for board in BOARDS]
DOORS = [
    Door(f"{b.blueprint}.show", b.words, b.permission, order=ORDER[b.name], about=ABOUT[b.name])
    for b in BOARDS
    if b.name in ORDER
]
