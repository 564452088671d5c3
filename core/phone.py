"""Telephone numbers: read as people write them, kept in E.164, shown masked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from core.terms import Term, Words


class NumberKind(Term):
    """The two kinds of line of the dual frame."""

    MOBILE = "mobile", "移动", "Mobile"
    LANDLINE = "landline", "固话", "Landline"


class BadNumber(ValueError):
    """A text that is no dialable number, with the reason in words."""

    def __init__(self, words: Words) -> None:
        self.words = words
        super().__init__(words.en)


@dataclass(frozen=True)
class Number:
    """A dialable number in E.164 and its kind."""

    e164: str
    kind: NumberKind


_CLEAN = str.maketrans("０１２３４５６７８９＋－　（）", "0123456789+- ()")
_NOISE = re.compile(r"[\s\-\u2010-\u2015().·]+")
_MOBILE = re.compile(
    r"(?:\+?86|0086)?(1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])\d{8})", re.ASCII
)
"""Ranges that the numbering plan gives to mobiles; others go to the library, which knows best."""
_LANDLINE = re.compile(r"(?:\+?86|0086)?(0?[1-9]\d{8,10})", re.ASCII)
_DIGITS = re.compile(r"\+?\d+", re.ASCII)


def read_number(text: str) -> Number:
    """Read a mainland number as people write it; raise BadNumber with the reason."""
    mobile = _MOBILE.fullmatch(text)
    if mobile:
        return Number("+86" + mobile[1], NumberKind.MOBILE)
    plain = _NOISE.sub("", text.translate(_CLEAN).strip().removesuffix(".0"))
    mobile = _MOBILE.fullmatch(plain)
    if mobile:
        return Number("+86" + mobile[1], NumberKind.MOBILE)
    if not plain:
        raise BadNumber(Words("号码为空", "the number is empty"))
    if not _DIGITS.fullmatch(plain):
        raise BadNumber(Words("号码里有不是数字的字符", "the number has characters that are not digits"))
    landline = _LANDLINE.fullmatch(plain)
    if landline:
        # The numbering plan decides by the leading digits: one look-up serves ten thousand neighbours.
        start, kind = _read_other(landline[1][:-4] + "0000"), NumberKind.LANDLINE
        if start.kind is kind:
            return Number(start.e164[:-4] + plain[-4:], kind)
    return _read_other(plain)


@lru_cache(maxsize=16384)
def _read_other(plain: str) -> Number:
    try:
        parsed = phonenumbers.parse(plain, "CN")
    except phonenumbers.NumberParseException as error:
        raise BadNumber(Words("不是可拨打的号码", "not a dialable number")) from error
    if parsed.country_code != 86 or not phonenumbers.is_valid_number(parsed):
        raise BadNumber(
            Words(
                "位数或区号不对（固话要带区号）", "wrong length or area code (landlines need the area code)"
            )
        )
    kind = phonenumbers.number_type(parsed)
    if kind not in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        raise BadNumber(
            Words("不是住户号码（特服或企业号）", "not a resident's number (service or business line)")
        )
    is_mobile = kind == phonenumbers.PhoneNumberType.MOBILE
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return Number(e164, NumberKind.MOBILE if is_mobile else NumberKind.LANDLINE)


def masked(e164: str) -> str:
    """Show a number so that it can be told apart and not dialled: 138 **** 6021."""
    local = e164.removeprefix("+86")
    if len(local) == 11 and local.startswith("1"):
        return f"{local[:3]} **** {local[-4:]}"
    return f"{'*' * max(len(local) - 4, 0)} {local[-4:]}".strip()


def grouped(number: str) -> str:
    """Write a public number as it is dialled here, in groups that can be read out: 021 6100 0002."""
    if not number.startswith("+86"):
        return number
    return phonenumbers.format_number(
        phonenumbers.parse(number, "CN"), phonenumbers.PhoneNumberFormat.NATIONAL
    )


SENTINELS = frozenset({"+266696687", "+86282452253", "+7378742833", "+2562533", "+8656696"})
"""Numbers that carriers write for “anonymous”, “blocked”, “restricted”, “unknown” and “unavailable”: the words on a keypad."""


def told_number(text: str) -> str | None:
    """Return the number a carrier tells of a caller, or None when it is withheld or no number at all."""
    is_number = text.startswith("+") and text[1:].isdecimal() and text.isascii()
    return text if is_number and text not in SENTINELS else None
