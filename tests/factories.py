"""Small typed makers of records for tests; every one flushes and returns the record."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from core.people import Staff, StaffRole, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place

_count = itertools.count(1)
PACKAGES = ("core", "telephony", "matters", "survey", "hotline", "reports")


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
