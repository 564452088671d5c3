"""Small typed makers of records for tests; every one flushes and returns the record."""

from __future__ import annotations

import functools
import importlib
import itertools
import pkgutil
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

import survey.instruments
from core import secrets
from core.people import Staff, StaffRole, Unit, UnitKind
from core.permissions import Role
from core.phone import NumberKind
from core.places import Level, Place
from survey.edition_import import import_edition
from survey.editions import Edition
from survey.frame import Frame, FrameNumber, FrameState, Stratum
from survey.wave_setting import create_wave, open_wave
from survey.waves import Wave

SECURITY_WORKBOOK = Path(survey.instruments.__file__).with_name("security.xlsx")

_count = itertools.count(1)
PACKAGES = ("core", "telephony", "matters", "survey", "hotline", "reports")


@functools.cache
def all_models() -> None:
    """Import every module, so that the one model knows every table."""
    for package in PACKAGES:
        try:
            module = importlib.import_module(package)
        except ModuleNotFoundError:
            continue
        for info in pkgutil.walk_packages(module.__path__, f"{package}."):
            importlib.import_module(info.name)


def a_place(
    session: Session, *, level: Level = Level.COUNTY, parent: Place | None = None, name: str = ""
) -> Place:
    """Make a place."""
    n = next(_count)
    place = Place(
        level=level,
        parent_id=parent.id if parent else None,
        code=f"99{n:06}",
        name=name or f"地{n}",
        name_en=f"P{n}",
    )
    session.add(place)
    session.flush()
    return place


def a_unit(session: Session, *, kind: UnitKind = UnitKind.CENTRE, name: str = "") -> Unit:
    """Make a unit."""
    n = next(_count)
    unit = Unit(kind=kind, name=name or f"单位{n}", name_en=f"Unit {n}")
    session.add(unit)
    session.flush()
    return unit


def a_staff(session: Session, *roles: Role, home: Place | None = None, username: str = "") -> Staff:
    """Make someone with roles; the password is set by tests that sign in."""
    n = next(_count)
    staff = Staff(
        username=username or f"staff{n}",
        name=f"某人{n}",
        password_hash="!",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        home_county_id=home.id if home else None,
        role_rows=[StaffRole(role=role) for role in roles],
    )
    session.add(staff)
    session.flush()
    return staff


def a_city(session: Session, *, counties: int = 2, townships: int = 3) -> list[Place]:
    """Make counties with townships; return the townships."""
    found = []
    for _ in range(counties):
        county = a_place(session)
        found += [a_place(session, level=Level.TOWNSHIP, parent=county) for _ in range(townships)]
    return found


def a_frame(session: Session, towns: list[Place], *, each: int = 20, seed: int = 7) -> Frame:
    """Make a ready frame with so many mobile numbers in each township."""
    n = next(_count)
    random = np.random.default_rng(seed)
    frame = Frame(
        name=f"框{n}",
        seed=seed,
        state=FrameState.READY,
        size=each * len(towns),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    session.add(frame)
    session.flush()
    ring = secrets.keyring()
    for town in towns:
        stratum = Stratum(
            frame_id=frame.id,
            county_id=town.parent_id or 0,
            township_id=town.id,
            kind=NumberKind.MOBILE,
            size=each,
        )
        session.add(stratum)
        session.flush()
        for prn in random.random(each).tolist():
            number = f"+86145{next(_count):08d}"
            session.add(
                FrameNumber(
                    frame_id=frame.id,
                    stratum_id=stratum.id,
                    number=number,
                    fingerprint=ring.blind_index(number),
                    prn=prn,
                )
            )
    session.flush()
    return frame


def an_edition(session: Session) -> Edition:
    """Make the default instrument's edition, once a database."""
    return import_edition(
        session, SECURITY_WORKBOOK.read_bytes(), by=None, at=datetime(2026, 1, 1, tzinfo=UTC)
    )


def a_wave(
    session: Session,
    frame: Frame,
    *,
    daily_target: int = 6,
    is_open: bool = True,
    starts_on: date = date(2026, 11, 1),
) -> Wave:
    """Make a wave on a frame with the default instrument, open unless told."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    wave = create_wave(
        session,
        name=f"轮次{next(_count)}",
        starts_on=starts_on,
        by=None,
        at=at,
        edition_id=an_edition(session).id,
        frame_id=frame.id,
        daily_target=daily_target,
    )
    if is_open:
        open_wave(session, wave, by=None, at=at)
    return wave
