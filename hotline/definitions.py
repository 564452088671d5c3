"""Definitions: what the hotline ships as data, forms and questionnaires, with every word in both languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from core.terms import Words


def shipped(folder: str) -> list[Mapping[str, Any]]:
    """Return the content of every definition in a folder of the data."""
    files = (resources.files("hotline") / "data" / folder).iterdir()
    return [json.loads(f.read_text(encoding="utf-8")) for f in files if f.name.endswith(".json")]


def words_of(raw: Mapping[str, Any]) -> Words:
    """Return the words of one part of a definition."""
    return Words(raw["zh"], raw["en"])
