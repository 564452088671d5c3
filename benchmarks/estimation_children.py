"""One measurement, one process: its answer, its time and memory, stopped at a cap, and never begun without room."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

ALONE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Ours run on one thread; peers may take as many as they like."""


def available_mb() -> float | None:
    """Give the memory that is free for a new process, in megabytes; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable")), None)


def no_room(needed_mb: float, allowed_mb: float | None) -> dict[str, Any] | None:
    """Say why a measurement is not begun: it needs more memory than there is, with a fifth to spare."""
    room = available_mb() if allowed_mb is None else allowed_mb
    if room is None or needed_mb <= 0.8 * room:
        return None
    return {"not_run": "memory", "needs_mb": round(needed_mb), "available_mb": round(room)}


def child(command: list[str], *, cap: float, threads: bool = False) -> dict[str, Any]:
    """Run one measurement; its last line that is JSON is the answer. Over the cap it is stopped, and says so."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        files = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)]
        environment = dict(os.environ) if threads else os.environ | ALONE
        try:
            pid = os.posix_spawnp(command[0], command, environment, file_actions=files, setpgroup=0)
        except FileNotFoundError:
            return {"not_run": "not installed"}
        over = False
        while True:
            gone, status, used = os.wait4(pid, os.WNOHANG)
            if gone:
                break
            if not over and time.monotonic() - started > cap:
                over = True
                os.killpg(pid, signal.SIGKILL)
            time.sleep(0.05)
        size = {
            "peak_mb": round(used.ru_maxrss / 1024),
            "process_cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        }
        if over:
            return {"over_cap": cap, **size}
        lines = _text(out)
        answers = [line for line in lines if line.startswith("{")]
        if status or not answers:
            return {"error": (_text(err) or lines or [f"status {status}"])[-1:], **size}
        found: dict[str, Any] = json.loads(answers[-1])
        return size | found


def _text(file: Any) -> list[str]:
    file.seek(0)
    return str(file.read().decode("utf-8", "replace")).strip().splitlines()
