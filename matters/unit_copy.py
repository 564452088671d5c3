"""A unit's copy: what of a matter's words a unit may read, with everybody who raised it taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matters.matter import Matter
from matters.redaction import redacted, shadow
from matters.redaction_marks import Mark
from matters.reporters import reporters_of

_BETWEEN = frozenset(" \t\r\n\u3000\xa0-—–_.·•,,、()()/\u200b\u200c\u200d\u200e\u200f\ufeff")
"""What people write between the digits of a number or the characters of a name."""
_OWN_PART = 11
"""The digits of a number that are its owner's: what stands before is the country."""


@dataclass(frozen=True)
class Cover:
    """Who raised a matter, held only to be kept out of what a unit reads."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]

    def __repr__(self) -> str:  # what is covered must not come to light in a trace
        return "Cover(…)"

    def approved(self, text: str | None) -> str | None:
        """Return the copy that a person approved; they decided on every word, but not on the callers' own names."""
        if text is None:
            return None
        for name in self.names:
            text = _without(text, name, Mark.NAME)
        for number in self.numbers:
            text = _without(text, re.sub(r"\D", "", number)[-_OWN_PART:], Mark.PHONE)
        return text

    def words(self, text: str | None) -> str:
        """Return any other text without what tells who someone is."""
        return redacted(self.approved(text) or "", self.names)


def cover_of(session: Session, matter: Matter) -> Cover:
    """Return the cover of a matter's callers."""
    callers = reporters_of(session, matter)
    return Cover(tuple(c.name for c in callers if c.name), tuple(c.number for c in callers if c.number))


def _without(text: str, words: str, mark: Mark) -> str:
    """Put a mark wherever words stand in a text, with whatever was written between their characters."""
    sought = _letters(words)
    if len(sought) < 2:
        return text
    plain = shadow(text)
    places = [at for at, character in enumerate(plain) if character not in _BETWEEN]
    joined = _letters(plain)
    pieces: list[str] = []
    at = 0
    hit = joined.find(sought)
    while hit >= 0:
        end = hit + len(sought)
        pieces += [text[at : places[hit]], mark.in_text]
        at = places[end - 1] + 1
        hit = joined.find(sought, end)
    return "".join((*pieces, text[at:]))


def _letters(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text if c not in _BETWEEN)
