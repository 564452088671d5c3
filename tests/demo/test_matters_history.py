"""The matters of the demonstration have lived: every state occurs, and every log gives the standing it led to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import clock, secrets
from core.db import Database, reading, using
from core.people import Staff
from demo.appraisals import appraise
from demo.matter_doors import ROWS, bring_list
from demo.matters_history import MattersHistory
from demo.seeding import seed
from matters.attributes import ClockColour, Conflict, Origin
from matters.flow import MatterAction
from matters.importing import ImportState, MatterImport
from matters.importing_work import counts
from matters.keeping_away import within_sight
from matters.knowledge import count_running_out, offered
from matters.log import MatterEvent, replayed
from matters.lots import MatterRecall
from matters.matter import Matter
from matters.moving import standing_of
from matters.states import CLOSED, MatterState
from matters.vault import IdentityRequest, RequestState
from migrations.tables import every_table
from reports.appeal import open_appeals
from reports.appraisal_round import published
from reports.appraisal_terms import Appraised
from tests.journeys.conftest import house_settings
from tests.made_once import empty_sqlite
from web.app import create_app

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)  # Friday, half past nine
DAYS = 28
KNOWN = secrets.Keyring(
    {purpose: {1: bytes(32)} for purpose in secrets.PURPOSES}, dict.fromkeys(secrets.PURPOSES, 1), bytes(32)
)
"""Who is asked again is drawn by a keyed lot: under fresh keys it may fall on nobody in four weeks."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Four weeks of calls and web reports, without the interviews."""
    settings = house_settings(tmp_path_factory.mktemp("lived"))
    settings.keys_file.write_text(KNOWN.as_json(), encoding="utf-8")
    every_table()
    ring, before, zone = secrets.keyring(), clock.now() - datetime.now(UTC), clock.zone()
    database = empty_sqlite(settings.database_url)
    with using(database), create_app(settings, database=database).app_context(), clock.frozen(NOW):
        today = clock.today(NOW)
        seed(size=300, daily_target=5, days=DAYS, folder=settings.uploads, at=NOW)
        history = MattersHistory(today, NOW)
        for n in range(DAYS, -1, -1):
            history.play(today - timedelta(days=n))
        history.look(NOW - timedelta(hours=15))
        with clock.frozen(NOW - timedelta(minutes=50)):
            bring_list(clock.now())
        yield database
    database.close()
    secrets.use(ring)
    clock.use(offset=before, zone=str(zone))


def test_every_state_occurs_and_a_colour_of_each(lived: Database) -> None:
    """Drafts are what somebody left half done; nobody of the played house does."""
    with reading() as session:
        matters = list(session.scalars(sa.select(Matter)))
        states = Counter(matter.state for matter in matters)
        assert set(MatterState) - set(states) == {MatterState.DRAFT}, states
        held = {m.colour(NOW) for m in matters if m.state is MatterState.IN_HAND}
        assert held >= {ClockColour.GREEN, ClockColour.YELLOW, ClockColour.RED}
        assert 90 <= len(matters) <= 190
        assert {m.origin for m in matters} == {
            Origin.CITIZEN_LINE,
            Origin.WEB,
            Origin.IMPORT,
            Origin.EXCHANGE,
        }


def test_every_log_gives_the_standing_that_it_led_to(lived: Database) -> None:
    with reading() as session:
        for matter in session.scalars(sa.select(Matter)):
            assert replayed(session, matter) == standing_of(matter)
            assert matter.state is standing_of(matter).state


def test_every_kind_of_step_was_taken_and_none_in_the_future(lived: Database) -> None:
    with reading() as session:
        taken = set(session.scalars(sa.select(MatterEvent.action).distinct()))
        rare = {
            MatterAction.CALLER_LEFT, MatterAction.REVIEW, MatterAction.SUB_EXCUSED,
            MatterAction.REFUSE_EXTENSION, MatterAction.RENEW, MatterAction.RESUME_WORK, MatterAction.CLEAR_FAULT,
            MatterAction.SET_CONFLICT, MatterAction.TAKE_AWAY, MatterAction.NO_CONTACT,
        }  # fmt: skip
        assert {action.value for action in MatterAction} - taken <= {action.value for action in rare}
        last = session.scalar(sa.select(sa.func.max(MatterEvent.at)))
        assert last is not None
        assert last <= NOW


def test_a_unit_complained_about_leads_nothing_and_knows_of_nothing(lived: Database) -> None:
    with reading() as session:
        about = list(session.scalars(sa.select(Matter).where(Matter.conflict == Conflict.UNIT)))
        assert about
        for matter in about:
            assert matter.lead_unit_id != matter.conflict_unit_id
            query = sa.select(Staff).where(Staff.unit_id == matter.conflict_unit_id)
            for person in session.scalars(query).unique():
                seen = within_sight(session, person, sa.select(Matter.id).where(Matter.id == matter.id))
                assert session.scalars(seen).first() is None


def test_a_dozen_articles_stand_ready_and_their_owners_are_told(lived: Database) -> None:
    with reading() as session:
        assert len(offered(session, date(2026, 11, 20))) == 11
        clerk = session.scalars(sa.select(Staff).where(Staff.username == "clerk")).one()
        assert count_running_out(session, clerk, NOW) == 2


def test_the_other_doors_were_used(lived: Database) -> None:
    """A list of another hotline with two faulty rows, a partner's matters, openings of the vault, and callers asked again."""
    with reading() as session:
        (listed,) = session.scalars(sa.select(MatterImport))
        assert listed.state is ImportState.DONE
        assert counts(session, listed) == (ROWS - 2, 2)
        sent = sa.select(sa.func.count()).where(Matter.origin == Origin.EXCHANGE)
        assert session.scalar(sent) == 3
        asked = list(session.scalars(sa.select(IdentityRequest)))
        states = Counter(request.state(NOW) for request in asked)
        assert states == {RequestState.EXPIRED: 2, RequestState.REFUSED: 1, RequestState.WAITING: 1}
        assert sum(len(request.looks) for request in asked) == 2
        assert sum(request.reviewed_at is not None for request in asked) == 2
        assert session.scalar(sa.select(sa.func.count()).where(MatterRecall.judgement.is_not(None)))
        centre = list(session.scalars(sa.select(Matter).where(Matter.conflict == Conflict.CENTRE)))
        assert centre
        assert {matter.state for matter in centre} & CLOSED
        for name in ("clerk", "supervision", "custodian"):
            person = session.scalars(sa.select(Staff).where(Staff.username == name)).one()
            seen = within_sight(
                session, person, sa.select(Matter.id).where(Matter.conflict == Conflict.CENTRE)
            )
            assert session.scalars(seen).all() == []


def test_a_newcomer_finds_the_units_appraised_and_an_appeal_to_decide(lived: Database) -> None:
    """The scheme was published before the quarter, the figures hold together, and the handler has appealed."""
    appraise(clock.today(NOW), NOW)
    with reading() as session:
        (made,) = published(session, Appraised.UNIT)
        content = made.content
        assert made.is_interim
        assert made.scheme.published_at is not None
        assert clock.today(made.scheme.published_at) + timedelta(days=10) <= made.starts_on
        placed = [row for row in content.rows if row.band is not None]
        assert len(placed) >= 3
        assert all(row.best is not None and row.worst is not None and row.best <= row.worst for row in placed)
        for row in content.rows:
            for m in row.measured:
                assert 0 <= m.numerator <= m.denominator
                assert m.share is None or (
                    m.low is not None and m.high is not None and m.low <= m.share <= m.high
                )
        (appeal,) = open_appeals(session, [Appraised.UNIT])
        assert content.row(appeal.subject_id) is not None
