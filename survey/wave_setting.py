"""Setting a wave up: drafted, checked for what it lacks, opened, held, closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Invalid
from core.terms import Words
from survey.edition_import import freeze, questionnaire_of
from survey.frame import FrameState
from survey.planning import set_targets
from survey.waves import WAVE_FLOW, Allocation, Wave, WaveAction, WaveState

EDITABLE = frozenset({"name", "name_en", "daily_target", "weekdays", "rules", "ends_on", "allocation"})
DRAFT_ONLY = frozenset({"edition_id", "frame_id", "starts_on", "is_cross_county"})


def create_wave(
    session: Session, *, name: str, starts_on: date, by: Staff | None, at: datetime, **settings: Any
) -> Wave:
    """Draft a wave."""
    name = name.strip()
    if not name:
        raise Invalid(fields={"name": Words("请填写名称", "Please give it a name")})
    if session.scalar(sa.select(Wave.id).where(Wave.name == name)):
        raise Invalid(fields={"name": Words("已有同名的调查", "There is a wave of that name already")})
    wave = Wave(
        name=name,
        starts_on=starts_on,
        created_by=by.id if by else None,
        created_at=at,
        allocation=Allocation.EQUAL_COUNTY,
    )
    session.add(wave)
    _apply(wave, settings)
    session.flush()
    journal.write(session, "wave.create", wave, by=by, at=at)
    return wave


def edit_wave(session: Session, wave: Wave, *, by: Staff, at: datetime, **settings: Any) -> None:
    """Change a wave; what its samples rest on can be changed in draft only."""
    if wave.state is not WaveState.DRAFT:
        fixed = [k for k in settings if k in DRAFT_ONLY and getattr(wave, k) != settings[k]]
        if fixed:
            words = Words("调查启动后不能再改", "This can't be changed once the wave is open")
            raise Invalid(fields=dict.fromkeys(fixed, words))
    name = settings.get("name")
    if name and session.scalar(sa.select(Wave.id).where(Wave.name == name, Wave.id != wave.id)):
        raise Invalid(fields={"name": Words("已有同名的调查", "There is a wave of that name already")})
    _apply(wave, settings)
    session.flush()
    journal.write(session, "wave.edit", wave, by=by, at=at, fields=sorted(settings))


def _apply(wave: Wave, settings: dict[str, Any]) -> None:
    unknown = set(settings) - EDITABLE - DRAFT_ONLY
    if unknown:
        raise ValueError(f"a wave has no setting {unknown}")
    for key, value in settings.items():
        setattr(wave, key, value)
    if wave.ends_on is not None and wave.ends_on < wave.starts_on:
        raise Invalid(fields={"ends_on": Words("结束日期早于开始日期", "It ends before it starts")})
    _check_lengths(wave)
    if (wave.daily_target or 0) < 0:
        raise Invalid(
            fields={"daily_target": Words("每日目标不能为负", "The daily target can't be negative")}
        )


def _check_lengths(wave: Wave) -> None:
    for key, most in (("name", 80), ("name_en", 120)):
        if len(getattr(wave, key) or "") > most:
            raise Invalid(
                fields={key: Words("不超过 {most} 字", "At most {most} characters").filled(most=most)}
            )
    if not wave.name.strip():
        raise Invalid(fields={"name": Words("请填写名称", "Please give it a name")})


def lacking(wave: Wave) -> list[Words]:
    """Return what a wave still lacks before it can be opened."""
    gaps = []
    if wave.edition is None:
        gaps.append(Words("还没有选定问卷", "No questionnaire is chosen"))
    elif not any(q.is_asked for q in questionnaire_of(wave.edition).questions):
        gaps.append(Words("问卷里没有题目", "The questionnaire asks nothing"))
    if wave.frame is None:
        gaps.append(Words("还没有选定抽样框", "No frame is chosen"))
    elif wave.frame.state is not FrameState.READY:
        gaps.append(Words("抽样框还不可用", "The frame is not ready"))
    if not wave.daily_target:
        gaps.append(Words("还没有每日目标（每天完成多少份）", "There is no daily target"))
    if wave.allocation is Allocation.HAND and not any(dict(wave.rules.get("hand", {})).values()):
        gaps.append(Words("手工分配表还没有填", "The hand table is empty"))
    if not wave.weekdays:
        gaps.append(Words("没有选定工作日", "No weekdays are chosen"))
    return gaps


def move_wave(session: Session, wave: Wave, action: WaveAction, *, by: Staff, at: datetime) -> None:
    """Open, hold, resume or close a wave."""
    if action is WaveAction.OPEN and wave.state is WaveState.DRAFT:
        open_wave(session, wave, by=by, at=at)
    else:
        WAVE_FLOW.move(session, wave, action, by=by, at=at)


def open_wave(session: Session, wave: Wave, *, by: Staff | None, at: datetime) -> None:
    """Open a wave that lacks nothing: its edition freezes and its targets stand."""
    session.refresh(wave, ["edition", "frame"])
    gaps = lacking(wave)
    if gaps:
        raise Invalid(
            Words("还不能启动：{gaps}", "It can't be opened yet: {gaps}"),
            gaps=Words(";".join(g.zh for g in gaps), "; ".join(g.en for g in gaps)),
        )
    assert wave.edition is not None
    freeze(session, wave.edition, at=at)
    WAVE_FLOW.move(session, wave, WaveAction.OPEN, by=by, at=at)
    set_targets(session, wave, wave.daily_target)
