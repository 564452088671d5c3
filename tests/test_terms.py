"""One word in both languages, everywhere: terms, sentences in Python, pages and scripts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.terms import Term
from tests.factories import all_models

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("core", "telephony", "matters", "survey", "hotline", "reports", "web", "demo")
HAN = re.compile(r"[\u3400-\u9fff]")
FREE = re.compile(r"[A-Za-z]")
STRING = r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
CALL = re.compile(rf"(?<![\w.])t\(\s*{STRING}\s*,\s*{STRING}")
PAIR = re.compile(rf"\bzh:\s*{STRING}\s*,\s*en:\s*{STRING}")
ANY_CALL = re.compile(r"(?<![\w.$-])t\(\s*(?=[\"'`])")
PLACE = re.compile(r"\{(\w*)")
DATES = {"year", "month", "day", "on"}
"""Dates are written in each language's own way, so their places may differ."""


def families(kind: type[Term]) -> Iterator[type[Term]]:
    """Yield every kind of term."""
    for child in kind.__subclasses__():
        yield child
        yield from families(child)


def problems_of(zh: str, en: str) -> list[str]:
    """Say what is wrong with a pair."""
    wrong = []
    if not HAN.search(zh) and FREE.search(PLACE.sub("", zh)):
        wrong.append("no Chinese in the Chinese")
    if HAN.search(en):
        wrong.append("Chinese in the English")
    if set(PLACE.findall(zh)) - DATES != set(PLACE.findall(en)) - DATES:
        wrong.append("different {places}")
    return wrong


def test_every_term_has_labels_in_both_languages() -> None:
    all_models()
    wrong = [
        f"{kind.__module__}.{member!r}: {problem}"
        for kind in families(Term)
        for member in kind
        for problem in (
            problems_of(member.zh, member.en)
            if member.zh.strip() and member.en.strip()
            else ["a label is empty"]
        )
        if problem != "no Chinese in the Chinese" or member.zh != member.en
    ]
    assert not wrong, "\n".join(wrong)


def python_pairs(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the pairs of t(…) and Words(…) in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in ("t", "Words") or len(node.args) < 2:
            continue
        first, second = node.args[:2]
        if isinstance(first, ast.Constant) and isinstance(second, ast.Constant):
            yield node.lineno, str(first.value), str(second.value)


def modules() -> list[Path]:
    """Return every module of the house."""
    return [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))]


def pages() -> list[Path]:
    """Return every page and script of our own."""
    scripts = list((ROOT / "web/static/js").rglob("*.js"))
    return sorted([*(ROOT / "web/templates").rglob("*.html"), *scripts])


def test_every_sentence_in_python_stands_in_both_languages() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {problem}: {zh!r} / {en!r}"
        for path in modules()
        for line, zh, en in python_pairs(path)
        for problem in problems_of(zh, en)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_sentence_in_pages_and_scripts_stands_in_both_languages() -> None:
    wrong = []
    for path in pages():
        text = path.read_text(encoding="utf-8")
        pairs = {found.start(): found for found in CALL.finditer(text)}
        for found in ANY_CALL.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            pair = pairs.get(found.start())
            told = (
                ["t() wants two plain strings"] if pair is None else problems_of(pair[1][1:-1], pair[2][1:-1])
            )
            wrong += [f"{path.relative_to(ROOT)}:{line}: {problem}" for problem in told]
        for found in PAIR.finditer(text):
            told = problems_of(found[1][1:-1], found[2][1:-1])
            wrong += [f"{path.relative_to(ROOT)}: {found[0]}: {problem}" for problem in told]
    assert not wrong, "\n".join(wrong)


def bare_chinese(path: Path) -> Iterator[int]:
    """Yield the lines of a page or script with Chinese outside of t(…), comments and marked language names."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|<!--.*?-->|/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    if path.suffix == ".js":
        text = re.sub(r"(?m)(^|\s)//.*$", "", text)
    text = PAIR.sub("", CALL.sub("", text))
    for number, line in enumerate(text.splitlines(), start=1):
        if HAN.search(re.sub(r"切换到中文|中文", "", line)):
            yield number


def test_no_chinese_stands_alone_in_pages_and_scripts() -> None:
    wrong = [f"{path.relative_to(ROOT)}:{line}" for path in pages() for line in bare_chinese(path)]
    assert not wrong, "Chinese without its English:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("zh", "en", "problem"),
    [
        ("Save", "Save", "no Chinese in the Chinese"),
        ("保存", "保存", "Chinese in the English"),
        ("还差 {n} 份", "{m} short", "different {places}"),
    ],
)
def test_the_check_itself_finds_what_is_wrong(zh: str, en: str, problem: str) -> None:
    assert problem in problems_of(zh, en)
