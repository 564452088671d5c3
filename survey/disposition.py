"""Outcomes of attempts and cases: AAPOR's codes with their labels, rate cell and what they ask of us next."""

from __future__ import annotations

from dataclasses import dataclass

from core.problems import Invalid
from core.terms import Term, Words, language


class RateCell(Term):
    """Where an outcome counts in the rates."""

    COMPLETE = "I", "完成访问", "Complete"
    PARTIAL = "P", "部分完成", "Partial"
    REFUSAL = "R", "拒访与中断", "Refusal and break-off"
    NON_CONTACT = "NC", "未联系上", "Non-contact"
    OTHER = "O", "其他（合格未访）", "Other, eligible"
    UNKNOWN_HOUSEHOLD = "UH", "是否住户不明", "Unknown if household"
    UNKNOWN_OTHER = "UO", "资格不明", "Unknown, other"
    NOT_ELIGIBLE = "NE", "不合格", "Not eligible"


class RetryRule(Term):
    """Which call rule says when to try again; its times belong to the wave."""

    BUSY = "busy", "占线重拨", "After busy"
    NO_ANSWER = "no_answer", "换时段重拨", "Another part of the day"
    UNREACHABLE = "unreachable", "次日重拨", "Another day"
    INCONVENIENT = "inconvenient", "方便时再拨", "When it suits"
    SOFT_REFUSAL = "soft_refusal", "婉拒转化", "Refusal conversion"


@dataclass(frozen=True)
class Disposition:
    """One outcome: its code, label, rate cell, whether it ends a case, and else when to try again."""

    code: str
    zh: str
    en: str
    cell: RateCell
    is_final: bool
    try_again: RetryRule | None = None
    needs_note: bool = False

    @property
    def label(self) -> str:
        """The label in the language spoken."""
        return self.en if language() == "en" else self.zh


class UnknownDisposition(Invalid):
    """A code that is not in the table."""

    words = Words("没有代码 {code}，请从列表中选择。", "There is no code {code}; choose from the list.")


_C, _R = RateCell, RetryRule


def _final(cell: RateCell, code: str, zh: str, en: str, *, note: bool = False) -> Disposition:
    return Disposition(code, zh, en, cell, True, None, note)


def _again(
    cell: RateCell, rule: RetryRule, code: str, zh: str, en: str, *, note: bool = False
) -> Disposition:
    return Disposition(code, zh, en, cell, False, rule, note)


_TABLE = (
    _final(_C.COMPLETE, "1.1", "完成访问", "Complete"),
    _final(_C.PARTIAL, "1.2", "部分完成", "Partial"),
    _again(_C.REFUSAL, _R.SOFT_REFUSAL, "2.11", "拒访", "Refusal"),
    _again(_C.REFUSAL, _R.SOFT_REFUSAL, "2.111", "他人代拒", "Refusal by household"),
    _again(_C.REFUSAL, _R.SOFT_REFUSAL, "2.112", "本人拒访", "Refusal by respondent"),
    _again(_C.REFUSAL, _R.SOFT_REFUSAL, "2.12", "中途中断", "Break-off"),
    _again(_C.NON_CONTACT, _R.NO_ANSWER, "2.20", "未联系上", "Non-contact"),
    _again(_C.NON_CONTACT, _R.INCONVENIENT, "2.21", "本人始终不在", "Respondent never available"),
    _again(_C.NON_CONTACT, _R.NO_ANSWER, "2.22", "语音信箱（住户）", "Answering device, household"),
    _final(_C.OTHER, "2.31", "已故", "Dead"),
    _final(_C.OTHER, "2.32", "身心原因无法受访", "Physically or mentally unable"),
    _final(_C.OTHER, "2.33", "语言不通", "Language", note=True),
    _again(_C.OTHER, _R.NO_ANSWER, "2.34", "听不清", "Inadequate audio"),
    _again(_C.OTHER, _R.INCONVENIENT, "2.35", "不便接听（如驾车）", "Place or activity (driving)"),
    _final(_C.OTHER, "2.36", "其他原因未访", "Other, eligible", note=True),
    Disposition("3.11", "未拨打", "Not attempted", _C.UNKNOWN_HOUSEHOLD, False),
    _again(_C.UNKNOWN_HOUSEHOLD, _R.BUSY, "3.12", "占线", "Busy"),
    _again(_C.UNKNOWN_HOUSEHOLD, _R.NO_ANSWER, "3.13", "无人接听", "No answer"),
    _again(_C.UNKNOWN_HOUSEHOLD, _R.NO_ANSWER, "3.14", "语音信箱", "Answering device, unknown"),
    _again(_C.UNKNOWN_HOUSEHOLD, _R.UNREACHABLE, "3.15", "拦截或拒接", "Blocked"),
    _again(_C.UNKNOWN_HOUSEHOLD, _R.UNREACHABLE, "3.16", "关机、无法接通", "Technical, switched off"),
    _again(_C.UNKNOWN_OTHER, _R.INCONVENIENT, "3.20", "有人但资格不明", "Household, eligibility unknown"),
    _again(_C.UNKNOWN_OTHER, _R.INCONVENIENT, "3.21", "未完成甄别", "No screener completed"),
    _again(_C.UNKNOWN_OTHER, _R.NO_ANSWER, "3.90", "其他不明", "Other, unknown", note=True),
    _final(_C.NOT_ELIGIBLE, "4.10", "不在范围", "Out of sample"),
    _final(_C.NOT_ELIGIBLE, "4.20", "传真、数据线", "Fax or data line"),
    _final(_C.NOT_ELIGIBLE, "4.31", "空号", "Non-working number"),
    _final(_C.NOT_ELIGIBLE, "4.32", "已销号", "Disconnected"),
    _final(_C.NOT_ELIGIBLE, "4.33", "停机", "Out of service"),
    _final(_C.NOT_ELIGIBLE, "4.41", "改号", "Number changed"),
    _final(_C.NOT_ELIGIBLE, "4.43", "呼叫转移", "Call forwarding"),
    _final(_C.NOT_ELIGIBLE, "4.51", "单位电话", "Business number"),
    _final(_C.NOT_ELIGIBLE, "4.70", "无合格受访者", "No eligible respondent"),
    _final(_C.NOT_ELIGIBLE, "4.80", "配额已满", "Quota filled"),
)
DISPOSITION: dict[str, Disposition] = {d.code: d for d in _TABLE}

NOT_ATTEMPTED = "3.11"

GROUPS: tuple[tuple[Words, tuple[str, ...]], ...] = (
    (Words("访问", "Interview"), ("1.1", "1.2")),
    (Words("拒绝", "Refused"), ("2.11", "2.111", "2.112", "2.12")),
    (Words("没接通", "Not reached"), ("3.12", "3.13", "3.14", "3.15", "3.16")),
    (Words("本人不在", "Not there"), ("2.20", "2.21", "2.22", "3.20", "3.21")),
    (Words("不能受访", "Not able"), ("2.31", "2.32", "2.33", "2.34", "2.35", "2.36")),
    (Words("号码不对", "Wrong number"), ("4.20", "4.31", "4.32", "4.33", "4.41", "4.43", "4.51")),
    (Words("不合格", "Not eligible"), ("4.10", "4.70", "4.80")),
    (Words("其他", "Other"), ("3.90",)),
)
"""The interviewer's screen: one digit for the group, one for the code; 3.11 is nobody's to choose."""

_UNASSIGNED = frozenset({404, 410, 484, 604})  # SIP answers that say: no such number
_SCREENED = frozenset({607, 608})  # SIP answers of call screening
SWITCHED_OFF_DAYS = 3


def disposition(code: str) -> Disposition:
    """Look a code up; an unknown one is refused in people's language."""
    if code not in DISPOSITION:
        raise UnknownDisposition(code=code)
    return DISPOSITION[code]


def from_line(
    cause: str, answerer: str | None = None, *, response_code: int | None = None, days_off: int = 1
) -> str | None:
    """Say which code the line's own result means; None when a person spoke and only the interviewer can tell.

    `cause` and `answerer` are the codes of telephony's terms, `response_code` the network's SIP answer where it is
    known, `days_off` the days on which this number was found switched off, today included.
    """
    if answerer == "machine":
        return "3.14"
    if answerer == "fax":
        return "4.20"
    if response_code in _UNASSIGNED:
        return "4.31"
    if response_code in _SCREENED:
        return "3.15"
    if cause == "unreachable":
        return "4.33" if days_off >= SWITCHED_OFF_DAYS else "3.16"
    return {
        "busy": "3.12", "no_answer": "3.13", "invalid": "4.31", "rejected": "3.15", "error": "3.16",
    }.get(cause)  # fmt: skip


def for_appointment(*, is_eligible: bool) -> str:
    """Say how an attempt that ended in an appointment counts meanwhile: never as a refusal."""
    return "2.21" if is_eligible else "3.21"
