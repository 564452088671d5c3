"""Matters get a receipt that catches slips, a PIN kept as a hash, and a promise in working days."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa

from core import calendar, db, secrets
from core.places import Level
from core.problems import Invalid
from matters import drafts, pins, receipts, topics
from matters.alarm import alarming
from matters.attributes import IdentityClass, MatterKind, Origin, Urgency
from matters.log import replayed
from matters.matter import Matter
from matters.moving import standing_of
from matters.registration import Statement, raise_problem, register, registered_by
from matters.reporters import reporters_of
from matters.standing import as_json
from matters.turns import CallerTurn
from tests.factories import a_place, a_staff


def test_working_days_skip_the_spring_festival_and_count_make_up_days() -> None:
    """13 February 2026 is a Friday; the 14th is a make-up day, then nine days of festival (notice of 4 November 2025)."""
    assert calendar.after_working_days(date(2026, 2, 13), 1).on == date(2026, 2, 14)
    assert calendar.after_working_days(date(2026, 2, 13), 2).on == date(2026, 2, 24)
    assert calendar.after_working_days(date(2026, 2, 13), 6).on == date(2026, 2, 28)


def test_a_year_without_notice_counts_monday_to_friday_provisionally() -> None:
    """2029 has no notice; a limit that runs into it is provisional as well."""
    assert calendar.after_working_days(date(2029, 10, 1), 1) == calendar.Day(
        date(2029, 10, 2), calendar.DayKind.WORK, is_provisional=True
    )
    assert not calendar.after_working_days(date(2026, 11, 20), 5).is_provisional
    assert calendar.after_working_days(date(2026, 12, 30), 5).is_provisional
    with pytest.raises(ValueError):
        calendar.after_working_days(date(2026, 1, 1), 0)


def test_a_receipt_catches_every_wrong_digit_and_every_swap_of_neighbours() -> None:
    """All 9 × 9 substitutions and all adjacent transpositions of many receipts are refused."""
    for serial in (*range(1, 10_000, 137), 10_482):
        good = receipts.receipt("2611", serial).replace("-", "")
        assert receipts.read_receipt(good) is not None
        for i, digit in enumerate(good):
            for wrong in "0123456789".replace(digit, ""):
                assert receipts.read_receipt(good[:i] + wrong + good[i + 1 :]) is None
        for i in range(len(good) - 1):
            if good[i] != good[i + 1]:
                assert receipts.read_receipt(good[:i] + good[i + 1] + good[i] + good[i + 2 :]) is None


def test_a_receipt_is_read_as_people_type_it() -> None:
    """Spaces and full-width hyphens don't matter; letters do."""
    good = receipts.receipt("2611", 482)
    assert receipts.read_receipt(f" {good.replace('-', ' ')} ") == good
    assert receipts.read_receipt(good.replace("-", "－")) == good
    assert receipts.read_receipt("hello") is None


def test_topics_are_told_apart_and_speak_both_languages() -> None:
    """Codes are unique and fit the column; nothing is left untranslated."""
    codes = [t.code for t in topics.TOPICS]
    assert len(codes) == len(set(codes))
    assert all(t.zh and t.en and len(t.code) <= 60 for t in topics.TOPICS)
    assert {t.field for t in topics.TOPICS} == set(topics.Field)


def test_a_matter_is_registered(database: db.Database, now: datetime) -> None:
    """The receipt, the promise and the seal are as they are told to the resident."""
    with db.transaction() as session:
        town = a_place(session, level=Level.TOWNSHIP)
        by = a_staff(session)
        made = [
            register(
                session,
                Statement(
                    kind=MatterKind.HELP,
                    topic="livelihood.lighting",
                    narrative=" 路灯坏了 ",
                    place=town,
                    consent_read=True,
                    number="+8613800006021",
                ),
                origin=Origin.INTERVIEW,
                by=by,
                at=now,
            )
            for _ in range(2)
        ]
        first = made[0].matter
        assert first.receipt == receipts.receipt("2611", 1)
        assert made[1].matter.receipt == receipts.receipt("2611", 2)
        assert first.promised_on == date(2026, 11, 23)
        assert first.urgency == Urgency.U2
        assert first.narrative == "路灯坏了"
        assert registered_by(session, by, since=now) == 2
        raw = session.execute(sa.text("SELECT number FROM reporter LIMIT 1")).scalar_one()
        assert b"13800006021" not in bytes(raw)
        assert reporters_of(session, first)[0].fingerprint == secrets.keyring().blind_index("+8613800006021")
        assert made[0].pin not in first.pin_hash
        assert pins.fits(first.pin_hash, first.receipt, made[0].pin)
        assert not pins.fits(first.pin_hash, made[1].matter.receipt, made[0].pin)
        assert "11 月 23 日" in made[0].read_aloud.in_language("zh")
        assert first.receipt in made[0].read_aloud.in_language("en")


def test_an_anonymous_matter_keeps_no_number(sqlite: db.Database, now: datetime) -> None:
    """Neither the number nor its fingerprint is stored."""
    with db.transaction() as session:
        town = a_place(session, level=Level.TOWNSHIP)
        made = register(
            session,
            Statement(
                kind=MatterKind.COMPLAINT,
                topic="order.theft",
                narrative="丢车",
                place=town,
                consent_read=True,
                identity=IdentityClass.ANONYMOUS,
                number="+8613800006021",
            ),
            origin=Origin.INTERVIEW,
            by=None,
            at=now,
        )
        kept = reporters_of(session, made.matter)[0]
        assert (kept.number, kept.fingerprint, kept.name) == (None, None, None)


def test_what_is_missing_is_named_by_field_and_nothing_is_written(sqlite: db.Database, now: datetime) -> None:
    """Every empty field gets its sentence at once."""
    with db.transaction() as session:
        county = a_place(session, level=Level.COUNTY)
        with pytest.raises(Invalid) as refused:
            register(
                session,
                Statement(
                    kind=MatterKind.HELP,
                    topic="nothing",
                    narrative="  ",
                    place=county,
                    consent_read=False,
                ),
                origin=Origin.INTERVIEW,
                by=None,
                at=now,
            )
        assert set(refused.value.fields) == {"narrative", "topic", "place", "consent"}
        assert session.scalars(sa.select(Matter)).all() == []


@pytest.mark.parametrize("origin", [Origin.IMPORT, Origin.EXCHANGE, Origin.CITIZEN_LINE, Origin.WEB])
def test_words_of_danger_are_seen_wherever_they_come_from(
    sqlite: db.Database, now: datetime, origin: Origin
) -> None:
    """Where somebody listened they give U1; what nobody heard is proposed; an urgency that somebody chose stands."""
    with db.transaction() as session:
        town = a_place(session, level=Level.TOWNSHIP)
        for chosen, urgency in ((None, Urgency.U1), (Urgency.U2, Urgency.U2)):
            statement = Statement(
                "天然气泄漏",
                kind=MatterKind.HELP,
                topic="livelihood.wages",
                place=town,
                urgency=chosen,
                consent_read=True,
            )
            matter = register(session, statement, origin=origin, by=None, at=now).matter
            is_unheard = chosen is None and origin is not Origin.CITIZEN_LINE
            proposed = Urgency.U1 if is_unheard else None
            own = Urgency.U3 if is_unheard else urgency
            assert (matter.urgency, standing_of(matter).proposed) == (own, proposed)


@pytest.mark.parametrize(("said", "chosen", "rank"), [("隔壁着火了", None, 1), ("路灯坏了", Urgency.U2, 2)])
def test_a_draft_keeps_its_urgency_for_the_form_and_for_the_call_back(
    sqlite: db.Database, now: datetime, said: str, chosen: Urgency | None, rank: int
) -> None:
    with db.transaction() as session:
        statement = Statement(said, urgency=chosen, number="+8614500001234")
        draft = raise_problem(session, statement, origin=Origin.INTERVIEW, by=a_staff(session), at=now)
        urgency = chosen or Urgency.U1
        assert (draft.urgency, standing_of(draft).urgency) == (urgency, urgency)
        assert drafts.as_typed(draft)["urgency"] == urgency.value
        turn = session.scalars(sa.select(CallerTurn).where(CallerTurn.matter_id == draft.id)).one()
        assert turn.rank == rank
        assert as_json(replayed(session, draft)) == draft.standing


def test_words_of_danger_are_noticed() -> None:
    """A fire is; a broken lamp is not."""
    assert alarming("隔壁着火了")
    assert not alarming("路灯坏了")
