"""The wall: planted counselling marks are looked for in every answer of every address to every other role.

    python -m benchmarks.hotline_wall --records 100000

Plants records with marks in every sealed column, walks every address (GET, and POST for the room's own) as every
role that has no business in the counselling room and as nobody, then reads every other table, the log, a backup
and the database file as it lies on the disk.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import BuildError, Rule

from benchmarks.planted_counselling import AT, Planter, holds_mark, is_sealed, marks
from core import clock, secrets
from core.backup import back_up
from core.commands import alembic_config
from core.db import Base, Database, reading, transaction, using
from core.people import Staff, StaffRole
from core.permissions import Permission, Role
from core.settings import Settings
from core.signing_in import admit
from migrations.tables import every_table
from web.app import create_app

COUNSELLING = frozenset({Role.OPERATOR, Role.SHIFT_LEAD, Role.REVIEWER})
OUTSIDE = tuple(role for role in Role if role not in COUNSELLING)
SEALED_DOORS = frozenset({Permission.COUNSEL, Permission.COUNSEL_LEAD, Permission.COUNSEL_REVIEW})


@dataclass
class Found:
    """What a walk met: how many answers, and where a mark stood."""

    answers: int = 0
    refused: int = 0
    errors: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    """Addresses of the counselling room that let somebody else in."""


def addresses(app: Flask, tokens: Sequence[str]) -> Iterator[tuple[Rule, str, str]]:
    """Give every address of the house, filled with records that exist, and the method to ask it with."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        given: dict[str, Any] = {}
        for name in rule.arguments:
            converter = rule._converters[name]
            choices = getattr(converter, "map_choices", None) or getattr(converter, "items", None)
            is_number = type(converter).__name__ == "IntegerConverter"
            given[name] = tokens[0] if name == "token" else 1 if is_number else _first(choices)
        with app.test_request_context():
            try:
                url = app.url_for(rule.endpoint, **given)
            except BuildError:
                continue
        if "GET" in (rule.methods or ()):
            yield rule, "GET", url
        if "POST" in (rule.methods or ()) and _is_of_the_room(app, rule):
            yield rule, "POST", url


def _first(choices: Any) -> str:
    return next(iter(choices), "1") if isinstance(choices, list | tuple | set) else "1"


def _is_of_the_room(app: Flask, rule: Rule) -> bool:
    return getattr(app.view_functions[rule.endpoint], "__module__", "").startswith("hotline.")


def walk(
    app: Flask, client: FlaskClient, tokens: Sequence[str], who: str, found: Found, *, all_doors: bool
) -> None:
    """Ask every address as somebody; those behind doors that are shut for everybody like them only if asked to."""
    for rule, method, url in addresses(app, tokens):
        view = app.view_functions[rule.endpoint]
        permission = getattr(view, "permission", None)
        is_the_rooms = permission in SEALED_DOORS
        if not all_doors and not is_the_rooms and not _opens(view, who):
            continue
        answer = client.open(url, method=method)
        found.answers += 1
        body = answer.get_data(as_text=True) if answer.mimetype != "application/zip" else ""
        if answer.status_code >= 500 and answer.status_code != 503:
            found.errors.append(f"{who} {method} {rule.rule}: {answer.status_code}")
        if is_the_rooms:
            if answer.status_code in (401, 403, 404) or (
                who == "nobody" and answer.status_code in (302, 303)
            ):
                found.refused += 1
            else:
                found.opened.append(f"{who} {method} {rule.rule}: {answer.status_code}")
        if holds_mark(body) or holds_mark(str(answer.headers)):
            found.leaks.append(f"{who} {method} {rule.rule}")


def _opens(view: Any, who: str) -> bool:
    permission = getattr(view, "permission", None)
    if who == "nobody" or permission is None:
        return bool(getattr(view, "is_open", False))
    role = Role.of(who)
    return Staff(role_rows=[StaffRole(role=role)]).may(permission)


def marks_in_rows() -> list[str]:
    """Look into every row of every table: sealed columns as they lie there, all others as they are."""
    leaks = []
    with reading() as session:
        for table in Base.metadata.sorted_tables:
            texts = [
                sa.cast(column, sa.Text)
                for column in table.columns
                if isinstance(column.type, sa.String | sa.Text | sa.JSON) and not is_number(column)
            ]
            for column in texts:
                query = sa.select(sa.func.count()).select_from(table)
                holds = sa.or_(*(column.contains(mark) for mark in marks()))
                count = session.execute(query.where(holds)).scalar_one()
                if count:
                    leaks.append(f"{table.name}: {count} rows in plain text")
    return leaks


def is_number(column: sa.Column[Any]) -> bool:
    """Say whether a column can't hold text."""
    return isinstance(column.type, sa.Integer | sa.Float | sa.Boolean)


def marks_in_file(path: Path) -> list[str]:
    """Look for marks in a file's bytes."""
    content = path.read_bytes()
    return [path.name for mark in marks() if mark.encode() in content]


def roles_signed_in(app: Flask) -> dict[str, FlaskClient]:
    """Give a browser for nobody and one for every role outside the counselling room."""
    clients = {"nobody": app.test_client()}
    for role in OUTSIDE:
        with transaction() as session:
            person = Staff(
                username=f"walker-{role.value}".replace("_", "-"), name="某人", password_hash="!", created_at=AT,
                role_rows=[StaffRole(role=role)],
            )  # fmt: skip
            session.add(person)
            session.flush()
            token = admit(session, person, at=clock.now())
        clients[role.value] = app.test_client()
        clients[role.value].set_cookie("tingmin", token)
    return clients


def control(app: Flask, planter: Planter, tokens: Sequence[str]) -> int:
    """Return how many answers hold a mark for the operator whose contacts they are: the walk can see what it seeks."""
    with transaction() as session:
        token = admit(session, session.get_one(Staff, planter.operator), at=clock.now())
    client = app.test_client()
    client.set_cookie("tingmin", token)
    seen = Found()
    walk(app, client, tokens, Role.OPERATOR.value, seen, all_doors=False)
    return len(seen.leaks)


def main() -> None:
    """Plant, walk, look everywhere, and print what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    chosen = parser.parse_args()
    heard = io.StringIO()
    logging.basicConfig(stream=heard, level=logging.DEBUG)
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        settings = Settings(
            database_url=f"sqlite:///{where / 'house.db'}", secret_key="k" * 40, data_dir=where,
            keys_file=where / "keys.json", public_base_url="http://localhost", secure_cookies=False, is_demo=True,
        )  # fmt: skip
        every_table()
        database = Database(settings.database_url)
        command.upgrade(alembic_config(settings.database_url), "head")
        app = create_app(settings, database=database)
        app.testing = True
        app.config["WTF_CSRF_ENABLED"] = False
        app.config["PROPAGATE_EXCEPTIONS"] = False
        with using(database):
            begun = time.perf_counter()
            with transaction() as session:
                planter = Planter(session)
                tokens: list[str] = []
                while planter.rows < chosen.records:
                    tokens += planter.plant(min(1000, max(1, (chosen.records - planter.rows) // 20 + 1)))
            planted_s = time.perf_counter() - begun
            found = Found()
            for who, client in roles_signed_in(app).items():
                walk(app, client, tokens, who, found, all_doors=True)
            own = control(app, planter, tokens)
            rows = marks_in_rows()
            back_up(database, settings, where / "backup", with_keys=False, at=AT)
        lying = [where / "house.db", where / "house.db-wal", *(where / "backup").rglob("*")]
        files = [leak for path in lying if path.is_file() for leak in marks_in_file(path)]
        database.close()
    result = {
        "records": planter.rows,
        "sealed_tables": sum(is_sealed(t) for t in Base.metadata.tables.values()),
        "planting_s": round(planted_s, 1),
        "roles": len(OUTSIDE) + 1,
        "answers": found.answers,
        "refused_at_the_rooms_doors": found.refused,
        "let_in": found.opened,
        "answers_with_a_mark": found.leaks,
        "answers_with_a_mark_to_its_own_operator": own,
        "rows_in_plain_text": rows,
        "files_with_a_mark": files,
        "log_with_a_mark": holds_mark(heard.getvalue()),
        "log_lines": heard.getvalue().count("\n"),
        "server_errors": found.errors,
        "seconds": round(time.perf_counter() - begun, 1),
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))
    secrets.use(secrets.Keyring.fresh())


if __name__ == "__main__":
    main()
