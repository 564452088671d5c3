"""Periods that are reported on: from a day to a year, or any span, and what each is compared with."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from core.terms import Term, Words

WEEKS_IN_A_YEAR = 52
"""A week is compared with the one 364 days earlier: the same days of the week."""


class PeriodKind(Term):
    """How long a period is."""

    DAY = "day", "日", "Day"
    WEEK = "week", "周", "Week"
    FOUR_WEEKS = "four_weeks", "四周", "Four weeks"
    MONTH = "month", "月", "Month"
    QUARTER = "quarter", "季度", "Quarter"
    HALF_YEAR = "half_year", "半年", "Half-year"
    YEAR = "year", "年", "Year"
    SPAN = "span", "自定期间", "Span of days"


K = PeriodKind
_MONTHS = {K.MONTH: 1, K.QUARTER: 3, K.HALF_YEAR: 6, K.YEAR: 12}
_DAYS = (K.DAY, K.WEEK, K.FOUR_WEEKS)

PREVIOUS = {
    K.DAY: Words("前一日", "the day before"),
    K.WEEK: Words("上周", "last week"),
    K.FOUR_WEEKS: Words("前四周", "the four weeks before"),
    K.MONTH: Words("上月", "last month"),
    K.QUARTER: Words("上季度", "last quarter"),
    K.HALF_YEAR: Words("上半年度", "the half-year before"),
    K.YEAR: Words("上年", "last year"),
    K.SPAN: Words("之前同样长的一段", "the same number of days before"),
}
LAST_YEAR = {
    **dict.fromkeys(K, Words("上年同期", "the same period last year")),
    K.WEEK: Words("上年同周", "the same week last year"),
}


@dataclass(frozen=True)
class Period:
    """A period from its first to its last day, both inside."""

    kind: PeriodKind
    starts_on: date
    ends_on: date

    @classmethod
    def with_day(cls, kind: PeriodKind, day: date) -> Period:
        """Return the period in which a day lies; four weeks end with the week of the day."""
        if kind in (K.DAY, K.SPAN):
            return cls(kind, day, day)
        monday = day - timedelta(days=day.weekday())
        if kind is K.WEEK:
            return cls(kind, monday, monday + timedelta(days=6))
        if kind is K.FOUR_WEEKS:
            return cls(kind, monday - timedelta(days=21), monday + timedelta(days=6))
        months = _MONTHS[kind]
        first = (day.month - 1) // months * months + 1
        return cls._of_months(kind, day.year, first)

    @classmethod
    def _of_months(cls, kind: PeriodKind, year: int, first: int) -> Period:
        last = first + _MONTHS[kind] - 1
        return cls(kind, date(year, first, 1), date(year, last, monthrange(year, last)[1]))

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.ends_on - self.starts_on).days + 1

    @property
    def is_whole(self) -> bool:
        """Say whether it reaches its end: a half-year may be looked at while it runs."""
        return self.kind not in _MONTHS or self.ends_on == Period.with_day(self.kind, self.starts_on).ends_on

    def _of_same_length(self, whole: Period) -> Period:
        """Return of another period of the kind as many days as this one has run."""
        if self.is_whole:
            return whole
        last = whole.starts_on + timedelta(days=self.days - 1)
        return Period(self.kind, whole.starts_on, min(last, whole.ends_on))

    @property
    def previous_words(self) -> Words:
        """What the period before is called: of one that runs, the same days of the one before."""
        words = PREVIOUS[self.kind]
        if self.is_whole:
            return words
        return Words(f"{words.zh}的同样天数", f"as many days of {words.en}")

    @property
    def previous(self) -> Period:
        """The period of the same kind just before, sharing no day; of one that runs, as many days."""
        if self.kind in _DAYS or self.kind is K.SPAN:
            step = timedelta(days=self.days)
            return Period(self.kind, self.starts_on - step, self.ends_on - step)
        return self._of_same_length(Period.with_day(self.kind, self.starts_on - timedelta(days=1)))

    @property
    def last_year(self) -> Period:
        """The same period a year earlier; of one that runs, as many days."""
        if self.kind in _DAYS or self.kind is K.SPAN:
            step = timedelta(weeks=WEEKS_IN_A_YEAR)
            return Period(self.kind, self.starts_on - step, self.ends_on - step)
        return self._of_same_length(
            Period._of_months(self.kind, self.starts_on.year - 1, self.starts_on.month)
        )

    @property
    def number(self) -> int:
        """Which one of its kind in the year: the ISO week, the month, the quarter, …; the day of the year."""
        if self.kind in (K.DAY, K.SPAN):
            return self.starts_on.timetuple().tm_yday
        if self.kind in (K.WEEK, K.FOUR_WEEKS):
            return self.ends_on.isocalendar().week
        return (self.starts_on.month - 1) // _MONTHS[self.kind] + 1

    @property
    def year(self) -> int:
        """The year that its number counts in."""
        return self.ends_on.isocalendar().year if self.kind in (K.WEEK, K.FOUR_WEEKS) else self.ends_on.year

    @property
    def words(self) -> Words:
        """Its first and last day."""
        if self.starts_on == self.ends_on:
            return Words("{a:%Y-%m-%d} 当天", "{a:%Y-%m-%d}").filled(a=self.starts_on)
        both = "{a:%Y-%m-%d}", "{b:%Y-%m-%d}"
        return Words(f"{both[0]} 至 {both[1]}", f"{both[0]} to {both[1]}").filled(
            a=self.starts_on, b=self.ends_on
        )


def wide(period: Period) -> Period:
    """Return the period over which places are looked at: a week alone is too thin for them, four weeks are not."""
    return Period.with_day(K.FOUR_WEEKS, period.ends_on) if period.kind is K.WEEK else period
