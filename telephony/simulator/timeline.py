"""Time for the carrier: one that runs as fast as it can, and one that follows the wall."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

log = logging.getLogger(__name__)


class Timer:
    """An appointment on the timeline that can be called off."""

    __slots__ = ("action", "cancelled")

    def __init__(self, action: Callable[[], None]) -> None:
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        """Call the appointment off; harmless when it has already happened."""
        self.cancelled = True


class Timeline(Protocol):
    """What the carrier asks of time; `lock` guards everything that happens on it."""

    lock: threading.RLock

    def now(self) -> datetime:
        """Tell the moment."""

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do something later."""


class _Heap:
    def __init__(self) -> None:
        self._entries: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    def push(self, due: float, timer: Timer) -> None:
        heapq.heappush(self._entries, (due, next(self._order), timer))

    def next_due(self) -> float | None:
        while self._entries and self._entries[0][2].cancelled:
            heapq.heappop(self._entries)
        return self._entries[0][0] if self._entries else None

    def pop(self) -> Timer:
        return heapq.heappop(self._entries)[2]

    def __len__(self) -> int:
        return len(self._entries)


class VirtualClock:
    """Jump from appointment to appointment; single-threaded, the same every time."""

    def __init__(self, start: datetime) -> None:
        self.lock = threading.RLock()
        self._start = start
        self._elapsed = 0.0
        self._heap = _Heap()

    def now(self) -> datetime:
        """Tell the moment."""
        return self._start + timedelta(seconds=self._elapsed)

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do something later; equal moments keep the order in which they were asked for."""
        timer = Timer(action)
        self._heap.push(self._elapsed + max(0.0, seconds), timer)
        return timer

    def run_for(self, seconds: float) -> int:
        """Let time pass and return how many appointments were kept."""
        return self._run_to(self._elapsed + seconds)

    def run_until(self, moment: datetime) -> int:
        """Let time pass to a moment."""
        return self._run_to((moment - self._start).total_seconds())

    def run_while(self, busy: Callable[[], bool], *, at_most_s: float = 86_400.0) -> int:
        """Let time pass until nothing is busy any more, or nothing is left to happen."""
        limit = self._elapsed + at_most_s
        kept = 0
        while busy() and (due := self._heap.next_due()) is not None and due <= limit:
            kept += self._run_to(due)
        return kept

    def _run_to(self, end: float) -> int:
        kept = 0
        while (due := self._heap.next_due()) is not None and due <= end:
            timer = self._heap.pop()
            self._elapsed = max(self._elapsed, due)
            timer.action()
            kept += 1
        self._elapsed = max(self._elapsed, end)
        return kept


class RealClock:
    """Keep appointments by the wall clock, `speed` times as fast, on one thread of its own."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"expected a speed above 0, got {speed}")
        self.lock = threading.RLock()
        self.speed = speed
        self._start = start
        self._zero = time.monotonic()
        self._heap = _Heap()
        self._wake = threading.Condition(threading.Lock())
        self._stopping = False
        self._thread = threading.Thread(target=self._keep, name="carrier-time", daemon=True)
        self._thread.start()

    def _elapsed(self) -> float:
        return (time.monotonic() - self._zero) * self.speed

    def now(self) -> datetime:
        """Tell the moment."""
        return self._start + timedelta(seconds=self._elapsed())

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do something later; may be called from any thread."""
        timer = Timer(action)
        with self._wake:
            self._heap.push(self._elapsed() + max(0.0, seconds), timer)
            self._wake.notify()
        return timer

    def stop(self) -> None:
        """Stop keeping appointments and wait for the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _keep(self) -> None:
        while (timer := self._next()) is not None:
            with self.lock:
                if timer.cancelled:
                    continue
                try:
                    timer.action()
                except Exception:
                    # One broken call must not end every other call on the line.
                    log.exception("an appointment of the carrier failed")

    def _next(self) -> Timer | None:
        with self._wake:
            while not self._stopping:
                due = self._heap.next_due()
                wait = None if due is None else (due - self._elapsed()) / self.speed
                if wait is not None and wait <= 0:
                    return self._heap.pop()
                self._wake.wait(timeout=wait)
            return None
