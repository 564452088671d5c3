#!/usr/bin/env bash
# Prepare the checkout if needed, then show the demonstration city on 127.0.0.1 (PORT, default 8000).
set -euo pipefail
cd "$(dirname "$0")/.."
export PORT="${PORT:-8000}"
scripts/setup.sh run
exec "${VENV:-.venv}/bin/python" -m demo.run
