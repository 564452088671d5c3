"""Everyone's own account: password, and the browsers they are signed in with."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.personnel import change_password
from core.problems import Invalid, Missing
from core.signing_in import SignIn, end, end_all, needs_code, open_sessions
from core.terms import Words, t
from web.guard import here_now, idle_limit

blueprint = Blueprint("account", __name__, url_prefix="/account")
DOORS: list[Door] = []


def _page(wrong: dict[str, Words] | None = None) -> str:
    staff = acting()
    with reading() as session:
        sessions = open_sessions(session, staff, at=clock.now(), idle=idle_limit())
        return render_template(
            "web/account.html",
            staff=staff,
            sessions=sessions,
            here_id=here_now().id,
            needs_code=needs_code(staff.roles, is_demo=False),
            wrong=wrong or {},
        )


@blueprint.get("/")
@require(Permission.HOME)
def mine() -> str:
    """Show one's own account."""
    return _page()


@blueprint.post("/password")
@require(Permission.HOME)
def change() -> ResponseReturnValue:
    """Change one's own password; whoever came with a first one goes on to their first page."""
    form = request.form
    is_first = acting().must_change_password
    try:
        with transaction() as session:
            change_password(
                session,
                session.get_one(Staff, acting().id),
                old=form.get("old", ""),
                new=form.get("new", ""),
                again=form.get("again", ""),
                at=clock.now(),
                keep=here_now().id,
            )
    except Invalid as problem:
        return _page(problem.fields), problem.status
    flash(
        t("密码已更改，其他浏览器上的登录已结束。", "Password changed; other browsers are signed out."),
        "good",
    )
    return redirect(url_for("home.first" if is_first else ".mine"), 303)


@blueprint.post("/sessions/<int:sign_in_id>/end")
@require(Permission.HOME)
def end_one(sign_in_id: int) -> ResponseReturnValue:
    """End one of one's own sessions."""
    with transaction() as session:
        sign_in = session.get(SignIn, sign_in_id)
        if sign_in is None or sign_in.staff_id != acting().id:
            raise Missing
        end(session, sign_in, by=acting(), at=clock.now())
    flash(t("那个浏览器上的登录已结束。", "That browser is signed out."), "good")
    return redirect(url_for(".mine"), 303)


@blueprint.post("/sessions/end-others")
@require(Permission.HOME)
def end_others() -> ResponseReturnValue:
    """End every session of one's own but this one."""
    with transaction() as session:
        staff = session.get_one(Staff, acting().id)
        count = end_all(session, staff, by=staff, at=clock.now(), but=here_now().id)
    flash(t("已结束 {n} 处登录。", "{n} sessions ended.", n=count), "good")
    return redirect(url_for(".mine"), 303)
