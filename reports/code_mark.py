"""The mark of the code that makes the figures: the version, and a digest of the methods themselves."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType

import reports
import survey
from survey import methods

MAKING = {
    survey: (
        "categories.py", "household.py", "index_ranks.py", "indices.py", "period_data.py", "person_factor.py",
        "weight_choice.py", "weight_making.py", "weight_replay.py", "weighting_steps.py",
    ),
    methods: ("*.py",),
    reports: (
        "context.py", "dark_*.py", "definitions.py", "estimat*.py", "families.py", "index_*.py", "luck.py", "periods.py",
        "rate_ratio.py",
        "scan_statistic.py", "small_areas.py", "wording.py", "sections/*.py",
    ),
}  # fmt: skip
"""What a figure, its error or its verdict depends on; pages and charts do not belong to it."""


@cache
def code_version() -> str:
    """Return the version of the code that makes the figures: a change of a method changes it, the same code never."""
    try:
        version = metadata.version("tingmin")
    except metadata.PackageNotFoundError:
        version = "0.1.0"
    return f"{version}+{_digest()[:12]}"


def folder_of(package: ModuleType) -> Path:
    """Return where a package lies."""
    return Path(package.__file__ or "").parent


def _digest() -> str:
    """Return the SHA-256 of the modules by name and text, whatever line ends they are kept with."""
    mark = hashlib.sha256()
    for package, patterns in MAKING.items():
        root = folder_of(package)
        for path in sorted({found for pattern in patterns for found in root.glob(pattern)}):
            mark.update(f"{package.__name__}/{path.relative_to(root).as_posix()}\n".encode())
            mark.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return mark.hexdigest()
