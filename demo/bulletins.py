"""What leaders find to read: outlines of the invented counties, issued bulletins, a draft, advice and an instruction."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import Staff, Unit
from core.permissions import Role
from demo.chance import SEED
from demo.city import city
from reports import advice, issuing, maps, recipients
from reports.advice import AdviceAction
from reports.assembling import assemble
from reports.bulletins import Bulletin, BulletinKind

WEST, SOUTH, STEP = 115.2, 38.4, 0.32
COLUMNS = 4
ISSUED = 3
"""Whole weeks whose bulletin is out; the running one is a draft."""


def outlines() -> bytes:
    """Draw the invented counties side by side, their corners moved a little, as GeoJSON."""
    rows = -(-len(city().counties) // COLUMNS)
    moved = np.random.default_rng([SEED, 11]).uniform(-0.22, 0.22, (rows + 1, COLUMNS + 1, 2))

    def corner(row: int, column: int) -> list[float]:
        dx, dy = moved[row, column]
        return [round(WEST + (column + dx) * STEP, 5), round(SOUTH - (row + dy) * STEP * 0.8, 5)]

    features: list[dict[str, Any]] = []
    for n, county in enumerate(city().counties):
        row, column = divmod(n, COLUMNS)
        last = n == len(city().counties) - 1
        right = COLUMNS if last else column + 1  # the last one fills its row
        top = [corner(row, k) for k in range(column, right + 1)]
        bottom = [corner(row + 1, k) for k in range(right, column - 1, -1)]
        ring = [*top, *bottom, top[0]]
        properties = {"code": county.code, "name": county.name}
        features.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def publish(today: date, now: datetime) -> None:
    """Issue the bulletins of the past weeks at noon of their Mondays, and leave the running week's as a draft."""
    with transaction() as session:
        maps.bring(session, outlines(), "演示虚构 / invented", by=None, at=now)
    monday = today - timedelta(days=today.weekday())
    for weeks in range(ISSUED, 0, -1):
        out_on = monday - timedelta(weeks=weeks - 1)
        noon = datetime.combine(out_on, time(12), tzinfo=clock.zone())
        with transaction() as session, clock.frozen(min(noon, now)):
            _issue(session, out_on - timedelta(days=1), min(noon, now))
    with transaction() as session:
        editor = _who(session, Role.EDITOR)
        assemble(session, BulletinKind.WEEKLY, today, by=editor, at=now)
        _list(session, editor, now)


def _list(session: Session, editor: Staff, at: datetime) -> None:
    """Put the leader and an invented duty office on the distribution list: told from the next issue on."""
    kinds = [BulletinKind.DAILY, BulletinKind.WEEKLY, BulletinKind.SPECIAL]
    leader = _who(session, Role.LEADER)
    for staff, name, mail in ((leader, "", "leader@example.org"), (None, "市委值班室", "duty@example.org")):
        recipients.add(
            session, staff=staff, name=name, number="", mail=mail, kinds=kinds, by=editor, at=at
        )  # fmt: skip


def _issue(session: Session, day: date, at: datetime) -> Bulletin:
    editor, leader = _who(session, Role.EDITOR), _who(session, Role.LEADER)
    made = assemble(session, BulletinKind.WEEKLY, day, by=editor, at=at)
    issuing.comment(
        session, made, "points", "两项指数的变化都在误差范围内，重点看反映集中的地点。", by=editor, at=at
    )
    unit = session.scalars(sa.select(Unit).where(Unit.is_active).order_by(Unit.id.desc()).limit(1)).one()
    given = advice.give(
        session, made, "对反映集中的路段逐盏检查路灯，坏的一周内修好。", unit=unit,
        due_on=day + timedelta(days=8), effect="同类诉求两周内减半", by=editor, at=at,
    )  # fmt: skip
    issuing.submit(session, made, by=editor, at=at)
    issuing.approve(session, made, by=_named(session, "editor02"), at=at)
    issuing.issue(session, made, by=editor, at=at)
    issuing.read(session, made, by=leader, at=at + timedelta(minutes=35))
    if day.isocalendar().week % 2:
        advice.give(
            session, made, "请主管部门月底前报整改情况。", unit=unit, due_on=day + timedelta(days=20),
            is_instruction=True, by=leader, at=at + timedelta(minutes=40),
        )  # fmt: skip
    advice.move(session, given, AdviceAction.TAKE_UP, by=editor, at=at + timedelta(hours=3))
    return made


def _who(session: Session, role: Role) -> Staff:
    return _named(session, role.value)


def _named(session: Session, username: str) -> Staff:
    return session.scalars(sa.select(Staff).where(Staff.username == username)).one()
