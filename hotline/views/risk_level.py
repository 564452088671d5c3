"""The level panel: what was found and what it asks for, the level given with its reasons, and lowering by two people."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Problem
from core.terms import labels, t
from hotline import followups, risk, risk_giving, risk_levels, risk_scales, screenings
from hotline.risk import AlwaysKey, RiskLevel
from hotline.risk_reading import episode_to_change, note_others, open_part, talk_and_episode
from hotline.scale import Element
from hotline.views.panels import panel

blueprint = Blueprint("risk_level", __name__, url_prefix="/counselling")


@blueprint.get("/<token>/level")
@require(Permission.COUNSEL)
def show(token: str) -> str:
    """Show the level of an episode with its reasons, and what the evidence asks for now."""
    return _page(token)


def _page(token: str, wrong: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = open_part(session, token, "level", ["level", "reasons", "evidence"], by=staff, at=at)
        if wrong is None:
            risk_giving.mark_seen(session, contact, by=staff, at=at)
        sheet = screenings.latest_of(session, followups.talks_of(session, contact))
        if sheet is not None:
            note_others(session, token, [sheet.contact_id], "screening", ["rows"], by=staff, at=at)
        last = risk_levels.newest(session, contact.id)
        return panel(
            "hotline/risk_level.html",
            token,
            wrong,
            last=last,
            in_force=last.in_force(at) if last else None,
            judged=risk_giving.judged(session, contact),
            is_screened=sheet is not None and sheet.is_finished,
            history=risk_levels.history(session, contact),
            lowering=risk_levels.open_lowering(session, contact),
            has_scale=risk_scales.adopted(session) is not None,
            levels=RiskLevel,
            always=AlwaysKey,
            typed=request.form if wrong else {},
        )


@blueprint.post("/<token>/level")
@require(Permission.COUNSEL)
def give(token: str) -> ResponseReturnValue:
    """Give the episode its level."""
    staff, at, form = acting(), clock.now(), request.form
    always = [rule for rule in AlwaysKey if rule.value in form.getlist("always")]
    try:
        with transaction() as session:
            talk, contact = talk_and_episode(session, token, by=staff, at=at)
            row = risk_giving.give(
                session,
                contact,
                always=always,
                chosen=RiskLevel.found(form.get("level")),
                words=form.get("words", ""),
                by=staff,
                at=at,
                talk=talk,
            )
            level = row.level
    except (Invalid, risk.NotLowered) as wrong:
        return _page(token, wrong), wrong.status
    if level is RiskLevel.KEY:
        flash(t("已定为“重点”，督导已收到提醒。", "It is key; a supervisor has been told."), "warn")
    return redirect(url_for("risk_level.show", token=token), 303)


@blueprint.post("/<token>/level/lower")
@require(Permission.COUNSEL)
def propose(token: str) -> ResponseReturnValue:
    """Propose to lower a key level; a second person decides."""
    staff, at, form = acting(), clock.now(), request.form
    wanted = RiskLevel.found(form.get("wanted"))
    if wanted is None:
        raise Invalid
    try:
        with transaction() as session:
            contact = episode_to_change(session, token, by=staff, at=at)
            risk_giving.propose_lowering(session, contact, wanted, form.get("words", ""), by=staff, at=at)
    except Invalid as wrong:
        return _page(token, wrong), wrong.status
    return redirect(url_for("risk_level.show", token=token), 303)


@blueprint.post("/<token>/level/lower/decide")
@require(Permission.COUNSEL)
def decide(token: str) -> ResponseReturnValue:
    """Agree to lower, or leave it key; never the one who asked."""
    decide_lowering(token)
    return redirect(url_for("risk_level.show", token=token), 303)


def decide_lowering(token: str) -> None:
    """Take the second person's decision from the form, an operator's or a reviewer's."""
    staff, at, form = acting(), clock.now(), request.form
    with transaction() as session:
        contact = episode_to_change(session, token, by=staff, at=at)
        lowering = risk_levels.open_lowering(session, contact)
        if lowering is None:
            raise Missing
        agrees = form.get("agrees") == "yes"
        risk_giving.decide_lowering(
            session, lowering.id, agrees=agrees, words=form.get("answer", ""), by=staff, at=at
        )


@blueprint.get("/<token>/scale")
@require(Permission.COUNSEL)
def show_scale(token: str) -> str:
    """Show the centre's scale for an episode."""
    return _scale(token)


def _scale(token: str, wrong: Problem | None = None) -> str:
    staff, at = acting(), clock.now()
    with transaction() as session:
        contact = open_part(session, token, "scale", ["steps", "score"], by=staff, at=at)
        sheet = risk_scales.sheet_of(session, contact)
        row = sheet.risk_scale if sheet else risk_scales.adopted(session)
        return panel(
            "hotline/scale.html",
            token,
            wrong,
            scale=row.scale if row else None,
            steps=sheet.steps if sheet else {},
            score=sheet.score if sheet else None,
            elements=labels(Element),
        )


@blueprint.post("/<token>/scale")
@require(Permission.COUNSEL)
def fill_scale(token: str) -> ResponseReturnValue:
    """Keep which step of each element was found."""
    staff, at, form = acting(), clock.now(), request.form
    steps: dict[Element, int | None] = {}
    for element in Element:
        told = form.get(element.value, "")
        steps[element] = int(told) if told.isascii() and told.isdigit() and len(told) < 3 else None
    try:
        with transaction() as session:
            contact = episode_to_change(session, token, by=staff, at=at)
            risk_scales.fill_in(session, contact, steps, by=staff, at=at)
    except Invalid as wrong:
        return _scale(token, wrong), wrong.status
    return redirect(url_for("risk_level.show_scale", token=token), 303)
