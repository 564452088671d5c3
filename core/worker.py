"""The worker: does the waiting jobs and the due sweeps until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

from sqlalchemy.exc import InterfaceError, OperationalError

from core import jobs, sweeps

PAUSE = 1.0
LONGEST_PAUSE = 60.0
JOBS_BETWEEN_SWEEPS = 5
log = logging.getLogger("tingmin.worker")


def pause_after(failures: int) -> float:
    """Return how long to wait after so many failures in a row: 1, 2, 4 … seconds, a minute at most."""
    return min(LONGEST_PAUSE, PAUSE * 2.0 ** max(0, min(failures, 10) - 1))


class Worker:
    """One worker process; several may run side by side over one database."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.failures = 0

    def stop(self, number: int = 0, _frame: FrameType | None = None) -> None:
        """Stop after the job in hand; its work is not torn."""
        log.info("worker: stopping after the work in hand")
        self.stopping.set()

    def listen(self) -> None:
        """Stop cleanly on SIGINT and SIGTERM."""
        signal.signal(signal.SIGINT, self.stop)
        signal.signal(signal.SIGTERM, self.stop)

    def run(self, *, until_idle: bool = False) -> None:
        """Work until stopped (or, for tests and scripts, until nothing waits)."""
        while not self.stopping.is_set():
            was_busy = self.turn()
            if was_busy is None:
                self.stopping.wait(pause_after(self.failures))
            elif not was_busy:
                if until_idle:
                    return
                self.stopping.wait(PAUSE)

    def turn(self) -> bool | None:
        """Run the due sweeps and a few jobs; True when there was a job, None when something failed."""
        try:
            for name in sweeps.run_due():
                log.debug("sweep %s", name)
            done = 0
            while done < JOBS_BETWEEN_SWEEPS and not self.stopping.is_set() and jobs.run_next():
                done += 1
        except (OperationalError, InterfaceError) as error:
            self.failures += 1
            log.warning(
                "worker: the database is away (%s), trying again in %.0f s",
                type(error.orig).__name__,
                pause_after(self.failures),
            )
            return None
        except Exception:
            # A failed job has been marked as such; the next one is not its fault.
            self.failures += 1
            log.exception("worker: work failed, going on in %.0f s", pause_after(self.failures))
            return None
        if done:
            log.info("worker: %d jobs", done)
        self.failures = 0
        return done > 0
