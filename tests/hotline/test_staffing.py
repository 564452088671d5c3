"""Staffing: the formulas agree with published numbers, with each other, and with a waiting room played call by call."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, isfinite, lgamma, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.staffing import Promise, one_more_seat, seats_needed, standing, with_absences
from hotline.staffing_impatient import impatient
from hotline.staffing_patient import blocking, patient
from hotline.staffing_waiting import Load
from tests.hotline.waiting_room import play

DAY = Load(calls=100, handling=180, span=1800)
"""The worked example of call-centre teaching: 10 erlangs."""
NIGHT = Load(calls=20, handling=1800)
"""The counselling line: 20 calls an hour, half an hour each."""


def test_erlang_c_gives_the_published_example() -> None:
    """100 calls in 30 minutes of 180 s on 14 seats: the reference figures to 1e-6."""
    found = patient(DAY, 14, within=20)
    assert found.p_wait == pytest.approx(0.1741319, abs=1e-6)
    assert found.service_level == pytest.approx(0.88835, abs=1e-6)
    assert found.mean_wait == pytest.approx(7.83594, abs=5e-6)
    assert found.occupancy == pytest.approx(0.7142857, abs=1e-6)


@pytest.mark.parametrize(
    ("seats", "abandoned", "in_time"), [(12, 9.7, 83.2), (15, 2.6, 95.0)], ids=["12 seats", "15 seats"]
)
def test_erlang_a_gives_the_published_example(seats: int, abandoned: float, in_time: float) -> None:
    """20 calls an hour of 30 minutes, patience 180 s: the reference figures to the tenth of a point."""
    found = impatient(NIGHT, seats, 180, within=20)
    assert round(100 * found.abandoned, 1) == abandoned
    assert round(100 * found.service_level, 1) == in_time


@pytest.mark.parametrize(
    ("load", "seats", "patience"),
    [
        (NIGHT, 12, 180),
        (NIGHT, 9, 180),
        (NIGHT, 15, 60),
        (DAY, 11, 120),
        (DAY, 9, 600),
        (Load(3, 1800), 3, 240),
    ],
)
def test_erlang_a_is_what_a_played_waiting_room_shows(load: Load, seats: int, patience: float) -> None:
    """Every share lies within one point of 300,000 played calls, every mean wait within 4 % and a second."""
    seen = play(load, seats, patience, calls=300_000, seed=20260722)
    found = impatient(load, seats, patience)
    assert found.p_wait == pytest.approx(seen.share("waited"), abs=0.01)
    assert found.service_level == pytest.approx(seen.share("in_time"), abs=0.01)
    assert found.abandoned == pytest.approx(seen.share("abandoned"), abs=0.01)
    assert found.abandoned_late == pytest.approx(seen.share("abandoned_late"), abs=0.01)
    answered = seen.calls - seen.abandoned
    assert found.mean_wait == pytest.approx(seen.wait_of_answered / answered, rel=0.04, abs=1)
    assert found.mean_wait_of_all == pytest.approx(seen.wait / seen.calls, rel=0.04, abs=1)


@pytest.mark.parametrize("within", [0, 5, 20, 60, 900])
def test_the_whole_distribution_of_the_wait_is_counted(within: float) -> None:
    """The service level holds at any number of seconds, not only at the promised one."""
    seen = play(NIGHT, 11, 180, calls=300_000, seed=11, within=within)
    assert impatient(NIGHT, 11, 180, within=within).service_level == pytest.approx(
        seen.share("in_time"), abs=0.01
    )


def test_erlang_c_is_what_a_waiting_room_of_saints_shows() -> None:
    """Callers who never hang up, played."""
    seen = play(DAY, 13, 1e12, calls=600_000, seed=1)
    found = patient(DAY, 13)
    assert found.p_wait == pytest.approx(seen.share("waited"), abs=0.01)
    assert found.service_level == pytest.approx(seen.share("in_time"), abs=0.01)
    assert found.mean_wait == pytest.approx(seen.wait / seen.calls, rel=0.08)


@pytest.mark.parametrize(("load", "seats"), [(DAY, 14), (NIGHT, 12), (Load(2000, 300), 180)])
def test_endless_patience_turns_erlang_a_into_erlang_c(load: Load, seats: int) -> None:
    """The two formulas meet where patience has no end."""
    a, c = impatient(load, seats, 1e10), patient(load, seats)
    assert a.p_wait == pytest.approx(c.p_wait, abs=1e-6)
    assert a.service_level == pytest.approx(c.service_level, abs=1e-6)
    assert a.mean_wait == pytest.approx(c.mean_wait, rel=1e-5)
    assert a.abandoned == pytest.approx(0, abs=1e-6)


def test_no_patience_at_all_is_erlang_b() -> None:
    """Who hangs up at once is lost exactly when every seat is busy."""
    assert impatient(NIGHT, 12, 1e-4).abandoned == pytest.approx(blocking(12, NIGHT.erlangs), abs=1e-5)


def test_patience_as_long_as_a_call_is_a_queue_without_end_of_seats() -> None:
    """With θ = μ every caller leaves at the same rate: the number in the house is Poisson, whatever the seats."""
    load, seats = Load(30, 600), 6
    a = load.erlangs
    below = sum(exp(k * log(a) - a - lgamma(k + 1)) for k in range(seats))
    assert impatient(load, seats, 600).p_wait == pytest.approx(1 - below, abs=1e-12)


@given(
    calls=st.floats(0.01, 2000),
    handling=st.floats(10, 7200),
    patience=st.floats(5, 3600),
    extra=st.floats(0.3, 2.5),
)
@settings(max_examples=150)
def test_the_books_of_erlang_a_balance(calls: float, handling: float, patience: float, extra: float) -> None:
    """Little's law, the flow through the seats and the order of the shares hold for any load."""
    load = Load(calls, handling)
    seats = int(load.erlangs * extra) + 1
    found = impatient(load, seats, patience)
    assert 0 <= found.abandoned_late <= found.abandoned + 1e-12
    assert found.abandoned <= found.p_wait + 1e-12
    assert 1 - found.p_wait - 1e-9 <= found.service_level <= found.answered + 1e-9
    waits = found.mean_wait * found.answered
    assert waits <= found.mean_wait_of_all * (1 + 1e-9) + 1e-9  # the rest was waited by those who hung up
    assert found.occupancy == pytest.approx(load.erlangs * found.answered / seats, rel=1e-9)
    more = impatient(load, seats + 1, patience)
    assert more.abandoned <= found.abandoned + 1e-12
    assert more.service_level >= found.service_level - 1e-9


@pytest.mark.parametrize("patience", [None, 60.0, 180.0, 3600.0])
@pytest.mark.parametrize("erlangs", [1e-9, 1, 1_000, 60_000])
def test_large_and_tiny_loads_stay_finite(patience: float | None, erlangs: float) -> None:
    """Sixty thousand busy seats, and hardly a call a year, neither overflow nor turn into nonsense."""
    load = Load(erlangs * 2, 1800)
    for seats in (1, int(erlangs) + 1, int(erlangs * 1.02) + 2, int(erlangs * 3) + 5):
        found = standing(load, seats, patience)
        shares = (found.p_wait, found.service_level, found.abandoned, found.abandoned_late)
        assert all(isfinite(s) and -1e-9 <= s <= 1 + 1e-9 for s in shares)


def test_more_load_than_seats_never_empties_without_patience_to_end() -> None:
    """Erlang C says so instead of giving a negative wait; Erlang A still stands, because callers leave."""
    assert patient(DAY, 10).mean_wait == inf
    assert patient(DAY, 10).service_level == 0
    assert impatient(DAY, 9, 180).abandoned > 0.1


def test_no_seat_and_no_call() -> None:
    """Without seats nobody is answered; without calls nobody waits."""
    nobody = impatient(NIGHT, 0, 180)
    assert nobody.p_wait == pytest.approx(1)
    assert nobody.abandoned == pytest.approx(1)
    assert nobody.service_level == 0
    assert patient(Load(0, 180), 3).service_level == impatient(Load(0, 180), 3, 60).service_level == 1
    assert impatient(Load(0, 180), 0, 60).p_wait == patient(Load(0, 180), 0).p_wait == 1


@pytest.mark.parametrize("patience", [None, 180.0])
@pytest.mark.parametrize("load", [DAY, NIGHT, Load(1, 600), Load(300, 420), Load(40_000, 600)])
def test_the_fewest_seats_keep_the_promise_and_one_less_breaks_it(load: Load, patience: float | None) -> None:
    """The number of seats needed is the smallest one that answers 95 % in 20 s and loses under 5 %."""
    needed, promise = seats_needed(load, patience), Promise()
    assert promise.is_kept(standing(load, needed, patience))
    assert not promise.is_kept(standing(load, needed - 1, patience))


def test_seats_needed_of_the_example() -> None:
    """The counselling line of the example needs 15 seats; without hanging up it would need more."""
    assert seats_needed(NIGHT, 180) == 15
    assert seats_needed(NIGHT, None) == 17
    assert seats_needed(Load(0, 600), 180) == 0


def test_one_more_seat_saves_what_the_two_standings_differ_by() -> None:
    """From 12 to 13 seats: callers and seconds, worked from both standings."""
    saving = one_more_seat(NIGHT, 12, 180)
    before, after = impatient(NIGHT, 12, 180), impatient(NIGHT, 13, 180)
    assert saving.abandonments == pytest.approx(20 * (before.abandoned - after.abandoned))
    assert saving.seconds == pytest.approx(before.mean_wait_of_all - after.mean_wait_of_all)
    assert saving.in_time == pytest.approx(20 * (after.service_level - before.service_level))
    assert 0.5 < saving.abandonments < 0.9
    assert one_more_seat(NIGHT, 30, 180).abandonments == pytest.approx(0, abs=1e-4)
    assert one_more_seat(DAY, 5, None).seconds == 0  # the queue never empties before nor after
    assert one_more_seat(DAY, 10, None).seconds == inf


def test_people_for_seats() -> None:
    """Breaks and rest after key calls ask for more people than seats."""
    assert with_absences(14, 0.3) == 20
    assert with_absences(7, 0.0) == 7
    assert with_absences(0, 0.5) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Load(-1, 180),
        lambda: Load(10, 0),
        lambda: Load(10, float("nan")),
        lambda: Load(10, 180, 0),
        lambda: patient(DAY, -1),
        lambda: impatient(DAY, -1, 60),
        lambda: impatient(DAY, 5, 0),
        lambda: Promise(answered=1.0),
        lambda: Promise(abandoned=0.0),
        lambda: with_absences(5, 1.0),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: Callable[[], object]) -> None:
    """A load, a number of seats or a promise that cannot be is named, not computed."""
    with pytest.raises(ValueError):
        wrong()
