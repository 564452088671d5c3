"""Words kept back: what must not leave the counselling line, found in a sentence before it is handed over."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.terms import Words
from matters.redaction_numbers import numbers_in

DATA = Path(__file__).with_name("data") / "words_kept_back.csv"
_SEPARATORS = re.compile(r"[\s\u200b-\u200f\ufeff·•・.,，。、_*\-—~]+")


@dataclass(frozen=True)
class KeptBack:
    """A word that may not go over, and what could be said instead."""

    word: str
    instead: Words | None


@cache
def _words() -> tuple[tuple[KeptBack, bool], ...]:
    """Return every word kept back, and whether it is Chinese."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return tuple(
            (
                KeptBack(
                    row["word"],
                    Words(row["instead_zh"], row["instead_en"]) if row["instead_zh"] else None,
                ),
                row["language"] == "zh",
            )
            for row in csv.DictReader(file)
        )


def kept_back(sentence: str) -> list[KeptBack]:
    """Return the words of a sentence that must not leave the counselling line, however they are spaced."""
    plain = unicodedata.normalize("NFKC", sentence).casefold()
    closed = _SEPARATORS.sub("", plain)
    return [
        entry
        for entry, is_chinese in _words()
        if (entry.word in closed if is_chinese else re.search(rf"\b{re.escape(entry.word)}", plain))
    ]


def tells_a_number(sentence: str) -> bool:
    """Say whether a sentence holds a telephone, identity or account number."""
    return any(True for _ in numbers_in(unicodedata.normalize("NFKC", sentence)))
