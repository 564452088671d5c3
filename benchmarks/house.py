"""The house as it is run for real: web processes and worker started as the papers say, and what each costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
WEB = (
    "-m",
    "gunicorn",
    "-k",
    "gthread",
    "--workers",
    "2",
    "--threads",
    "16",
    "--keep-alive",
    "75",
    "--no-control-socket",
    "wsgi:app",
)
WORKER = ("-m", "flask", "worker")


def house(stack: ExitStack, settings: Mapping[str, str], port: int) -> dict[str, int]:
    """Start the web processes and the worker; return their process ids. They end with the stack."""
    started = {}
    for name, words in (("web", (*WEB, "-b", f"127.0.0.1:{port}")), ("worker", WORKER)):
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=os.environ | settings)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        started[name] = process.pid
    return started


def environment(folder: Path, database: str, port: int) -> dict[str, str]:
    """Return the settings of an installation on this machine."""
    return {
        "TINGMIN_DATABASE_URL": database,
        "TINGMIN_SECRET_KEY": "k" * 40,
        "TINGMIN_DATA_DIR": str(folder),
        "TINGMIN_PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "TINGMIN_LINE": "simulator",
        "TINGMIN_CALLER_NUMBER": "+862161000000",
        "TINGMIN_LINE_ACCOUNT": "AC" + "1" * 32,
        "TINGMIN_LINE_AUTH_TOKEN": "a-token-that-signs-webhooks",
        "TINGMIN_LINE_API_KEY": "SK" + "2" * 32,
        "TINGMIN_LINE_API_SECRET": "a-secret-that-signs-grants-0000000",
        "TINGMIN_LINE_VOICE_APP": "AP" + "3" * 32,
        "TINGMIN_LINE_BASE_URL": f"http://127.0.0.1:{port + 1}",
        "TINGMIN_SECURE_COOKIES": "0",
        "TINGMIN_DEMO": "1",
        "FLASK_APP": "wsgi:app",
    }


def wait_for(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something is so, or give up."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            sys.exit(f"{what} did not come about in {seconds:.0f} s")
        time.sleep(0.2)


def answers(port: int) -> bool:
    """Say whether the server is up."""
    with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def processor_s(pid: int) -> float:
    """Return the seconds of processor time that a process and its children used (on Linux)."""
    found: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            found[int(entry.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    family = {pid}
    while more := {child for child, (parent, _) in found.items() if parent in family} - family:
        family |= more
    return sum(found[one][1] for one in family if one in found) / os.sysconf("SC_CLK_TCK")
