"""Advice: what the rooms of the house need for numbers of their own, told by the doctor beside its own findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from core.settings import Settings
from core.terms import Words

Adviser = Callable[[Settings], Iterable[tuple[Words, str]]]
_advisers: list[Adviser] = []


def advises(adviser: Adviser) -> Adviser:
    """Let a room of the house say what its numbers need at the vendor."""
    if adviser not in _advisers:
        _advisers.append(adviser)
    return adviser


def advice(settings: Settings) -> list[tuple[Words, str]]:
    """Return what the rooms of the house say of their numbers."""
    return [each for adviser in _advisers for each in adviser(settings)]


def standing_documents(settings: Settings) -> Path:
    """Return the folder in which the simulated carrier keeps its documents, one a number."""
    return settings.data_dir / "standing"
