"""The designer's samples: topped up by hand, recorded, and released replicate by replicate."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.db import reading, transaction
from core.jobs import enqueue
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import Words, t
from survey.frame import Stratum
from survey.releasing import release
from survey.sampling import Replicate, ReplicateState, Sample, SampleStratum
from survey.topping_up import AT_ONCE, check_top_up, top_up
from survey.views.designer_waves import wave_of
from survey.wave_standing import share_problem
from survey.waves import Allocation, Wave, WaveState

blueprint = Blueprint("designer_samples", __name__, url_prefix="/design")
TONES = {"held": "yellow", "released": "green"}


def _draw_page(wave: Wave, typed: str, error: Words | None = None) -> str:
    is_number = typed.isascii() and typed.isdigit() and len(typed) < 9
    numbers = int(typed) if is_number else 0
    with reading() as session:
        wave = wave_of(session, wave.id)
        shares, problem = share_problem(session, wave, min(numbers, 1_000_000))
        return render_template(
            "designer/draw.html",
            wave=wave,
            typed=typed,
            numbers=numbers,
            error=error or problem,
            shares=shares,
            total=sum(s.numbers for s in shares),
            is_slow=numbers > AT_ONCE,
        )


@blueprint.get("/waves/<int:wave_id>/draw")
@require(Permission.SAMPLE_DRAW)
def preview(wave_id: int) -> ResponseReturnValue:
    """Show how so many numbers would fall to counties and townships before they are drawn."""
    typed = request.args.get("numbers", "").strip()
    with reading() as session:
        wave = wave_of(session, wave_id)
    error = None
    if typed:
        try:
            check_top_up(wave, int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0)
        except Problem as problem:
            error = problem.fields.get("numbers") if isinstance(problem, Invalid) else problem.words
    return _draw_page(wave, typed, error), 422 if error else 200


@blueprint.post("/waves/<int:wave_id>/draw")
@require(Permission.SAMPLE_DRAW)
def draw(wave_id: int) -> ResponseReturnValue:
    """Draw now, or let a job draw when it is a large one."""
    typed = request.form.get("numbers", "").strip()
    numbers = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0
    job = sample = None
    try:
        with transaction() as session:
            wave = wave_of(session, wave_id)
            if numbers > AT_ONCE:
                check_top_up(wave, numbers)
                title = Words("抽样：{wave}", "Draw: {wave}").filled(wave=wave.name)
                job = enqueue(
                    session,
                    "sample.draw",
                    title,
                    by=acting(),
                    at=clock.now(),
                    wave_id=wave.id,
                    numbers=numbers,
                )
            else:
                sample = top_up(session, wave, numbers, by=acting(), at=clock.now())
    except Missing:
        raise
    except Problem as problem:
        error = (
            problem.fields.get("numbers", problem.words) if isinstance(problem, Invalid) else problem.words
        )
        return _draw_page(wave, typed, error), problem.status
    if job is not None:
        return redirect(url_for("jobs.one", job_id=job.id), 303)
    assert sample is not None
    return redirect(url_for("designer_samples.one", sample_id=sample.id), 303)


def _sample(session: Session, sample_id: int) -> Sample:
    sample = session.get(Sample, sample_id)
    if sample is None:
        raise Missing
    return sample


@blueprint.get("/samples/<int:sample_id>")
@require(Permission.SAMPLE_RELEASE)
def one(sample_id: int) -> str:
    """Show the record of a draw: frame, seed, positions, who, when and why; and its replicates."""
    with reading() as session:
        sample = _sample(session, sample_id)
        wave = session.get_one(Wave, sample.wave_id)
        strata = session.execute(
            sa.select(SampleStratum, Stratum)
            .join(Stratum, Stratum.id == SampleStratum.stratum_id)
            .where(SampleStratum.sample_id == sample.id)
            .options(joinedload(Stratum.county), joinedload(Stratum.township))
            .order_by(Stratum.id)
        ).all()
        reason = sample.reason
        return render_template(
            "designer/sample.html",
            sample=sample,
            wave=wave,
            strata=strata,
            suppressed=sum(row[0].suppressed for row in strata),
            drawn_by=session.get(Staff, sample.drawn_by or 0),
            rule=Allocation.of(reason["rule"]) if reason.get("rule") else None,
            tones=TONES,
            held=sum(r.state is ReplicateState.HELD for r in sample.replicates),
            can_release=wave.state in (WaveState.OPEN, WaveState.HELD),
        )


@blueprint.post("/samples/<int:sample_id>/release")
@require(Permission.SAMPLE_RELEASE)
def let_out(sample_id: int) -> ResponseReturnValue:
    """Release one replicate, the next held one, or all that are held."""
    which = request.form.get("which", "")
    with transaction() as session:
        sample = _sample(session, sample_id)
        held = [r for r in sample.replicates if r.state is ReplicateState.HELD]
        chosen: list[Replicate] = held if which == "all" else held[:1]
        if which not in ("all", "next"):
            chosen = [r for r in sample.replicates if str(r.number) == which]
        if not chosen:
            raise Missing(Words("没有可投放的批次", "No replicate is left to release"))
        count = sum(release(session, r, by=acting(), at=clock.now()) for r in chosen)
    flash(t("已投放 {n} 个个案", "{n} cases released", n=count), "good")
    return redirect(url_for("designer_samples.one", sample_id=sample_id), 303)
