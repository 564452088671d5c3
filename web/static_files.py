"""Styles, scripts and pictures: kept by browsers for a year, because their address changes when one of them does."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response

from core.permissions import open_to_all

YEAR = 365 * 24 * 3600
MARK = 12


def fingerprint(folder: Path) -> str:
    """Return the mark of a folder's files as they are now."""
    summary = hashlib.sha256()
    for file in sorted(f for f in folder.rglob("*") if f.is_file()):
        summary.update(f"{file.relative_to(folder).as_posix()}\n".encode())
        summary.update(hashlib.sha256(file.read_bytes()).digest())
    return summary.hexdigest()[:MARK]


def prepare(app: Flask) -> None:
    """Put the mark into every address of a file; scripts that ask for their neighbours stay under it."""
    mark = fingerprint(Path(app.static_folder or ""))
    plain = app.view_functions["static"]

    def file(filename: str, version: str = "") -> Response:
        """Hand out a file; a mark of yesterday gets today's file, asked for anew each time."""
        answer: Response = app.ensure_sync(plain)(filename=filename)
        if version == mark and not app.debug:
            answer.cache_control.no_cache = None
            answer.cache_control.public = True
            answer.cache_control.max_age = YEAR
            answer.cache_control.immutable = True
        return answer

    app.view_functions["static"] = open_to_all(file)
    app.add_url_rule(f"/static/<string(length={MARK}):version>/<path:filename>", "static", file)

    @app.url_defaults
    def mark_address(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("version", mark)
