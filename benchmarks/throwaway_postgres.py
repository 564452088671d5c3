"""A throw-away PostgreSQL for measurements: its own cluster on a socket, durable as in production, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    which = shutil.which("initdb")
    if not found and not which:
        sys.exit("PostgreSQL's server is not installed on this machine")
    return found[-1].parent if found else Path(str(which)).parent


@contextmanager
def throwaway_postgres() -> Iterator[str]:
    """Start a cluster with the vendor's own settings (fsync on) and give the address of an empty database."""
    binaries = _binaries()
    root = Path(tempfile.mkdtemp(prefix="tingmin-bench-"))
    data = root / "data"
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(root, "postgres", "postgres")

    def run(*command: str) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if as_root else []
        done = subprocess.run([*prefix, *command], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

    run(str(binaries / "initdb"), "-D", str(data), "-U", "tingmin", "-A", "trust", "-E", "UTF8")
    options = f"-k {root} -c listen_addresses=''"
    run(str(binaries / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(root / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://tingmin@/postgres?host={root}"
    finally:
        run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)
