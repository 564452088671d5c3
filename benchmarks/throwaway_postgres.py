"""A throw-away PostgreSQL for measurements and tests: its own cluster on a socket, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOSE = "".join(
    f" -c {setting}"
    for setting in (
        "max_connections=300", "fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0",
        "checkpoint_timeout=1h", "max_wal_size=4GB", "autovacuum=off",
    )
)  # fmt: skip
"""How a cluster for tests runs: it need not outlive its machine, and is gone before it would have to be tidied."""


def server_programs() -> Path | None:
    """Return where PostgreSQL's server programs are, or None where they are not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    which = shutil.which("initdb")
    return found[-1].parent if found else Path(which).parent if which else None


@contextmanager
def throwaway_postgres(*, is_durable: bool = True) -> Iterator[str]:
    """Start a cluster and give the address of an empty database.

    Measurements want it durable as in production (fsync on); tests want many connections and no waiting for disks.
    """
    binaries = server_programs()
    if binaries is None:
        sys.exit("PostgreSQL's server is not installed on this machine")
    root = Path(tempfile.mkdtemp(prefix="tingmin-pg-"))
    data = root / "data"
    as_root = os.geteuid() == 0
    if as_root:
        shutil.chown(root, "postgres", "postgres")

    def run(program: str, *words: str) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if as_root else []
        command = [*prefix, str(binaries / program), *words]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    sync = () if is_durable else ("--no-sync",)
    run("initdb", "-D", str(data), "-U", "tingmin", "-A", "trust", "-E", "UTF8", *sync)
    loose = "" if is_durable else LOOSE
    options = f"-k {root} -c listen_addresses=''{loose}"
    run("pg_ctl", "-D", str(data), "-o", options, "-l", str(root / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://tingmin@/postgres?host={root}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(root, ignore_errors=True)
