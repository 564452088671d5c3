"""Everything that the code writes into the journal has a word in both languages."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from core import journal_words
from core.flow import FLOWS
from core.terms import Words
from survey.frame import FrameState
from telephony.signals import RecordAction
from tests.factories import all_models
from tests.test_terms import problems_of
from web.app import ROOMS, _module

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", *ROOMS, "web", "demo")
WRITERS = {"write": ("journal", 1), "note_reading": ("purposes", 2)}
"""Who writes lines, under which name it is called elsewhere, and where the action stands."""
PASSED_ON = {("core/purposes.py", "action")}
"""Where an action is only handed through: its callers are looked at."""


def made() -> dict[str, list[str]]:
    """Return actions that are put together where they are written, with all that can come of each."""
    moves = [f"{flow.name}.{done.value}" for flow in FLOWS for _, done in flow.table]
    return {
        "{self.name}.{action.value}": moves,
        "matter.{deed.action}": [move for move in moves if move.startswith("matter.")],
        "recording.{action.value}": [f"recording.{action.value}" for action in RecordAction],
        "{record}.hear": ["message.hear", "talk.hear"],
        "frame.{after.value}": [f"frame.{after.value}" for after in (FrameState.READY, FrameState.RETIRED)],
    }


def written(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, action) of everything that a module journals; a pattern stands with its places."""
    text = path.read_text(encoding="utf-8")
    if not any(f"{module}.{verb}(" in text for verb, (module, _) in WRITERS.items()):
        return
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    known = vars(importlib.import_module(name))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            module, place = WRITERS.get(node.func.attr, ("", 0))
            if isinstance(node.func.value, ast.Name) and node.func.value.id == module:
                if len(node.args) > place:
                    given: ast.expr | None = node.args[place]
                else:
                    given = next((k.value for k in node.keywords if k.arg == "action"), None)
                for action in said(given, known):
                    yield node.lineno, action


def said(given: ast.expr | None, known: dict[str, object]) -> Iterator[str]:
    """Yield what an expression can come to: from what its module knows, or as it is written."""
    if given is None:
        yield "?"
    elif isinstance(given, ast.IfExp):
        yield from said(given.body, known)
        yield from said(given.orelse, known)
    else:
        text = ast.unparse(given)
        try:
            yield str(eval(text, known.copy()))
        except (NameError, AttributeError):
            yield text[2:-1] if isinstance(given, ast.JoinedStr) else f"?{text}"


def actions() -> Iterator[tuple[str, str]]:
    """Yield (where, action) of everything that the house journals."""
    patterns = made()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for line, action in written(path):
                if (name, action.removeprefix("?")) not in PASSED_ON:
                    for one in patterns.get(action, [action]):
                        yield f"{name}:{line}", one


def test_every_action_that_is_journalled_has_a_word() -> None:
    all_models()
    for room in ROOMS:
        journal_words.register(getattr(_module(f"{room}.journal_words"), "WORDS", {}))
    found = list(actions())
    assert len(found) > 100
    missing = [f"{where}: {action}" for where, action in found if journal_words.word(action) is None]
    assert not missing, "add a line to <room>/journal_words.py for\n" + "\n".join(missing)


def test_every_room_keeps_its_own_words_once_and_in_both_languages() -> None:
    seen: dict[str, str] = {}
    wrong = []
    for room in ROOMS:
        for action, words in getattr(_module(f"{room}.journal_words"), "WORDS", {}).items():
            if not re.fullmatch(r"[a-z][a-z_]*\.[a-z][a-z_]*", action) or len(action) > 60:
                wrong.append(f"{room}: {action} is no code")
            if action in seen:
                wrong.append(f"{action}: in {seen[action]} and in {room}")
            seen[action] = room
            wrong += [f"{action}: {problem}" for problem in problems_of(words.zh, words.en)]
    assert not wrong, "\n".join(wrong)


def test_a_word_is_found_by_what_people_type() -> None:
    journal_words.register({"thing.opened": Words("打开东西", "Thing opened")})
    all_codes = ["thing.opened", "staff.signed_in", "wave.open", "unheard.of"]
    assert journal_words.found("staff", all_codes) == ["staff.signed_in"]
    assert journal_words.found("打开", all_codes) == ["thing.opened"]
    assert journal_words.found("signed in", all_codes) == ["staff.signed_in"]
    assert journal_words.found("unheard", all_codes) == ["unheard.of"]
    assert journal_words.found("nothing", all_codes) == []


def test_a_move_of_a_flow_speaks_with_the_flows_own_words() -> None:
    all_models()
    word = journal_words.word("wave.open")
    assert word is not None
    assert (word.in_language("zh"), word.in_language("en")) == ("调查轮次：启动", "Wave: Open")
    assert journal_words.word("wave.fly") is None
    assert journal_words.word("nothing") is None
