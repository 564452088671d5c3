"""The browser libraries we carry are the published ones, unchanged, each with its licence."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHELVES = (ROOT / "web/static/vendor", ROOT / "tests/reference/axe")
ROW = re.compile(
    r"^\| (?P<folder>[\w.-]+) \| (?P<package>[@\w./-]+) \| (?P<version>[\d.]+) "
    r"\| (?P<licence>[\w.-]+) \| (?P<file>[\w.-]+) \| (?P<sha256>[0-9a-f]{64}) \|$",
    re.MULTILINE,
)
FIRST_WORDS = {
    "MIT": "MIT",
    "Apache-2.0": "Apache License, Version 2.0",
    "MPL-2.0": "Mozilla Public License, version 2.0",
    "BSD-2-Clause": "Redistribution and use",
    "BSD-3-Clause": "Redistribution and use",
    "0BSD": "Permission to use, copy",
    "ISC": "Permission to use, copy",
}


def rows(shelf: Path) -> list[dict[str, str]]:
    """Read the table of one shelf."""
    return [m.groupdict() for m in ROW.finditer((shelf / "README.md").read_text(encoding="utf-8"))]


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda s: s.name)
def test_every_carried_file_is_the_published_one(shelf: Path) -> None:
    """Each row's file is there with the very bytes that were published."""
    found = rows(shelf)
    assert found, "the table is empty or has lost its shape"
    for row in found:
        file = shelf / row["folder"] / row["file"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == row["sha256"], file


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda s: s.name)
def test_nothing_is_carried_unlisted(shelf: Path) -> None:
    """Every file that is no licence and no note has its row."""
    listed = {(shelf / row["folder"] / row["file"]).resolve() for row in rows(shelf)}
    carried = {
        path.resolve()
        for path in shelf.rglob("*")
        if path.is_file() and path.name != "README.md" and not path.name.upper().startswith("LICENSE")
    }
    assert carried == listed


@pytest.mark.parametrize("shelf", SHELVES, ids=lambda s: s.name)
def test_every_carried_file_has_its_licence_beside_it(shelf: Path) -> None:
    """The licence text stands in the folder and is the one the row names; NOTICE names the folder."""
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for row in rows(shelf):
        folder = (shelf / row["folder"]).resolve()
        texts = " ".join(p.read_text(encoding="utf-8") for p in sorted(folder.glob("LICENSE*")))
        assert FIRST_WORDS[row["licence"]] in texts, row["package"]
        assert folder.relative_to(ROOT).as_posix() in notice, row["package"]


def test_carried_scripts_ask_for_no_source_map() -> None:
    """A browser's inspector would look for a map that we do not carry."""
    for shelf in SHELVES:
        for row in rows(shelf):
            assert b"sourceMappingURL=" not in (shelf / row["folder"] / row["file"]).read_bytes()[-500:]
