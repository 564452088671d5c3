"""The invented weeks of both lines: everybody has a record and an owner, and what was written down holds together."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import clock
from core.db import Database, reading, transaction
from demo import help_lines, hotline_history
from demo.hotline_stories import Story, stories
from demo.seeding import add_people, add_places
from hotline.callbacks import CallBack
from hotline.contacts import Contact, ContactState, WayOut
from hotline.followups import FollowUp, FollowUpState
from hotline.form_values import lacking, read_value
from hotline.forms import form
from hotline.handovers import Handover
from hotline.lines import HelpLine, LineKind
from hotline.records import CounsellingRecord
from hotline.risk import RiskLevel
from hotline.risk_levels import EpisodeLevel
from hotline.screenings import ScreeningSheet
from hotline.seats import Seat
from hotline.shifts import Shift, on_call

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
NOON_SHIFT = timedelta(hours=4)
"""For how long the shift has gone on at noon."""
EVERY = [story for line in LineKind for story in stories(line)]


@pytest.fixture
def played(sqlite: Database) -> Database:
    """Two days of both lines."""
    with clock.frozen(NOON):
        with transaction() as session:
            add_people(session, add_places(session), at=NOON - timedelta(days=2))
        hotline_history.play(2, NOON)
    return sqlite


def test_nobody_who_called_is_without_a_record_or_an_owner(played: Database) -> None:
    with reading() as session:
        contacts = session.scalars(sa.select(Contact)).all()
        assert len(contacts) > 60
        assert {c.line for c in contacts} == set(LineKind)
        assert all(c.owner_id for c in contacts)
        assert {c.state for c in contacts} <= {ContactState.DONE, ContactState.MISSED}
        assert max(c.rung_at for c in contacts) < NOON
        written = set(session.scalars(sa.select(CounsellingRecord.contact_id)))
        promised = set(session.scalars(sa.select(CallBack.contact_id)))
        for contact in contacts:
            is_talk = contact.way_out is WayOut.ANSWERED
            assert is_talk or contact.id in promised
            assert contact.line is LineKind.CITIZEN or is_talk == (contact.id in written)
        spoken = [c.language.zh for c in contacts if c.language]
        assert set(spoken) == {"本地话", "英语"}
        assert len(spoken) < len(contacts) / 4  # most speak Mandarin and press nothing
        talkers = set(session.scalars(sa.select(Seat.staff_id)))
        assert talkers == {p.id for line in LineKind for p in help_lines.operators(session, line)}
        numbers = [c.caller.number for c in contacts if c.caller and c.caller.number]
        assert all(number.startswith("+86145") for number in numbers)


def test_records_are_whole_by_their_form_and_levels_follow_the_screener(played: Database) -> None:
    with reading() as session:
        for record in session.scalars(sa.select(CounsellingRecord)):
            assert lacking(record.form, record.content) == {}
        sheets = {s.contact_id: s for s in session.scalars(sa.select(ScreeningSheet))}
        for level in session.scalars(sa.select(EpisodeLevel)):
            assert sheets[level.contact_id].is_finished
            assert level.level is not RiskLevel.KEY or level.seen_at is not None
        due = session.scalars(sa.select(FollowUp).where(FollowUp.state == FollowUpState.DUE)).all()
        assert due
        assert all(row.due_at > NOON - hotline_history.LEFT_TO_CALL for row in due)


def test_both_lines_have_a_number_and_somebody_on_call_at_every_hour(played: Database) -> None:
    with reading() as session:
        assert set(session.scalars(sa.select(HelpLine.kind))) == set(LineKind)
        for line in LineKind:
            for hour in range(-40, 24 * 7):
                assert on_call(session, line, NOON + timedelta(hours=hour)) is not None


def test_every_shift_left_a_note_that_the_next_lead_signed(played: Database) -> None:
    """On the counselling line sealed; what the notes say is what the shift's contacts say."""
    with reading() as session:
        over = set(session.scalars(sa.select(Shift.id).where(Shift.ends_at <= NOON)))
        notes = session.scalars(sa.select(Handover)).all()
        assert {note.shift_id for note in notes} == over
        assert all(
            (note.sealed_note is not None) == (note.shift.line is LineKind.COUNSELLING) for note in notes
        )
        assert all(note.signed_by == note.shift.supervisor_id for note in notes)
        told = sum(int(found) for note in notes for found in re.findall(r"来电 (\d+) 个", note.words))
        rang = [c.rung_at for c in session.scalars(sa.select(Contact))]
        assert told == sum(
            min(note.shift.begins_at for note in notes) <= at < NOON - NOON_SHIFT for at in rang
        )


@pytest.mark.parametrize("story", EVERY, ids=lambda s: f"{s.line.value}-{s.code}")
def test_every_story_can_be_written_down(story: Story) -> None:
    assert all(words.zh and words.en for words in story.says)
    if story.line is LineKind.CITIZEN:
        assert story.ends
        return
    sheet = form("counselling")
    held = story.record("somebody")
    assert lacking(sheet, held) == {}
    for name, value in held.items():
        read = read_value(sheet.fields[name], value, is_township=lambda _: True)
        assert read == value or (isinstance(read, list) and sorted(read) == sorted(value))  # type: ignore[arg-type]
