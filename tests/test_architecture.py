"""The house keeps its shape: who imports whom, where Flask and the clock stand, how long a module grows."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import Base
from scripts.write_glossary import PACKAGES, import_every_module

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 250
NAMES_OF_TECHNIQUE = {"utils", "util", "helpers", "helper", "services", "models", "misc", "common", "manager"}

FLOOR = {
    "core": 0,
    "telephony": 1,
    "matters": 2,
    "survey": 3,
    "hotline": 3,
    "reports": 4,
    "web": 5,
    "demo": 6,
}
STRANGERS = {("survey", "hotline"), ("hotline", "survey")}

VENDOR_WORD = re.compile(r"Sids?\b|\bSID\b|(?:\b|_)sids?\b|TwiML|twiml|CallStatus|[Tt]wilio|TWILIO")
VENDOR_ON_THE_WIRE = re.compile(VENDOR_WORD.pattern.split("|[Tt]wilio")[0])
VENDOR_WORD_ALLOWED = (
    "telephony/twilio/",
    "telephony/simulator/",
    "telephony/contract/",
    "telephony/webhooks.py",
    "telephony/commands.py",
)
# Where the line is chosen the vendor's name must be spelled, though none of the words of its wire.
WHERE_IT_IS_CHOSEN = ("core/settings.py", "telephony/line.py")

PURE_ROOM = re.compile(
    r"(survey/(methods|disposition|calling|questionnaire\w*|expression\w*|xlsform\w*)"
    r"|hotline/(staffing(_impatient|_patient|_plan|_waiting)?|forecast(_error|_handling|_learning)?|credibility"
    r"|screener|risk|scale|ladder|scoring|danger_steps|safety_steps|definitions|instruments|forms|form_values"
    r"|roster_rules|hidden_tables))(/|\.py$)"
)
IMPURE = ("flask", "flask_wtf", "sqlalchemy", "core.db", "core.clock", "core.journal", "core.secrets")
PURE_GROUND = ("core.terms", "core.problems", "core.calendar", "core.phone", "core.flow")

Check = Callable[[str, str], list[str]]


def modules(*packages: str) -> Iterator[tuple[str, str]]:
    """Give every module of the packages as (path in the checkout, source)."""
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def nodes(source: str) -> list[ast.AST]:
    """Read a module; all rules look at it before the next one is read."""
    return list(ast.walk(ast.parse(source)))


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Give every imported name with its line, `from a import b` as a.b."""
    for node in nodes(source):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{'.' * node.level}{node.module or ''}.{a.name}") for a in node.names)


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def upward_imports(path: str, source: str) -> list[str]:
    here = path.split("/")[0]
    found = []
    for line, name in imported(source):
        there = name.split(".")[0]
        if there in FLOOR and (FLOOR[there] > FLOOR[here] or (here, there) in STRANGERS):
            found.append(f"{path}:{line} imports {name}")
    return found


def is_a_door(path: str) -> bool:
    """Say whether Flask may stand here."""
    parts = path.split("/")
    return (
        parts[0] == "web"
        or "views" in parts[:-1]
        or parts[-1] == "commands.py"
        or "commands" in parts[:-1]
        or path in ("telephony/webhooks.py", "core/db.py")
    )


def flask_away_from_doors(path: str, source: str) -> list[str]:
    if is_a_door(path):
        return []
    return [f"{path}:{n} imports {name}" for n, name in imported(source) if name.startswith("flask")]


def clocks_of_their_own(path: str, source: str) -> list[str]:
    if path == "core/clock.py":
        return []
    found = []
    for node in nodes(source):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            names = {a.name for a in node.names} & {"time", "time_ns"}
            found += [f"{path}:{node.lineno} imports time.{name}" for name in sorted(names)]
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value
        name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
        if (name in ("datetime", "date", "dt") and node.attr in ("now", "utcnow", "today")) or (
            name == "time" and node.attr in ("time", "time_ns")
        ):
            found.append(f"{path}:{node.lineno} reads {name}.{node.attr}")
    return found


def impure_imports(path: str, source: str) -> list[str]:
    if not PURE_ROOM.match(path):
        return []
    found = []
    for line, name in imported(source):
        own = name.split(".")[0] in FLOOR and not (
            PURE_ROOM.match(name.replace(".", "/") + "/") or any(is_within(name, g) for g in PURE_GROUND)
        )
        if own or any(is_within(name, thing) for thing in IMPURE):
            found.append(f"{path}:{line} imports {name}")
    return found


def vendor_words(path: str, source: str) -> list[str]:
    if path.startswith(VENDOR_WORD_ALLOWED):
        return []
    words = VENDOR_ON_THE_WIRE if path in WHERE_IT_IS_CHOSEN else VENDOR_WORD
    lines = enumerate(source.splitlines(), start=1)
    return [f"{path}:{n} says {m[0].strip('_')}" for n, text in lines if (m := words.search(text))]


def overlong(path: str, source: str) -> list[str]:
    length = len(source.splitlines())
    return [f"{path} has {length} lines: two nouns?"] if length > LONGEST else []


def without_opening_sentence(path: str, source: str) -> list[str]:
    module = nodes(source)[0]
    assert isinstance(module, ast.Module)
    opening = (ast.get_docstring(module) or "").split("\n\n")[0].strip()
    return [] if opening.endswith((".", "。", "?", ")")) and len(opening) > 20 else [f"{path}: {opening!r}"]


def commits_of_their_own(path: str, source: str) -> list[str]:
    if path == "core/db.py":
        return []
    return [
        f"{path}:{node.lineno} commits"
        for node in nodes(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


# Each rule beside a module that breaks it, so that a rule which has gone blind is noticed.
RULES: list[tuple[Check, str, str]] = [
    (upward_imports, "survey/waves.py", "from hotline import shifts"),
    (upward_imports, "core/people.py", "import web.app"),
    (upward_imports, "web/app.py", "from demo.city import City"),
    (flask_away_from_doors, "survey/waves.py", "from flask import request"),
    (clocks_of_their_own, "survey/views/designer.py", "from datetime import datetime\nx = datetime.now()"),
    (clocks_of_their_own, "core/jobs.py", "import time\nx = time.time()"),
    (clocks_of_their_own, "core/jobs.py", "import datetime as dt\nx = dt.datetime.utcnow()"),
    (impure_imports, "survey/methods/raking.py", "import sqlalchemy as sa"),
    (impure_imports, "survey/calling.py", "from core import clock"),
    (impure_imports, "survey/questionnaire_paths.py", "from survey.waves import Wave"),
    (impure_imports, "hotline/staffing.py", "from core import clock"),
    (impure_imports, "hotline/risk.py", "from hotline.risk_levels import EpisodeLevel"),
    (impure_imports, "hotline/ladder.py", "import sqlalchemy as sa"),
    (vendor_words, "survey/cases.py", "call_sid = 1"),
    (vendor_words, "telephony/calls.py", "state = form['CallStatus']"),
    (vendor_words, "telephony/calls.py", "import twilio"),
    (vendor_words, "telephony/line.py", "CallSid = 1"),
    (overlong, "core/db.py", "x = 1\n" * (LONGEST + 1)),
    (without_opening_sentence, "core/db.py", "import os"),
    (commits_of_their_own, "survey/waves.py", "def f(s):\n    s.commit()"),
]


@cache
def faults() -> dict[Check, list[str]]:
    """Give each rule's faults in the whole house; every module is read once."""
    found: dict[Check, list[str]] = {check: [] for check, _, _ in RULES}
    for path, source in modules():
        for check, faulty in found.items():
            faulty += check(path, source)
    return found


@pytest.mark.parametrize("check", dict.fromkeys(rule[0] for rule in RULES), ids=lambda c: c.__name__)
def test_every_module_keeps(check: Check) -> None:
    """No module of the house breaks the rule."""
    assert faults()[check] == []


@pytest.mark.parametrize(("check", "path", "source"), RULES)
def test_a_broken_rule_is_noticed(check: Check, path: str, source: str) -> None:
    """The rule finds the fault that was planted."""
    assert check(path, source) != []


@pytest.mark.parametrize(
    ("check", "path", "source"),
    [
        (upward_imports, "survey/waves.py", "from core.db import Base"),
        (flask_away_from_doors, "survey/views/designer.py", "import flask"),
        (clocks_of_their_own, "core/jobs.py", "import time\nx = time.monotonic()"),
        (impure_imports, "survey/methods/raking.py", "import numpy\nfrom survey.methods import trimming"),
        (impure_imports, "survey/disposition.py", "from core.terms import Term"),
        (impure_imports, "hotline/risk.py", "from hotline.screener import Grade"),
        (impure_imports, "hotline/staffing_sheet.py", "from sqlalchemy.orm import Session"),
        (vendor_words, "survey/cases.py", "on_this_side = inside = outsider"),
        (vendor_words, "telephony/line.py", "from telephony.twilio.adapter import TwilioLine"),
    ],
)
def test_a_kept_rule_is_not_noticed(check: Check, path: str, source: str) -> None:
    """The rule lets pass what the house allows."""
    assert check(path, source) == []


def test_modules_are_nouns_of_the_trade() -> None:
    """No file or folder is named after technique."""
    named = {part.removesuffix(".py") for path, _ in modules() for part in path.split("/")[1:]}
    assert named & NAMES_OF_TECHNIQUE == set()


def test_benchmarks_scripts_and_the_door_open_with_a_sentence_too() -> None:
    """What stands beside the packages is readable in the same way."""
    beside = [*modules("scripts", "benchmarks")]
    beside += [(path.name, path.read_text(encoding="utf-8")) for path in sorted(ROOT.glob("*.py"))]
    assert [f for path, source in beside for f in without_opening_sentence(path, source)] == []


def owners(base: type[Base] = Base) -> dict[str, str]:
    """Say for every table which package it belongs to."""
    found: dict[str, str] = {}
    for mapper in base.registry.mappers:
        for table in mapper.tables:
            if isinstance(table, sa.Table) and mapper.local_table is table:
                found[table.name] = mapper.class_.__module__.split(".")[0]
    for module in import_every_module():
        for thing in vars(module).values():
            if isinstance(thing, sa.Table):
                found.setdefault(thing.name, module.__name__.split(".")[0])
    return found


def upward_keys(metadata: sa.MetaData, owner: dict[str, str]) -> list[str]:
    """Name the foreign keys that point to a higher floor, or to a stranger."""
    found = []
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            here, there = owner[table.name], owner[key.column.table.name]
            if FLOOR[there] > FLOOR[here] or (here, there) in STRANGERS:
                found.append(f"{table.name}.{key.parent.name} ({here}) → {key.column.table.name} ({there})")
    return sorted(found)


def test_every_table_has_an_owner_and_keys_point_downwards() -> None:
    """A foreign key never names a table of a higher package, nor of a stranger."""
    import_every_module()
    owner = owners()
    assert set(Base.metadata.tables) == set(owner)
    assert sum(len(t.foreign_keys) for t in Base.metadata.tables.values()) > 0
    assert upward_keys(Base.metadata, owner) == []


def test_an_upward_key_is_noticed() -> None:
    """A place that points to a wave is found."""
    metadata = sa.MetaData()
    sa.Table("wave", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table("place", metadata, sa.Column("wave_id", sa.ForeignKey("wave.id")))
    found = upward_keys(metadata, {"wave": "survey", "place": "core"})
    assert found == ["place.wave_id (core) → wave (survey)"]
