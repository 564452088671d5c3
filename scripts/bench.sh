#!/usr/bin/env bash
# Run every benchmark, or those named; each prints one JSON line per measurement.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$#" = 0 ]; then
  for file in benchmarks/[a-z]*.py; do
    [ -e "$file" ] || { echo "there are no benchmarks in this checkout" >&2; exit 1; }
    set -- "$@" "$(basename "$file" .py)"
  done
fi
failed=0
for name in "$@"; do
  echo "· $name" >&2
  "${VENV:-.venv}/bin/python" -m "benchmarks.$name" || { echo "✗ $name failed" >&2; failed=1; }
done
exit "$failed"
