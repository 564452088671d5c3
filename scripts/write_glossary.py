"""Write the coded vocabularies of docs/glossary.md from the code, so that the two cannot part."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from core.terms import Term

ROOT = Path(__file__).resolve().parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
BEGIN = "<!-- coded vocabularies: written by `make glossary`, not by hand -->"
PACKAGES = ("core", "telephony", "matters", "survey", "hotline", "reports", "web", "demo")


def import_every_module() -> list[ModuleType]:
    """Import every module of the house, in the order of its floors."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.stem != "__main__"
    ]
    return [importlib.import_module(name) for name in names]


def vocabularies() -> list[type[Term]]:
    """Return every coded vocabulary in the house, floor by floor, in the order of its modules."""
    found: dict[type[Term], None] = {}
    for module in import_every_module():
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, Term) and thing.__module__ == module.__name__:
                found[thing] = None
    return [vocabulary for vocabulary in found if len(vocabulary)]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def as_text() -> str:
    """Return the written section: one table for each vocabulary."""
    lines = [BEGIN]
    for vocabulary in vocabularies():
        opening = (vocabulary.__doc__ or "").strip().splitlines()[0]
        where = vocabulary.__module__
        lines += [
            "",
            f"### {vocabulary.__name__} (`{where}`)",
            "",
            opening,
            "",
            "| code | 中文 | English |",
            "|---|---|---|",
        ]
        lines += [f"| `{member.value}` | {_cell(member.zh)} | {_cell(member.en)} |" for member in vocabulary]
    return "\n".join(lines) + "\n"


def renewed(text: str) -> str:
    """Return the page with its written section made anew and everything above it kept."""
    return text[: text.index(BEGIN)] + as_text()


def main() -> int:
    """Write the page."""
    before = GLOSSARY.read_text(encoding="utf-8")
    GLOSSARY.write_text(renewed(before), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
