"""The checkout is fit to be given away: no leftovers, nothing of one machine, documents that hold true."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from scripts.check_no_index import LISTS, faults
from scripts.write_glossary import GLOSSARY, renewed

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = ("web/static/vendor/", "tests/reference/", "LICENSE")
LARGEST = 3_000_000

UNWANTED = {
    "a path of someone's machine": re.compile(
        r"(?<![\w.$}-])/(?:work/(?:main|shared)|tmp|root)\b(?![.-])|/home/[a-z]"
    ),
    "a package index": re.compile(
        r"pypi\.org|pythonhosted\.org|registry\.npmjs|npm[m]irror|--(?:extra-)?index-url|--find[-]links"
    ),
    "a leftover": re.compile(
        r"\b(?:TO[D]O|FIX[M]E|X{3}|HAC[K])\b|[Ll]orem [i]psum|^(?:<{7}|>{7}) ", re.MULTILINE
    ),
    "unfinished work": re.compile(r"raise NotImplemented[E]rror"),
    "a ticket's number": re.compile(r"(?i)\b(?:issue|ticket|pull request) #\d|\((?:GH-|#)\d+\)"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE [K]EY"),
}
PLANTED = {
    "a path of someone's machine": "open('/t" + "mp/x')",
    "a package index": "https://py" + "pi.org/simple",
    "a leftover": "# TO" + "DO: later",
    "unfinished work": "raise NotImplemented" + "Error",
    "a ticket's number": "see issue #" + "12",
    "a private key": "-----BEGIN RSA PRIVATE " + "KEY-----",
}


def kept_files() -> list[Path]:
    """Return every file of ours that belongs to the checkout."""
    if (ROOT / ".git").exists():
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        names = [name for name in done.stdout.split("\0") if name]
    else:  # an unpacked archive
        names = [p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*")]
        away = (".venv/", "var/", ".mypy_cache/", ".ruff_cache/", ".pytest_cache/", ".hypothesis/", "build/")
        names = [n for n in names if not n.startswith(away) and "__pycache__" not in n]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return the text of a file, nothing for a binary one."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("what", UNWANTED)
def test_nothing_unwanted_is_kept(what: str) -> None:
    """No file of ours contains it."""
    found = []
    for path in kept_files():
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(NOT_OURS):
            found += [f"{name}: {m[0]!r}" for m in UNWANTED[what].finditer(text_of(path))]
    assert found == []


@pytest.mark.parametrize("what", UNWANTED)
def test_the_unwanted_would_be_found(what: str) -> None:
    """The pattern sees what was planted."""
    assert UNWANTED[what].search(PLANTED[what])


def test_no_file_is_too_heavy_to_carry() -> None:
    """Nobody waits for a clone because of one file."""
    assert [p.name for p in kept_files() if p.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("name", LISTS)
def test_pinned_lists_are_exact_and_name_no_index(name: str) -> None:
    """Every library has one version and its hashes, and comes from wherever the reader's installer looks."""
    assert faults((ROOT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "flask==3.1.3\n",
        "flask>=3 \\\n    --hash=sha256:0\n",
        "flask==3.1.3 \\\nlxml==6.0 \\\n    --hash=sha256:0\n",
        "--index" + "-url somewhere\n",
        "flask @ https://example.org/flask.whl\n",
    ],
)
def test_a_loose_list_is_noticed(text: str) -> None:
    """Open versions, missing hashes, options and addresses are all found."""
    assert faults(text) != []


def test_pinned_lists_hold_what_the_project_asks_for() -> None:
    """A library added to pyproject.toml is pinned too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(lines: list[str]) -> set[str]:
        found = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines)
        return {m[0].lower().replace("_", "-") for m in found if m}

    run = names((ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines())
    dev = names((ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines())
    assert names(project["dependencies"]) <= run
    assert names(project["optional-dependencies"]["dev"]) <= dev
    assert run <= dev


def test_what_is_to_be_run_can_be_run() -> None:
    """The scripts and the check are executable."""
    scripts = [ROOT / ".ci/run", *sorted((ROOT / "scripts").glob("*.sh"))]
    assert len(scripts) > 3
    assert [p.name for p in scripts if not os.access(p, os.X_OK)] == []


@pytest.mark.parametrize("script", [".ci/run", *sorted(p.name for p in (ROOT / "scripts").glob("*.sh"))])
def test_scripts_are_well_formed(script: str) -> None:
    """The shell understands every script."""
    path = ROOT / script if "/" in script else ROOT / "scripts" / script
    subprocess.run(["bash", "-n", str(path)], check=True)


def headings(text: str) -> list[int]:
    return [len(m[1]) for m in re.finditer(r"^(#+) ", text, re.MULTILINE)]


def commands(text: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]


def test_the_two_readmes_are_twins_of_one_screen() -> None:
    """Both have the same sections and commands, and are read without scrolling far."""
    english, chinese = ((ROOT / n).read_text(encoding="utf-8") for n in ("README.md", "README.zh.md"))
    assert headings(english) == headings(chinese)
    assert commands(english) == commands(chinese) != []
    assert max(len(english.splitlines()), len(chinese.splitlines())) <= 60


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link in a document of ours names a file that exists."""
    broken = []
    for path in kept_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix != ".md" or name.startswith(NOT_OURS):
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(path)):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{name} → {target}")
    assert broken == []


def test_make_targets_named_in_documents_exist() -> None:
    """A reader who types what we wrote is not told that there is no such target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {
        target
        for path in kept_files()
        if path.suffix == ".md"
        for target in re.findall(r"`make ([a-z-]+)", text_of(path))
    }
    assert named - known == set()


def test_the_glossary_says_what_the_code_says() -> None:
    """The coded vocabularies in docs/glossary.md are those of the code (`make glossary` writes them anew)."""
    text = GLOSSARY.read_text(encoding="utf-8")
    assert text == renewed(text)


def test_decisions_are_numbered_without_gaps() -> None:
    """docs/decisions holds 0001, 0002, … each with a title."""
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(p.name[:4]) for p in pages] == list(range(1, len(pages) + 1))
    assert all(text_of(p).startswith(f"# {p.name[:4]} ") for p in pages)
