"""The suicide-risk screener (C-SSRS): six rows, which are asked, and the grade that the highest row hit gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.problems import Invalid
from core.terms import Term, Words


class Row(Term):
    """A row of the screener, in the order it is asked."""

    WISH = "1", "希望死去", "Wish to be dead"
    THOUGHTS = "2", "自杀想法（不具体）", "Thoughts of killing oneself, unspecific"
    METHOD = "3", "想过方法", "Thoughts with a method"
    INTENT = "4", "有些打算", "Some intent to act"
    PLAN = "5", "有计划且有打算", "Plan with intent"
    BEHAVIOUR = "6", "自杀行为或准备", "Behaviour or preparation"


class Heard(Term):
    """What was answered to a row; a row that was not asked has no answer at all."""

    YES = "yes", "是", "Yes"
    NO = "no", "否", "No"
    LIFETIME = "lifetime", "以前有过（三个月以前）", "Ever, but not in the past three months"
    RECENT = "recent", "最近三个月有过", "In the past three months"
    DECLINED = "declined", "不愿回答", "Would rather not say"


class Grade(Term):
    """What the screener found."""

    NONE = "none", "未见", "Nothing found"
    LOW = "low", "低", "Low"
    MODERATE = "moderate", "中", "Moderate"
    HIGH = "high", "高", "High"

    @property
    def rank(self) -> int:
        """How grave it is, 0–3."""
        return list(Grade).index(self)


R, H, G = Row, Heard, Grade

CHOICES: dict[Row, tuple[Heard, ...]] = {
    row: (H.NO, H.LIFETIME, H.RECENT, H.DECLINED) if row is R.BEHAVIOUR else (H.NO, H.YES, H.DECLINED)
    for row in Row
}
HITS: dict[tuple[Row, Heard], Grade] = {
    (R.WISH, H.YES): G.LOW,
    (R.THOUGHTS, H.YES): G.LOW,
    (R.METHOD, H.YES): G.MODERATE,
    (R.INTENT, H.YES): G.HIGH,
    (R.PLAN, H.YES): G.HIGH,
    (R.BEHAVIOUR, H.LIFETIME): G.MODERATE,
    (R.BEHAVIOUR, H.RECENT): G.HIGH,
}
SKIPPED = (R.METHOD, R.INTENT, R.PLAN)
"""Not asked when row 2 was answered with no."""

Answers = Mapping[Row, Heard | None]


@dataclass(frozen=True)
class Screening:
    """A screener as far as it was filled in; `answers` has every row, None where it was not asked or not reached."""

    answers: dict[Row, Heard | None]
    grade: Grade | None
    """The highest row hit; None while nothing was hit and something is still to be asked."""
    hits: tuple[Row, ...]
    to_ask: tuple[Row, ...]

    @property
    def is_finished(self) -> bool:
        """Whether every row that must be asked has an answer."""
        return not self.to_ask

    @property
    def declined(self) -> tuple[Row, ...]:
        """Rows the caller would rather not answer: never counted as no."""
        return tuple(row for row, heard in self.answers.items() if heard is H.DECLINED)

    def as_json(self) -> dict[str, str | None]:
        """Return the answers for storage: null where a row was not asked."""
        return {row.value: heard.value if heard else None for row, heard in self.answers.items()}


def screened(answers: Answers) -> Screening:
    """Apply the skip rule and grade what was answered; a skipped row is None, not “no”."""
    wrong = {
        f"row_{row.value}": Words("这一题没有这个答案", "This row has no such answer")
        for row, heard in answers.items()
        if heard is not None and heard not in CHOICES[row]
    }
    if wrong:
        raise Invalid(fields=wrong)
    skips = answers.get(R.THOUGHTS) is H.NO
    kept = {row: None if skips and row in SKIPPED else answers.get(row) for row in Row}
    to_ask = tuple(row for row in Row if kept[row] is None and not (skips and row in SKIPPED))
    grades = {row: HITS[row, heard] for row, heard in kept.items() if heard and (row, heard) in HITS}
    worst = max(grades.values(), key=lambda g: g.rank, default=None)
    if worst is None and not to_ask:
        worst = G.NONE
    return Screening(kept, worst, tuple(grades), to_ask)


def from_json(stored: Mapping[str, str | None]) -> Screening:
    """Read answers back from storage or a form; an unknown code is refused."""
    answers: dict[Row, Heard | None] = {}
    wrong: dict[str, Words] = {}
    for row in Row:
        code = stored.get(row.value) or None
        heard = Heard.found(code) if code is not None else None
        if code is not None and heard is None:
            wrong[f"row_{row.value}"] = Words("这一题没有这个答案", "This row has no such answer")
        answers[row] = heard
    if wrong:
        raise Invalid(fields=wrong)
    return screened(answers)


def next_row(answers: Answers) -> Row | None:
    """Return the row to be asked now, None when the screener is finished."""
    return next(iter(screened(answers).to_ask), None)
