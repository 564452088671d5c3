"""The distribution list as editors keep it: who is told, by which way, of which kinds of bulletin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Invalid, Missing
from core.terms import LANGUAGES, Words, labels, t
from reports import deliveries, post
from reports.bulletins import BulletinKind
from reports.deliveries import BulletinDelivery
from reports.recipients import REMIND_AFTER, BulletinRecipient, add, choosable, end, recipients
from telephony.line import in_use

blueprint = Blueprint("distribution", __name__, url_prefix="/editing/recipients")
blueprint.record_once(lambda joining: post.use(joining.app.config["SETTINGS"]))
LANGUAGE_WORDS = {"zh": Words("中文", "Chinese"), "en": Words("英文", "English")}
BLANK: dict[str, Any] = {"kinds": [BulletinKind.WEEKLY.value], "remind_after": REMIND_AFTER, "language": "zh"}


@blueprint.get("/")
@require(Permission.BULLETIN_EDIT)
def listed() -> str:
    """Show the list and the form of a new entry."""
    return _page(BLANK, {})


def _page(typed: Mapping[str, Any], errors: Mapping[str, Words]) -> str:
    carrier = in_use()
    with reading() as session:
        return render_template(
            "editor/recipients.html",
            found=recipients(session),
            staff_options=[(str(p.id), p.name) for p in choosable(session)],
            kinds=labels(BulletinKind),
            kind_of=BulletinKind.of,
            languages=[(code, str(LANGUAGE_WORDS[code])) for code in LANGUAGES],
            typed=typed,
            errors=errors,
            has_texts=carrier is not None and carrier.capabilities().texts,
            has_mail=post.server() is not None,
        )


@blueprint.post("/")
@require(Permission.BULLETIN_EDIT)
def put_on() -> ResponseReturnValue:
    """Put somebody on the list; what is wrong is said beside its field."""
    form = request.form
    kinds = [k for text in form.getlist("kinds") if (k := BulletinKind.found(text)) is not None]
    hours, chosen = form.get("remind_after", "").strip(), form.get("staff", "")
    try:
        with transaction() as session:
            add(
                session,
                staff=session.get(Staff, int(chosen)) if chosen.isascii() and chosen.isdigit() else None,
                name=form.get("name", ""), number=form.get("contact", ""), mail=form.get("mail", ""), kinds=kinds,
                language=form.get("language", "zh"),
                remind_after=int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 4 else -1,
                by=acting(), at=clock.now(),
            )  # fmt: skip
    except Invalid as problem:
        typed = {**form.to_dict(), "kinds": [k.value for k in kinds]}
        return _page(typed, problem.fields), problem.status
    flash(t("已加入名单，下一期起通知", "On the list; told from the next issue on"), "good")
    return redirect(url_for(".listed"), 303)


@blueprint.post("/<int:recipient_id>/end")
@require(Permission.BULLETIN_EDIT)
def take_off(recipient_id: int) -> ResponseReturnValue:
    """Take somebody off the list."""
    with transaction() as session:
        found = session.get(BulletinRecipient, recipient_id)
        if found is None:
            raise Missing
        end(session, found, by=acting(), at=clock.now())
    flash(t("已移出名单，联系方式已删除", "Taken off the list; number and address are deleted"), "good")
    return redirect(url_for(".listed"), 303)


@blueprint.post("/messages/<int:delivery_id>/again")
@require(Permission.BULLETIN_EDIT)
def send_again(delivery_id: int) -> ResponseReturnValue:
    """Send a message that did not go out once more."""
    with transaction() as session:
        found = session.get(BulletinDelivery, delivery_id)
        if found is None:
            raise Missing
        deliveries.again(session, found, by=acting(), at=clock.now())
        bulletin_id = found.bulletin_id
    flash(t("已重新发送", "Being sent again"), "good")
    return redirect(url_for("editing.one", bulletin_id=bulletin_id) + "#delivery", 303)
