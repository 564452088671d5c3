"""Giving levels: evidence decides, a key level reaches a supervisor in the same moment, two people lower it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db, journal
from core.people import Staff, StaffRole
from core.permissions import Role
from core.problems import Forbidden, Invalid, Refused
from hotline import (
    assessing,
    assessments,
    escalations,
    look_agains,
    risk_giving,
    risk_levels,
    risk_scales,
    screenings,
)
from hotline.contacts import Contact
from hotline.escalations import Escalation, EscalationKind
from hotline.instruments import instrument
from hotline.key_calls import KeyCall
from hotline.risk import AlwaysKey, NotLowered, RiskLevel
from hotline.risk_levels import EpisodeLevel, Lowering
from hotline.scale import Element
from hotline.screener import Grade, Heard, Row
from tests.factories import a_staff
from tests.hotline.risky import EVENING, Night, a_night, a_talk, screened

KEY, ATTENTION, GENERAL = RiskLevel.KEY, RiskLevel.ATTENTION, RiskLevel.GENERAL


def give(
    session: Session,
    contact: Contact,
    night: Night,
    *always: AlwaysKey,
    chosen: RiskLevel | None = None,
    minutes: int = 0,
) -> EpisodeLevel:
    """Let the operator give a level."""
    at = EVENING + timedelta(minutes=minutes)
    return risk_giving.give(
        session, contact, always=always, chosen=chosen, words="", by=night.operator, at=at
    )


def test_the_screener_is_kept_row_by_row(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        sheet = screenings.answer(session, contact, {Row.WISH: Heard.YES}, by=night.operator, at=EVENING)
        assert (sheet.grade, sheet.is_finished) == (Grade.LOW, False)
        later = EVENING + timedelta(minutes=2)
        screenings.answer(session, contact, {Row.THOUGHTS: Heard.NO}, by=night.operator, at=later)
        screenings.answer(session, contact, {Row.BEHAVIOUR: Heard.NO}, by=night.operator, at=later)
    with db.reading() as session:
        kept = session.scalars(sa.select(screenings.ScreeningSheet)).one()
        assert kept.answers == {"1": "yes", "2": "no", "3": None, "4": None, "5": None, "6": "no"}
        assert (kept.grade, kept.finished_at, kept.wording) == (Grade.LOW, later, "paraphrase-1")
        raw = session.execute(sa.text("SELECT answers FROM screening")).scalar_one()
        assert b"yes" not in bytes(raw)


def test_key_reaches_the_lead_on_call_in_the_same_moment(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        screened(session, contact, night.operator, Row.BEHAVIOUR)
        row = give(session, contact, night)
        assert row.level is KEY
        assert row.reason_codes == {"screener.6.recent"}
        (told,) = escalations.open_escalations(session, by=night.lead)
        assert (told.kind, told.raised_at) == (EscalationKind.KEY, EVENING)
        assert [t.staff_id for t in told.turns] == [night.lead.id]
        assert session.scalars(sa.select(KeyCall)).one().staff_id == night.operator.id
        give(session, contact, night, minutes=5)
        assert len(escalations.open_escalations(session, by=night.lead)) == 1


def test_nobody_answers_and_three_people_are_told_in_turn(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        give(session, contact, night, AlwaysKey.IN_PROGRESS)
        for minute in (1, 9, 10, 15, 20, 30, 60):
            escalations.tell_due(session, at=EVENING + timedelta(minutes=minute))
        found = session.scalars(sa.select(Escalation)).one()
        told = [(t.turn, t.staff_id, (t.told_at - EVENING).seconds // 60) for t in found.turns]
        assert [(turn, minute) for turn, _, minute in told] == [(1, 0), (2, 10), (3, 20)]
        assert told[0][1] == night.lead.id
        assert len({staff for _, staff, _ in told}) == 3
        assert night.operator.id not in {staff for _, staff, _ in told}
        escalations.answer(session, found.id, by=night.owner, at=EVENING + timedelta(minutes=21))
        escalations.answer(session, found.id, by=night.lead, at=EVENING + timedelta(minutes=22))
        assert found.answered_by == night.owner.id
        assert not escalations.open_escalations(session, by=night.lead)


def test_only_whoever_leads_or_was_told_answers(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        give(session, contact, night, AlwaysKey.JUDGEMENT)
        found = session.scalars(sa.select(Escalation)).one()
        assert escalations.open_escalations(session, by=night.operator) == []
        with pytest.raises(Forbidden):
            escalations.answer(session, found.id, by=night.operator, at=EVENING)


def test_evidence_is_a_floor(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        screened(session, contact, night.operator, Row.THOUGHTS, Row.METHOD)
        with pytest.raises(risk_giving.LowerThanFound):
            give(session, contact, night, chosen=GENERAL)
        row = give(session, contact, night)
        assert (row.level, row.expires_at) == (ATTENTION, EVENING + timedelta(days=90))
        graver = give(session, contact, night, chosen=KEY, minutes=3)
        assert graver.level is KEY
        assert "always.judgement" in graver.reason_codes
        assert len(risk_levels.history(session, contact)) == 2


def test_a_graver_choice_is_named_among_the_reasons(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        row = give(session, contact, night, chosen=ATTENTION)
        assert (row.level, row.reason_codes) == (ATTENTION, {"chosen"})


def test_a_second_click_gives_no_second_level(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        first = give(session, contact, night, chosen=ATTENTION)
        assert give(session, contact, night, chosen=ATTENTION).id == first.id
        assert give(session, contact, night, chosen=ATTENTION, minutes=1).id != first.id


def test_attention_fades(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        assert risk_levels.level_of(session, contact.id, at=EVENING) is None
        give(session, contact, night, chosen=ATTENTION)
        assert risk_levels.level_of(session, contact.id, at=EVENING + timedelta(days=89)) is ATTENTION
        assert risk_levels.level_of(session, contact.id, at=EVENING + timedelta(days=90)) is GENERAL


def test_two_people_lower_key(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        give(session, contact, night, AlwaysKey.JUDGEMENT)
        with pytest.raises(NotLowered):
            give(session, contact, night, minutes=5)
        with pytest.raises(Invalid):
            risk_giving.propose_lowering(session, contact, ATTENTION, " ", by=night.operator, at=EVENING)
        asked = risk_giving.propose_lowering(
            session, contact, ATTENTION, "家人已陪伴", by=night.operator, at=EVENING
        )
        with pytest.raises(Refused):
            risk_giving.propose_lowering(session, contact, GENERAL, "又一次", by=night.lead, at=EVENING)
        with pytest.raises(NotLowered):
            risk_giving.decide_lowering(
                session, asked.id, agrees=True, words="", by=_made_lead(session, night), at=EVENING
            )
        assert risk_levels.level_of(session, contact.id, at=EVENING) is KEY
        risk_giving.decide_lowering(session, asked.id, agrees=True, words="同意", by=night.lead, at=EVENING)
        now = risk_levels.newest(session, contact.id)
        assert now is not None
        assert (now.level, now.given_by, now.agreed_by) == (ATTENTION, night.operator.id, night.lead.id)
        with pytest.raises(Refused):
            risk_giving.decide_lowering(
                session, asked.id, agrees=False, words="", by=night.other_lead, at=EVENING
            )


def _made_lead(session: Session, night: Night) -> Staff:
    """Give the proposer a lead's rights: being senior does not make one person two."""
    night.operator.role_rows.append(StaffRole(role=Role.SHIFT_LEAD))
    session.flush()
    return night.operator


def test_two_operators_without_a_lead_do_not_lower(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        give(session, contact, night, AlwaysKey.JUDGEMENT)
        asked = risk_giving.propose_lowering(
            session, contact, GENERAL, "平静了", by=night.operator, at=EVENING
        )
        second = a_staff(session, Role.OPERATOR)
        with pytest.raises(Forbidden):
            risk_giving.decide_lowering(session, asked.id, agrees=True, words="", by=second, at=EVENING)
        reviewer = a_staff(session, Role.REVIEWER)
        risk_giving.decide_lowering(session, asked.id, agrees=False, words="再看看", by=reviewer, at=EVENING)
        assert risk_levels.level_of(session, contact.id, at=EVENING) is KEY
        assert risk_levels.open_lowering(session, contact) is None


def test_the_database_itself_wants_two_people(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        one = night.operator.id
        row = Lowering(
            contact_id=contact.id, wanted=GENERAL, words="…", asked_by=one, asked_at=EVENING,
            decided_by=one, decided_at=EVENING, is_agreed=True,
        )  # fmt: skip
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            session.add(row)


def test_phq9_and_the_centres_scale_count(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        sheet = assessments.new_sheet(
            session, instrument("phq9"), None, contact=contact, by=night.operator, at=EVENING
        )
        assessing.answer(session, sheet, {9: 1}, by=night.operator, at=EVENING)
        assert [r.code for r in risk_giving.judged(session, contact).reasons] == ["phq9.item9"]
        assert session.scalars(sa.select(Escalation)).all() == []  # the operator is there already
        assessments.new_sheet(
            session, instrument("phq9"), None, contact=contact, by=night.operator, at=EVENING
        )
        assert [r.code for r in risk_giving.judged(session, contact).reasons] == ["phq9.item9"]
        points = {e.value: [0, 1] for e in Element} | {"thoughts": [0, 5]}
        with pytest.raises(Refused):
            risk_scales.fill_in(session, contact, {}, by=night.operator, at=EVENING)
        risk_scales.adopt(session, points, by=night.lead, at=EVENING)
        found: dict[Element, int | None] = dict.fromkeys(Element, 0)
        steps = found | {Element.THOUGHTS: 1, Element.ATTEMPT: 1, Element.ACUTE: 1}
        scored = risk_scales.fill_in(session, contact, steps, by=night.operator, at=EVENING)
        assert scored.score == 7
        assert [r.code for r in risk_giving.judged(session, contact).reasons] == ["scale", "phq9.item9"]
        steps[Element.ABUSE] = None
        assert risk_scales.fill_in(session, contact, steps, by=night.operator, at=EVENING).score is None
        steps[Element.ABUSE] = 1
        risk_scales.fill_in(session, contact, steps, by=night.operator, at=EVENING)
        assert risk_giving.judged(session, contact).level is KEY


def test_a_supervisor_who_reads_a_key_episode_is_noted_once(sqlite: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        row = give(session, contact, night, AlwaysKey.JUDGEMENT)
        risk_giving.mark_seen(session, contact, by=night.operator, at=EVENING)
        assert row.seen_by is None
        risk_giving.mark_seen(session, contact, by=night.lead, at=EVENING)
        risk_giving.mark_seen(session, contact, by=night.other_lead, at=EVENING)
        assert row.seen_by == night.lead.id


def test_the_common_journal_learns_neither_level_nor_reason(sqlite: db.Database) -> None:
    """The journal is read by administrators; nothing of an episode stands in it."""
    with db.transaction() as session:
        night = a_night(session)
        contact = a_talk(session, night.operator)
        before = session.scalar(sa.select(sa.func.max(journal.Entry.id))) or 0
        screened(session, contact, night.operator, Row.THOUGHTS, Row.PLAN)
        give(session, contact, night)
        asked = risk_giving.propose_lowering(session, contact, GENERAL, "理由", by=night.operator, at=EVENING)
        risk_giving.decide_lowering(session, asked.id, agrees=True, words="", by=night.lead, at=EVENING)
        lines = session.scalars(sa.select(journal.Entry).where(journal.Entry.id > before)).all()
        assert not lines, "the common journal says nothing of levels"


def test_key_is_looked_at_again_after_a_month(database: db.Database) -> None:
    with db.transaction() as session:
        night = a_night(session)
        contact, month = a_talk(session, night.operator), timedelta(days=30)
        give(session, contact, night, AlwaysKey.JUDGEMENT)
        risk_giving.mark_seen(session, contact, by=night.lead, at=EVENING + timedelta(days=1))
        assert look_agains.due_again(session, at=EVENING + month) == []
        then = EVENING + month + timedelta(days=1)
        (due,) = look_agains.due_again(session, at=then)
        assert (due.token, due.is_proposed) == (contact.token, False)
        assert look_agains.due_again(session, at=then, by=night.lead) == []
        give(session, contact, night, AlwaysKey.JUDGEMENT, chosen=KEY, minutes=31 * 24 * 60)
        assert len(look_agains.due_again(session, at=then, by=night.operator)) == 1
        risk_giving.mark_seen(session, contact, by=night.lead, at=then)
        assert look_agains.due_again(session, at=then) == []
        asked = risk_giving.propose_lowering(
            session, contact, GENERAL, "好转", by=night.operator, at=then + month
        )
        assert look_agains.due_again(session, at=then + month)[0].is_proposed
        risk_giving.decide_lowering(session, asked.id, agrees=False, words="", by=night.lead, at=then + month)
        assert look_agains.due_again(session, at=then + month) == []


def test_who_was_looked_at_longest_ago_is_among_the_few_that_are_shown(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are due, and whatever else is key and not due."""
    monkeypatch.setattr(look_agains, "MOST", 1)
    with db.transaction() as session:
        night, month = a_night(session), timedelta(days=30)
        rows = [a_talk(session, night.operator) for _ in range(3)]
        for days, contact in zip((40, 0, 1), rows, strict=True):
            give(session, contact, night, AlwaysKey.JUDGEMENT)
            risk_giving.mark_seen(session, contact, by=night.lead, at=EVENING + timedelta(days=days))
        due = look_agains.due_again(session, at=EVENING + month + timedelta(days=2))
        assert [row.token for row in due] == [rows[1].token]
        assert due[0].looked_at == EVENING
