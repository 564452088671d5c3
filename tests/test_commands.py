"""The terminal's door: what needs no installation works without one, everything else says what it lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BARE = {k: v for k, v in os.environ.items() if not k.startswith(("TINGMIN_", "FLASK_"))}
SPEC = {
    "data": "apistrat.csv",
    "design": {"strata": "stype", "weights": "pw", "fpc": "fpc"},
    "estimand": {"stat": "mean", "vars": "api00"},
}


def flask(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would, in a checkout that is not set up."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT,
        env=BARE,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_statistician_needs_no_installation(tmp_path: Path) -> None:
    (tmp_path / "apistrat.csv").write_bytes(
        (ROOT / "tests/reference/statistics/data/apistrat.csv").read_bytes()
    )
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    done = flask("survey", "estimate", str(tmp_path / "spec.json"))
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)["rows"][0]
    # R survey 4.5: svymean(~api00, dstrat) gives 662.29 with SE 9.4089.
    assert (round(row["estimate"], 2), round(row["se"], 4)) == (662.29, 9.4089)


def test_what_needs_an_installation_says_so() -> None:
    done = flask("survey", "rebuild-cube")
    assert done.returncode == 1
    assert "needs an installation" in done.stderr


def test_a_server_never_starts_without_settings() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"], cwd=ROOT, env=BARE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "TINGMIN_DATABASE_URL is missing" in done.stderr
