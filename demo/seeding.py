"""Seeding: the invented city enters an empty database through the same doors as a real one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from core import journal
from core.db import transaction
from core.passwords import hashed
from core.people import Staff, StaffRole, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from demo import numbers, staff
from demo.articles import add_articles
from demo.city import city
from demo.margins import AS_OF, SOURCE, margins
from demo.routes import add_routes
from survey.edition_import import import_edition
from survey.editions import Edition
from survey.frame import Frame
from survey.frame_file import FrameFile, propose
from survey.frame_import import import_frame
from survey.margin_import import import_margins
from survey.wave_setting import create_wave, open_wave
from survey.waves import Wave

WAVE = "群众安全感和满意度日常调查"
WAVE_EN = "Daily survey of security and satisfaction"
INSTRUMENT = Path(__file__).resolve().parent.parent / "survey" / "instruments" / "security.xlsx"


def add_places(session: Session) -> dict[str, Place]:
    """Write the city's tree of places; return them by code."""
    whole = city()
    found: dict[str, Place] = {}

    def add(level: Level, code: str, name: str, english: str, parent: str | None) -> None:
        above = found[parent].id if parent else None
        place = Place(level=level, code=code, name=name, name_en=english, parent_id=above)
        session.add(place)
        found[code] = place

    add(Level.CITY, whole.code, whole.name, whole.english, None)
    session.flush()
    for county in whole.counties:
        add(Level.COUNTY, county.code, county.name, county.english, whole.code)
    session.flush()
    for town in whole.townships:
        add(Level.TOWNSHIP, town.code, town.name, town.english, town.county_code)
    session.flush()
    for village in whole.villages:
        add(Level.VILLAGE, village.code, village.name, village.english, village.township_code)
    session.flush()
    return found


def add_people(session: Session, places: dict[str, Place], *, at: datetime) -> list[Staff]:
    """Write units and accounts; all accounts share one invented password."""
    units: dict[str, Unit] = {}
    by_name = {p.name: p for p in places.values() if p.level is Level.COUNTY}
    for row in staff.UNITS:
        place = places.get(row.key.removeprefix("township_")) or by_name.get(row.county)
        unit = Unit(
            kind=UnitKind.of(row.kind),
            name=row.name,
            name_en=row.english,
            parent_id=units[row.parent].id if row.parent else None,
            place_id=place.id if place else None,
        )
        session.add(unit)
        session.flush()
        units[row.key] = unit
    add_routes(session, units, at=at)
    password_hash = hashed(staff.PASSWORD)
    found = []
    for account in staff.ACCOUNTS:
        home = by_name.get(account.home_county)
        person = Staff(
            username=account.username,
            name=account.name,
            password_hash=password_hash,
            unit_id=units[account.unit].id,
            home_county_id=home.id if home else None,
            created_at=at,
            role_rows=[StaffRole(role=Role.of(code)) for code in account.roles],
        )
        session.add(person)
        found.append(person)
    session.flush()
    return found


def margin_file() -> bytes:
    """Return the city's margins as the file that a designer would import."""
    lines = ["margin,category,label_zh,label_en,adults,source,as_of"]
    lines += [f'{m.margin},{m.category},{m.zh},{m.en},{m.adults},"{SOURCE}",{AS_OF}' for m in margins()]
    return "\n".join(lines).encode()


def add_frame(size: int, folder: Path, *, at: datetime) -> int:
    """Import a frame of invented numbers from a file, as a designer would; return its id."""
    folder.mkdir(parents=True, exist_ok=True)
    path, rejects = folder / "demo-frame.csv", folder / "demo-frame-rejected.csv"
    numbers.write_csv(path, size)
    with transaction() as session:
        frame = Frame(name="清河市示范号码（虚构）", source=numbers.SOURCE, seed=20261122, created_at=at)
        session.add(frame)
        session.flush()
        frame_id = frame.id
    file = FrameFile.at(path)
    import_frame(frame_id, file, propose(file.head()), reject_path=rejects)
    path.unlink()
    return frame_id


def add_wave(
    session: Session, frame_id: int, edition: Edition, *, starts_on: date, daily_target: int, at: datetime
) -> Wave:
    """Open the daily wave."""
    wave = create_wave(
        session,
        name=WAVE,
        name_en=WAVE_EN,
        starts_on=starts_on,
        by=None,
        at=at,
        edition_id=edition.id,
        frame_id=frame_id,
        daily_target=daily_target,
    )
    open_wave(session, wave, by=None, at=at)
    return wave


def seed(*, size: int, daily_target: int, days: int, folder: Path, at: datetime) -> int:
    """Fill an empty database with the city as it stood before its first day; return the wave's id."""
    began = at - timedelta(days=days)
    with transaction() as session:
        places = add_places(session)
        add_people(session, places, at=began)
        add_articles(session, at=at)
        import_margins(session, margin_file(), by=None, at=began)
        edition_id = import_edition(session, INSTRUMENT.read_bytes(), by=None, at=began).id
    frame_id = add_frame(size, folder, at=began)
    with transaction() as session:
        edition = session.get_one(Edition, edition_id)
        wave = add_wave(
            session, frame_id, edition, starts_on=began.date(), daily_target=daily_target, at=began
        )
        journal.write(session, "demo.seed", wave, by=None, at=began, numbers=size)
        return wave.id
