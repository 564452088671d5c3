"""The designer's waves: drafted and edited, opened, held, resumed and closed, with their plan before any draw."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, defer

from core import clock
from core.db import reading, transaction
from core.people import acting
from core.permissions import Permission, require
from core.places import counties
from core.problems import Invalid, Missing
from core.terms import Words, labels, t
from survey.calling import Rules
from survey.editions import Edition
from survey.frames import ready_frames
from survey.planning import numbers_needed
from survey.sampling import Sample
from survey.topping_up import MOST
from survey.views import designer_wave_form as wave_form
from survey.views.designer import TONES
from survey.wave_setting import create_wave, edit_wave, lacking, move_wave
from survey.wave_standing import county_targets, share_problem
from survey.waves import WAVE_FLOW, Allocation, Wave, WaveAction, WaveState

blueprint = Blueprint("designer_waves", __name__, url_prefix="/design/waves")
WEEKDAYS = [
    Words(zh, en)
    for zh, en in (
        ("周一", "Mon"),
        ("周二", "Tue"),
        ("周三", "Wed"),
        ("周四", "Thu"),
        ("周五", "Fri"),
        ("周六", "Sat"),
        ("周日", "Sun"),
    )
]


def wave_of(session: Session, wave_id: int) -> Wave:
    """Return a wave or say that there is none."""
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise Missing
    return wave


def _form_page(
    wave: Wave | None, typed: wave_form.Form | None = None, errors: dict[str, Words] | None = None
) -> str:
    with reading() as session:
        editions = session.scalars(
            sa.select(Edition)
            .options(defer(Edition.workbook), defer(Edition.definition))
            .order_by(Edition.id.desc())
        ).all()
        return render_template(
            "designer/wave_form.html",
            wave=wave,
            typed=wave_form.typed_of(wave, clock.today()) if typed is None else typed,
            errors=errors or {},
            editions=editions,
            frames=ready_frames(session, and_also=wave.frame_id if wave else None),
            counties=counties(session),
            allocations=labels(Allocation),
            weekdays=WEEKDAYS,
            rules=wave_form.RULES,
            defaults=wave_form.DEFAULTS,
            hours=wave_form.hours_text(Rules()),
            is_draft=wave is None or wave.state is WaveState.DRAFT,
        )


def _read(session: Session, wave: Wave | None) -> dict[str, object]:
    return wave_form.read(
        request.form,
        wave,
        editions=set(session.scalars(sa.select(Edition.id))),
        frames={f.id for f in ready_frames(session, and_also=wave.frame_id if wave else None)},
    )


@blueprint.get("/new")
@require(Permission.WAVE_DESIGN)
def new() -> str:
    """Ask for a new wave's settings."""
    return _form_page(None)


@blueprint.post("/new")
@require(Permission.WAVE_DESIGN)
def create() -> ResponseReturnValue:
    """Draft a wave."""
    try:
        with transaction() as session:
            settings = _read(session, None)
            wave = create_wave(session, by=acting(), at=clock.now(), **settings)  # type: ignore[arg-type]
    except Invalid as problem:
        return _form_page(None, request.form, problem.fields), 422
    return redirect(url_for("designer_waves.one", wave_id=wave.id), 303)


@blueprint.get("/<int:wave_id>/edit")
@require(Permission.WAVE_DESIGN)
def edit(wave_id: int) -> str:
    """Show a wave's settings for changing."""
    with reading() as session:
        wave = wave_of(session, wave_id)
    return _form_page(wave)


@blueprint.post("/<int:wave_id>/edit")
@require(Permission.WAVE_DESIGN)
def save(wave_id: int) -> ResponseReturnValue:
    """Change a wave."""
    try:
        with transaction() as session:
            wave = wave_of(session, wave_id)
            edit_wave(session, wave, by=acting(), at=clock.now(), **_read(session, wave))
    except Invalid as problem:
        with reading() as session:
            wave = wave_of(session, wave_id)
        return _form_page(wave, request.form, problem.fields), 422
    flash(t("已保存", "Saved"), "good")
    return redirect(url_for("designer_waves.one", wave_id=wave_id), 303)


@blueprint.get("/<int:wave_id>")
@require(Permission.FIELD_WATCH)
def one(wave_id: int) -> str:
    """Show a wave: what it lacks, its targets, its samples, and how the next numbers would fall."""
    with reading() as session:
        wave = wave_of(session, wave_id)
        needed, expected = numbers_needed(session, wave) if wave.frame_id else (0, 0.0)
        text = request.args.get("numbers", "")
        numbers = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else needed
        shares, problem = share_problem(session, wave, min(numbers, MOST))
        samples = session.scalars(
            sa.select(Sample).where(Sample.wave_id == wave.id).order_by(Sample.id.desc()).limit(60)
        ).all()
        return render_template(
            "designer/wave.html",
            wave=wave,
            tones=TONES,
            gaps=lacking(wave) if wave.state is WaveState.DRAFT else [],
            actions=WAVE_FLOW.actions(wave.state),
            targets=county_targets(session, wave),
            samples=samples,
            weekdays=[WEEKDAYS[n] for n in wave.weekdays],
            hours=wave_form.hours_text(Rules.from_wave(wave.rules)),
            changed=[(k, v) for k, v in wave.rules.items() if k in wave_form.RULES],
            rules=wave_form.RULES,
            needed=needed,
            expected=expected,
            numbers=numbers,
            shares=shares,
            share_problem=problem,
        )


@blueprint.post("/<int:wave_id>/<action>")
@require(Permission.WAVE_DESIGN)
def move(wave_id: int, action: str) -> ResponseReturnValue:
    """Open, hold, resume or close a wave."""
    try:
        wanted = WaveAction.of(action)
    except ValueError as error:
        raise Missing from error
    with transaction() as session:
        wave = wave_of(session, wave_id)
        move_wave(session, wave, wanted, by=acting(), at=clock.now())
    flash(t("现在是“{state}”", "It is now “{state}”", state=wave.state.label), "good")
    return redirect(url_for("designer_waves.one", wave_id=wave_id), 303)
