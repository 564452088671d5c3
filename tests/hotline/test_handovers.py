"""Handovers: sealed on the counselling line, each reading logged, signed by somebody else, and then unchanged."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from core import db
from core.db import transaction
from core.people import Staff
from core.problems import Forbidden, Invalid, Refused
from hotline.handovers import Handover, read, sign, write
from hotline.lines import LineKind
from hotline.read_log import CounsellingRead
from tests.hotline.staffed import a_lead, a_shift, an_operator

WORDS = "三号坐席的来电人答应明早八点再打来"


def reads(session: object, staff: Staff) -> int:
    """Count somebody's lines in the read log."""
    return len(session.scalars(sa.select(CounsellingRead).where(CounsellingRead.staff_id == staff.id)).all())  # type: ignore[attr-defined]


def test_a_counselling_note_is_sealed_and_every_reading_is_logged(
    database: db.Database, now: datetime
) -> None:
    """Nothing of it stands in the table; each opening is a line in the chain."""
    with transaction() as session:
        lead, next_ = a_lead(session), a_lead(session)
        shift = a_shift(session, at=now, lead=lead)
        note = write(session, shift, WORDS, by=lead, at=now)
        raw = session.execute(sa.text("SELECT note, sealed_note FROM handover")).one()
        assert raw[0] is None
        assert WORDS.encode() not in bytes(raw[1])
        assert read(session, note, by=next_, at=now) == WORDS
        assert reads(session, next_) == 1


def test_a_note_is_signed_by_another_and_then_stands(sqlite: db.Database, now: datetime) -> None:
    """The writer cannot sign; after signing it can be neither changed nor signed again."""
    with transaction() as session:
        lead, next_ = a_lead(session), a_lead(session)
        shift = a_shift(session, at=now, lead=lead)
        note = write(session, shift, WORDS, by=lead, at=now)
        assert write(session, shift, WORDS + "。", by=lead, at=now) is note
        with pytest.raises(Refused):
            sign(session, note, by=lead, at=now)
        sign(session, note, by=next_, at=now)
        with pytest.raises(Refused):
            sign(session, note, by=next_, at=now)
        with pytest.raises(Refused):
            write(session, shift, "另写", by=lead, at=now)
        assert note.words == WORDS + "。"


def test_operators_neither_write_nor_read_notes(sqlite: db.Database, now: datetime) -> None:
    """Only leads of the line do."""
    with transaction() as session:
        lead, person = a_lead(session), an_operator(session)
        shift = a_shift(session, at=now, lead=lead)
        note = write(session, shift, WORDS, by=lead, at=now)
        for act in (
            lambda: write(session, shift, "x", by=person, at=now),
            lambda: read(session, note, by=person, at=now),
            lambda: sign(session, note, by=person, at=now),
        ):
            with pytest.raises(Forbidden):
                act()
        assert reads(session, person) == 0


@pytest.mark.parametrize("words", ["", "   ", "长" * 4001])
def test_a_note_has_words(sqlite: db.Database, now: datetime, words: str) -> None:
    """Neither empty nor endless."""
    with transaction() as session:
        lead = a_lead(session)
        shift = a_shift(session, at=now, lead=lead)
        with pytest.raises(Invalid):
            write(session, shift, words, by=lead, at=now)
        assert session.scalars(sa.select(Handover)).all() == []


def test_a_note_of_the_citizen_line_is_plain(sqlite: db.Database, now: datetime) -> None:
    """It is kept outside the counselling key and its reading is no counselling read."""
    with transaction() as session:
        lead, next_ = a_lead(session), a_lead(session)
        shift = a_shift(session, at=now, lead=lead, line=LineKind.CITIZEN)
        note = write(session, shift, WORDS, by=lead, at=now)
        assert (note.note, note.sealed_note) == (WORDS, None)
        assert read(session, note, by=next_, at=now) == WORDS
        assert reads(session, next_) == 0
