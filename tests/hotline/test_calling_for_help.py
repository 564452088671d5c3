"""Calling for help: a supervisor is told at once, and the call climbs every minute until somebody has it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core import db
from core.db import transaction
from core.problems import Forbidden, Refused
from hotline.calling_for_help import (
    call_for_help,
    climb_due,
    mark_shown,
    open_for,
    own_open,
    take,
    watch_on_call,
)
from hotline.distress import Distress, DistressKind, DistressTold, Rung
from tests.hotline.staffed import COUNSELLING, a_lead, a_line, a_seat, a_shift, an_operator

MINUTE = timedelta(minutes=1)
PANIC = DistressKind.PANIC


def told(call: Distress) -> dict[Rung, set[int]]:
    """Return who was told on each rung."""
    found: dict[Rung, set[int]] = {}
    for row in call.told:
        found.setdefault(row.rung, set()).add(row.staff_id)
    return found


def test_lead_and_supervisor_are_told_in_the_same_moment(sqlite: db.Database, now: datetime) -> None:
    """Within the 60 seconds asked for, because within the same transaction."""
    with transaction() as session:
        lead, supervisor, person = a_lead(session), a_lead(session), an_operator(session)
        a_shift(session, at=now, lead=lead, supervisor=supervisor, people=[person])
        call = call_for_help(session, PANIC, COUNSELLING, about=person, by=person, at=now)
        assert told(call) == {Rung.ON_DUTY: {lead.id, supervisor.id}}
        assert all(row.told_at == now for row in call.told)
        assert open_for(session, lead) == [call]
        assert own_open(session, person, since=now) is call


def test_it_climbs_every_minute_until_somebody_has_it(database: db.Database, now: datetime) -> None:
    """After 60 s the leads at work and the line's owner, after 120 s everybody; then nobody new."""
    with transaction() as session:
        lead, owner, present, away, person = (*(a_lead(session) for _ in range(4)), an_operator(session))
        a_line(session, owner=owner, at=now)
        a_seat(session, present, at=now, heard=now + MINUTE)
        a_seat(session, away, at=now, heard=now - MINUTE)
        a_shift(session, at=now, lead=lead, people=[person])
        call = call_for_help(session, PANIC, COUNSELLING, about=person, by=person, at=now)
        assert climb_due(session, now + MINUTE - timedelta(seconds=1)) == 0
        assert climb_due(session, now + MINUTE) == 1
        assert told(call)[Rung.PRESENT] == {owner.id, present.id}
        assert climb_due(session, now + 2 * MINUTE) == 1
        assert told(call)[Rung.EVERYBODY] == {away.id}
        assert climb_due(session, now + 3 * MINUTE) == 1
        assert len(call.told) == 4
        take(session, call, by=away, at=now + 3 * MINUTE)
        assert climb_due(session, now + 9 * MINUTE) == 0
        assert open_for(session, lead) == []
        with pytest.raises(Refused):
            take(session, call, by=lead, at=now + 4 * MINUTE)


def test_an_empty_rung_is_not_waited_for(sqlite: db.Database, now: datetime) -> None:
    """Without a roster the line's owner hears at once; with nobody there at all the call stays open."""
    with transaction() as session:
        person = an_operator(session)
        alone = call_for_help(session, PANIC, COUNSELLING, about=person, by=person, at=now)
        assert (alone.told, alone.is_open) == ([], True)
        late = a_lead(session)
        climb_due(session, now + MINUTE)
        assert told(alone) == {Rung.EVERYBODY: {late.id}}
        owner, other = a_lead(session), an_operator(session)
        a_line(session, owner=owner, at=now)
        call = call_for_help(session, PANIC, COUNSELLING, about=other, by=other, at=now)
        assert told(call) == {Rung.PRESENT: {owner.id}}


def test_pressing_again_changes_nothing(sqlite: db.Database, now: datetime) -> None:
    """One open call a person; after it was taken a new one begins."""
    with transaction() as session:
        lead, person = a_lead(session), an_operator(session)
        a_shift(session, at=now, lead=lead, people=[person])
        first = call_for_help(session, PANIC, COUNSELLING, about=person, by=person, at=now)
        assert call_for_help(session, PANIC, COUNSELLING, about=person, by=person, at=now + MINUTE) is first
        take(session, first, by=lead, at=now + MINUTE)
        again = call_for_help(session, PANIC, COUNSELLING, about=person, by=person, at=now + 2 * MINUTE)
        assert again is not first


def test_a_lead_who_needs_help_is_helped_by_another(sqlite: db.Database, now: datetime) -> None:
    """Nobody is told of their own call, takes it, or takes one without leading that line."""
    with transaction() as session:
        lead, supervisor = a_lead(session), a_lead(session)
        a_shift(session, at=now, lead=lead, supervisor=supervisor)
        call = call_for_help(session, PANIC, COUNSELLING, about=lead, by=lead, at=now)
        assert told(call) == {Rung.ON_DUTY: {supervisor.id}}
        with pytest.raises(Refused):
            take(session, call, by=lead, at=now)
        with pytest.raises(Forbidden):
            take(session, call, by=an_operator(session), at=now)


def test_when_a_screen_showed_it_is_known(database: db.Database, now: datetime) -> None:
    """The first showing counts."""
    with transaction() as session:
        lead, person = a_lead(session), an_operator(session)
        a_shift(session, at=now, lead=lead, people=[person])
        call_for_help(session, PANIC, COUNSELLING, about=person, by=person, at=now)
        assert mark_shown(session, lead, at=now + MINUTE) == 1
        assert mark_shown(session, lead, at=now + 2 * MINUTE) == 0
        session.expire_all()
        assert session.scalars(sa.select(DistressTold)).one().shown_at == now + MINUTE


def test_a_line_without_anybody_on_call_calls_everybody_once_an_hour(
    sqlite: db.Database, now: datetime
) -> None:
    """Said when it happens, not every minute anew; a published shift ends it."""
    with transaction() as session:
        lead = a_lead(session)
        a_line(session, owner=lead, at=now)
        assert watch_on_call(session, now) == 1
        (call,) = open_for(session, lead)
        assert call.kind is DistressKind.NOBODY_ON_CALL
        take(session, call, by=lead, at=now)
        assert watch_on_call(session, now + MINUTE) == 0
        assert watch_on_call(session, now + 61 * MINUTE) == 1
        a_shift(session, at=now + 62 * MINUTE, lead=lead)
        assert watch_on_call(session, now + 200 * MINUTE) == 0
