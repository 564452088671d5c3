"""Questionnaires: kept answer by answer, a dangerous one reaches a person also when abandoned, totals hide small cells."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.places import Level
from core.problems import Invalid, Missing, Refused, Unavailable
from hotline import assessing, assessments, counsel_totals, escalations, risk_giving, self_assessing
from hotline.assessing import Finished
from hotline.assessments import AssessmentSheet
from hotline.callbacks import CallBack, CallBackState
from hotline.contacts import Contact, ContactState
from hotline.counsel_totals import Quarter
from hotline.escalations import Escalation, EscalationKind
from hotline.instruments import instrument
from hotline.risk import RiskLevel
from tests.factories import a_place
from tests.hotline.risky import EVENING, NUMBER, Night, a_night, a_talk

ZONE = ZoneInfo("Asia/Shanghai")
PHQ9 = instrument("phq9")


def a_sheet(session: Session, place_id: int | None = None, *, at: datetime = EVENING) -> AssessmentSheet:
    """Begin a sheet on the public page."""
    return self_assessing.begin(session, "phq9", place_id, at=at)


def rated(session: Session, contact: Contact, night: Night, value: int, *, at: datetime) -> AssessmentSheet:
    """Let the operator ask all of PHQ-9."""
    by = night.operator
    sheet = assessments.new_sheet(session, PHQ9, None, contact=contact, by=by, at=at)
    assessing.answer(session, sheet, dict.fromkeys(PHQ9.items, value), by=by, at=at)
    assessing.finish(session, sheet, at=at)
    return sheet


def test_an_abandoned_sheet_with_a_dangerous_answer_reaches_somebody(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        sheet = a_sheet(session)
        assessing.answer(session, sheet, {1: 2}, by=None, at=EVENING)
        assert session.scalars(sa.select(Escalation)).all() == []
        assessing.answer(session, sheet, {9: 1}, by=None, at=EVENING)
        assessing.answer(session, sheet, {9: 3}, by=None, at=EVENING)
        (found,) = escalations.open_escalations(session, by=night.lead)
        assert (found.kind, found.raised_at) == (EscalationKind.RED_FLAG, EVENING)
        assert [t.staff_id for t in found.turns] == [night.lead.id]
        assert (sheet.finished_at, sheet.total, sheet.band) == (None, None, None)
        assert sheet.escalation_id == found.id
        raw = session.execute(sa.text("SELECT answers FROM assessment")).scalar_one()
        assert b'"9"' not in bytes(raw)


def test_taking_a_dangerous_answer_back_does_not_take_the_alarm_back(sqlite: db.Database) -> None:
    with db.transaction() as session:
        a_night(session)
        sheet = a_sheet(session)
        assessing.answer(session, sheet, {9: 2}, by=None, at=EVENING)
        assessing.answer(session, sheet, {9: 0}, by=None, at=EVENING)
        assert sheet.is_flagged
        assert len(session.scalars(sa.select(Escalation)).all()) == 1


def test_a_missing_item_leaves_the_sheet_open(sqlite: db.Database) -> None:
    with db.transaction() as session:
        sheet = a_sheet(session)
        assessing.answer(session, sheet, dict.fromkeys(range(1, 9), 3), by=None, at=EVENING)
        scored = assessing.finish(session, sheet, at=EVENING)
        assert (scored.raw, scored.missing, sheet.finished_at) == (None, (9,), None)
        assessing.answer(session, sheet, {9: 0}, by=None, at=EVENING)
        assert assessing.finish(session, sheet, at=EVENING).raw == 24
        assert (sheet.total, sheet.band, str(sheet.band_words)) == (24, "severe", "重度")
        assessing.answer(session, sheet, {9: 0}, by=None, at=EVENING)
        with pytest.raises(Finished):
            assessing.answer(session, sheet, {9: 1}, by=None, at=EVENING)
        with pytest.raises(Invalid):
            assessing.answer(session, a_sheet(session), {9: 4}, by=None, at=EVENING)


def test_the_public_page_has_only_free_questionnaires_and_its_own_sheets(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        for code in ("sds", "cssrs", "none"):
            with pytest.raises(Missing):
                self_assessing.begin(session, code, None, at=EVENING)
        county, town = a_place(session), a_place(session, level=Level.TOWNSHIP)
        assert a_sheet(session, county.id).place_id == county.id
        assert a_sheet(session, town.id).place_id is None
        sheet = a_sheet(session)
        assert self_assessing.own_sheet(session, sheet.token, at=EVENING) is sheet
        with pytest.raises(Refused):
            self_assessing.own_sheet(session, sheet.token, at=EVENING + timedelta(hours=3))
        operators = rated(session, a_talk(session, night.operator), night, 1, at=EVENING)
        with pytest.raises(Refused):
            self_assessing.own_sheet(session, operators.token, at=EVENING)


def test_twenty_sheets_an_hour_from_one_address(sqlite: db.Database) -> None:
    with db.transaction() as session:
        free = [self_assessing.is_within_limits(session, "192.0.2.7", at=EVENING) for _ in range(21)]
        assert free == [True] * 20 + [False]
        assert self_assessing.is_within_limits(session, "192.0.2.8", at=EVENING)


def test_somebody_without_a_name_may_ask_to_be_called(database: db.Database) -> None:
    with db.transaction() as session:
        with pytest.raises(Unavailable):
            self_assessing.ask_call(session, a_sheet(session), NUMBER, at=EVENING)
        night = a_night(session)
        sheet = a_sheet(session)
        assessing.answer(session, sheet, {9: 3}, by=None, at=EVENING)
        with pytest.raises(Invalid):
            self_assessing.ask_call(session, sheet, "12", at=EVENING)
        contact = self_assessing.ask_call(session, sheet, "138 0000 6021", at=EVENING)
        promised = session.scalars(sa.select(CallBack)).one()
        assert (promised.contact_id, promised.state) == (contact.id, CallBackState.DUE)
        assert promised.due_at == EVENING  # at once: a quarter of an hour is the most it may take
        assert (contact.state, contact.owner_id) == (ContactState.MISSED, night.lead.id)
        assert session.scalars(sa.select(Escalation)).one().contact_id == contact.id
        with pytest.raises(Refused):
            self_assessing.ask_call(session, sheet, NUMBER, at=EVENING)


def test_nameless_answers_are_forgotten_and_their_band_still_counts(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        abandoned, finished = a_sheet(session), a_sheet(session)
        assessing.answer(session, abandoned, {9: 2}, by=None, at=EVENING)
        assessing.answer(session, finished, dict.fromkeys(PHQ9.items, 2), by=None, at=EVENING)
        assessing.finish(session, finished, at=EVENING)
        named = rated(session, a_talk(session, night.operator), night, 1, at=EVENING)
        assert self_assessing.forget(session, EVENING + timedelta(days=6)) == 0
        assert self_assessing.forget(session, EVENING + timedelta(days=8)) == 1
        assert self_assessing.forget(session, EVENING + timedelta(days=91)) == 1
        assert self_assessing.forget(session, EVENING + timedelta(days=92)) == 0
        session.expire_all()
        kept = session.scalars(sa.select(AssessmentSheet).order_by(AssessmentSheet.id)).all()
        assert [(k.id, k.total, k.band) for k in kept] == [
            (finished.id, None, "moderately_severe"),
            (named.id, 9, "mild"),
        ]
        assert (kept[0].answers, len(kept[1].answers)) == ({}, 9)


def test_the_way_of_an_instrument_over_a_callers_episodes(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        for week, value in enumerate((3, 2, 1)):
            at = EVENING + timedelta(weeks=week)
            rated(session, a_talk(session, night.operator, at=at), night, value, at=at)
        stranger = a_talk(session, night.operator, number="+8613800007777")
        rated(session, stranger, night, 3, at=EVENING)
        contact = a_talk(session, night.operator)
        (trend,) = assessing.trends(session, contact)
        assert [p.total for p in trend.points] == [27, 18, 9]
        assert [p.at for p in trend.points] == [EVENING + timedelta(weeks=w) for w in range(3)]
        (alone,) = assessing.trends(session, stranger)
        assert [p.total for p in alone.points] == [27]


def test_codings_of_scl90_go_their_own_ways(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        scl90 = instrument("scl90")
        for coding, value in (("1-5", 2), ("0-4", 1)):
            sheet = assessments.new_sheet(
                session, scl90, coding, contact=contact, by=night.operator, at=EVENING
            )
            assessing.answer(session, sheet, dict.fromkeys(scl90.items, value), by=night.operator, at=EVENING)
            assessing.finish(session, sheet, at=EVENING)
        assert [(t.coding, [p.total for p in t.points]) for t in assessing.trends(session, contact)] == [
            ("1-5", [180]),
            ("0-4", [90]),
        ]


def test_leaders_see_whole_quarters_with_small_cells_hidden(database: db.Database) -> None:
    with db.transaction() as session:
        north, south = a_place(session), a_place(session)
        for county, value, many in ((north, 1, 12), (north, 3, 3), (south, 1, 15), (south, 3, 14)):
            for _ in range(many):
                sheet = a_sheet(session, county.id)
                assessing.answer(session, sheet, dict.fromkeys(PHQ9.items, value), by=None, at=EVENING)
                assessing.finish(session, sheet, at=EVENING)
        a_sheet(session, north.id)  # an unfinished one counts nowhere
        found = counsel_totals.by_county(session, PHQ9, Quarter(2026, 4), ZONE)
        codes = [code for code, _ in found.bands]
        mild, severe = codes.index("mild"), codes.index("severe")
        rows = dict(zip([p.id if p else None for p in found.places], found.table.cells, strict=True))
        assert rows[north.id][severe] is None
        assert rows[north.id][mild] is rows[south.id][mild] is rows[south.id][severe] is None
        assert found.table.total == 44
        assert counsel_totals.by_county(session, PHQ9, Quarter(2026, 3), ZONE).table.total == 0


def test_episodes_count_once_by_their_gravest_level(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        for n in range(11):
            contact = a_talk(session, night.operator, number=f"+861380000{n:04}")
            for level in (RiskLevel.GENERAL, RiskLevel.ATTENTION):
                risk_giving.give(
                    session, contact, always=(), chosen=level, words="", by=night.operator, at=EVENING
                )
        found = counsel_totals.by_level(session, Quarter(2026, 4), ZONE)
        assert found.counts == {RiskLevel.GENERAL: 0, RiskLevel.ATTENTION: 11, RiskLevel.KEY: 0}
        assert found.total == 11


def test_only_quarters_that_are_over_are_offered() -> None:
    assert [q.code for q in counsel_totals.closed_quarters(EVENING, ZONE, many=4)] == [
        "2026-3",
        "2026-2",
        "2026-1",
        "2025-4",
    ]
    first, after = Quarter(2026, 4).bounds(ZONE)
    assert (first, after) == (datetime(2026, 10, 1, tzinfo=ZONE), datetime(2027, 1, 1, tzinfo=ZONE))
