"""Enrolling an authenticator: privileged roles sign in with a one-time code as well."""

from __future__ import annotations

import base64

import pyotp
import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core import clock, journal
from core.db import transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Refused
from core.secrets import Unsealable, keyring
from core.signing_in import matching_step
from core.terms import Words, t

blueprint = Blueprint("code", __name__, url_prefix="/code")
DOORS: list[Door] = []


def _waiting_secret() -> str:
    """Return the secret being enrolled; the cookie carries it sealed."""
    sealed = session.get("enrolling")
    if sealed:
        try:
            return keyring().open("staff", base64.b64decode(sealed))
        except Unsealable:
            current_app.logger.warning("an enrolment was begun under another key file; starting anew")
    secret = pyotp.random_base32()
    session["enrolling"] = base64.b64encode(keyring().seal("staff", secret)).decode()
    return secret


def _page(wrong: Words | None = None) -> str:
    staff = acting()
    secret = _waiting_secret()
    address = pyotp.TOTP(secret).provisioning_uri(name=staff.username, issuer_name="Tingmin")
    picture = segno.make(address, error="m").svg_inline(scale=5, border=3, light="#fff", dark="#000")
    return render_template(
        "web/enrol.html",
        staff=staff,
        secret=secret,
        picture=Markup(picture),  # noqa: S704  our own drawing
        wrong=wrong,
    )


@blueprint.get("/")
@require(Permission.HOME)
def enrol() -> ResponseReturnValue:
    """Show the picture that an authenticator reads."""
    if acting().totp_secret is not None:
        return redirect(url_for("account.mine"), 303)
    return _page()


@blueprint.post("/")
@require(Permission.HOME)
def enrol_now() -> ResponseReturnValue:
    """Take the authenticator into use once it has shown a right code."""
    if acting().totp_secret is not None:
        raise Refused(
            Words(
                "您已有验证器，没有改动。要换一台手机，请另一位管理员先重设。",
                "You have an authenticator already; nothing was changed. To change phones, ask another "
                "administrator to reset it first.",
            )
        )
    secret = _waiting_secret()
    step = matching_step(secret, request.form.get("code", ""), unix=clock.unix(), used_step=None)
    if step is None:
        wrong = Words(
            "验证码不对。请核对手机时间是否自动设置，再填新的一个。",
            "That code is not right. Check that the phone sets its time by itself, then give a new one.",
        )
        return _page(wrong), 422
    with transaction() as records:
        staff = records.get_one(Staff, acting().id)
        staff.totp_secret = secret
        staff.totp_used_step = step
        journal.write(records, "staff.code_enrolled", staff, by=staff, at=clock.now())
    session.pop("enrolling", None)
    flash(
        t("验证器已启用，下次登录时会用到。", "Your authenticator is in use from the next sign-in on."),
        "good",
    )
    return redirect(url_for("home.first"), 303)
