"""A wave is drafted, lacks what it lacks, opens when complete, and keeps what its samples rest on."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from core.db import Database, transaction
from core.problems import Invalid, Refused
from survey.calling import Rules
from survey.cases import Case, CaseState
from survey.planning import CannotShare, allocate_next, plan_day, plan_today, plans
from survey.sampling import ReplicateState, Sample
from survey.topping_up import top_up
from survey.views import designer_wave_form as form
from survey.wave_setting import create_wave, edit_wave, lacking, move_wave
from survey.wave_standing import county_targets, share_preview, standings
from survey.waves import Allocation, WaveAction, WaveState
from tests.factories import a_city, a_frame, a_staff, a_wave

DAY = date(2026, 11, 18)


def test_a_draft_says_what_it_lacks_and_does_not_open(database: Database, now: datetime) -> None:
    with transaction() as session:
        by = a_staff(session)
        wave = create_wave(session, name=" 新 ", starts_on=DAY, by=by, at=now, allocation=Allocation.HAND)
        assert wave.name == "新"
        assert len(lacking(wave)) == 4  # questionnaire, frame, target, hand table
        with pytest.raises(Invalid, match="No questionnaire is chosen"):
            move_wave(session, wave, WaveAction.OPEN, by=by, at=now)
        assert wave.state is WaveState.DRAFT


def test_a_wave_opens_is_held_resumed_and_closed_for_good(database: Database, now: datetime) -> None:
    with transaction() as session:
        by = a_staff(session)
        wave = a_wave(session, a_frame(session, a_city(session)), is_open=False, daily_target=12)
        for action, state in (
            (WaveAction.OPEN, WaveState.OPEN),
            (WaveAction.HOLD, WaveState.HELD),
            (WaveAction.RESUME, WaveState.OPEN),
            (WaveAction.CLOSE, WaveState.CLOSED),
        ):
            move_wave(session, wave, action, by=by, at=now)
            assert wave.state is state
        assert sum(row.target for row in county_targets(session, wave)) == 12
        for action in WaveAction:
            with pytest.raises(Refused):
                move_wave(session, wave, action, by=by, at=now)


def test_what_samples_rest_on_is_fixed_once_open(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        by = a_staff(session)
        towns = a_city(session)
        wave, other = a_wave(session, a_frame(session, towns)), a_frame(session, towns)
        with pytest.raises(Invalid) as refusal:
            edit_wave(session, wave, by=by, at=now, frame_id=other.id, is_cross_county=False)
        assert set(refusal.value.fields) == {"frame_id", "is_cross_county"}
        edit_wave(session, wave, by=by, at=now, daily_target=9, frame_id=wave.frame_id)
        assert wave.daily_target == 9


def test_two_waves_never_share_a_name(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        by = a_staff(session)
        one = create_wave(session, name="一", starts_on=DAY, by=by, at=now)
        two = create_wave(session, name="二", starts_on=DAY, by=by, at=now)
        for attempt in (
            lambda: create_wave(session, name="一", starts_on=DAY, by=by, at=now),
            lambda: edit_wave(session, two, by=by, at=now, name="一"),
        ):
            with pytest.raises(Invalid) as refusal:
                attempt()
            assert set(refusal.value.fields) == {"name"}
        edit_wave(session, one, by=by, at=now, name="一")


def test_a_top_up_is_held_and_no_plan(database: Database, now: datetime) -> None:
    with transaction() as session:
        by = a_staff(session)
        wave = a_wave(session, a_frame(session, a_city(session), each=200), daily_target=6)
        sample = top_up(session, wave, 240, by=by, at=now)
        assert (sample.drawn, sample.drawn_by, sample.reason["top_up"]) == (240, by.id, True)
        assert [r.state for r in sample.replicates] == [ReplicateState.HELD] * 2
        assert session.scalar(sa.select(sa.func.count()).where(Case.state == CaseState.HELD)) == 240
        assert plans(session, wave) == {}
        assert plan_today(session, now) == 1  # the day's own plan is still drawn, once
        assert plan_today(session, now) == 0
        assert set(plans(session, wave)) == {DAY}
        assert standings(session)[0].held_replicates == 2


@pytest.mark.parametrize("numbers", [0, -1, 200_001])
def test_a_senseless_top_up_is_refused(sqlite: Database, now: datetime, numbers: int) -> None:
    with transaction() as session:
        by = a_staff(session)
        wave = a_wave(session, a_frame(session, a_city(session)))
        with pytest.raises(Invalid):
            top_up(session, wave, numbers, by=by, at=now)
        draft = a_wave(session, a_frame(session, a_city(session)), is_open=False)
        with pytest.raises(Refused):
            top_up(session, draft, 5, by=by, at=now)


def test_the_preview_is_what_the_draw_then_takes(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session, counties=3)))
        shares = share_preview(session, wave, 30)
        assert [s.numbers for s in shares] == [10, 10, 10]
        assert all(sum(n for _, n, _ in s.townships) == s.numbers for s in shares)
        plan_day(session, wave, DAY, by=None, at=now)
        taken = session.scalars(sa.select(Case.township_id)).all()
        for share in shares:
            for place, n, _ in share.townships:
                assert taken.count(place.id) == n


def test_an_empty_hand_table_is_refused_in_words(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        wave = a_wave(session, a_frame(session, a_city(session)))
        wave.allocation = Allocation.HAND
        with pytest.raises(CannotShare):
            allocate_next(session, wave, 10)
        assert session.scalar(sa.select(sa.func.count()).select_from(Sample)) == 0


def _typed(**changes: str) -> MultiDict[str, str]:
    typed = form.typed_of(None, DAY)
    typed.update({"name": "甲"})
    for key, value in changes.items():
        typed[key] = value
    return typed


def test_the_form_reads_what_it_shows(sqlite: Database, now: datetime) -> None:
    typed = _typed(
        rule_hours="9:00-11:30, 15:00 – 20:00",
        rule_cap_mobile="5",
        rule_busy_first="15",
        hand_7="40",
        hand_9="",
    )
    settings = form.read(typed, None, editions=set(), frames=set())
    assert settings["rules"] == {
        "hours": [["09:00", "11:30"], ["15:00", "20:00"]],
        "cap_mobile": 5,
        "hand": {"7": 40},
    }
    assert Rules.from_wave(settings["rules"]).cap_mobile == 5
    with transaction() as session:
        wave = create_wave(session, by=a_staff(session), at=now, **settings)
        again = form.read(form.typed_of(wave, DAY), wave, editions=set(), frames=set())
        assert again == settings


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("starts_on", "明天"),
        ("ends_on", "2026-02-30"),
        ("daily_target", "-3"),
        ("daily_target", "1e9"),
        ("allocation", "random"),
        ("edition_id", "4"),
        ("rule_hours", "21:00–09:00"),
        ("rule_hours", "09:00–12:00, 11:00–13:00"),
        ("rule_hours", "25:00–26:00"),
        ("rule_evening_from", "晚上"),
        ("rule_cap_mobile", "51"),
        ("hand_3", "x"),
    ],
)
def test_each_fault_stands_beside_its_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        form.read(_typed(**{field: value}), None, editions={1}, frames=set())
    assert set(refusal.value.fields) == {field}
