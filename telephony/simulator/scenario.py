"""Play a working day on the line, the same every time, in fair weather and in foul."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from telephony.simulator.callers import hotline_calls
from telephony.simulator.carrier import Carrier
from telephony.simulator.chance import chance
from telephony.simulator.config import CarrierConfig
from telephony.simulator.faults import FAIR_WEATHER, Faults
from telephony.simulator.little_centre import BASE, HOTLINE_NUMBER, LittleCentre
from telephony.simulator.personas import CHINA, resident
from telephony.simulator.timeline import VirtualClock

MORNING = datetime(2026, 3, 4, 9, 5, tzinfo=CHINA)


@dataclass(frozen=True)
class Summary:
    """How a scenario ended."""

    outcomes: dict[str, str]
    by_outcome: dict[str, int]
    completes: int
    legs: int
    legs_live: int
    callbacks_sent: int
    deliveries: int
    events_kept: int
    events_repeated: int
    forged: int
    warnings: int
    queue_results: dict[str, int]
    hotline_calls: int
    hotline_met: int
    virtual_s: float
    wall_s: float


def scenario_config(seed: int = 1) -> CarrierConfig:
    """Return an invented account for tests."""
    return CarrierConfig(
        account_sid="AC" + "0" * 32,
        auth_token="not-a-secret",  # noqa: S106  invented, for the simulated line only
        api_key_sid="SK" + "0" * 32,
        api_key_secret="not-a-secret-either-but-long-enough",  # noqa: S106
        application_sid="AP" + "0" * 32,
        client_url=f"{BASE}/voice/client",
        inbound_url=f"{BASE}/voice/hotline",
        seed=seed,
    )


def residents_numbers(seed: int, count: int) -> list[str]:
    """Return mobile numbers for a sample."""
    return [f"+86138{int(chance(seed, 'sample', i) * 10**8):08d}" for i in range(count)]


def play(
    *, residents: int = 100, interviewers: int = 5, operators: int = 0, hotline_per_day: float = 0.0, seed: int = 1,
    faults: Faults = FAIR_WEATHER, start: datetime = MORNING, at_least_s: float = 0.0,
) -> Summary:  # fmt: skip
    """Dial every resident once and serve a day's hotline callers; return how everything ended."""
    begun = time.perf_counter()
    numbers = residents_numbers(seed, residents)
    clock = VirtualClock(start)
    centre = LittleCentre(numbers, interviewers, operators)
    carrier = Carrier(scenario_config(seed), clock, centre.post, faults=faults)
    centre.open(carrier)
    callers = 0
    if hotline_per_day:
        callers = _call_in(carrier, clock, start, hotline_per_day)
    clock.run_for(at_least_s)
    clock.run_while(lambda: centre.is_busy, at_most_s=3 * 86_400.0)
    # Late letters are still on their way when the last call ends.
    clock.run_for(300.0)
    centre.close()
    clock.run_for(300.0)
    return _summary(carrier, centre, numbers, callers, (clock.now() - start).total_seconds(), begun)


def _call_in(carrier: Carrier, clock: VirtualClock, start: datetime, per_day: float) -> int:
    calls = 0
    for day in range(2):
        for call in hotline_calls(
            carrier.config.seed, start.date() + timedelta(days=day), "hope", per_day=per_day
        ):
            wait = (call.at - start).total_seconds()
            if not 0 <= wait < 86_400:
                continue
            calls += 1
            clock.after(
                wait,
                lambda call=call: carrier.inbound(  # type: ignore[misc, arg-type]
                    call.number or "anonymous", HOTLINE_NUMBER, patience_s=call.patience_s, talk_s=call.talk_s
                ),
            )
    return calls


def _summary(
    carrier: Carrier,
    centre: LittleCentre,
    numbers: Sequence[str],
    callers: int,
    virtual_s: float,
    begun: float,
) -> Summary:
    legs, books = list(carrier.legs.all.values()), centre.books
    completes = sum(
        books.outcomes.get(number) == "completed"
        and resident(carrier.config.seed, number).temper.value == "cooperative"
        for number in numbers
    )
    return Summary(
        outcomes=dict(books.outcomes),
        by_outcome=dict(Counter(books.outcomes.values())),
        completes=completes,
        legs=len(legs),
        legs_live=len(carrier.legs.live),
        callbacks_sent=carrier.mail.postage.callbacks,
        deliveries=carrier.mail.postage.deliveries,
        events_kept=len(books.seen),
        events_repeated=books.repeated,
        forged=books.forged,
        warnings=len(carrier.warnings),
        queue_results=dict(Counter(books.queue_results)),
        hotline_calls=callers,
        hotline_met=sum(leg.has_met for leg in legs if leg.to == HOTLINE_NUMBER),
        virtual_s=virtual_s,
        wall_s=time.perf_counter() - begun,
    )
