"""The page of the indices: what they are, how sure they are, and how they were made."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.jobs import enqueue
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, language, t
from reports.definitions import in_force, series_since
from reports.index_charts import by_county, by_week, place_words
from reports.index_figures import (
    category_words,
    figures_of,
    headlines,
    is_shown,
    item_words,
    rows,
    sets_of,
    told_of,
    weekly,
    why_withheld,
)
from reports.live_figures import board_of, wave_at_work
from reports.views.files import rows_file
from survey.indices import CITY, INDICES, WORDS
from survey.waves import Wave
from survey.weight_choice import asked_by
from survey.weighting import WeightSet

blueprint = Blueprint("indices", __name__, url_prefix="/indices")
LIVE_EVERY = 20
"""Seconds between two looks of the part with the provisional figures."""


def _first_choice(sets: list[WeightSet]) -> WeightSet | None:
    """Prefer what is published, then four weeks: a week alone is read too eagerly."""
    given = [s for s in sets if s.is_published] or sets
    long = [s for s in given if (s.ends_on - s.starts_on).days > 6]
    return (long or given)[0] if given else None


@blueprint.get("/")
@require(Permission.INDEX_READ)
def latest() -> ResponseReturnValue:
    """Open the newest published period, or say what is missing."""
    with reading() as session:
        now = clock.now()
        sets = sets_of(session, at=now)
        asked = asked_by(session, {s.wave_id for s in sets}, in_force(session, clock.today(now)).questions)
        chosen = _first_choice([s for s in sets if s.wave_id in asked] or sets)
        if chosen is not None:
            return redirect(url_for(".show", set_id=chosen.id), 303)
        wave = wave_at_work(session)
        board = board_of(session, wave, now) if wave else None
        return render_template(
            "leader/no_indices.html", board=board, index_words=WORDS, live_every=LIVE_EVERY
        )


@blueprint.get("/<int:set_id>")
@require(Permission.INDEX_READ)
def show(set_id: int) -> str:
    """Show one period's indices."""
    with reading() as session:
        current = _one(session, set_id)
        sets = sets_of(session, current.wave_id, at=clock.now())
        figures = figures_of(session, current)
        weeks = weekly(session, sets, current.wave_id)
        scales = [series_since(session, in_force(session, made.starts_on)) for made, _ in weeks]
        may = told_of(session, current, figures)
        tables = {index: rows(session, figures, index, may) for index in INDICES}
        at_work = wave_at_work(session, current.wave_id)
        return render_template(
            "leader/indices.html",
            current=current,
            wave=session.get_one(Wave, current.wave_id),
            sets=sets,
            board=board_of(session, at_work, clock.now()) if at_work else None,
            index_words=WORDS,
            live_every=LIVE_EVERY,
            headlines=headlines(session, sets, current),
            tables=[(index, WORDS[index], found) for index, found in tables.items()],
            county_charts={index: by_county(found) for index, found in tables.items()},
            bands={i: max((r.rank.band for r in found if r.rank), default=0) for i, found in tables.items()},
            is_shown=is_shown,
            told=may,
            why_withheld=why_withheld,
            place_words=place_words,
            week_chart=by_week(weeks, scales) if len(weeks) > 1 else None,
            weeks=weeks,
            is_broken=len(set(scales)) > 1,
            items=[f for (i, domain), f in figures.items() if domain == CITY and i not in INDICES],
            wording=item_words(session, current, language()),
            p=current.provenance,
            yesterday=clock.today() - timedelta(days=1),
            defined=in_force(session, current.starts_on),
            category=category_words(session),
        )


@blueprint.get("/<int:set_id>.csv")
@require(Permission.INDEX_READ)
def table(set_id: int) -> Response:
    """Give every figure of the period as a file."""
    with reading() as session:
        current = _one(session, set_id)
        figures = figures_of(session, current)
        names = sorted({index for index, _ in figures}, key=lambda n: (n not in INDICES, n))
        may = told_of(session, current, figures)
        body = []
        for index in names:
            for row in rows(session, figures, index, may):
                f = row.figure
                values = (f.estimate, f.standard_error, f.low, f.high)
                shown = (
                    ("", "", "", "")
                    if not row.is_shown
                    else tuple("" if v is None else repr(v) for v in values)
                )
                # A design effect times an effective n is the number itself.
                sizes = (
                    [row.n, f.effective_n or "", f.deff or "", f.df or ""] if row.n is not None else [""] * 4
                )
                flags = "complement" if row.is_complement and is_shown(f) else f.reason or ""
                places = [row.rank.best, row.rank.worst] if row.rank else ["", ""]
                words = str(WORDS[index]) if index in WORDS else index
                body.append([index, words, row.place_code, row.place, *shown, *sizes, flags, *places])
    head = ["index", "index_words", "domain", "place", "estimate", "standard_error", "low", "high"]
    head += ["n", "effective_n", "deff", "df", "flags", "rank_best", "rank_worst"]
    name = f"indices-{current.starts_on}-{current.ends_on}.csv"
    return rows_file(name, head, body, f"weight_set:{set_id}")


@blueprint.post("/make")
@require(Permission.WEIGHT_MAKE)
def make() -> ResponseReturnValue:
    """Weigh a period anew, in the background."""
    staff, now = acting(), clock.now()
    try:
        wave_id = int(request.form["wave"])
        ends_on = date.fromisoformat(request.form["ends_on"])
        days = int(request.form.get("days", "28"))
    except ValueError as error:
        raise Invalid(Words("日期或天数写得不对", "The date or the number of days is not right")) from error
    if not 1 <= days <= 366:
        raise Invalid(Words("天数应在 1 到 366 之间", "Between 1 and 366 days"))
    if ends_on >= clock.today():
        raise Invalid(
            Words(
                "截止日期要早于今天：那一天过完了才能加权。没有写入任何数据",
                "The last day must lie before today: it is weighed when it is over. Nothing was written",
            )
        )
    starts_on = ends_on - timedelta(days=days - 1)
    with transaction() as session:
        job = enqueue(
            session,
            "weight.make",
            Words("加权：{a} 至 {b}", "Weighting: {a} to {b}").filled(a=str(starts_on), b=str(ends_on)),
            by=staff,
            at=now,
            wave=session.get_one(Wave, wave_id).id,
            starts_on=starts_on.isoformat(),
            ends_on=ends_on.isoformat(),
        )
        job_id = job.id
    flash(t("已开始重新加权", "Weighting has begun"), "good")
    return redirect(url_for("jobs.one", job_id=job_id), 303)


def _one(session: Session, set_id: int) -> WeightSet:
    found = session.get(WeightSet, set_id)
    if found is None:
        raise Missing
    return found
