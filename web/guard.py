"""The guard: doors are shut unless marked; who comes in, speaks which language, and for how long."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.people import act_as, acting_or_none
from core.permissions import Permission
from core.problems import Forbidden
from core.signing_in import SEEN_EVERY, SignIn, needs_code, recognise, touch
from core.terms import LANGUAGES, Words, speak
from web.kept import keep_form

LANGUAGE_COOKIE = "tingmin_language"
PASSWORD_FIRST = Words("请先更改初始密码", "Change the first password before anything else")
CODE_FIRST = Words("请先绑定验证器", "Enrol an authenticator before anything else")


def cookie_name() -> str:
    """Return the session cookie's name; over HTTPS it is bound to this host."""
    return "__Host-tingmin" if current_app.config["SETTINGS"].secure_cookies else "tingmin"


def idle_limit() -> timedelta:
    """Return how long a session may rest."""
    return timedelta(minutes=current_app.config["SETTINGS"].idle_minutes)


def here_now() -> SignIn:
    """Return the session in use."""
    found: SignIn = g.sign_in
    return found


def wants_json() -> bool:
    """Say whether a script asks, rather than a person's page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return request.is_json or best == "application/json"


def prepare(app: Flask) -> None:
    """Put the guard at the door."""
    app.before_request(_let_in)
    app.teardown_request(_leave)


def _let_in() -> ResponseReturnValue | None:
    act_as(None)
    g.sign_in = None
    g.former_staff_id = None
    if request.blueprint in current_app.config["MACHINES"]:
        return None  # the line proves itself by its signature; it has no session and no language
    speak(_language_asked())
    if request.endpoint in ("static", "healthz"):
        return None
    _recognise()
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "is_open", False):
        return None
    permission: Permission | None = getattr(view, "permission", None)
    if permission is None:
        raise Forbidden
    staff = acting_or_none()
    if staff is None:
        return _ask_to_sign_in()
    if not staff.may(permission):
        raise Forbidden
    if staff.must_change_password and request.endpoint not in ("account.mine", "account.change"):
        return _first(url_for("account.mine"), PASSWORD_FIRST)
    settings = current_app.config["SETTINGS"]
    lacks_code = needs_code(staff.roles, is_demo=settings.is_demo) and staff.totp_secret is None
    if lacks_code and not staff.must_change_password and request.blueprint not in ("code", "signin"):
        return _first(url_for("code.enrol"), CODE_FIRST)
    return None


def _first(page: str, words: Words) -> ResponseReturnValue:
    """Send a person to what must be done first; tell a script so."""
    from web.problems import problem_answer

    if wants_json() or "X-Live" in request.headers:
        return problem_answer(Forbidden(words))
    return redirect(page, 303)


def _recognise() -> None:
    token = request.cookies.get(cookie_name())
    if not token:
        return
    now = clock.now()
    with reading() as session:
        sign_in = recognise(session, token)
        if sign_in is None:
            return
        session.expunge_all()
    g.former_staff_id = sign_in.staff_id
    if not sign_in.is_open(now, idle_limit()) or not sign_in.staff.is_active:
        return
    # A page that polls by itself does not keep an abandoned screen open.
    if sign_in.seen_at < now - SEEN_EVERY and "X-Live" not in request.headers:
        with transaction() as session:
            touch(session, sign_in, at=now)
    g.sign_in = sign_in
    act_as(sign_in.staff)
    speak(sign_in.staff.language)


def _language_asked() -> str:
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(["zh", "en"], "zh") or "zh"


def _ask_to_sign_in() -> ResponseReturnValue:
    from web.problems import problem_answer
    from web.signin import ask

    if wants_json() or "X-Live" in request.headers:
        from web.signin import NotSignedIn

        return problem_answer(NotSignedIn())
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("signin.ask_page", next=request.full_path.rstrip("?")), 303)
    return ask(kept=keep_form(), status=401)


def _leave(_error: BaseException | None) -> None:
    act_as(None)
    speak("zh")
