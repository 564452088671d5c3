"""A stage for plays: a line, operators at their telephones, set for every play as it was for the first."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.hotline_reports import Act, Books, Door, Report
from core import clock, db
from core.people import Staff, StaffRole
from core.permissions import Role
from core.problems import Problem
from core.sweeps import SWEEPS
from hotline import arrivals, reconciling, seating, waiting
from hotline.languages import language_called
from hotline.lines import HelpLine, LineKind
from hotline.seats import Seat
from telephony import line as lines
from telephony.calls import Call, Direction, Party
from telephony.line import LegState
from telephony.outgoing import Outgoing, OutgoingState
from telephony.reconciler import reconcile
from telephony.rooms import Purpose, Room, open_room

BEGIN = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
NUMBER = "+862160012356"
PASSING = (
    "journal_entry", "offer", "seat", "consult", "call_back", "contact_leg", "contact", "caller", "outgoing",
    "line_event", "recording", "call", "room",
)  # fmt: skip
"""What a play leaves behind, children first."""
ROUNDS = (
    "hotline.dispatch", "hotline.talks", "hotline.wrap_up", "hotline.call_backs", "telephony.unheard",
)  # fmt: skip


class Stage:
    """A line, operators at their telephones, and what happens there: reports, deeds and rounds."""

    def __init__(self, folder: Path, *, people: int = 4, languages: Sequence[str] = ()) -> None:
        lines.use(Books(folder))
        arrivals.answer_callers()
        waiting.answer_waiting()
        self.door = Door(self.books.settings)
        with db.transaction() as session:
            lead = _staff("lead", Role.SHIFT_LEAD)
            self.people = [_staff(f"operator{n}", Role.OPERATOR) for n in range(people)]
            session.add_all([lead, *self.people])
            session.flush()
            spoken = [language_called(session, name, name) for name in languages]
            keys = {str(3 + n): one.id for n, one in enumerate(spoken)}
            session.add(
                HelpLine(
                    kind=LineKind.COUNSELLING, number=NUMBER, owner_id=lead.id, languages=keys, changed_at=BEGIN
                )
            )  # fmt: skip
        self.speaks = [one.id for one in spoken]
        self.now = BEGIN
        self.reports = 0
        self.rooms: list[Room] = []
        self.telephones: list[str] = []
        self._as_set: dict[str, list[dict[str, Any]]] = {}

    @property
    def books(self) -> Books:
        """The carrier's books of this play."""
        carrier = lines.line()
        assert isinstance(carrier, Books)
        return carrier

    def set(self) -> None:
        """Clear the stage and let everybody sit down again."""
        self.now = BEGIN
        self.books.rung.clear()
        self.books.over.clear()
        with db.transaction() as session:
            connection = db.plainly(session)
            for name in PASSING:
                connection.exec_driver_sql(f'DELETE FROM "{name}"')
            connection.execute(_UNREAD)
            if self._as_set:
                for name, rows in self._as_set.items():
                    connection.execute(_INSERTS[name], rows)
                return
            self.rooms = [self._room(session, staff) for staff in self.people]
            self.telephones = [self._telephone(session, room) for room in self.rooms]
            for staff in self.people:
                seating.sit(session, by=staff, at=self.now).speaks = (
                    self.speaks if staff in self.people[::2] else []
                )
            session.flush()
            for name in reversed(PASSING):  # the next time it is put down as it stands now
                table = db.Base.metadata.tables[name]
                rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                if rows:
                    self._as_set[name] = rows
                    _INSERTS.setdefault(name, sa.insert(table))

    def _room(self, session: Session, staff: Staff) -> Room:
        room = open_room(session, owner=staff, purpose=Purpose.HOTLINE, at=self.now)
        room.provider_ref = "CF" + random_source.token_hex(16)
        session.flush()
        return room

    def _telephone(self, session: Session, room: Room) -> str:
        leg = "CA" + random_source.token_hex(16)
        session.add(Call(
            request_key=random_source.token_hex(12), provider_ref=leg, room_id=room.id, staff_id=room.owner_id,
            direction=Direction.BROWSER, party=Party.OPERATOR, state=LegState.CONNECTED, in_room=True,
            room_order=0, created_at=self.now, connected_at=self.now, checked_at=self.now,
        ))  # fmt: skip
        session.flush()
        return leg

    # What happens

    def take_in(self, report: Report) -> str:
        """Take one signed report in at the door; return what is answered."""
        self.reports += 1
        with clock.frozen(self.now):
            return self.door.post(report)

    def does(self, step: Act) -> bool:
        """Do what somebody at work does, or say that it can't be done yet."""
        try:
            with clock.frozen(self.now), db.transaction() as session:
                step.do(session, self.now)
                session.flush()
                # The carrier does as it is asked; what comes of it is in the story.
                db.plainly(session).execute(_SENT, {"now": self.now})
        except Problem:
            return False
        return True

    def rounds(self) -> None:
        """Make the hotline's rounds, and let every screen say that it is alive."""
        with clock.frozen(self.now):
            for name in ROUNDS:
                with db.transaction() as session:
                    SWEEPS[name].run(session, self.now)
            with db.transaction() as session:
                db.plainly(session).execute(_ALIVE, {"now": self.now})

    def look_into_books(self) -> None:
        """Let both reconcilers ask the carrier for what was never told."""
        for _ in range(3):
            self.now += timedelta(minutes=4)
            with clock.frozen(self.now):
                reconcile(self.now)
                reconciling.reconcile_lines(self.now)
            self.rounds()


def _staff(name: str, role: Role) -> Staff:
    return Staff(
        username=name, name="某人", password_hash="!", created_at=BEGIN, role_rows=[StaffRole(role=role)]
    )


# Built once, as the house's own are.
_INSERTS: dict[str, sa.Insert] = {}
_UNREAD = sa.update(HelpLine.__table__).values(reconciled_at=None)  # type: ignore[arg-type]
_ALIVE = sa.update(Seat.__table__).values(heartbeat_at=sa.bindparam("now"))  # type: ignore[arg-type]
_SENT = (
    sa.update(Outgoing.__table__)  # type: ignore[arg-type]
    .where(Outgoing.__table__.c.settled_at.is_(None))
    .values(state=OutgoingState.SENT, settled_at=sa.bindparam("now"))
)
