"""Residents and callers: the same every time, and in believable shares."""

import time
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from telephony.simulator.callers import HOURS, hotline_calls
from telephony.simulator.personas import CHINA, PickupKind, Temper, resident

MORNING = datetime(2026, 3, 4, 10, tzinfo=CHINA)
EVENING = datetime(2026, 3, 4, 19, tzinfo=CHINA)
NUMBERS = [f"+86138{i:08d}" for i in range(8000)]


def test_the_same_number_is_the_same_person_and_another_seed_another():
    a, b = resident(1, NUMBERS[0]), resident(1, NUMBERS[0])
    assert a == b
    assert a.pickup(2, MORNING) == b.pickup(2, MORNING)
    assert a.trait("S1") == b.trait("S1") != resident(2, NUMBERS[0]).trait("S1")


def test_traits_are_uniform():
    values = sorted(resident(1, n).trait("S1") for n in NUMBERS)
    assert max(abs(v - (i + 0.5) / len(values)) for i, v in enumerate(values)) < 0.02


def test_a_number_not_in_service_never_is():
    dead = next(r for r in (resident(1, n) for n in NUMBERS)
                if r.pickup(1, MORNING).kind is PickupKind.NOT_IN_SERVICE)  # fmt: skip
    kinds = {dead.pickup(k, MORNING + timedelta(days=k, hours=k)).kind for k in range(1, 9)}
    assert kinds == {PickupKind.NOT_IN_SERVICE}


def test_about_eighty_of_340_dials_are_completes():
    done = sum(
        r.pickup(1, MORNING).kind is PickupKind.ANSWERED and r.temper is Temper.COOPERATIVE
        for r in (resident(1, n) for n in NUMBERS)
    )
    assert done / len(NUMBERS) * 340 == pytest.approx(80, abs=8)


def test_workers_are_reached_in_the_evening_and_others_by_day():
    def reach(at, home):
        people = [r for r in (resident(1, n) for n in NUMBERS) if r.is_at_home_by_day is home]
        return sum(r.pickup(1, at).kind is PickupKind.ANSWERED for r in people) / len(people)

    assert reach(EVENING, home=False) > reach(MORNING, home=False) + 0.15
    assert reach(MORNING, home=True) > reach(MORNING, home=False) + 0.15


def test_every_kind_of_outcome_and_temper_happens():
    assert {resident(1, n).pickup(1, MORNING).kind for n in NUMBERS} == set(PickupKind)
    shares = Counter(resident(1, n).temper for n in NUMBERS)
    assert set(shares) == set(Temper)
    assert shares[Temper.COOPERATIVE] / len(NUMBERS) == pytest.approx(0.49, abs=0.03)


def test_only_those_who_take_it_badly_hang_up():
    for person in (resident(1, n) for n in NUMBERS[:500]):
        patient = person.temper in (Temper.COOPERATIVE, Temper.APPOINTMENT)
        assert (person.hangs_up_after_s is None) is patient


def test_the_frame_hint_ages_the_countryside():
    def mean(is_rural):
        return sum(resident(1, n, is_rural=is_rural).age for n in NUMBERS) / len(NUMBERS)

    assert mean(True) > mean(False) + 4
    assert all(16 <= resident(1, n).age <= 90 for n in NUMBERS)


def test_traits_come_fast_enough():
    person = resident(1, NUMBERS[0])

    def once() -> float:
        begun = time.process_time()
        for _ in range(5_000):
            person.trait("speed")
        return time.process_time() - begun

    # The machine is shared, so the best of a few runs tells; idle it makes several times this.
    assert 5_000 / min(once() for _ in range(10)) > 100_000


def test_a_day_of_hotline_calls_follows_the_hours():
    days = [hotline_calls(1, date(2026, 3, 1) + timedelta(days=d), "hope", per_day=200) for d in range(60)]
    calls = [call for day in days for call in day]
    assert len(calls) / 60 == pytest.approx(200, rel=0.03)
    by_hour = Counter(call.at.astimezone(CHINA).hour for call in calls)
    assert by_hour[21] / by_hour[4] == pytest.approx(HOURS[21] / HOURS[4], rel=0.3)
    assert sum(c.patience_s for c in calls) / len(calls) == pytest.approx(180, rel=0.05)
    talks = sorted(c.talk_s for c in calls)
    assert talks[len(talks) // 2] == pytest.approx(900, rel=0.06)
    assert all(a.at <= b.at for day in days for a, b in pairwise(day))
    assert sum(c.number is None for c in calls) / len(calls) == pytest.approx(0.1, abs=0.02)
    assert days[0] == hotline_calls(1, date(2026, 3, 1), "hope", per_day=200)
    assert days[0] != hotline_calls(1, date(2026, 3, 1), "other", per_day=200)
