"""Languages: what callers may speak beside Mandarin, as the centre sets it; a line gives each its key."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.terms import Words
from hotline.lines import LineKind, line_of


class SpokenLanguage(Base):
    """One language by its two names; it is kept when no line offers it any more, for the calls that were in it."""

    __tablename__ = "spoken_language"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    zh: Mapped[str] = mapped_column(sa.String(20), unique=True)
    en: Mapped[str] = mapped_column(sa.String(40))

    @property
    def name(self) -> Words:
        """What it is called."""
        return Words(self.zh, self.en)

    @property
    def voice(self) -> str:
        """In which of the two languages that the house has words in its speakers are spoken to while they wait."""
        return "en" if self.en.casefold() == "english" else "zh"


def languages_of(session: Session, keys: Mapping[str, int]) -> dict[str, SpokenLanguage]:
    """Return the languages of a line by their keys; none is asked for where none is set."""
    if not keys:
        return {}
    query = sa.select(SpokenLanguage).where(SpokenLanguage.id.in_(keys.values()))
    found = {one.id: one for one in session.scalars(query)}
    return {key: found[which] for key, which in sorted(keys.items())}


def languages_on(session: Session, kind: LineKind) -> dict[str, SpokenLanguage]:
    """Return the languages of the line of a kind, where it is set up."""
    line = line_of(session, kind)
    return languages_of(session, line.languages) if line is not None else {}


def language_called(session: Session, zh: str, en: str) -> SpokenLanguage:
    """Return the language of a Chinese name, or a new one; its English name is what was said last."""
    found = session.scalars(sa.select(SpokenLanguage).where(SpokenLanguage.zh == zh)).first()
    if found is None:
        found = SpokenLanguage(zh=zh, en=en)
        session.add(found)
    found.en = en
    session.flush()
    return found
