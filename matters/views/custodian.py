"""The vault's pages: what was asked, one request with its two persons and its looks, and asking for one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.dates import day_words
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, Role, require
from core.problems import Forbidden, Invalid, Missing, Problem
from core.purposes import ReadingPurpose
from core.terms import Words, labels
from matters import desk, vault_opening, vault_review
from matters.keeping_away import in_sight
from matters.matter import Matter
from matters.reporters import reporters_of
from matters.vault import Finding, RequestState
from matters.vault_opening import MINUTES, Identity
from matters.vault_sight import lacking

blueprint = Blueprint("custodian", __name__, url_prefix="/vault")
_ABOUT = Words(
    "申请查看诉求人身份：两人核准，限时，每次查看都留痕",
    "Requests to learn who a caller is: two persons agree, for a short while, every look on record",
)
DOORS = [
    Door(
        "custodian.listed",
        Words("身份库", "Identity vault"),
        Permission.VAULT_OPEN,
        order=10,
        first_for=frozenset({Role.CUSTODIAN}),
        count=vault_opening.waiting,
        about=_ABOUT,
    ),
    Door(
        "custodian.listed",
        Words("身份库", "Identity vault"),
        Permission.MATTER_RULE,
        order=40,
        count=vault_opening.waiting,
        about=_ABOUT,
    ),
]
TONES = {"waiting": "yellow", "half": "yellow", "open": "red", "refused": "", "expired": "", "lapsed": ""}
RECENT = timedelta(days=30)
DONE = {
    "allow": Words("已核准。", "You agreed."),
    "refuse": Words("已拒绝。", "Refused."),
    "review": Words("复核结论已记录。", "Your finding is noted."),
}


@blueprint.get("/")
@require(Permission.HOME)
def listed() -> str:
    """List the requests: all for the persons of the vault, one's own for whoever asks."""
    staff, at = acting(), clock.now()
    if not (vault_opening.may_allow(staff) or staff.may(Permission.MATTER_READ)):
        raise Forbidden
    with reading() as session:
        rows = vault_review.listed(session, staff, since=at - RECENT, until=at + timedelta(seconds=1))
        order = [RequestState.HALF, RequestState.WAITING, RequestState.OPEN]
        rows.sort(key=lambda r: order.index(r.state(at)) if r.state(at) in order else len(order))
        return render_template(
            "custodian/requests.html", rows=rows, at=at, tones=TONES, may_allow=vault_opening.may_allow(staff)
        )


@blueprint.get("/ask/<receipt>")
@require(Permission.MATTER_READ)
def ask_page(receipt: str) -> str:
    """Show the form to ask for an opening."""
    with reading() as session:
        return _ask_page(session, _matter(session, receipt))


@blueprint.post("/ask/<receipt>")
@require(Permission.MATTER_READ)
def ask(receipt: str) -> ResponseReturnValue:
    """Ask, with a reason."""
    form = request.form
    try:
        with transaction() as session:
            made = vault_opening.ask(
                session,
                _matter(session, receipt),
                _whole(form.get("caller", "")),
                ReadingPurpose.found(form.get("purpose")),
                form.get("reason", ""),
                minutes=_whole(form.get("minutes", "")),
                by=acting(),
                at=clock.now(),
            )
    except Invalid as wrong:
        with reading() as session:
            return _ask_page(session, _matter(session, receipt), dict(form), wrong), 422
    flash(str(Words("申请已提交，等两人核准。", "Asked; two persons decide.")), "good")
    return redirect(url_for(".one", request_id=made.id), 303)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _matter(session: Session, receipt: str) -> Matter:
    return in_sight(session, acting(), desk.by_receipt(session, receipt))


def _ask_page(
    session: Session, matter: Matter, typed: dict[str, str] | None = None, wrong: Invalid | None = None
) -> str:
    callers = [
        # Which caller: told apart by number in the list and by the date they joined, never by name.
        (r.id, Words("第 {n} 位，{on} 提出，{identity}", "Caller {n}, since {on}, {identity}").filled(
            n=n, on=day_words(clock.local(r.joined_at).date()), identity=r.identity))
        for n, r in enumerate(reporters_of(session, matter), start=1)
    ]  # fmt: skip
    return render_template(
        "custodian/ask.html",
        matter=matter,
        nobody=lacking(session, matter, acting()),
        callers=callers,
        purposes=labels(ReadingPurpose),
        minutes=[(n, Words("{n} 分钟", "{n} minutes").filled(n=n)) for n in MINUTES],
        typed=typed or {},
        errors=wrong.fields if wrong else {},
    )


@blueprint.get("/<int:request_id>")
@require(Permission.HOME)
def one(request_id: int) -> str:
    """Show one request; the identity itself only after a press of the button."""
    with reading() as session:
        return _page(session, request_id)


@blueprint.post("/<int:request_id>")
@require(Permission.HOME)
def decide(request_id: int) -> ResponseReturnValue:
    """Agree, refuse, look, or say what the review found."""
    step, staff, at = request.form.get("step", ""), acting(), clock.now()
    try:
        with transaction() as session:
            asked = vault_opening.found(session, staff, request_id)
            if step == "look":
                identity = vault_opening.look(session, asked, by=staff, at=at)
                return _page(session, request_id, identity=identity)
            if step == "allow":
                vault_opening.allow(session, asked, by=staff, at=at)
            elif step == "refuse":
                vault_opening.refuse(session, asked, request.form.get("refusal", ""), by=staff, at=at)
            elif step == "review":
                finding = Finding.found(request.form.get("finding"))
                vault_review.review(session, asked, finding, request.form.get("remark", ""), by=staff, at=at)
            else:
                raise Missing
    except Missing:
        raise
    except Problem as problem:
        with reading() as session:
            return _page(session, request_id, problem=problem), problem.status
    flash(str(DONE[step]), "good")
    return redirect(url_for(".one", request_id=request_id), 303)


def _page(
    session: Session, request_id: int, *, identity: Identity | None = None, problem: Problem | None = None
) -> str:
    staff, at = acting(), clock.now()
    asked = vault_opening.found(session, staff, request_id)
    state = asked.state(at)
    took_part: set[Any] = {asked.asked_by, *asked.allowed_by, *(look.staff_id for look in asked.looks)}
    is_vault = vault_opening.may_allow(staff)
    return render_template(
        "custodian/request.html",
        asked=asked,
        state=state,
        tones=TONES,
        identity=identity,
        may_decide=is_vault
        and staff.id not in (asked.asked_by, asked.first_by)
        and state in (RequestState.WAITING, RequestState.HALF),
        may_look=state is RequestState.OPEN
        and (staff.id == asked.asked_by or staff.may(Permission.VAULT_OPEN)),
        may_review=is_vault and staff.id not in took_part and asked.reviewed_at is None
        and state not in (RequestState.WAITING, RequestState.HALF),
        findings=labels(Finding),
        problem=problem,
        errors=problem.fields if isinstance(problem, Invalid) else {},
        typed=request.form if problem else {},
    )  # fmt: skip
