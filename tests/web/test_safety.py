"""What must never go wrong at the doors: cookies, sessions, tokens, addresses, scripts, files."""

from __future__ import annotations

import ast
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, request

from core import clock, passwords, secrets
from core.db import reading, transaction, using
from core.export import csv_text, safe_cell
from core.people import Staff
from core.permissions import Role, open_to_all
from core.settings import BadSettings, Settings
from core.signing_in import SignIn
from core.throttle import Throttle
from tests.factories import a_staff
from tests.web.conftest import HASH, PASSWORD, SignedIn, a_house, some_settings

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("core", "telephony", "matters", "survey", "hotline", "reports", "web")


def somebody(username: str = "wang", **facts: object) -> int:
    """Take someone on who can sign in."""
    with transaction() as session:
        staff = a_staff(session, Role.LEADER, username=username)
        staff.password_hash = HASH
        for name, value in facts.items():
            setattr(staff, name, value)
        return staff.id


def house_with(tmp_path: Path, **changes: object) -> Iterator[Flask]:
    """Build a house with other settings than the tests' usual ones."""
    ring = secrets.keyring()
    application, database = a_house(some_settings(tmp_path, is_demo=True, **changes))
    with using(database):
        yield application
    database.close()
    secrets.use(ring)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Flask]:
    """A house as it stands in earnest: behind TLS."""
    yield from house_with(tmp_path, secure_cookies=True, public_base_url="https://localhost")


@pytest.fixture(params=[0, 1, 2])
def proxied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, Flask]]:
    """A house behind so many proxies of its own."""
    for app in house_with(tmp_path, trusted_proxies=request.param):
        yield request.param, app


def sign_in(app: Flask, password: str = PASSWORD, username: str = "wang", **more: object):  # type: ignore[no-untyped-def]
    """Try to sign in from a new browser."""
    form = {"username": username, "password": password}
    return app.test_client().post("/sign-in", data=form, **more)


# ---- who is asking ------------------------------------------------------------------------------


def test_the_address_is_the_one_the_nearest_trusted_proxy_saw(proxied: tuple[int, Flask]) -> None:
    n, app = proxied
    app.add_url_rule("/who", "who", open_to_all(lambda: f"{request.remote_addr} {request.scheme}"))
    headers = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.0.0.2", "X-Forwarded-Proto": "http, https, https"}
    asked = app.test_client().get("/who", headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.1"})
    assert asked.text == ("10.0.0.1 http", "10.0.0.2 https", "203.0.113.7 https")[n]


def test_the_throttle_counts_the_address_of_the_browser(proxied: tuple[int, Flask]) -> None:
    n, app = proxied
    for last in range(4):
        address = f"203.0.113.{last}"
        sign_in(
            app,
            "x",
            f"ghost{last}",
            headers={"X-Forwarded-For": f"{address}, 10.0.0.2" if n == 2 else address},
        )
    with reading() as session:
        tries = sorted(row.tries for row in session.scalars(sa.select(Throttle)))
    # Four accounts tried once each, and either one address (the proxy's) or four.
    assert tries == ([1, 1, 1, 1, 4] if n == 0 else [1] * 8)


def test_a_forged_address_does_not_pass_the_throttle_without_a_proxy(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.signin.PER_ADDRESS", 3)
    statuses = [
        sign_in(app, "x", f"ghost{n}", headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(5)
    ]
    assert statuses == [403, 403, 403, 429, 429]


def test_the_number_of_proxies_is_a_number() -> None:
    env = {
        "TINGMIN_DATABASE_URL": "sqlite://",
        "TINGMIN_SECRET_KEY": "k" * 32,
        "TINGMIN_PUBLIC_BASE_URL": "https://x",
    }
    assert Settings.from_env(env).trusted_proxies == 0
    assert Settings.from_env({**env, "TINGMIN_TRUSTED_PROXIES": "2"}).trusted_proxies == 2
    for wrong in ("-1", "all"):
        with pytest.raises(BadSettings, match="TRUSTED_PROXIES"):
            Settings.from_env({**env, "TINGMIN_TRUSTED_PROXIES": wrong})


# ---- passwords and sessions ---------------------------------------------------------------------


def test_the_same_work_is_done_whoever_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time tells nothing: one argon2id check for a person, a closed or locked account, and nobody."""
    somebody("wang")
    somebody("closed", is_active=False)
    somebody("locked", locked_until=clock.now().replace(year=2999))
    passwords.matches(None, "x")  # the hash that stands for nobody is made once
    work: list[str] = []
    real = passwords._hasher

    class Counting:
        def verify(self, stored: str, given: str) -> bool:
            work.append("verify")
            return real.verify(stored, given)

        def hash(self, given: str) -> str:
            work.append("hash")
            return real.hash(given)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    for username in ("wang", "closed", "locked", "nobody"):
        for password in ("wrong", PASSWORD):
            work.clear()
            sign_in(app, password, username)
            assert work == ["verify"], (username, password)


def test_an_overlong_password_costs_no_more_than_a_long_one(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    class Measuring:
        def verify(self, stored: str, given: str) -> bool:
            seen.append(len(given))
            return False

    passwords.matches(None, "x")
    monkeypatch.setattr(passwords, "_hasher", Measuring())
    sign_in(app, "x" * 1_000_000)
    assert seen == [passwords.LONGEST * 4]


def test_a_session_planted_in_a_browser_is_not_taken_over(app: Flask) -> None:
    somebody()
    client = app.test_client()
    client.set_cookie("tingmin", "planted")
    client.set_cookie("tingmin_form", "planted")
    client.post("/sign-in", data={"username": "wang", "password": PASSWORD})
    cookie = client.get_cookie("tingmin")
    assert cookie is not None
    assert cookie.value != "planted"
    assert len(cookie.value) >= 43  # 256 random bits
    stranger = app.test_client()
    stranger.set_cookie("tingmin", "planted")
    assert stranger.get("/doors").status_code == 303


def test_signing_in_again_ends_the_session_before(app: Flask) -> None:
    somebody()
    client = app.test_client()
    form = {"username": "wang", "password": PASSWORD}
    client.post("/sign-in", data=form)
    first = client.get_cookie("tingmin")
    client.post("/sign-in", data=form)
    second = client.get_cookie("tingmin")
    assert first is not None
    assert second is not None
    assert first.value != second.value
    other = app.test_client()
    other.set_cookie("tingmin", first.value)
    assert other.get("/doors").status_code == 303
    with reading() as session:
        kept = session.scalars(sa.select(SignIn)).all()
        assert [s.ended_at is None for s in kept] == [False, True]
        assert not any(second.value.encode() in s.token_hash for s in kept)


def test_wrong_codes_lock_the_account_as_wrong_passwords_do(app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], is_demo=False)
    staff_id = somebody(totp_secret="JBSWY3DPEHPK3PXP" * 2)
    with transaction() as session:
        from core import personnel

        personnel.set_roles(
            session,
            session.get_one(Staff, staff_id),
            {Role.DESIGNER},
            by=session.get_one(Staff, staff_id),
            at=clock.now(),
        )
    client = app.test_client()
    client.post("/sign-in", data={"username": "wang", "password": PASSWORD})
    assert client.get("/doors").status_code == 303  # a right password alone opens nothing
    for _ in range(5):
        assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 403
    with reading() as session:
        locked_until = session.get_one(Staff, staff_id).locked_until
    assert locked_until is not None
    assert sign_in(app).status_code == 403


def test_cookies_are_bound_to_this_host_and_to_https(secure: Flask) -> None:
    somebody()
    answer = sign_in(secure, base_url="https://localhost")
    cookies = answer.headers.get_all("Set-Cookie")
    named = {line.split("=", 1)[0]: line for line in cookies}
    assert "__Host-tingmin" in named
    for name, text in named.items():
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(text.split("; ")), name
        assert "Domain" not in text
    language = secure.test_client().post("/language", data={"language": "en"}, base_url="https://localhost")
    assert "Secure" in language.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_page_behind_the_door_is_never_kept_by_a_cache(as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    for path in ("/doors", "/staff/", "/account/", "/journal/", "/nowhere"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


# ---- forms and scripts --------------------------------------------------------------------------


def test_every_writing_door_wants_the_token(app: Flask, as_role: SignedIn) -> None:
    """No view but the line's signed webhooks takes a POST without the form's token, as a form or as JSON."""
    app.config["WTF_CSRF_ENABLED"] = True
    client = as_role(*(set(Role) - {Role.OPERATOR}))
    exempt = {getattr(b, "name", b) for b in app.extensions["csrf"]._exempt_blueprints}
    assert app.extensions["csrf"]._exempt_views == set()
    tried = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint.split(".")[0] in exempt:
            continue
        one_of_some = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule.rule)
        address = re.sub(r"<(?:int:)?\w+>", "1", one_of_some)
        assert client.post(address, json={}).status_code == 400, rule.rule
        assert client.post(address, data={"a": "b"}).status_code == 400, rule.rule
        tried += 1
    assert tried > 40
    assert all("hooks" in name or name == "public_exchange" for name in exempt), (
        exempt
    )  # it proves itself by its token


def test_json_with_the_token_in_its_header_passes(app: Flask, as_role: SignedIn) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = as_role(Role.INTERVIEWER)
    page = client.get("/doors").text
    found = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    told = client.post("/interviewer/give-back", json={"case": 1}, headers={"X-CSRFToken": found[1]})
    assert told.status_code in (404, 409)
    assert (
        client.post("/interviewer/give-back", json={"case": 1}, headers={"X-CSRFToken": "x"}).status_code
        == 400
    )


def templates() -> list[Path]:
    """Return every template of the house."""
    return [p for room in ROOMS for p in (ROOT / room).rglob("templates/**/*.html")]


def test_no_template_holds_a_script_of_its_own() -> None:
    """Handlers in attributes and bare script blocks would need the policy to be opened."""
    handler = re.compile(r"<[^>{]*\son[a-z]+\s*=|javascript:", re.IGNORECASE)
    block = re.compile(r"<script\b([^>]*)>", re.IGNORECASE)
    assert len(templates()) > 30
    for path in templates():
        text = path.read_text(encoding="utf-8")
        assert not handler.search(text), path.name
        for attributes in block.findall(text):
            assert "src=" in attributes or "csp_nonce" in attributes or "application/json" in attributes, (
                path.name
            )
        assert "|safe" not in text.replace(" ", ""), path.name


def test_the_policy_names_no_foreign_host_and_each_answer_has_its_own_word(app: Flask) -> None:
    first, second = (app.test_client().get("/sign-in").headers["Content-Security-Policy"] for _ in range(2))
    assert first != second
    rules = {part.split()[0]: part.split()[1:] for part in first.split("; ")}
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]
    assert rules["form-action"] == ["'self'"]
    assert [word.split("-")[0] for word in rules["script-src"]] == ["'self'", "'nonce"]
    assert not re.search(r"https?:|\*", first)


# ---- files out and in ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_a_cell_that_an_office_program_would_run_is_text(text: str) -> None:
    assert safe_cell(text) == "'" + text
    rows = list(csv.reader(io.StringIO(csv_text(["a"], [[text]]), newline="")))
    assert rows[1] == ["'" + text]


def test_numbers_stay_numbers_in_a_table() -> None:
    assert csv_text(["a", "b"], [[-1.5, None]]) == "\ufeffa,b\r\n-1.5,\r\n"


def csv_makers() -> list[tuple[str, str]]:
    """Return every module of the rooms that writes or sends a CSV, with its source."""
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            source = path.read_text(encoding="utf-8")
            strings = {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant)}
            if "text/csv" in strings or "csv.writer(" in source or "DictWriter(" in source:
                found.append((path.relative_to(ROOT).as_posix(), source))
    return found


def test_every_table_that_leaves_through_a_door_is_guarded() -> None:
    """A new way out for CSV must use the guard; the terminal's own export for R is the one exception."""
    makers = csv_makers()
    assert len(makers) >= 4
    unguarded = [
        name
        for name, source in makers
        if name not in ("core/export.py", "survey/commands.py")
        and not ("csv_text(" in source or "safe_cell(" in source or "rejects_file" in source)
    ]
    assert unguarded == []


NO_TABLES = {
    "a program": b"MZ\x90\x00\x03" + bytes(range(256)) * 8,
    "a page": b"<!doctype html><script>alert(1)</script>",
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "nothing": b"",
}


def an_archive(**files: bytes) -> bytes:
    """Make a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


@pytest.mark.parametrize("what", [*NO_TABLES, "an archive that is no workbook"])
@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        ("/places/", "table", {}),
        ("/design/frames/new", "file", {"name": "框", "source": "x"}),
        ("/design/questionnaires", "file", {}),
        ("/design/margins", "file", {}),
        ("/design/do-not-call/import", "file", {"reason": "asked"}),
    ],
)
def test_uploads_are_judged_by_what_they_are(
    app: Flask, as_role: SignedIn, what: str, path: str, field: str, more: dict[str, str]
) -> None:
    """Whatever the name says, a file that is no table is refused in words and nothing of it is kept."""
    data = NO_TABLES.get(what, an_archive(**{"evil.txt": b"x"}))
    client = as_role(*(set(Role) - {Role.OPERATOR}))
    answer = client.post(path, data={**more, field: (io.BytesIO(data), "table.xlsx")})
    if (what, path) == ("a page", "/design/frames/new"):  # text it is; but no column of it holds numbers
        answer = client.post(str(answer.location), data={})
        assert answer.status_code == 422
        return
    assert answer.status_code == 422, (answer.status_code, path)
    uploads = app.config["SETTINGS"].uploads
    assert not uploads.exists() or list(uploads.iterdir()) == []
