"""Uploads: files that wait for a job under a random name, readable by this house only, gone after a day."""

from __future__ import annotations

import json
import os
import re
import secrets as random_source
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy.orm import Session

from core.problems import Invalid, Missing
from core.sweeps import sweep
from core.terms import Words

KEPT = timedelta(hours=24)
MOST_BYTES = 256 * 1024 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_PIECE = 1 << 20


@dataclass(frozen=True)
class Shelf:
    """The folder where uploads rest."""

    folder: Path

    def keep(self, stream: IO[bytes], *, at: datetime, most: int = MOST_BYTES, **facts: Any) -> str:
        """Write a stream to a new file and return its token; too large a one is not kept."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        token = random_source.token_urlsafe(16)
        path = self.folder / token
        size = 0
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > most:
                    break
                out.write(piece)
        if size > most:
            path.unlink()
            raise Invalid(
                Words("文件超过 {most} MB，没有收下", "The file is over {most} MB and was not taken"),
                most=most // (1024 * 1024),
            )
        path.with_suffix(".json").write_text(json.dumps({**facts, "size": size}), encoding="utf-8")
        for file in (path, path.with_suffix(".json")):
            os.utime(file, (at.timestamp(), at.timestamp()))
        return token

    def path(self, token: str) -> Path:
        """Return where an upload lies; Missing when it is gone or never was."""
        path = self._place(token)
        if not path.is_file():
            raise Missing(
                Words(
                    "上传的文件已不在了（只保留一天），请重新上传",
                    "The upload is gone (kept one day); upload it again",
                )
            )
        return path

    def facts(self, token: str) -> dict[str, Any]:
        """Return what was noted beside an upload."""
        found: dict[str, Any] = json.loads(self.path(token).with_suffix(".json").read_text(encoding="utf-8"))
        return found

    def rejects(self, token: str) -> Path:
        """Return where the list of an upload's rejected rows lies, whether or not there is one yet."""
        return self._place(token).with_suffix(".rejected.csv")

    def drop(self, token: str) -> None:
        """Throw an upload away; the list of its rejected rows stays."""
        for suffix in ("", ".json"):
            self._place(token).with_suffix(suffix).unlink(missing_ok=True)

    def clear(self, *, before: datetime) -> int:
        """Throw old uploads away; return how many files went."""
        if not self.folder.is_dir():
            return 0
        old = [
            path
            for path in self.folder.iterdir()
            if path.suffix != ".csv"
            and _TOKEN.fullmatch(path.stem)
            and path.stat().st_mtime < before.timestamp()
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _place(self, token: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise Missing
        return self.folder / token


_shelf: Shelf | None = None


def use(folder: Path) -> None:
    """Make this the process's shelf."""
    global _shelf
    _shelf = Shelf(folder)


def shelf() -> Shelf:
    """Return the shelf in use."""
    if _shelf is None:
        raise RuntimeError("no shelf in use: call survey.uploads.use() first")
    return _shelf


@sweep("uploads.clear", every=timedelta(hours=1))
def _clear(_session: Session, now: datetime) -> int:
    return _shelf.clear(before=now - KEPT) if _shelf else 0
