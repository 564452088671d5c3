"""Signing in and out: one page for everyone, which never tells who exists."""

from __future__ import annotations

import json
from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.passwords import matches
from core.people import Staff, acting_or_none
from core.permissions import open_to_all
from core.problems import Problem
from core.signing_in import admit, end, is_locked, matching_step, miss, needs_code
from core.terms import LANGUAGES, Words
from core.throttle import count_try, forget, give_back
from web.guard import LANGUAGE_COOKIE, cookie_name
from web.kept import open_form
from web.navigation import public_doors

blueprint = Blueprint("signin", __name__)
DOORS: list[Door] = []

PER_ADDRESS = 100
PER_ACCOUNT = 20
WINDOW = timedelta(minutes=15)
CODE_WAITS = timedelta(minutes=5)

REFUSED = Words(
    "用户名或密码不对，或者因连续出错暂时锁定。请核对后再试；锁定会自动解除，也可请管理员解锁。",
    "The user name or password is wrong, or the account is locked for a while after wrong tries. "
    "Check and try again; a lock opens by itself, or ask the administrator.",
)
TOO_MANY = Words("尝试次数过多，请 15 分钟后再试。", "Too many tries. Please wait 15 minutes.")


class NotSignedIn(Problem):
    """Nobody is signed in at this browser, or the session has ended."""

    status = 401
    words = Words("您已退出登录，请重新登录", "You are signed out; please sign in again")


def safe_next(target: str) -> str:
    """Return a path of our own to go to, or the first page."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and "\n" not in target
    return target if is_ours and not target.startswith(("/sign-in", "/sign-out")) else url_for("home.first")


def ask(*, kept: str | None = None, wrong: Words | None = None, status: int = 200) -> ResponseReturnValue:
    """Show the sign-in page."""
    settings = current_app.config["SETTINGS"]
    accounts = _demo_accounts() if settings.is_demo else []
    page = render_template(
        "web/sign_in.html",
        next=request.values.get("next", "") if request.endpoint == "signin.ask_page" or wrong else "",
        kept=kept,
        wrong=wrong,
        username=request.form.get("username", "") if wrong else "",
        accounts=accounts,
        public=public_doors(),
    )
    return page, status


def _demo_accounts() -> list[dict[str, str]]:
    path = current_app.config["SETTINGS"].data_dir / "demo_accounts.json"
    if not path.exists():
        return []
    rows: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return rows


@blueprint.get("/sign-in")
@open_to_all
def ask_page() -> ResponseReturnValue:
    """Show the sign-in page, or go on when someone is signed in already."""
    if acting_or_none() is not None:
        return redirect(safe_next(request.args.get("next", "")), 303)
    return ask()


@blueprint.post("/sign-in")
@open_to_all
def sign_in() -> ResponseReturnValue:
    """Check name and password; a privileged role goes on to its one-time code."""
    username = request.form.get("username", "").strip().lower()[:40]
    password = request.form.get("password", "")
    kept = request.form.get("kept") or None
    now = clock.now()
    with transaction() as records:
        address_free = count_try(
            records, "address", request.remote_addr or "", limit=PER_ADDRESS, within=WINDOW, at=now
        )
        account_free = count_try(records, "account", username, limit=PER_ACCOUNT, within=WINDOW, at=now)
    if not (address_free and account_free):
        return ask(kept=kept, wrong=TOO_MANY, status=429)
    with reading() as records:
        staff = records.scalars(sa.select(Staff).where(Staff.username == username)).first()
    is_right = matches(staff.password_hash if staff else None, password)
    if staff is None or not staff.is_active or is_locked(staff, now):
        return ask(kept=kept, wrong=REFUSED, status=403)
    if not is_right:
        with transaction() as records:
            miss(records, records.get_one(Staff, staff.id, with_for_update=True), at=now)
        return ask(kept=kept, wrong=REFUSED, status=403)
    target = request.form.get("next", "")
    is_demo = current_app.config["SETTINGS"].is_demo
    if needs_code(staff.roles, is_demo=is_demo) and staff.totp_secret is not None:
        session["waiting"] = {"staff": staff.id, "at": now.timestamp(), "next": target}
        return render_template("web/sign_in_code.html", kept=kept, wrong=None)
    return _welcome(staff.id, username, target, kept, used_step=None)


@blueprint.post("/sign-in/code")
@open_to_all
def sign_in_code() -> ResponseReturnValue:
    """Check the one-time code of someone whose password was right a moment ago."""
    waiting = session.get("waiting")
    kept = request.form.get("kept") or None
    now = clock.now()
    if not waiting or now.timestamp() - waiting["at"] > CODE_WAITS.total_seconds():
        session.pop("waiting", None)
        return ask(kept=kept, wrong=Words("验证码已超时，请重新登录", "The code took too long; start again"))
    with transaction() as records:
        staff = records.get_one(Staff, waiting["staff"], with_for_update=True)
        if is_locked(staff, now) or not staff.is_active:
            step = None
        else:
            step = matching_step(
                staff.totp_secret or "",
                request.form.get("code", ""),
                unix=clock.unix(),
                used_step=staff.totp_used_step,
            )
            if step is None:
                miss(records, staff, at=now)
    if step is None:
        wrong = Words(
            "验证码不对、已经用过，或账号暂时锁定。请等手机上出现下一个验证码再试。",
            "The code is wrong or used, or the account is locked for a while. Wait for the next code.",
        )
        return render_template("web/sign_in_code.html", kept=kept, wrong=wrong), 403
    session.pop("waiting", None)
    return _welcome(waiting["staff"], staff.username, waiting["next"], kept, used_step=step)


def _welcome(
    staff_id: int, username: str, target: str, kept: str | None, *, used_step: int | None
) -> ResponseReturnValue:
    now = clock.now()
    with transaction() as records:
        staff = records.get_one(Staff, staff_id)
        if used_step is not None:
            staff.totp_used_step = used_step
        former = g.get("sign_in")
        if former is not None:
            end(records, records.merge(former), by=staff, at=now)
        token = admit(records, staff, at=now, browser=_browser_name())
        forget(records, "account", username)
        give_back(records, "address", request.remote_addr or "")
    session.clear()  # a new form token for a new person
    g.pop("csrf_token", None)
    form = open_form(kept) if kept else None
    if form is not None and form.staff_id in (None, staff_id):
        answer = current_app.make_response(
            render_template("web/kept.html", form=form, csrf_token_now=generate_csrf(), staff=staff)
        )
    else:
        answer = current_app.make_response(redirect(safe_next(target), 303))
    answer.set_cookie(
        cookie_name(),
        token,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].secure_cookies,
        path="/",
    )
    return answer


def _browser_name() -> str:
    text = request.user_agent.string
    for mark, name in (
        ("Edg/", "Edge"),
        ("Chrome/", "Chrome"),
        ("Firefox/", "Firefox"),
        ("Safari/", "Safari"),
    ):
        if mark in text:
            system = next((s for s in ("Windows", "Android", "iPhone", "Mac OS", "Linux") if s in text), "")
            return f"{name} {system}".strip()
    return ""


@blueprint.post("/sign-out")
@open_to_all
def sign_out() -> ResponseReturnValue:
    """End the session in use."""
    now = clock.now()
    if g.sign_in is not None:
        with transaction() as records:
            end(records, records.merge(g.sign_in), by=acting_or_none(), at=now)
    session.clear()
    answer = redirect(url_for("signin.ask_page"), 303)
    answer.delete_cookie(cookie_name(), path="/", secure=current_app.config["SETTINGS"].secure_cookies)
    answer.headers["Clear-Site-Data"] = '"storage"'  # no draft stays on a shared computer
    return answer


@blueprint.post("/language")
@open_to_all
def choose_language() -> Response:
    """Speak the other language from now on, and remember it."""
    chosen = request.form.get("language", "")
    chosen = chosen if chosen in LANGUAGES else "zh"
    staff = acting_or_none()
    if staff is not None:
        with transaction() as records:
            records.get_one(Staff, staff.id).language = chosen
    target = request.form.get("back", "")
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    answer = redirect(target if is_ours else url_for("home.first"), 303)
    answer.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=365 * 86400,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].secure_cookies,
    )
    return answer
