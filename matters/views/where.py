"""Where and what: a place and a topic in the words of the language spoken, as every room of matters shows them."""

from __future__ import annotations

from core.places import Level, Place
from core.terms import language
from matters import topics


def where(place: Place | None) -> str:
    """Say where a place is, from the county down in Chinese, up to the county in English."""
    names: list[str] = []
    above = place
    while above is not None and above.level is not Level.CITY:
        names.append(above.label)
        above = above.parent
    return ", ".join(names) if language() == "en" else "".join(reversed(names))


def topic_words(code: str | None) -> str:
    """Say what a matter is about."""
    found = topics.topic(code or "")
    return found.in_language(language()) if found else code or "—"
