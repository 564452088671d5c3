"""Where editors work: drafts, comments beside the figures, the checks, and the way to the issue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.jobs import Running, enqueue, job
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, keeping_typed
from core.terms import Words, t
from reports import issuing
from reports.advice import give, of_bulletin
from reports.assembling import assemble, renew
from reports.bulletins import BULLETIN_FLOW, Bulletin, BulletinKind, at_work, issued
from reports.checks import checks
from reports.deliveries import deliveries
from reports.monday import is_late
from reports.views.advice_form import chosen_day, chosen_unit, unit_choices
from reports.views.bulletin_parts import known, page
from reports.views.delivery_words import trouble

blueprint = Blueprint("editing", __name__, url_prefix="/editing")


@blueprint.get("/")
@require(Permission.BULLETIN_EDIT)
def desk() -> str:
    """Show what is being worked on, what went out, and what may be drafted."""
    with reading() as session:
        last_week = clock.today() - timedelta(days=7)
        return render_template(
            "editor/desk.html",
            working=at_work(session),
            out=issued(session, limit=12),
            kind_options={k.value: k.label for k in BulletinKind if k is not BulletinKind.SPECIAL},
            day=last_week,
            is_late=is_late(session, clock.now()),
        )


@blueprint.post("/draft")
@require(Permission.BULLETIN_EDIT)
def draft() -> ResponseReturnValue:
    """Assemble a draft in the background."""
    kind = BulletinKind.found(request.form.get("kind"))
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError as error:
        raise Invalid(Words("日期写得不对", "The date is not right")) from error
    if kind is None or kind is BulletinKind.SPECIAL:
        raise Invalid(Words("请选择简报种类", "Choose what to draft"))
    with transaction() as session:
        started = enqueue(
            session,
            "bulletin.assemble",
            Words("汇编{kind}", "Assembling: {kind}").filled(kind=kind),
            by=acting(),
            at=clock.now(),
            issue_of=kind.value,
            day=day.isoformat(),
        )
        job_id = started.id
    flash(t("正在汇编，完成后在这里出现", "Being assembled; it will stand here when done"), "good")
    return redirect(url_for("jobs.one", job_id=job_id), 303)


@job("bulletin.assemble")
def assemble_by_job(running: Running) -> dict[str, object]:
    """Assemble one draft."""
    p = running.params
    with transaction() as session:
        made = assemble(
            session,
            BulletinKind.of(p["issue_of"]),
            date.fromisoformat(p["day"]),
            by=session.get(Staff, running.requested_by) if running.requested_by else None,
            at=clock.now(),
        )
        return {"bulletin": made.id}


@blueprint.get("/<int:bulletin_id>")
@require(Permission.BULLETIN_EDIT)
def one(bulletin_id: int) -> str:
    """Work on a bulletin: the figures as they will be read, comments beside them, and the checks."""
    with reading() as session:
        bulletin = known(session, bulletin_id, acting())
        return render_template(
            "editor/one.html",
            **page(session, bulletin),
            advice=of_bulletin(session, bulletin.id),
            checks=checks(session, bulletin),
            allowed=BULLETIN_FLOW.actions(bulletin.state),
            readers=issuing.readers(session, bulletin),
            deliveries=deliveries(session, bulletin),
            trouble=trouble,
            me_id=acting().id,
            units=unit_choices(session),
        )


def _act(
    bulletin_id: int, act: Callable[[Session, Bulletin, Staff, datetime], object], done: str
) -> ResponseReturnValue:
    staff, now = acting(), clock.now()
    with keeping_typed(), transaction() as session:
        act(session, known(session, bulletin_id, staff, to_change=True), staff, now)
    flash(done, "good")
    return redirect(url_for(".one", bulletin_id=bulletin_id), 303)


@blueprint.post("/<int:bulletin_id>/comments/<section>")
@require(Permission.BULLETIN_EDIT)
def comment(bulletin_id: int, section: str) -> ResponseReturnValue:
    """Write the comment of one section."""
    text, seen = request.form.get("text", ""), request.form.get("seen")
    done = t("说明已保存", "The comment is kept")
    return _act(
        bulletin_id, lambda s, b, p, at: issuing.comment(s, b, section, text, seen=seen, by=p, at=at), done
    )


@blueprint.post("/<int:bulletin_id>/advice")
@require(Permission.BULLETIN_EDIT)
def advise(bulletin_id: int) -> ResponseReturnValue:
    """Add a piece of advice."""
    form = request.form

    def act(session: Session, bulletin: Bulletin, staff: Staff, at: datetime) -> None:
        if not bulletin.is_writable:
            raise Invalid(Words("只有草稿可以增加建议", "Advice is added to drafts"))
        give(
            session, bulletin, form.get("text", ""), unit=chosen_unit(session, form.get("unit", "")),
            due_on=chosen_day(form.get("due_on", "")), effect=form.get("effect", ""), by=staff, at=at,
        )  # fmt: skip

    return _act(bulletin_id, act, t("建议已记录", "The advice is noted"))


@blueprint.post("/<int:bulletin_id>/<action>")
@require(Permission.BULLETIN_EDIT)
def act(bulletin_id: int, action: str) -> ResponseReturnValue:
    """Take the next step with a bulletin."""
    reason = request.form.get("reason", "")
    steps: dict[str, tuple[Callable[[Session, Bulletin, Staff, datetime], object], str]] = {
        "renew": (lambda s, b, p, at: renew(s, b, by=p, at=at), t("已按最新数据重新汇编", "Assembled anew")),
        "submit": (lambda s, b, p, at: issuing.submit(s, b, by=p, at=at), t("已送核", "Sent for checking")),
        "send_back": (lambda s, b, p, at: issuing.send_back(s, b, by=p, at=at), t("已退回修改", "Sent back")),
        "approve": (lambda s, b, p, at: issuing.approve(s, b, by=p, at=at), t("已审定", "Approved")),
        "issue": (
            lambda s, b, p, at: issuing.issue(s, b, by=p, at=at),
            t("已签发并分送", "Issued and delivered"),
        ),
        "withdraw": (
            lambda s, b, p, at: issuing.withdraw(s, b, reason, by=p, at=at),
            t("已撤回", "Withdrawn"),
        ),
        "discard": (
            lambda s, b, p, at: issuing.discard(s, b, by=p, at=at),
            t("草稿已作废", "The draft is discarded"),
        ),
    }
    if action == "correct":
        staff, now = acting(), clock.now()
        with keeping_typed(), transaction() as session:
            bulletin = known(session, bulletin_id, staff, to_change=True)
            made = issuing.correct(session, bulletin, reason, by=staff, at=now).id
        flash(
            t(
                "更正版已起草，签发后代替原版",
                "The corrected edition is drafted; once issued it takes the place of this one",
            ),
            "good",
        )
        return redirect(url_for(".one", bulletin_id=made), 303)
    if action not in steps:
        raise Missing
    return _act(bulletin_id, *steps[action])
