"""Texts, numbers, truths and dates, turned into one another by the rules of XPath 1.0 and XForms."""

import math
import re
from decimal import Decimal

Value = str | float | bool

_NUMBER = re.compile(r"[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?:Z|[+-][0-9:]+)?)?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def to_number(value: Value) -> float:
    """Give the number a value stands for, a date as days since 1970-01-01, NaN when it is none."""
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        return float(found.group(1)) if found else days_of(value)
    return float(value)


def to_text(value: Value) -> str:
    """Write a value as XPath does: no exponent, whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_truth(value: Value) -> bool:
    """Say whether a value counts as true: a text when not empty, a number when neither 0 nor NaN."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value != ""
    return value != 0 and not math.isnan(value)


def days_of(text: str) -> float:
    """Count days since 1970-01-01 of an ISO date or date-time as the clock on the wall shows it; NaN if none."""
    found = _MOMENT.fullmatch(text)
    if not found:
        return math.nan
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    if not (
        1 <= month <= 12 and 1 <= day <= _length(year, month) and hour < 24 and minute < 60 and second < 60
    ):
        return math.nan
    whole = _days(year, month, day)
    if found.group(4) is None:
        return float(whole)
    return whole + (hour * 3600 + minute * 60 + second) / 86400


def moment_of(days: float) -> tuple[int, int, int, int, int, int]:
    """Give year, month, day, hour, minute, second of a count of days."""
    whole = math.floor(days)
    seconds = math.floor((days - whole) * 86400 + 0.5)
    if seconds >= 86400:
        whole, seconds = whole + 1, 0
    shifted = whole + 719468
    era = shifted // 146097
    of_era = shifted - era * 146097
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    term = (5 * of_year + 2) // 153
    month = term + 3 if term < 10 else term - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year, month, of_year - (153 * term + 2) // 5 + 1, seconds // 3600, seconds // 60 % 60, seconds % 60


def iso(days: float, *, with_time: bool) -> str:
    """Write a count of days as an ISO date or date-time; empty when it is none or outside years 1–9999."""
    if math.isnan(days) or not -719162 <= days < 2932897:
        return ""
    year, month, day, hour, minute, second = moment_of(days if with_time else math.floor(days))
    date = f"{year:04d}-{month:02d}-{day:02d}"
    return f"{date}T{hour:02d}:{minute:02d}:{second:02d}" if with_time else date


def formatted(days: float, pattern: str) -> str:
    """Write a moment by a pattern of %Y %y %m %n %b %d %e %H %h %M %S; empty when there is no date."""
    if math.isnan(days) or not -719162 <= days < 2932897:
        return ""
    year, month, day, hour, minute, second = moment_of(days)
    parts = {
        "Y": f"{year:04d}", "y": f"{year % 100:02d}", "m": f"{month:02d}", "n": str(month), "b": _MONTHS[month - 1],
        "d": f"{day:02d}", "e": str(day), "H": f"{hour:02d}", "h": str(hour), "M": f"{minute:02d}",
        "S": f"{second:02d}", "%": "%",
    }  # fmt: skip
    return re.sub(r"%(.)", lambda found: parts.get(found.group(1), found.group()), pattern)


def _days(year: int, month: int, day: int) -> int:
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def _length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
