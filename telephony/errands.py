"""Errands: work for the line that is done beside the request that asked for it."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

log = logging.getLogger("tingmin.telephony")


def beside(context: contextvars.Context, work: Callable[[], object]) -> None:
    """Do work on a thread of its own; what fails is told in the log and done by the next sweep."""
    _pool().submit(context.run, _quietly, work)


def finish() -> None:
    """Wait until everything that was begun is done."""
    _pool().shutdown(wait=True)
    _pool.cache_clear()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="errand")


def _quietly(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        log.exception("work for the line failed; the next sweep will try again")
