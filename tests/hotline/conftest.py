"""A small hotline on the simulated line: two lines with their owner, operators at their telephones, callers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.permissions import Role
from core.sweeps import SWEEPS
from core.terms import Words
from hotline import arrivals, caller_legs, seating, taking, waiting, wrapping
from hotline.callbacks import CallBack
from hotline.contacts import Contact
from hotline.lines import HelpLine, LineKind
from hotline.offers import Offer
from telephony.calls import call_with_ref
from telephony.line import identity_of
from telephony.rooms import Purpose, open_room
from telephony.simulator.faults import FAIR_WEATHER, Faults
from telephony.simulator.leg import Leg
from tests.factories import a_staff
from tests.telephony.conftest import (
    House,
    Pickups,
    _clean_ears,
    build_house,
    settings_for,
)

__all__ = ["_clean_ears", "caller_legs"]
NUMBERS = {LineKind.CITIZEN: "+862160012345", LineKind.COUNSELLING: "+862160012356"}
CALLER = "+8613912345678"


@dataclass
class Desk:
    """The hotline at work in one process: whoever calls, whoever answers."""

    house: House
    pickups: Pickups
    owner: Staff
    operators: list[Staff] = field(default_factory=list)
    telephones: dict[int, Leg] = field(default_factory=dict)
    due: dict[str, datetime] = field(default_factory=dict)
    """When each round is made again as time passes."""

    def operator(self, role: Role = Role.OPERATOR, *, sits: bool = True) -> Staff:
        """Bring an operator to their telephone, and to their seat."""
        with db.transaction() as session:
            staff = a_staff(session, role)
        self.operators.append(staff)
        self.connect(staff)
        if sits:
            self.do(seating.sit, by=staff)
        return staff

    def connect(self, staff: Staff) -> Leg:
        """Connect somebody's telephone in the browser."""
        with self.house.at_present() as now, db.transaction() as session:
            room = open_room(session, owner=staff, purpose=Purpose.HOTLINE, at=now)
        leg = self.house.carrier.softphones.connect_as(identity_of(staff.id), {"room": room.name})
        self.telephones[staff.id] = leg
        self.run(1)
        return leg

    def call(
        self,
        number: str = CALLER,
        line: LineKind = LineKind.COUNSELLING,
        *,
        for_s: float = 5,
        **terms: object,
    ) -> Leg:
        """Let somebody call a line, and let some seconds pass."""
        leg = self.house.carrier.inbound(number, NUMBERS[line], **terms)  # type: ignore[arg-type]
        self.run(for_s)
        return leg

    def run(self, seconds: float, *, step: float = 1.0) -> None:
        """Let time pass: the line's reports, the outbox, the rounds."""
        left = seconds
        while left > 0:
            self.house.run(min(step, left))
            left -= step
            self.sweep(only_due=True)
        self.house.send()

    def beat_for(self, seconds: float, *people: Staff) -> None:
        """Let time pass while screens answer."""
        for _ in range(round(seconds / 5)):
            for staff in people:
                self.do(seating.beat, by=staff)
            self.run(5)

    def sweep(self, *, only_due: bool = False) -> None:
        """Make the hotline's rounds once, whether due or not; or those alone that are due by their own rhythm."""
        with self.house.at_present() as now:
            for name, sweep in SWEEPS.items():
                if not name.startswith("hotline.") and name != "telephony.unheard":
                    continue
                if only_due and self.due.get(name, now) > now:
                    continue
                self.due[name] = now + sweep.every
                with db.transaction() as session:
                    sweep.run(session, now)

    def do(self, deed: object, *given: object, by: Staff | None = None, **more: object) -> object:
        """Let somebody do something, in a transaction, now; contacts are read anew."""
        with self.house.at_present() as now, db.transaction() as session:
            fresh = [_anew(session, g) for g in given]
            told = deed(session, *fresh, by=by, at=now, **more)  # type: ignore[operator]
        outbox_sent = self.house.send()
        assert outbox_sent >= 0
        return told

    def contact(self, leg: Leg | None = None) -> Contact:
        """Return the contact of a leg, or the only one."""
        with db.reading() as session:
            query = sa.select(Contact)
            if leg is not None:
                call = call_with_ref(session, leg.sid)
                assert call is not None
                query = query.where(Contact.call_id == call.id)
            return session.scalars(query.order_by(Contact.id.desc())).first() or _none()

    def take(self, contact: Contact, staff: Staff, *, for_s: float = 3) -> Contact:
        """Answer a caller and let them come through."""
        self.do(taking.take, contact, by=staff)
        self.run(for_s)
        return self.again(contact)

    def again(self, contact: Contact) -> Contact:
        """Read a contact anew."""
        with db.reading() as session:
            return session.get_one(Contact, contact.id)

    def offers(self, contact: Contact) -> list[Offer]:
        """Return every offer of a contact."""
        with db.reading() as session:
            return list(
                session.scalars(sa.select(Offer).where(Offer.contact_id == contact.id).order_by(Offer.id))
            )

    def call_back(self, contact: Contact) -> CallBack | None:
        """Return what was promised to the caller of a contact."""
        with db.reading() as session:
            return session.scalars(sa.select(CallBack).where(CallBack.contact_id == contact.id)).first()

    def heard(self, leg: Leg, words: Words) -> bool:
        """Say whether a caller heard a sentence."""
        return any(words.zh in text for _, text in leg.heard)


def _anew(session: Session, thing: object) -> object:
    """Read a record anew in this session; what is no record stays what it is."""
    if not isinstance(thing, db.Base):
        return thing
    return session.get_one(type(thing), sa.inspect(thing, raiseerr=True).identity)


def _none() -> Contact:
    raise AssertionError("there is no contact")


@pytest.fixture
def weather() -> Faults:
    """The carrier's weather."""
    return FAIR_WEATHER


@pytest.fixture
def desk(tmp_path: object, database: db.Database, weather: Faults, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The hotline on both databases."""
    # The engine alone: what the rooms of the lines add to it has its own tests.
    monkeypatch.setattr(wrapping, "_rules", {})
    monkeypatch.setattr(waiting, "_messages", [])
    pickups = Pickups()
    house = build_house(settings_for(tmp_path), pickups, weather, monkeypatch)  # type: ignore[arg-type]
    arrivals.answer_callers()
    waiting.answer_waiting()
    with db.transaction() as session:
        owner = a_staff(session, Role.SHIFT_LEAD)
        for kind, number in NUMBERS.items():
            session.add(
                HelpLine(kind=kind, number=number, owner_id=owner.id, changed_at=house.timeline.now())
            )
    return Desk(house, pickups, owner)
