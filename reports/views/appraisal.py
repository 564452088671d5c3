"""The appraisal desk: rounds as leaders read them, made, published and settled by those who manage them; appeals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.jobs import Running, enqueue, job
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, language, t
from reports import appraisal_settling, appraising
from reports.appeal import appeals_of, open_appeals
from reports.appraisal_disclosure import for_readers
from reports.appraisal_round import KINDS, PUBLIC, ROUND_FLOW, AppraisalRound, RoundState, editions, rounds
from reports.appraisal_scheme import AppraisalScheme, schemes
from reports.appraisal_sheet import chart, figures, own_figures, table
from reports.appraisal_snapshot import Appraisal
from reports.appraisal_terms import HOW, QUERIES, Appraised, Indicator
from reports.blocks import Table
from reports.periods import PeriodKind
from reports.views.appraisal_sight import known_round, makes, people_of, sees
from reports.views.files import table_file
from reports.web_charts import plot

blueprint = Blueprint("appraisal", __name__, url_prefix="/appraisal")
DOOR = Door(
    "appraisal.listed",
    Words("考核", "Appraisal"),
    Permission.APPRAISAL_READ,
    order=42,
    about=Words(
        "按事先公布的办法逐季考核：结果带区间，可申诉",
        "By schemes published beforehand, quarter by quarter: results with intervals, open to appeal",
    ),
)


@blueprint.get("/")
@require(Permission.APPRAISAL_READ)
def listed() -> str:
    """List the schemes, the rounds, and the appeals that wait."""
    staff = acting()
    seen, made = sees(staff), makes(staff)
    with reading() as session:
        return render_template(
            "appraisal/desk.html",
            schemes=[s for s in schemes(session, seen, with_drafts=True) if _is_shown(s, made)],
            rounds=[
                r
                for r in rounds(session, seen, [RoundState.DRAFT, *PUBLIC])
                if r.state is not RoundState.DRAFT or r.appraised in made
            ],
            waiting=open_appeals(session, made),
            manages=bool(made),
            appraised={a.value: a.label for a in made},
            kinds={k.value: k.label for k in KINDS},
            today=clock.today(),
        )


def _is_shown(scheme: AppraisalScheme, made: list[Appraised]) -> bool:
    return not scheme.is_writable or scheme.appraised in made


@blueprint.post("/rounds")
@require(Permission.APPRAISAL_MANAGE)
def draft() -> ResponseReturnValue:
    """Draft a round."""
    staff, form = acting(), request.form
    appraised = Appraised.found(form.get("appraised"))
    if appraised is None or appraised not in makes(staff):
        raise Missing
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError as error:
        raise Invalid(Words("日期写得不对", "The date is not right")) from error
    kind, now = PeriodKind.found(form.get("kind")) or PeriodKind.QUARTER, clock.now()
    with transaction() as session:
        appraising.may_be_drafted(session, appraised, kind, day, at=now)
        title = Words("统计考核：{who}", "Appraisal: {who}").filled(who=appraised)
        job_id = enqueue(
            session, "appraisal.draft", title, by=staff, at=now,
            appraised=appraised.value, period=kind.value, day=day.isoformat(),
        ).id  # fmt: skip
    return redirect(url_for("jobs.one", job_id=job_id), 303)


@job("appraisal.draft")
def draft_by_job(running: Running) -> dict[str, object]:
    """Count a round."""
    p = running.params
    with transaction() as session:
        by = session.get(Staff, running.requested_by) if running.requested_by else None
        appraised, kind = Appraised.of(p["appraised"]), PeriodKind.of(p["period"])
        made = appraising.draft_round(
            session, appraised, kind, date.fromisoformat(p["day"]), by=by, at=clock.now()
        )
        words = Words("{title}已统计成草稿", "{title}: counted, a draft").filled(title=made.title)
        return {"words": words.as_json(), "url": f"/appraisal/rounds/{made.id}"}


@blueprint.get("/rounds/<int:round_id>")
@require(Permission.APPRAISAL_READ)
def one(round_id: int) -> str:
    """Read a round: the table in bands with its drawing, or of interviewers one person alone."""
    staff = acting()
    with reading() as session:
        found = known_round(session, round_id, staff)
        content = _readable(found, staff)
        is_people = found.appraised is Appraised.INTERVIEWER
        people = people_of(session, content) if is_people else {}
        chosen = request.args.get("person", type=int)
        row = content.row(chosen) if is_people and chosen else None
        drawn = None if is_people else table(content)
        return render_template(
            "appraisal/round.html",
            round=found,
            content=content,
            table=drawn,
            plot=plot(chart(), drawn, language()) if drawn else None,
            chart_words=chart().words,
            indicators=[Indicator.of(code) for code, _ in content.weights],
            editions=editions(session, found),
            appeals=appeals_of(session, found),
            allowed=ROUND_FLOW.actions(found.state),
            can_settle=not found.is_interim and not found.is_open_to_appeal(clock.now()),
            manages=found.appraised in makes(staff),
            people=people,
            chosen=chosen if row else None,
            own=own_figures(content, row) if row else [],
            row=row,
            names={r.subject: r.words for r in content.rows},
        )


@blueprint.get("/rounds/<int:round_id>.csv")
@require(Permission.APPRAISAL_READ)
def file(round_id: int) -> Response:
    """Give the table as a file; of people there is none."""
    with reading() as session:
        found = known_round(session, round_id, acting())
        if found.appraised is Appraised.INTERVIEWER:
            raise Missing
        drawn = table(for_readers(found.content))
    return _as_file(found, drawn, "result")


@blueprint.get("/rounds/<int:round_id>/figures/<indicator>")
@require(Permission.APPRAISAL_READ)
def figure(round_id: int, indicator: str) -> str:
    """Show one indicator with its counts and how it was made."""
    with reading() as session:
        found, chosen = _chosen(session, round_id, indicator)
        drawn = figures(_readable(found, acting()), chosen)
        return render_template(
            "appraisal/figure.html",
            round=found,
            content=found.content,
            table=drawn,
            indicator=chosen,
            how=HOW[chosen],
            query=QUERIES[chosen],
        )


@blueprint.get("/rounds/<int:round_id>/figures/<indicator>.csv")
@require(Permission.APPRAISAL_READ)
def figure_file(round_id: int, indicator: str) -> Response:
    """Give one indicator as a file."""
    with reading() as session:
        found, chosen = _chosen(session, round_id, indicator)
        drawn = figures(for_readers(found.content), chosen)
    return _as_file(found, drawn, chosen.value)


def _readable(found: AppraisalRound, staff: Staff) -> Appraisal:
    """Return a round as somebody may read it: who makes it and decides its appeals checks every count."""
    return found.content if found.appraised in makes(staff) else for_readers(found.content)


def _chosen(session: Session, round_id: int, code: str) -> tuple[AppraisalRound, Indicator]:
    found = known_round(session, round_id, acting())
    chosen = Indicator.found(code)
    is_people = found.appraised is Appraised.INTERVIEWER
    if chosen is None or is_people or chosen.value not in dict(found.content.weights):
        raise Missing
    return found, chosen


def _as_file(found: AppraisalRound, drawn: Table, what: str) -> Response:
    name = f"appraisal-{found.appraised.value}-{found.starts_on}-{what}.csv"
    return table_file(name, drawn, f"appraisal_round:{found.id}")


Act = Callable[[Session, AppraisalRound, Staff, datetime], object]


@blueprint.post("/rounds/<int:round_id>/<action>")
@require(Permission.APPRAISAL_MANAGE)
def act(round_id: int, action: str) -> ResponseReturnValue:
    """Take the next step with a round."""
    steps: dict[str, tuple[Act, str]] = {
        "renew": (
            lambda s, r, p, at: appraising.renew_round(s, r, by=p, at=at),
            t("已按最新数据重新统计", "Counted anew"),
        ),
        "publish": (
            lambda s, r, p, at: appraising.publish_round(s, r, by=p, at=at),
            t("已公布，五个工作日内可申诉", "Published; open to appeal for five working days"),
        ),
        "settle": (
            lambda s, r, p, at: appraisal_settling.settle_round(s, r, by=p, at=at),
            t("已定案", "Settled"),
        ),
        "discard": (
            lambda s, r, p, at: appraising.discard_round(s, r, by=p, at=at),
            t("草稿已作废", "The draft is discarded"),
        ),
    }
    if action not in steps:
        raise Missing
    step, done = steps[action]
    staff, now = acting(), clock.now()
    with transaction() as session:
        step(session, known_round(session, round_id, staff, to_make=True), staff, now)
    flash(done, "good")
    target = url_for(".listed") if action == "discard" else url_for(".one", round_id=round_id)
    return redirect(target, 303)
