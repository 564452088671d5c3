"""The demonstration's surroundings: its folder, its settings, its day, kept between starts."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from core import clock

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = time(9, 30)
WORKING = ((time(9), time(11)), (time(14, 30), time(20)))
"""Starts within these hours keep the true clock: at least an hour of calling is left."""
CALLER = "+862161000000"


@dataclass(frozen=True)
class Surroundings:
    """Where the demonstration lives and what it was set up with."""

    folder: Path
    port: int
    carrier_port: int
    secrets: dict[str, str]
    offset: timedelta

    @property
    def database(self) -> Path:
        """The embedded database."""
        return self.folder / "tingmin.db"

    @property
    def url(self) -> str:
        """Where the demonstration is served."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self, database: Path | None = None) -> dict[str, str]:
        """Return the settings for every process of the demonstration."""
        return {
            "TINGMIN_DATABASE_URL": f"sqlite:///{(database or self.database).resolve()}",
            "TINGMIN_SECRET_KEY": self.secrets["secret_key"],
            "TINGMIN_DATA_DIR": str(self.folder),
            "TINGMIN_PUBLIC_BASE_URL": self.url,
            "TINGMIN_LINE": "simulator",
            "TINGMIN_LINE_BASE_URL": f"http://127.0.0.1:{self.carrier_port}",
            "TINGMIN_CALLER_NUMBER": CALLER,
            "TINGMIN_LINE_ACCOUNT": self.secrets["account"],
            "TINGMIN_LINE_AUTH_TOKEN": self.secrets["auth_token"],
            "TINGMIN_LINE_API_KEY": self.secrets["api_key"],
            "TINGMIN_LINE_API_SECRET": self.secrets["api_secret"],
            "TINGMIN_LINE_VOICE_APP": self.secrets["voice_app"],
            "TINGMIN_CLOCK_OFFSET": str(int(self.offset.total_seconds())),
            "TINGMIN_DEMO": "1",
            "TINGMIN_SECURE_COOKIES": "0",
        }


def look_around(folder: Path, port: int, *, now: datetime | None = None) -> Surroundings:
    """Read the folder's secrets, making them at the first start, and choose the day's clock."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "demo.json"
    known: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    fresh = {
        "secret_key": secrets.token_hex(32),
        "account": "AC" + secrets.token_hex(16),
        "auth_token": secrets.token_hex(16),
        "api_key": "SK" + secrets.token_hex(16),
        "api_secret": secrets.token_hex(16),
        "voice_app": "AP" + secrets.token_hex(16),
    }
    if set(fresh) - set(known):
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(fresh | known, indent=1))
        known = fresh | known
    return Surroundings(folder, port, free_port(port + 1), known, offset_for(now or clock.now()))


def offset_for(now: datetime) -> timedelta:
    """Return how far the demonstration's clock is set off, so that its day is always at work."""
    local = now.astimezone(ZONE)
    if any(opens <= local.time() < closes for opens, closes in WORKING):
        return timedelta(0)
    morning = datetime.combine(local.date(), MORNING, ZONE)
    return timedelta(seconds=round((morning - local).total_seconds()))


def free_port(first: int) -> int:
    """Return the first port from here on that nobody listens at."""
    for port in range(first, first + 200):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {first} to {first + 199}")
