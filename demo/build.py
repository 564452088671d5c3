"""Building the demonstration: database, city, four weeks of history, weights; all of it, or begun anew."""

from __future__ import annotations

import gc
import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, db
from core.commands import alembic_config
from core.db import transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Refused
from core.settings import Settings
from demo import appraisals, bulletins, history, hotline_history, staff
from demo.matter_doors import bring_list
from demo.matters_history import MattersHistory
from demo.progress import Meter
from demo.seeding import seed
from demo.surroundings import Surroundings
from reports.definitions import in_force
from reports.estimating import make as estimate
from survey.planning import plan_day
from survey.waves import Wave
from survey.weight_making import make_weight_set
from survey.weight_publishing import publish_weight_set
from web.app import create_app

DAYS = 28
DAILY = 18
TODAY = 70
"""Completes wanted today: more than on the days before, so that there is something to do for everybody."""
MINIMUM = 20_000
CALLS = 2
"""Matters that reach the house on a working day beside those raised in interviews."""


def build(here: Surroundings, *, size: int, days: int = DAYS) -> None:
    """Build into a file beside and rename it at the end, so that a half-built one is never used."""
    unfinished = here.database.with_suffix(".building")
    for leftover in here.folder.glob(f"{unfinished.name}*"):
        leftover.unlink()
    settings = Settings.from_env(here.environment(unfinished))
    migrate(settings.database_url)
    app = create_app(settings)
    with app.app_context():
        fill(settings, size=max(size, MINIMUM), days=days, lives=True)
        write_accounts(here.folder)
        db.database().close()  # the last one out writes the log back
    for leftover in here.folder.glob(f"{unfinished.name}-*"):
        leftover.unlink()
    os.replace(unfinished, here.database)


def migrate(url: str) -> None:
    """Bring a database to the newest shape."""
    from alembic import command

    command.upgrade(alembic_config(url), "head")


def fill(settings: Settings, *, size: int, days: int, daily: int = DAILY, lives: bool = False) -> None:
    """Seed the city and play its past days, and on request what became of the matters raised on them."""
    now = clock.now()
    today = clock.today(now)
    meter = Meter()
    meter.say("城市、人员、抽样框（虚构） / the city, its people, its frame (invented)")
    wave_id = seed(size=size, daily_target=daily, days=days, folder=settings.uploads, at=now)
    meter.say("过去四周的访问 / four weeks of interviews")
    gc.collect()
    gc.freeze()
    matters = MattersHistory(today, now, calls=CALLS)
    evening = matters.play if lives else None
    history.play(wave_id, first=today - timedelta(days=days), days=days, progress=meter.show, evening=evening)
    if lives:
        matters.play(today)
        matters.look(now - timedelta(hours=15))
        with clock.frozen(now - timedelta(minutes=50)):
            bring_list(clock.now())
    meter.say("过去四周的两条热线 / four weeks on the two lines")
    hotline_history.play(days, now)
    meter.say("加权与指数 / weights and indices")
    weigh(wave_id, today, now)
    meter.say("地图与简报 / maps and bulletins")
    bulletins.publish(today, now)
    meter.say("考核 / appraisals")
    appraisals.appraise(today, now)
    with transaction() as session:
        wave = session.get_one(Wave, wave_id)
        wave.daily_target = TODAY
        plan_day(session, wave, today, by=None, at=now)
    meter.end()


def weigh(wave_id: int, today: date, now: datetime) -> None:
    """Make the weight sets a reader would find: every past week, and the four weeks up to yesterday."""
    yesterday = today - timedelta(days=1)
    monday = yesterday - timedelta(days=yesterday.weekday())
    weeks = [(monday - timedelta(weeks=n), monday - timedelta(weeks=n, days=-6)) for n in range(4, -1, -1)]
    rolling = [(day - timedelta(days=27), day) for day in (*(end for _, end in weeks[2:-1]), yesterday)]
    for starts_on, ends_on in [*weeks, *rolling]:
        try:
            with transaction() as session:
                made = make_weight_set(
                    session,
                    session.get_one(Wave, wave_id),
                    starts_on=starts_on,
                    ends_on=min(ends_on, yesterday),
                    as_of=now,
                    by=None,
                    at=now,
                )
                publish_weight_set(session, made, by=designer(session), at=now)
                estimate(session, made, in_force(session, starts_on), at=now)
        except Refused:
            continue  # the first and the present week may hold too few interviews


def designer(session: Session) -> Staff:
    """Return who makes and publishes the demonstration's weights."""
    return session.scalars(sa.select(Staff).where(Staff.username == Role.DESIGNER.value)).one()


def write_accounts(folder: Path) -> None:
    """Write the list of accounts that the sign-in page of the demonstration shows."""
    names = {account.username: account for account in staff.ACCOUNTS}
    rows = []
    with transaction() as session:
        for person in session.scalars(sa.select(Staff).order_by(Staff.id)):
            account = names[person.username]
            if account.username not in {r.value for r in Role}:
                continue
            role = Role.of(account.roles[0])
            rows.append(
                {
                    "username": account.username,
                    "password": staff.PASSWORD,
                    "role_zh": role.zh,
                    "role_en": role.en,
                    "name": account.name,
                }
            )
    (folder / "demo_accounts.json").write_text(json.dumps({"rows": rows}, ensure_ascii=False, indent=1))
