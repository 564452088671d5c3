"""What the calls of the past say of every hour of the week, and how the last weeks stand against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hotline.credibility import Believed, believe, mean, variance
from hotline.forecast import HourCount, KindOf, Profile, Slot, group_of, slot_of

HALF_LIFE = 56
"""Days after which an hour of the past counts half."""
RECENT = 14
"""Days from which the present level is read."""
WEEK = 7
LEAST_SPREAD_OF_LEVEL = 0.02**2
FROM_OVERALL = 0.25
"""Hours' worth of the overall mean in every group, so that a quiet hour is rare and not impossible."""
STEADY = Believed(1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Experience:
    """Hours alike, each counting less the older it is."""

    calls: float  # Σ w y
    hours: float  # Σ w
    squares: float  # Σ w²

    @property
    def mean(self) -> float:
        """Calls an hour."""
        return self.calls / self.hours

    def noise(self, rate: float, scatter: float) -> float:
        """Return the variance of the mean when hours of this rate scatter so much."""
        return self.squares * (rate + scatter * rate**2) / self.hours**2


def weighed(hours: Iterable[HourCount], until: date) -> Experience:
    """Add hours up with half the weight after every HALF_LIFE days."""
    pairs = [(0.5 ** ((until - h.on).days / HALF_LIFE), h.calls) for h in hours]
    return Experience(sum(w * y for w, y in pairs), sum(w for w, _ in pairs), sum(w * w for w, _ in pairs))


def scatter_within(slots: Iterable[Sequence[HourCount]]) -> float:
    """Return how much single hours scatter beyond chance: (variance - mean) / mean², by moments within slots."""
    beyond, squares = 0.0, 0.0
    for hours in slots:
        if len(hours) < 2:
            continue
        counts = [float(h.calls) for h in hours]
        centre, spread, free = mean(counts), variance(counts), len(counts) - 1
        beyond += free * (spread - centre)
        squares += free * max(centre**2 - spread / len(counts), 0.0)
    return max(0.0, beyond / squares) if squares > 0 else 0.0


def spread_between(groups: Iterable[tuple[float, Sequence[Experience]]], scatter: float) -> float:
    """Return how much slots differ from their group beyond noise, as a share of its rate squared, by moments."""
    beyond, squares = 0.0, 0.0
    for rate, slots in groups:
        if len(slots) < 2:
            continue
        fair = len(slots) / (len(slots) - 1)  # the group's mean was taken from the same slots
        for own in slots:
            beyond += own.hours**2 * (fair * (own.mean - rate) ** 2 - own.noise(rate, scatter))
            squares += own.hours**2 * rate**2
    return max(0.0, beyond / squares) if squares > 0 else 0.0


def learn(history: Iterable[HourCount], kind_of: KindOf, *, until: date) -> Profile:
    """Learn the profile from the hours before `until`; ValueError when there are none.

    Every hour of the week is drawn towards the same hour of all working days or days of rest, the more the less of
    its own it has (credibility), and older hours count less. Holidays and make-up days are slots of their own: a
    week of holidays neither spoils the ordinary weekdays nor is forecast like them.
    """
    past = [h for h in history if h.on < until]
    if not past:
        raise ValueError(f"a forecast needs at least one hour before {until}")
    by_slot: dict[Slot, list[HourCount]] = defaultdict(list)
    members: dict[Slot, dict[Slot, None]] = defaultdict(dict)
    for hour in past:
        kind = kind_of(hour.on)
        slot = slot_of(hour.on, hour.hour, kind)
        by_slot[slot].append(hour)
        members[group_of(hour.hour, kind)][slot] = None
    overall = mean([float(h.calls) for h in past])
    own = {slot: weighed(hours, until) for slot, hours in by_slot.items()}
    rates = {
        group: (sum(own[s].calls for s in slots) + FROM_OVERALL * overall)
        / (sum(own[s].hours for s in slots) + FROM_OVERALL)
        for group, slots in members.items()
    }
    scatter = scatter_within(by_slot.values())
    spread = spread_between(((rates[g], [own[s] for s in slots]) for g, slots in members.items()), scatter)
    believed = {
        slot: believe(own[slot].mean, own[slot].noise(rate, scatter), rate, spread * rate**2)
        for group, rate in rates.items()
        for slot in members[group]
    }
    unseen = {group: Believed(rate, spread * rate**2, 0.0) for group, rate in rates.items()}
    flat = Profile(believed, unseen, scatter, STEADY, kind_of)
    return replace(flat, level=level_of(flat, past, until))


def level_of(flat: Profile, past: Sequence[HourCount], until: date) -> Believed:
    """Return how the last two weeks stand against the profile, drawn towards 1 as far as weeks usually stay there."""
    weeks: dict[int, list[HourCount]] = defaultdict(list)
    for hour in past:
        weeks[((until - hour.on).days - 1) // WEEK].append(hour)
    whole = [week for week in weeks.values() if len(week) >= WEEK * 24]
    shares = [_against(flat, week) for week in whole]
    beyond = [(share - 1) ** 2 - noise for share, noise in shares]
    spread = max(mean(beyond) if beyond else 0.0, LEAST_SPREAD_OF_LEVEL)
    recent = [h for h in past if h.on >= until - timedelta(days=RECENT)]
    share, noise = _against(flat, recent)
    return believe(share, noise, 1.0, spread)


def _against(flat: Profile, hours: Sequence[HourCount]) -> tuple[float, float]:
    """Return calls counted over calls expected, and the variance of that by chance and scatter."""
    rates = [flat.rate(h.on, h.hour).mean for h in hours]
    expected = sum(rates)
    if expected <= 0:
        return 1.0, 1.0
    counted = sum(h.calls for h in hours)
    return counted / expected, (expected + flat.scatter * sum(r * r for r in rates)) / expected**2
