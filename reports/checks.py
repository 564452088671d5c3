"""Checks before approval: what an editor looks at, and what the house can see by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.terms import Words
from reports.advice import of_bulletin
from reports.blocks import digest
from reports.bulletins import WITHOUT_INDEX, Bulletin
from reports.verdicts import overclaimed
from survey.weight_choice import is_whole
from survey.weighting import WeightSet


@dataclass(frozen=True)
class Check:
    """One thing looked at; a note where it does not hold."""

    words: Words
    is_met: bool
    note: Words | None = None


def checks(session: Session, bulletin: Bulletin) -> list[Check]:
    """Return what holds and what does not; nothing here stops an editor who knows why."""
    content = bulletin.content
    advised = of_bulletin(session, bulletin.id)
    over = overclaimed(content, [*bulletin.comments.values(), *(a.text for a in advised)])
    withheld = [f.words for f in content.figures() if f.withheld is not None]
    used = session.scalars(sa.select(WeightSet).where(WeightSet.id.in_(content.weight_sets)))
    is_over = bulletin.as_of >= clock.midnight(bulletin.ends_on + timedelta(days=1))
    is_known = is_over and all(is_whole(made) for made in used)
    thin = Words("{n} 项指数因样本不足未公布", "{n} indices are withheld for want of interviews").filled(
        n=len(withheld)
    )
    found = [
        Check(
            Words("数据截止在本期结束之后", "The data cut lies after the period's end"),
            is_known,
            None
            if is_known
            else Words(
                "本期还没有结束，数字会变；结束后请重新汇编",
                "The period is not over: assemble anew when it is",
            ),
        ),
        Check(
            Words(
                "说明和建议没有超出区间所能支持的话", "No comment or advice says more than the intervals bear"
            ),
            not over,
        ),
        Check(
            Words("每条建议都有单位、期限和预期效果", "Every piece of advice has its unit, day and effect"),
            all(a.unit_id and a.due_on and a.effect for a in advised if not a.is_instruction),
        ),
        Check(
            Words("快照与摘要相符，数字没有被改动", "The snapshot matches its mark: no number was changed"),
            digest(bulletin.snapshot) == bulletin.digest,
        ),
    ]
    if bulletin.kind not in WITHOUT_INDEX:
        both = Words("两项指数都有结果", "Both indices have a result")
        found.insert(2, Check(both, not withheld, thin if withheld else None))
    return found
