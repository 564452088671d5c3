"""Trying: how often, and in which parts of the day, a caller is rung before they count as not reached."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from core import calendar
from matters.attributes import TryResult
from matters.standing import Try

TRIES = 3
TRY_DAYS = 2
TRY_BANDS = 2
NOON, EVENING = 12, 18


def band(moment: datetime, zone: tzinfo) -> int:
    """Return the part of the day: morning 0, afternoon 1, evening 2."""
    hour = moment.astimezone(zone).hour
    return 0 if hour < NOON else 1 if hour < EVENING else 2


def is_tried_enough(tries: Iterable[Try], zone: tzinfo, *, can_text: bool = True) -> bool:
    """Say whether a caller was tried on three calls, two days and two parts of the day, and sent a text if one can."""
    calls = [t for t in tries if t.result != TryResult.SENT.value]
    days = {t.at.astimezone(zone).date() for t in calls}
    bands = {band(t.at, zone) for t in calls}
    is_texted = any(t.result == TryResult.SENT.value for t in tries)
    is_called = len(calls) >= TRIES and len(days) >= TRY_DAYS and len(bands) >= TRY_BANDS
    return is_called and (is_texted or not can_text)


def is_given_up(tries: Iterable[Try], zone: tzinfo) -> bool:
    """Say whether a revisit was tried three times, one of them in an evening or on a day off."""
    calls = list(tries)
    spare = any(band(t.at, zone) == 2 or not calendar.day(t.at.astimezone(zone).date()).counts for t in calls)
    return len(calls) >= TRIES and spare
