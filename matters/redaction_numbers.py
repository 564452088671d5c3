"""Numbers that tell who someone is: telephones, ID numbers and bank cards, as people write or dictate them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import phonenumbers

from matters.receipts import read_receipt
from matters.redaction_marks import Finding, Mark

_SEP = r"[\s\-\u2010-\u2015\u2212\u30fc_.·•~/()\u200b-\u200f\u2060\ufeff\ufe0f\u20e3]"
_RUN = re.compile(
    rf"\+?\(?\d(?:{_SEP}{{0,4}}\d)*(?:{_SEP}{{0,2}}[Xx](?![A-Za-z0-9]))?(?:\s*(?:转|分机)\s*\d{{1,6}})?[\u20e3\ufe0f]*"
)
_COMMA = rf"(?:{_SEP}|[,,、。;;]){{0,3}}"
_DICTATED = re.compile(rf"(?<!\d)1{_COMMA}[3-9]{_COMMA}\d(?:{_COMMA}\d){{8}}(?!\d)")
"""A mobile number with pauses: commas count as such inside one only."""
_SPELLED = str.maketrans("幺〇零一二三四五六七八九两壹贰叁肆伍陆柒捌玖", "1001234567892123456789")
_SPELLED_LEAST = 3
_DATE = r"(?:19|20)\d\d[-./年](?:0?[1-9]|1[0-2])[-./月](?:[12]\d|3[01]|0?[1-9])(?!\d)"
_DATE_FIRST = re.compile(rf"{_DATE}(?:\s+\d{{1,2}}(?=$|\s))?\s*")
_DATE_LAST = re.compile(rf"\s+{_DATE}$")
_SMALL_FIRST = re.compile(r"\d{1,3}\s+(?=1[3-9]\d{9}$)")
_MOBILE = re.compile(r"(?:\+?(?:00)?86)?1[3-9]\d{9}")
_LANDLINE = re.compile(r"(?:(?:\+|00)?86)?0?(?:10|2\d|[3-9]\d{2})[2-9]\d{6,7}")
_MEASURE = re.compile(r"\s*(?:多|余)?\s*(?:元|块|万|亿|平|米|公里|吨|斤|人|户|件|度|亩|票|%)")
_TOLD = re.compile(r"(?:电话|手机|座机|号码|联系|打|拨|致电|tel|phone|call)\D{0,6}$", re.IGNORECASE)
_LOCAL = (7, 8)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def numbers_in(plain: str) -> Iterator[Finding]:
    """Find the numbers of a text whose digits are plain (matters.redaction.shadow)."""
    spelled = plain.translate(_SPELLED)
    for hit in (*_DICTATED.finditer(plain), *_DICTATED.finditer(spelled)):
        yield Finding(Mark.PHONE, hit.start(), hit.end())
    for match in phonenumbers.PhoneNumberMatcher(plain, "CN", phonenumbers.Leniency.VALID):
        if _date(re.sub(r"\D", "", match.raw_string)) is None:
            yield Finding(Mark.PHONE, match.start, match.end)
    yield from _runs(plain, plain)
    if spelled != plain:
        yield from _runs(plain, spelled)


def _runs(plain: str, digits: str) -> Iterator[Finding]:
    """Find rows of digits that may be a number; of spelled ones only those that have some numerals in them."""
    for hit in _RUN.finditer(digits):
        start, end = hit.span()
        changed = sum(a != b for a, b in zip(plain[start:end], digits[start:end], strict=True))
        if digits is not plain and changed < _SPELLED_LEAST:
            continue
        for trim in (_DATE_FIRST, _SMALL_FIRST):
            if first := trim.match(digits[start:end]):
                start += first.end()
        if last := _DATE_LAST.search(digits[start:end]):
            end = start + last.start()
        kind = _kind(digits, start, end) if start < end else None
        if kind is not None:
            yield Finding(kind, start, end)


def _kind(digits: str, start: int, end: int) -> Mark | None:
    raw = digits[start:end]
    row = re.sub(r"[^\dXx]", "", raw)
    before, after = digits[max(start - 10, 0) : start], digits[end : end + 4]
    if _is_receipt(raw) or _is_id_like(row):
        return None if _is_receipt(raw) else Mark.ID_NUMBER
    is_told = _TOLD.search(before) is not None
    if len(row) < _LOCAL[0]:
        return None
    if len(row) <= _LOCAL[1]:
        is_telephone = is_told or (row[0] in "2345678" and _date(row) is None and not _MEASURE.match(after))
        return Mark.PHONE if is_telephone else None
    if not is_told and row == raw and len(row) <= 10 and _MEASURE.match(after):
        return None
    if _MOBILE.fullmatch(row) or _LANDLINE.fullmatch(row) or _MOBILE.search(raw):
        return Mark.PHONE
    if 16 <= len(row) <= 19:
        return Mark.BANK_CARD if row.isdigit() and _is_luhn(row) else Mark.NUMBER
    return Mark.PHONE if is_told else Mark.NUMBER


def _is_receipt(raw: str) -> bool:
    """Say whether it is a receipt number, which tells nothing about a person."""
    found = re.fullmatch(r"(2[4-9]|[3-9]\d)(0[1-9]|1[0-2])-\d{4,7}-\d", raw)
    return found is not None and read_receipt(raw) is not None


def _is_id_like(row: str) -> bool:
    """Say whether a row is an ID number, or one with a slip: its checksum or its date of birth gives it away."""
    if len(row) == 18 and row[:17].isdigit():
        return is_id_number(row) or _date(row[6:14]) is not None or row[17] in "Xx"
    if len(row) in (17, 19):
        return any(_date(row[at : at + 8]) is not None and row[at] in "12" for at in (5, 6, 7))
    return len(row) == 15 and row.isdigit() and row[0] in "12345678" and _date("19" + row[6:12]) is not None


def is_id_number(row: str) -> bool:
    """Say whether 18 characters end with the check character of GB 11643."""
    if len(row) != 18 or not row[:17].isdigit():
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, row[:17], strict=True))
    return _ID_CHECKS[total % 11] == row[17].upper()


def _is_luhn(row: str) -> bool:
    doubled = (int(d) * 2 if n % 2 else int(d) for n, d in enumerate(reversed(row)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _date(row: str) -> date | None:
    if len(row) != 8 or not row.isdigit() or not 1900 <= int(row[:4]) <= 2099:
        return None
    try:
        return date(int(row[:4]), int(row[4:6]), int(row[6:]))
    except ValueError:
        return None
