"""Operators who play beside the visitor: they sit, answer what rings, write it down and finish; never too quick."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

import requests
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import Staff
from core.problems import Problem
from demo import hotline_notes as notes
from demo import telephones
from demo.chance import SEED, below
from hotline import calling_back, seating, taking, talking, wrapping
from hotline.callbacks import CallBack, CallBackState
from hotline.contacts import Contact, ContactState
from hotline.lines import LineKind, lines_served_by
from hotline.offers import Offer
from hotline.seats import LOST_AFTER, Seat, SeatState, seat_of
from telephony.outbox import send_due
from telephony.rooms import Purpose

log = logging.getLogger("tingmin.demo")
LONGEST_TALK = timedelta(minutes=5)
BESIDE_A_PERSON = timedelta(seconds=15)
"""So long the telephone rings for a person at the line before a robot takes it."""
LEFT = timedelta(minutes=6)
"""So long a call-back is left to the visitor."""
SELDOM_S = 4
"""In the first seconds of a minute only, so that call-backs do not all happen at once."""


class HotlineRobot(threading.Thread):
    """One simulated operator."""

    def __init__(
        self, staff_id: int, robots: frozenset[int], *, carrier: str, stopping: threading.Event
    ) -> None:
        super().__init__(name=f"operator-{staff_id}", daemon=True)
        self.staff_id = staff_id
        self.robots = robots
        self.carrier = carrier
        self.stopping = stopping
        self.beaten_at: datetime | None = None

    def run(self) -> None:
        """Work until told to stop; after trouble, rest and begin anew."""
        while not self.stopping.is_set():
            try:
                self.connect()
                while not self.stopping.is_set() and telephones.is_connected(self.staff_id):
                    self.beat()
                    if not self.once():
                        self.stopping.wait(1.0)
            except (Problem, DBAPIError, requests.RequestException) as error:
                log.info("operator %s rests: %s", self.staff_id, type(error).__name__)
            self.stopping.wait(4)

    def connect(self) -> None:
        """Join the own room, as a browser does, and sit down."""
        if not telephones.is_connected(self.staff_id):
            telephones.connect(self.staff_id, Purpose.HOTLINE, carrier=self.carrier, stopping=self.stopping)
        with transaction() as session:
            seating.sit(session, by=session.get_one(Staff, self.staff_id), at=clock.now())

    def beat(self) -> None:
        """Say that the screen is alive."""
        now = clock.now()
        if self.beaten_at is not None and now - self.beaten_at < timedelta(seconds=7):
            return
        with transaction() as session:
            seating.beat(session, by=session.get_one(Staff, self.staff_id), at=now)
        self.beaten_at = now

    def once(self) -> bool:
        """Do what is next: go on with the caller in hand, take what rings, or call somebody back."""
        with reading() as session:
            mine = session.scalars(
                sa.select(Contact)
                .where(
                    Contact.taken_by == self.staff_id,
                    Contact.state.in_([ContactState.TAKEN, ContactState.TALKING, ContactState.WRAPPING]),
                )
                .order_by(Contact.id.desc())
            ).first()
            contact_id, state = (mine.id, mine.state) if mine is not None else (0, None)
        if state is ContactState.TALKING:
            self._talk(contact_id)
        elif state is ContactState.WRAPPING:
            self._write_up(contact_id)
        elif state is None:
            return self._take_next()
        return False

    def _take_next(self) -> bool:
        now = clock.now()
        with transaction() as session:
            who = session.get_one(Staff, self.staff_id)
            seat = seat_of(session, who)
            if seat is None or seat.state is SeatState.TALKING:
                return False
            if seat.state is SeatState.WRAPPING:
                seating.free(session, by=who, at=now)
            query = (
                sa.select(Offer)
                .where(Offer.staff_id == who.id, Offer.answer.is_(None), Offer.until > now)
                .order_by(Offer.id)
            )
            offer = session.scalars(query).first()
            if offer is None:
                is_busy = self._call_back(session, who, now)
            elif now - offer.offered_at < self._patience(session, offer, now):
                is_busy = False
            else:
                taking.take(session, session.get_one(Contact, offer.contact_id), by=who, at=now)
                is_busy = True
        if is_busy:
            send_due()
        return is_busy

    def _patience(self, session: Session, offer: Offer, now: datetime) -> timedelta:
        kind = session.get_one(Contact, offer.contact_id).line
        query = sa.select(Seat).where(
            Seat.state == SeatState.AVAILABLE, Seat.heartbeat_at >= now - LOST_AFTER
        )
        is_person_there = any(
            s.staff_id not in self.robots and kind.value in s.serves for s in session.scalars(query)
        )
        own = timedelta(seconds=4 + below(8, SEED, "picks up", offer.id))
        return BESIDE_A_PERSON if is_person_there else own

    def _call_back(self, session: Session, who: Staff, now: datetime) -> bool:
        """Call somebody back whom nobody else has taken for a while."""
        query = (
            sa.select(CallBack)
            .join(Contact, Contact.id == CallBack.contact_id)
            .where(
                CallBack.state == CallBackState.DUE,
                CallBack.due_at <= now - LEFT,
                Contact.line.in_(lines_served_by(who)),
            )
            .order_by(CallBack.due_at.desc())
        )
        found = session.scalars(query).first()
        if found is None or now.second > SELDOM_S:
            return False
        calling_back.ring(session, found, by=who, at=now)
        return True

    def _talk(self, contact_id: int) -> None:
        """Write down what is heard, and say goodbye when it has been long."""
        now = clock.now()
        with transaction() as session:
            who = session.get_one(Staff, self.staff_id)
            contact = session.get_one(Contact, contact_id)
            began = contact.talking_at or now
            if contact.line is LineKind.COUNSELLING and now - began > timedelta(seconds=25):
                notes.screen(session, contact, by=who, at=now)
            if now - began > LONGEST_TALK:
                talking.hang_up(session, contact, by=who, at=now)
        send_due()

    def _write_up(self, contact_id: int) -> None:
        """Finish the record a little after the talk."""
        now = clock.now()
        with transaction() as session:
            who = session.get_one(Staff, self.staff_id)
            contact = session.get_one(Contact, contact_id)
            if contact.ended_at is not None and now - contact.ended_at < timedelta(seconds=12):
                return
            if contact.line is LineKind.COUNSELLING:
                notes.write_record(session, contact, by=who, at=now)
            else:
                notes.write_call(session, contact, by=who, at=now)
            wrapping.finish(session, contact, by=who, at=now)


def crew() -> list[int]:
    """Return the operators who are played; the accounts of the visitor are left to the visitor."""
    with reading() as session:
        query = sa.select(Staff.id).where(Staff.username.in_(["operator02", "citizen_operator02"]))
        return list(session.scalars(query.order_by(Staff.id)))
