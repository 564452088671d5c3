"""The demonstration's two lines: their invented numbers and languages, who answers, and a roster that leaves no gap."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from demo.chance import SEED, uniform
from hotline.languages import language_called
from hotline.lines import HelpLine, LineKind, lines_served_by
from hotline.shifts import Duty, Shift
from hotline.speakers import note_languages

NUMBERS = {LineKind.CITIZEN: "+862161000001", LineKind.COUNSELLING: "+862161000002"}
"""Beside the centre's own invented number; nobody outside this machine is ever rung."""
DUTY_PHONES = {LineKind.CITIZEN: ["+862161000011"], LineKind.COUNSELLING: ["+862161000012", "+862161000013"]}
HOURS = ((0, 8), (8, 16), (16, 24))
SEATS = {LineKind.CITIZEN: (1, 2, 1), LineKind.COUNSELLING: (1, 2, 2)}
LANGUAGES = {"4": ("本地话", "local dialect"), "5": ("英语", "English")}
SHARES = {"4": 0.12, "5": 0.03}
"""How many callers press which key; the rest speak Mandarin."""
SPEAK = {
    "operator": "4",
    "operator02": "45",
    "operator03": "4",
    "citizen_operator": "4",
    "citizen_operator02": "45",
}
AHEAD = 9
"""Days of roster after today."""


def add_help_lines(session: Session, *, at: datetime) -> None:
    """Set both lines up, unless they are there already."""
    there = set(session.scalars(sa.select(HelpLine.kind)))
    owner = session.scalars(sa.select(Staff).where(Staff.username == "shift_lead")).one()
    if there != set(LineKind):
        languages = {key: language_called(session, *names).id for key, names in LANGUAGES.items()}
        for person in session.scalars(sa.select(Staff).where(Staff.username.in_(SPEAK))):
            spoken = [languages[key] for key in SPEAK[person.username]]
            note_languages(session, person, spoken, among=spoken, by=owner, at=at)
    for kind in LineKind:
        if kind not in there:
            session.add(
                HelpLine(
                    kind=kind, number=NUMBERS[kind], owner_id=owner.id, duty_phones=DUTY_PHONES[kind], changed_at=at,
                    is_recorded=kind is LineKind.CITIZEN, languages=languages,
                )
            )  # fmt: skip
    session.flush()


def key_of(*names: object) -> str:
    """Return the key that somebody presses for their language, by the names alone; most press none."""
    chance = uniform(SEED, "language", *names)
    for key, share in SHARES.items():
        if (chance := chance - share) < 0:
            return key
    return ""


def operators(session: Session, line: LineKind) -> list[Staff]:
    """Return who answers a line, without those who lead it."""
    people = session.scalars(sa.select(Staff).where(Staff.username.like("%operator%")).order_by(Staff.id))
    return [person for person in people if line in lines_served_by(person)]


def add_roster(session: Session, first: date, last: date, *, at: datetime) -> None:
    """Publish three shifts a day on both lines, each with a lead and somebody on call."""
    leads = list(
        session.scalars(sa.select(Staff).where(Staff.username.like("shift_lead%")).order_by(Staff.id))
    )
    for line in LineKind:
        crew = operators(session, line)
        for offset in range((last - first).days + 1):
            midnight = datetime.combine(first + timedelta(days=offset), time(0), clock.zone())
            for turn, (begins, ends) in enumerate(HOURS):
                lead, other = leads[(offset + turn) % 2], leads[(offset + turn + 1) % 2]
                seats = SEATS[line][turn]
                shift = Shift(
                    line=line, begins_at=midnight + timedelta(hours=begins), ends_at=midnight + timedelta(hours=ends),
                    seats=seats, lead_id=lead.id, supervisor_id=other.id, created_at=at, created_by=lead.id,
                    published_at=at, published_by=lead.id,
                )  # fmt: skip
                session.add(shift)
                for seat in range(min(seats, len(crew))):
                    person = crew[(offset + turn + seat) % len(crew)]
                    shift.duties.append(Duty(staff_id=person.id, seat_no=seat + 1))
    session.flush()
