"""The page of the methods: its example runs, the tests it names are there, and every verb says what it takes."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import survey.methods

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
DECISIONS = {p.name[:4] for p in (ROOT / "docs" / "decisions").glob("*.md")}


def test_the_example_runs_as_it_stands() -> None:
    [block] = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    example = doctest.DocTestParser().get_doctest(block, {}, "docs/methods.md", None, 0)
    assert len(example.examples) > 10
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_test_and_decision_the_page_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    files = list((ROOT / "tests").rglob("test_*.py"))  # two rooms may call a file by the same name
    functions = {name for p in files for name in re.findall(r"def (test_\w+)", p.read_text(encoding="utf-8"))}
    assert len(named) > 25
    assert named <= {p.stem for p in files} | functions
    assert set(re.findall(r"docs/decisions/(\d{4})", PAGE)) <= DECISIONS


def test_every_row_of_every_table_has_a_source_and_a_test() -> None:
    bare = []
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and not set(line) <= set("|- ") and "" in cells:
            bare.append(line)
    assert bare == []


@pytest.mark.parametrize("name", survey.methods.VERBS)
def test_a_verb_of_the_notebook_says_what_it_takes(name: str) -> None:
    verb = getattr(survey.methods, name)
    assert len(inspect.getdoc(verb) or "") > 20, f"{name} needs a sentence"


def test_nothing_else_is_found_there() -> None:
    with pytest.raises(AttributeError, match="guess"):
        survey.methods.guess  # noqa: B018


def test_every_public_function_has_its_sentence() -> None:
    bare = []
    for found in pkgutil.iter_modules(survey.methods.__path__):
        module = importlib.import_module(f"survey.methods.{found.name}")
        for name, each in vars(module).items():
            own = inspect.isfunction(each) and each.__module__ == module.__name__
            if own and not name.startswith("_") and not inspect.getdoc(each):
                bare.append(f"{found.name}.{name}")
    assert bare == []
