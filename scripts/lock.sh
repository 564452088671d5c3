#!/usr/bin/env bash
# Write requirements.txt and requirements-dev.txt anew from pyproject.toml: exact versions, hashes for
# every platform, one version for all supported Pythons, and no index address. Add --upgrade for newer ones.
set -euo pipefail
cd "$(dirname "$0")/.."
uv="$(command -v uv || true)"
[ -n "$uv" ] || uv="${VENV:-.venv}/bin/uv"
[ -x "$uv" ] || { echo "scripts/lock.sh needs uv on the path" >&2; exit 1; }
common=(--quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url
  --custom-compile-command "make lock" "$@")
"$uv" pip compile "${common[@]}" pyproject.toml -o requirements.txt
"$uv" pip compile "${common[@]}" --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
"${VENV:-.venv}/bin/python" scripts/check_no_index.py
