"""Counselling content at rest: sealed under a key of its own, texts and small sheets alike."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from core.secrets import SealedText

PURPOSE = "counselling"


class SealedJson(SealedText):
    """A column whose JSON is sealed under the counselling key."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(PURPOSE)

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> bytes | None:
        """Write it down and seal it."""
        if value is None:
            return None
        return super().process_bind_param(json.dumps(value, ensure_ascii=False, sort_keys=True), dialect)

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> Any:
        """Open it and read it."""
        text = super().process_result_value(value, dialect)
        return None if text is None else json.loads(text)
