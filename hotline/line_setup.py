"""Setting lines up: number, owner, duty telephones, how long people wait, in which languages they may talk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.permissions import Permission
from core.problems import Invalid
from core.terms import Words
from hotline.languages import language_called, languages_of
from hotline.lines import LANGUAGE_KEYS, NOT_RECORDED_KEY, SKILL, HelpLine, LineKind, line_of
from telephony.line import in_use

NUMBER = re.compile(r"\+[1-9]\d{4,14}", re.ASCII)
MOST_DUTY_PHONES = 6
MOST_LANGUAGES = 4
"""Whoever calls hears them all before anything else."""
_LANGUAGE = re.compile(rf"([{LANGUAGE_KEYS}])\s+(\S{{1,20}})\s+(\S.{{0,39}})")


@dataclass(frozen=True)
class LanguageKey:
    """A key and the two names of the language it stands for."""

    key: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.key} {self.zh} {self.en}"


@dataclass(frozen=True)
class Terms:
    """What somebody wants a line to be."""

    number: str
    duty_phones: Sequence[str] = ()
    longest_wait_s: int = 900
    answer_within_s: int = 20
    is_recorded: bool = False
    languages: Sequence[LanguageKey] = ()
    language_wait_s: int = 60


def language_keys(told: Iterable[str]) -> tuple[LanguageKey, ...]:
    """Read languages as they are written down, like “4 彝语 Yi”; what is none has no key."""
    rows = (text.strip() for text in told)
    return tuple(
        LanguageKey(*found.groups()) if (found := _LANGUAGE.fullmatch(row)) else LanguageKey("", row, "")
        for row in rows if row
    )  # fmt: skip


def languages_set(session: Session, row: HelpLine) -> list[LanguageKey]:
    """Return a line's languages as they are written down."""
    return [LanguageKey(key, one.zh, one.en) for key, one in languages_of(session, row.languages).items()]


def may_own(kind: LineKind, staff: Staff) -> bool:
    """Say whether somebody may own a line's records: who leads the shifts or answers its callers."""
    return staff.is_active and (staff.may(Permission.HOTLINE_LEAD) or staff.may(SKILL[kind]))


def set_line(
    session: Session, kind: LineKind, terms: Terms, *, owner: Staff | None, by: Staff | None, at: datetime
) -> HelpLine:
    """Set a line up or change it; callers who wait keep their places."""
    wrong = _wrong(session, kind, terms, owner)
    if wrong:
        raise Invalid(fields=wrong)
    assert owner is not None
    languages = {told.key: language_called(session, told.zh, told.en).id for told in terms.languages}
    row = line_of(session, kind)
    if row is None:
        row = HelpLine(kind=kind)
        session.add(row)
    row.number, row.owner_id = terms.number, owner.id
    row.duty_phones = list(terms.duty_phones)
    row.longest_wait_s, row.answer_within_s = terms.longest_wait_s, terms.answer_within_s
    row.languages = languages
    row.is_recorded, row.language_wait_s, row.changed_at = terms.is_recorded, terms.language_wait_s, at
    session.flush()
    journal.write(session, "help_line.set", row, by=by, at=at, kind=kind.value)
    return row


def _wrong(session: Session, kind: LineKind, terms: Terms, owner: Staff | None) -> dict[str, Words]:
    wrong: dict[str, Words] = {}
    if not NUMBER.fullmatch(terms.number):
        wrong["number"] = Words(
            "请按国际格式填写，例如 +862160012356", "Write it in international form, like +862160012356"
        )
    taken = sa.select(HelpLine.id).where(HelpLine.number == terms.number, HelpLine.kind != kind)
    if session.scalar(taken) is not None:
        wrong["number"] = Words("另一条热线已使用此号码", "The other line has this number")
    carrier = in_use()
    if carrier is not None and terms.number == carrier.settings.caller_number:
        wrong["number"] = Words(
            "这是调查外呼的主叫号码，回拨由调查接听，请为热线另配号码",
            "This is the survey's own number, which answers those who call back; a line needs another",
        )
    if owner is None or not may_own(kind, owner):
        wrong["owner"] = Words(
            "请选择值班组长或能接听本线的人", "Choose a shift lead or somebody who may answer this line"
        )
    if len(terms.duty_phones) > MOST_DUTY_PHONES or not all(NUMBER.fullmatch(n) for n in terms.duty_phones):
        wrong["duty_phones"] = Words(
            "每行一个国际格式的号码，最多 6 个", "One number in international form a line, six at most"
        )
    elif terms.number in terms.duty_phones:
        wrong["duty_phones"] = Words(
            "值班电话不能是热线自己的号码", "The line's own number can't be a duty telephone"
        )
    if not 60 <= terms.longest_wait_s <= 7200:
        wrong["longest_wait_s"] = Words("60–7200 秒", "60 to 7200 seconds")
    if not 5 <= terms.answer_within_s <= 120:
        wrong["answer_within_s"] = Words("5–120 秒", "5 to 120 seconds")
    if not 0 <= terms.language_wait_s <= 600:
        wrong["language_wait_s"] = Words("0–600 秒", "0 to 600 seconds")
    not_languages = _wrong_languages(terms)
    if not_languages is not None:
        wrong["languages"] = not_languages
    return wrong


def _wrong_languages(terms: Terms) -> Words | None:
    told = terms.languages
    if not all(one.key for one in told):
        return Words(
            "每行写按键（3–9）、中文名、英文名，例如：4 彝语 Yi",
            "A line each: a key (3 to 9), the Chinese name, the English name",
        )
    if len(told) > MOST_LANGUAGES:
        return Words("最多 {n} 种：来电人要先听完", "{n} at most: callers hear them all first").filled(
            n=MOST_LANGUAGES
        )
    if any(len({getattr(one, name) for one in told}) < len(told) for name in ("key", "zh")):
        return Words("按键和语言都不能重复", "No key and no language twice")
    if terms.is_recorded and any(one.key == NOT_RECORDED_KEY for one in told):
        return Words(
            "录音的线路上，3 是不同意录音，请换一个键",
            "Where talks are recorded 3 refuses that; take another key",
        )
    return None
