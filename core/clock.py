"""What time it is: the one place that asks the machine, so that a demonstration can live on its own day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_offset = timedelta(0)
_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)
_zone = ZoneInfo("Asia/Shanghai")


def use(*, offset: timedelta, zone: str) -> None:
    """Set the process's distance from the machine's clock and its local zone."""
    global _offset, _zone
    _offset = offset
    _zone = ZoneInfo(zone)


def now() -> datetime:
    """Return the present moment in UTC."""
    return _frozen.get() or datetime.now(UTC) + _offset


def monotonic() -> float:
    """Return seconds on a clock that never jumps, for durations."""
    return time.monotonic()


def unix() -> float:
    """Return the machine's own Unix time, for one-time codes and tokens that other machines check."""
    return time.time()


def zone() -> ZoneInfo:
    """Return the zone in which residents and staff live."""
    return _zone


def local(moment: datetime) -> datetime:
    """Return the moment as the wall clock shows it."""
    return moment.astimezone(_zone)


def today(moment: datetime | None = None) -> date:
    """Return the local calendar day of a moment (of the present one when none is given)."""
    return local(moment or now()).date()


def midnight(day: date) -> datetime:
    """Return the first moment of a local day."""
    return datetime.combine(day, datetime.min.time(), tzinfo=_zone)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at a moment: for playing days and for tests."""
    token = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(token)
