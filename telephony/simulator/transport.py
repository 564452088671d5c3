"""Carry the carrier's requests to the application: at once in tests, over HTTP in the demonstration."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, local
from typing import Protocol

import requests

log = logging.getLogger("tingmin.carrier")
Reply = tuple[int, str]
CONNECT_S, READ_S = 5.0, 15.0
"""How long the vendor waits for a page unless its address says otherwise."""


class Post(Protocol):
    """Post a form and return status and body; raise OSError when nobody answers."""

    def __call__(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Post the form."""


class Courier(Protocol):
    """Take a job with its key; jobs of one key are done in the order they came."""

    def carry(self, key: str, job: Callable[[], Reply], done: Callable[[Reply], None]) -> None:
        """Do the job and hand over what came back."""


def attempt(job: Callable[[], Reply]) -> Reply:
    """Do a job; a failed connection counts as status 0."""
    try:
        return job()
    except OSError:
        return 0, ""


class AtOnce:
    """Do every job on the spot, so that a run is the same every time."""

    def carry(self, key: str, job: Callable[[], Reply], done: Callable[[Reply], None]) -> None:
        """Do the job now."""
        done(attempt(job))


class Couriers:
    """Do jobs on worker threads, so that one slow application page does not stop the world."""

    def __init__(self, workers: int = 16) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="courier")
        self._lock = Lock()
        self._waiting: dict[str, deque[Callable[[], None]]] = {}

    def carry(self, key: str, job: Callable[[], Reply], done: Callable[[Reply], None]) -> None:
        """Queue the job behind earlier ones of the same key."""

        def errand() -> None:
            done(attempt(job))

        with self._lock:
            if key in self._waiting:
                self._waiting[key].append(errand)
                return
            self._waiting[key] = deque([errand])
        self._pool.submit(self._work, key)

    def stop(self) -> None:
        """Take no more jobs."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self, key: str) -> None:
        while True:
            with self._lock:
                if not self._waiting[key]:
                    del self._waiting[key]
                    return
                errand = self._waiting[key].popleft()
            errand()


class HttpPost:
    """Post over HTTP with the vendor's time-outs."""

    def __init__(self, connect_s: float = CONNECT_S, read_s: float = READ_S) -> None:
        self._timeouts = (connect_s, read_s)
        self._local = local()

    def within(self, connect_s: float, read_s: float) -> HttpPost:
        """Return one that waits so long and no longer, on the same sessions."""
        if (connect_s, read_s) == self._timeouts:
            return self
        other = HttpPost(connect_s, read_s)
        other._local = self._local
        return other

    def __call__(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Post the form on this thread's own session."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            self._local.session = session
        try:
            answer = session.post(
                url, data=dict(form), headers=dict(headers), timeout=self._timeouts, allow_redirects=False
            )
        except OSError as problem:
            step = url.partition("?")[0].rpartition("/")[2]
            log.warning("a %s webhook was not answered: %s", step, type(problem).__name__)
            raise
        answer.encoding = "utf-8"
        return answer.status_code, answer.text
