"""Refuse a pinned list that names a package index, forgets a hash, or leaves a version open."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTS = ("requirements.txt", "requirements-dev.txt")
OPTION = re.compile(r"^\s*-(?!-hash=)")
PINNED = re.compile(r"^[A-Za-z0-9._\[\],-]+==[^\s;]+( ;[^\\]*)? \\$")


def faults(text: str) -> list[str]:
    """Say what a pinned list does that it must not, line by line."""
    found: list[str] = []
    hashes_since_pin = 1
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        if "://" in line:
            found.append(f"line {number}: an address")
        elif OPTION.match(line):
            found.append(f"line {number}: an installer option")
        elif line.lstrip().startswith("--hash=sha256:"):
            hashes_since_pin += 1
        elif PINNED.match(line):
            if hashes_since_pin == 0:
                found.append(f"line {number}: the library before it has no hash")
            hashes_since_pin = 0
        else:
            found.append(f"line {number}: not one exact version with hashes")
    if hashes_since_pin == 0:
        found.append("the last library has no hash")
    return found


def main() -> int:
    """Check both lists and print what is wrong."""
    wrong = [
        f"{name}, {fault}" for name in LISTS for fault in faults((ROOT / name).read_text(encoding="utf-8"))
    ]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
