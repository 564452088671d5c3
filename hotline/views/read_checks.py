"""The administrator's look at the read log: whether it held last night, and its end to be written down elsewhere."""

from __future__ import annotations

from flask import Blueprint, render_template

from core.db import reading
from core.doors import Door
from core.permissions import Permission, require
from core.terms import Words
from hotline import read_checks

blueprint = Blueprint("read_checks", __name__, url_prefix="/hotline/read-checks")
DOORS = [
    Door(
        "read_checks.show",
        Words("阅读链核验", "Read log checks"),
        Permission.JOURNAL_READ,
        order=82,
        count=lambda session, _staff, _now: int(read_checks.is_broken(session)),
        about=Words(
            "咨询阅读记录每晚核验是否完整", "Whether the log of counselling readings held last night"
        ),
    )
]
WHAT = {
    "missing": Words("缺少一条", "a reading is missing"),
    "does not follow": Words("与前一条不相接", "it does not follow the one before"),
    "altered": Words("内容被改动", "it was altered"),
    "the end is missing": Words("末尾被截去或添加", "the end was cut off or added to"),
}


@blueprint.get("/")
@require(Permission.JOURNAL_READ)
def show() -> str:
    """Show the last nights; nothing of what was read, by whom or of whom."""
    with reading() as session:
        return render_template(
            "hotline/read_checks.html",
            checks=read_checks.checks(session),
            is_broken=read_checks.is_broken(session),
            what=WHAT,
        )
