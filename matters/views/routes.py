"""The page of route rules: which unit a topic goes to, for the supervision offices and the administrator."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Unit, UnitKind, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import Words, labels, language, t
from matters import topics
from matters.route_rules import (
    EVERYTHING,
    LEVELS,
    Branch,
    RouteRule,
    all_rules,
    drop_rule,
    set_rule,
)
from matters.topics import Field

blueprint = Blueprint("routes", __name__, url_prefix="/route-rules")
DOORS = [
    Door(
        "routes.listed",
        Words("分派规则", "Route rules"),
        Permission.ROUTE_MANAGE,
        order=60,
        about=Words(
            "每一类诉求先交给哪个单位、由哪个督查室确认", "Which unit a topic goes to, and who confirms it"
        ),
    )
]
SUPPORTING = (1, 2, 3)


@blueprint.get("/")
@require(Permission.ROUTE_MANAGE)
def listed() -> str:
    """List the rules; ?code= fills the form with one of them."""
    with reading() as session:
        rule = _rule(session, request.args.get("code", ""))
        return _page(session, _typed(rule) if rule else {}, rule=rule)


@blueprint.post("/")
@require(Permission.ROUTE_MANAGE)
def save() -> ResponseReturnValue:
    """Write a rule, or show what is wrong with it."""
    form = request.form
    chosen = [(_id(form.get(f"support{n}")), form.get(f"support_level{n}", "")) for n in SUPPORTING]
    supporting = [(unit, level) for unit, level in chosen if unit is not None]
    try:
        with transaction() as session:
            set_rule(
                session,
                form.get("code", ""),
                lead_id=_id(form.get("lead")),
                level=form.get("level", ""),
                branch=form.get("branch", ""),
                supporting=supporting,
                by=acting(),
                at=clock.now(),
            )
    except Invalid as wrong:
        with reading() as session:
            return _page(session, form, wrong=wrong), 422
    flash(t("规则已保存，以后提交的诉求按它建议。", "The rule is saved; it proposes from now on."), "good")
    return redirect(url_for(".listed"), 303)


@blueprint.post("/drop")
@require(Permission.ROUTE_MANAGE)
def drop() -> ResponseReturnValue:
    """Take a rule away."""
    with transaction() as session:
        rule = _rule(session, request.form.get("code", ""))
        if rule is None:
            raise Missing
        drop_rule(session, rule, by=acting(), at=clock.now())
    flash(t("规则已删除。", "The rule is removed."), "good")
    return redirect(url_for(".listed"), 303)


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def _rule(session: Session, code: str) -> RouteRule | None:
    return session.scalars(sa.select(RouteRule).where(RouteRule.topic == code)).first()


def _typed(rule: RouteRule) -> dict[str, str]:
    found = {
        "code": rule.topic,
        "lead": str(rule.lead_id),
        "level": rule.level.value,
        "branch": rule.branch.value,
    }
    for n, support in zip(SUPPORTING, rule.supporting, strict=False):
        found |= {f"support{n}": str(support.unit_id), f"support_level{n}": support.level.value}
    return found


def code_words(code: str) -> str:
    """Say what a rule is about."""
    if code == EVERYTHING:
        return t("其他一切", "Everything else")
    field, topic = Field.found(code), topics.topic(code)
    return field.label if field else topic.in_language(language()) if topic else code


def _codes() -> list[tuple[str, str]]:
    found = [EVERYTHING]
    for field in Field:
        found += [field.value, *(each.code for each in topics.offered() if each.field is field)]
    return [(code, code_words(code)) for code in found]


def _page(
    session: Session,
    typed: Mapping[str, str],
    *,
    rule: RouteRule | None = None,
    wrong: Invalid | None = None,
) -> str:
    units = session.scalars(
        sa.select(Unit).where(Unit.kind == UnitKind.HANDLING, Unit.is_active).order_by(Unit.id)
    )
    return render_template(
        "clerk/routes.html",
        rules=all_rules(session),
        rule=rule,
        typed=typed,
        errors=wrong.fields if wrong else {},
        problem=wrong.words if wrong else None,
        codes=_codes(),
        units=[(unit.id, unit.label) for unit in units],
        levels=[(level.value, level.label) for level in LEVELS],
        branches=labels(Branch),
        code_words=code_words,
    )
