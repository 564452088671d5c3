"""The administrator's page of partners: who exchanges matters with this house, and their tokens."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing, Refused
from core.terms import Words, labels
from matters import partners
from matters.partners import Partner, Scope

blueprint = Blueprint("partners", __name__, url_prefix="/partners")
DOORS = [
    Door(
        "partners.listed",
        Words("对接单位", "Partners"),
        Permission.UNIT_MANAGE,
        order=78,
        about=Words(
            "与市级热线等交换诉求的单位和它们的令牌",
            "City hotlines and others that exchange matters, and their tokens",
        ),
    )
]


@blueprint.get("/")
@require(Permission.UNIT_MANAGE)
def listed() -> str:
    """List the partners."""
    return _page()


@blueprint.post("/")
@require(Permission.UNIT_MANAGE)
def create() -> ResponseReturnValue:
    """Let a partner in and show its token once."""
    form = request.form
    try:
        with transaction() as session:
            partner, token = partners.create(
                session, form.get("title", ""), Scope.found(form.get("scope")), by=acting(), at=clock.now()
            )
            return _page(token=token, of=partner)
    except Invalid as wrong:
        return _page(typed=dict(form), errors=wrong.fields), 422


@blueprint.post("/<int:partner_id>")
@require(Permission.UNIT_MANAGE)
def change(partner_id: int) -> ResponseReturnValue:
    """Give a new token, or shut a partner out."""
    step = request.form.get("step", "")
    try:
        with transaction() as session:
            partner = _found(session, partner_id)
            if step == "renew":
                return _page(token=partners.renew(session, partner, by=acting(), at=clock.now()), of=partner)
            if step != "revoke":
                raise Missing
            partners.revoke(session, partner, by=acting(), at=clock.now())
            return _page()
    except Refused as wrong:
        return _page(told=wrong.words), wrong.status


def _found(session: Session, partner_id: int) -> Partner:
    partner = session.get(Partner, partner_id)
    if partner is None:
        raise Missing
    return partner


def _page(
    *,
    token: str = "",
    of: Partner | None = None,
    typed: dict[str, str] | None = None,
    errors: dict[str, Words] | None = None,
    told: Words | None = None,
) -> str:
    with reading() as session:
        return render_template(
            "custodian/partners.html",
            partners=partners.listed(session),
            scopes=labels(Scope),
            token=token,
            of=of,
            typed=typed or {},
            errors=errors or {},
            told=told,
        )
