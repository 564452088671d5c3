"""The menu: which key stands for which language, where a line has any; a caller's key is noted once, for this call."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core.terms import Words
from hotline.contacts import Contact, ContactState
from hotline.dispatch import dispatch, leave_to_speakers
from hotline.languages import SpokenLanguage, languages_of
from hotline.lines import NOT_RECORDED_KEY, HelpLine
from telephony.spoken import Ask, Say

QUESTION = "hotline-language"
LISTENS_S = 3
"""So long after the last word of the menu a key is waited for before the caller goes on."""
PRESS = Words("讲{language}请按 {key}。", "For {language} press {key}.")
CHOSEN = Words("好的，先为您找会说{language}的接线员。", "Very well: we ring who speaks {language} first.")


def menu(session: Session, line: HelpLine, contact: Contact) -> tuple[Say, ...]:
    """Return what a caller who may still choose is told of the line's languages, English in English."""
    return tuple(
        Say(PRESS.filled(language=one.name, key=key), one.voice)
        for key, one in _offered(session, line, contact).items()
    )


def ask(session: Session, line: HelpLine, contact: Contact) -> list[Ask]:
    """Return the question of the greeting; none where the line has one language, and nothing is waited for."""
    said = menu(session, line, contact)
    if not said:
        return []
    first, *others = said
    return [Ask(QUESTION, first.words, wait_s=LISTENS_S, language=first.language, also=tuple(others))]


def choose(session: Session, line: HelpLine, contact: Contact, key: str, *, at: datetime) -> list[Say]:
    """Note a caller's language and say so; told twice, or when somebody has taken them, a key changes nothing."""
    language = _offered(session, line, contact).get(key)
    if language is None:
        return []
    contact.language = language
    session.flush()
    if contact.state is ContactState.WAITING:
        leave_to_speakers(session, contact, at=at)
        dispatch(session, at=at)
    return [Say(CHOSEN.filled(language=language.name), language.voice)]


def _offered(session: Session, line: HelpLine, contact: Contact) -> dict[str, SpokenLanguage]:
    """Return what a caller may choose by key: once, and not any more when somebody took them, whatever came of it."""
    is_early = contact.state in (ContactState.ARRIVED, ContactState.WAITING) and not contact.is_first
    if contact.language_id is not None or not is_early:
        return {}
    found = languages_of(session, line.languages)
    if contact.is_recorded:
        found.pop(
            NOT_RECORDED_KEY, None
        )  # the line records no more, but this caller was told what the key means
    return found
