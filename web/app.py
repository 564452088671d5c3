"""The house is put together here: settings, clock, database, keys, rooms, guard."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf import CSRFProtect
from sqlalchemy import text
from werkzeug.middleware.proxy_fix import ProxyFix

from core import clock, db, journal_details, journal_words, secrets
from core.commands import COMMANDS
from core.db import Database, reading
from core.doors import Door
from core.permissions import open_to_all
from core.settings import Settings
from web import (
    about,
    account,
    calendar,
    code,
    guard,
    headers,
    home,
    jinja,
    jobs,
    journal,
    places,
    problems,
    signin,
    staff,
    static_files,
    units,
)

ROOMS = ("telephony", "matters", "survey", "hotline", "reports")
OWN = (signin, home, account, code, staff, units, places, calendar, journal, jobs, about)
BIGGEST_UPLOAD = 256 * 1024 * 1024


class FormSession(SecureCookieSessionInterface):
    """The signed cookie that forms are bound to; who brings none needs no signer made to read it."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie, where there is one."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def create_app(settings: Settings, *, database: Database | None = None) -> Flask:
    """Build the application of one installation."""
    clock.use(offset=settings.clock_offset, zone=settings.zone)
    secrets.use(secrets.key_file(settings.keys_file))
    db.use(database or Database(settings.database_url, pool_size=settings.pool_size))

    app = Flask("web", static_folder="static", template_folder="templates")
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="tingmin_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
        MAX_CONTENT_LENGTH=BIGGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        DOORS=[],
        MACHINES=set(),
        CONNECT_SOURCES=[],
    )
    if settings.trusted_proxies:
        # The caller's address and https come from our own proxies; the host stays what they pass on.
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n)  # type: ignore[method-assign]
    app.session_interface = FormSession()
    jinja.prepare(app)
    headers.prepare(app)
    guard.prepare(app)  # before CSRF: whoever is not signed in is asked to, and keeps the typed form
    CSRFProtect(app)
    problems.prepare(app)
    static_files.prepare(app)
    app.add_url_rule("/healthz", "healthz", _healthz)

    for module in OWN:
        app.register_blueprint(module.blueprint)
        app.config["DOORS"].extend(module.DOORS)
    for command in COMMANDS:
        app.cli.add_command(command)
    for room in ROOMS:
        _join(app, room)
    doors: list[Door] = app.config["DOORS"]
    doors[:] = sorted((d for d in doors if d.endpoint in app.view_functions), key=lambda d: d.order)
    return app


def _join(app: Flask, room: str) -> None:
    """Let a room in: pages, webhooks (which prove themselves by signature), commands, words of the journal."""
    views = _module(f"{room}.views")
    if views is not None:
        for blueprint in getattr(views, "BLUEPRINTS", []):
            app.register_blueprint(blueprint)
        for blueprint in getattr(views, "WEBHOOKS", []):
            app.register_blueprint(blueprint)
            app.extensions["csrf"].exempt(blueprint)
            app.config["MACHINES"].add(blueprint.name)
        app.config["DOORS"].extend(getattr(views, "DOORS", []))
        if hasattr(views, "register"):
            views.register(app)
    commands = _module(f"{room}.commands")
    for group in getattr(commands, "GROUPS", []):
        app.cli.add_command(group)
    its_words = _module(f"{room}.journal_words")
    journal_words.register(getattr(its_words, "WORDS", {}))
    journal_details.register(getattr(its_words, "TERMS", {}))


def _module(name: str) -> ModuleType | None:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


@open_to_all
def _healthz() -> Response:
    """Say that the house is open and its database within reach."""
    with reading() as session:
        session.execute(text("SELECT 1"))
    return Response("ok\n", mimetype="text/plain")
