"""The mark of the code that makes the figures: the version, and a digest of every module that they come from."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import metadata
from pathlib import Path

import reports

MAKERS = (
    "reports.assembling",
    "reports.estimating",
    "reports.appraising",
    "reports.small_areas",
    "reports.dashboards",
)
"""Where figures are made: with all that these import, it is what a figure, its error or its verdict depends on."""
ROOMS = ("core", "matters", "survey", "hotline", "reports")
"""How a call is dialled and how a page is drawn do not belong to it."""
_IMPORT = re.compile(rb"^\s*(?:from ([\w.]+) import (\([^)]*\)|[^\n]*)|import ([\w.]+))", re.MULTILINE)


@cache
def code_version() -> str:
    """Return the version of the code that makes the figures: a change of a method changes it, the same code never."""
    try:
        version = metadata.version("tingmin")
    except metadata.PackageNotFoundError:
        version = "0.1.0"
    return f"{version}+{_digest()[:12]}"


def modules() -> dict[str, Path]:
    """Return the modules that make the figures, and those that they import, by name."""
    found: dict[str, Path] = {}
    waiting = list(MAKERS)
    while waiting:
        name = waiting.pop()
        path = None if name in found else _file_of(name)
        if path is not None:
            found[name] = path
            waiting += _imported(path.read_bytes())
    return found


def _file_of(name: str) -> Path | None:
    """Return where a module of the house lies; None for a name inside of one, and for what others made."""
    if name.partition(".")[0] not in ROOMS:
        return None
    stem = Path(reports.__file__ or "").parents[1].joinpath(*name.split("."))
    return next((p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.is_file()), None)


def _imported(text: bytes) -> list[str]:
    found: list[str] = []
    for package, names, plain in _IMPORT.findall(text):
        whole = (package or plain).decode()
        found += [whole, *(f"{whole}.{name}" for name in re.findall(r"\w+", names.decode()))]
    return found


def _digest() -> str:
    """Return the SHA-256 of the modules by name and text, whatever line ends they are kept with."""
    mark = hashlib.sha256()
    for name, path in sorted(modules().items()):
        mark.update(f"{name}\n".encode())
        mark.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return mark.hexdigest()
