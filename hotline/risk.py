"""Risk: the level of one episode, why it is that level, how long it holds, and who may lower it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.problems import Refused
from core.terms import Term, Words
from hotline.scale import Band, band_of
from hotline.screener import Grade, Heard, Row, Screening


class RiskLevel(Term):
    """How fast an episode is answered and followed up; never a list of persons, never a reason to refuse help."""

    GENERAL = "general", "一般", "General"
    ATTENTION = "attention", "关注", "Attention"
    KEY = "key", "重点", "Key"

    @property
    def rank(self) -> int:
        """How grave it is, 0–2."""
        return list(RiskLevel).index(self)

    @property
    def tone(self) -> str:
        """The colour that goes with the word."""
        return {"general": "green", "attention": "yellow", "key": "red"}[self.value]


class AlwaysKey(Term):
    """What makes an episode key whatever the scores say."""

    IN_PROGRESS = "in_progress", "正在实施或刚刚准备实施", "An act in progress, or just about to begin"
    PLAN_SOON = "plan_soon", "72 小时内有计划", "A plan within 72 hours"
    RECENT_ATTEMPT = "recent_attempt", "最近两周内有过自杀行为", "An attempt in the past two weeks"
    JUDGEMENT = "judgement", "接线员本人判断", "The operator's own judgement"


HOLDS_FOR: dict[RiskLevel, timedelta | None] = {
    RiskLevel.GENERAL: None,
    RiskLevel.ATTENTION: timedelta(days=90),
    RiskLevel.KEY: None,
}
"""Attention fades by itself; key stays until two people agree that it is over."""
LOOK_AGAIN = timedelta(days=30)
"""How often two people look at a key level again, so that it does not stay out of habit."""


@dataclass(frozen=True)
class Evidence:
    """What is known in this episode; what was not asked is None."""

    screening: Screening | None = None
    scale_score: int | None = None
    phq9_total: int | None = None
    phq9_item9: int | None = None
    always: frozenset[AlwaysKey] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Reason:
    """One finding and the level that it alone asks for."""

    code: str
    level: RiskLevel
    words: Words


@dataclass(frozen=True)
class Judged:
    """The level that the evidence asks for, and why: gravest reasons first."""

    level: RiskLevel
    reasons: tuple[Reason, ...]


L = RiskLevel
_ROWS: dict[tuple[Row, Heard], tuple[RiskLevel, Words]] = {
    (Row.WISH, Heard.YES): (L.GENERAL, Words("筛查第 1 题：希望死去", "Screener row 1: wish to be dead")),
    (Row.THOUGHTS, Heard.YES): (L.GENERAL, Words("筛查第 2 题：自杀想法", "Screener row 2: suicidal thoughts")),
    (Row.METHOD, Heard.YES): (L.ATTENTION, Words("筛查第 3 题：想过方法", "Screener row 3: a method")),
    (Row.INTENT, Heard.YES): (L.KEY, Words("筛查第 4 题：有些打算", "Screener row 4: some intent")),
    (Row.PLAN, Heard.YES): (L.KEY, Words("筛查第 5 题：有计划且有打算", "Screener row 5: plan with intent")),
    (Row.BEHAVIOUR, Heard.LIFETIME): (
        L.ATTENTION,
        Words("筛查第 6 题：以前有过自杀行为", "Screener row 6: behaviour, more than three months ago"),
    ),
    (Row.BEHAVIOUR, Heard.RECENT): (
        L.KEY,
        Words("筛查第 6 题：最近三个月有过自杀行为", "Screener row 6: behaviour in the past three months"),
    ),
}  # fmt: skip
_SCALE = {Band.LOW: L.GENERAL, Band.MIDDLE: L.ATTENTION, Band.HIGH: L.KEY}


def judge(evidence: Evidence) -> Judged:
    """Return the level that the evidence asks for, and every reason in words."""
    reasons = [Reason(f"always.{rule.value}", L.KEY, Words(rule.zh, rule.en)) for rule in AlwaysKey if rule in evidence.always]  # fmt: skip
    if evidence.screening is not None:
        for row in evidence.screening.hits:
            heard = evidence.screening.answers[row]
            if heard is not None:
                level, words = _ROWS[row, heard]
                reasons.append(Reason(f"screener.{row.value}.{heard.value}", level, words))
        if evidence.screening.declined and evidence.screening.grade is Grade.NONE:
            words = Words("筛查有题目不愿回答，不能当作“否”", "Some rows were declined; that is not a no")
            reasons.append(Reason("screener.declined", L.GENERAL, words))
    if evidence.scale_score is not None:
        level = _SCALE[band_of(evidence.scale_score)]
        words = Words("十二项量表 {n} 分", "Twelve-element scale: {n}").filled(n=evidence.scale_score)
        reasons.append(Reason("scale", level, words))
    if evidence.phq9_total is not None and evidence.phq9_total >= 15:
        words = Words("PHQ-9 总分 {n}（15 分及以上）", "PHQ-9 total {n} (15 or more)").filled(
            n=evidence.phq9_total
        )
        reasons.append(Reason("phq9.total", L.ATTENTION, words))
    if evidence.phq9_item9 is not None and evidence.phq9_item9 >= 1:
        words = Words("PHQ-9 第 9 题不为“完全不会”", "PHQ-9 item 9 is not “not at all”")
        reasons.append(Reason("phq9.item9", L.ATTENTION, words))
    reasons.sort(key=lambda r: -r.level.rank)
    return Judged(reasons[0].level if reasons else L.GENERAL, tuple(reasons))


def expires_at(level: RiskLevel, given_at: datetime) -> datetime | None:
    """Say until when a level holds by itself; None where it does not fade."""
    holds = HOLDS_FOR[level]
    return None if holds is None else given_at + holds


def in_force(level: RiskLevel, expires: datetime | None, *, at: datetime) -> RiskLevel:
    """Return the level that still holds: an expired one is general again."""
    return level if expires is None or at < expires else L.GENERAL


class NotLowered(Refused):
    """Key is never lowered by one person."""

    words = Words(
        "“重点”须两人同意才能下调。等级没有改动；您的意见可以先提交，请另一位有权限的同事确认",
        "Key is lowered by two people only. The level stays; propose it, and have a colleague confirm",
    )


def check_lowering(now: RiskLevel, wanted: RiskLevel, *, asked_by: int, agreed_by: int | None) -> None:
    """Refuse to lower key without a second person; raising, and lowering attention, need nobody else."""
    if now is L.KEY and wanted.rank < now.rank and (agreed_by is None or agreed_by == asked_by):
        raise NotLowered
