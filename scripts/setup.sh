#!/usr/bin/env bash
# Prepare this checkout: a Python, a virtual environment, and the pinned libraries.
#   scripts/setup.sh run   what the demonstration needs
#   scripts/setup.sh test  that, the checkers, and the programs some tests want
# Everything it installs it names first; what it may not install it asks for in plain words.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose="${1:-run}"
case "$purpose" in
  run) requirements=requirements.txt ;;
  test) requirements=requirements-dev.txt ;;
  *) echo "usage: scripts/setup.sh [run|test]" >&2; exit 2 ;;
esac
home="${VENV:-.venv}"

say() { printf '· %s\n' "$*"; }
wrong() { printf '✗ %s\n' "$*" >&2; }

# ---- system packages ----------------------------------------------------------------------------

as_root=()
may_install=no
if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then
    may_install=yes
  elif command -v sudo >/dev/null 2>&1; then
    # Without a terminal nobody can type a password, so only a free sudo counts.
    if sudo -n true 2>/dev/null || { [ -t 0 ] && [ -z "${CI:-}" ]; }; then
      as_root=(sudo)
      may_install=yes
    fi
  fi
fi

# A machine without a way out should hear so within a minute.
patience=(-o DPkg::Lock::Timeout=60 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o Acquire::Retries=1)
lists_are_fresh=no
install_packages() { # names…; fails without noise beyond apt's own last words
  [ "$may_install" = yes ] || return 1
  if [ "$lists_are_fresh" = no ]; then
    "${as_root[@]}" apt-get update -qq "${patience[@]}" >/dev/null 2>&1 || true
    lists_are_fresh=yes
  fi
  local log
  log="$(mktemp)"
  if "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${patience[@]}" "$@" </dev/null >"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  tail -n 3 "$log" >&2
  rm -f "$log"
  return 1
}

# ---- Python -------------------------------------------------------------------------------------

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
  local name
  for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null 2>&1 && is_new_enough "$name"; then
      # A shim may point elsewhere tomorrow; the interpreter itself does not.
      "$name" -c 'import os, sys; print(os.path.realpath(sys.executable))'
      return 0
    fi
  done
  return 1
}

can_make_environments() { "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }

uv="$(command -v uv || true)"
python="$(find_python || true)"

if [ -z "$python" ] && [ ! -x "$home/bin/python" ]; then
  for package in python3 python3.13 python3.12 python3.11; do
    [ "$may_install" = yes ] || break
    say "no Python 3.11 or newer: installing the system packages $package and $package-venv"
    install_packages "$package" "$package-venv" || continue
    python="$(find_python || true)"
    [ -z "$python" ] || break
  done
  if [ -z "$python" ] && [ -z "$uv" ]; then
    wrong "Tingmin needs Python 3.11 or newer and this machine has none."
    wrong "Install it (on Debian 12, Ubuntu 24.04 or newer: sudo apt-get install python3 python3-venv) and try again."
    exit 1
  fi
fi

# ---- virtual environment ------------------------------------------------------------------------

if [ -e "$home" ] && ! is_new_enough "$home/bin/python"; then
  say "the environment in $home does not work any more: making it anew"
  rm -rf "$home"
fi

if [ ! -x "$home/bin/python" ]; then
  if [ -n "$uv" ]; then
    say "making a virtual environment in $home with uv"
    "$uv" venv --quiet --python "${python:->=3.11}" "$home"
  else
    if ! can_make_environments "$python"; then
      package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
      say "Python cannot make virtual environments yet: installing the system package $package"
      if ! install_packages "$package" && ! can_make_environments "$python"; then
        wrong "Could not install $package. Install it (sudo apt-get install $package) and try again."
        exit 1
      fi
    fi
    say "making a virtual environment in $home with $("$python" --version)"
    "$python" -m venv "$home"
  fi
fi

# ---- pinned libraries ---------------------------------------------------------------------------

# The fingerprint is of the pinned list and of the interpreter: change either and it installs again.
fingerprint() { { cat "$1"; "$home/bin/python" --version; } | sha256sum | cut -d' ' -f1; }
stamp_of() { echo "$home/.installed-$1"; }
is_installed() {
  local stamp
  stamp="$(stamp_of "$1")"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$1")" ]
}

if is_installed "$requirements"; then
  say "libraries are as $requirements says"
else
  count="$(grep -c '^[A-Za-z0-9]' "$requirements")"
  if [ -n "$uv" ]; then
    say "installing $count pinned libraries from $requirements with uv"
    "$uv" pip install --quiet --python "$home/bin/python" --require-hashes -r "$requirements"
  else
    # An environment uv made has no pip of its own.
    "$home/bin/python" -m pip --version >/dev/null 2>&1 || "$home/bin/python" -m ensurepip >/dev/null
    say "installing $count pinned libraries from $requirements with pip (a minute or two the first time)"
    "$home/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
      --only-binary :all: --require-hashes -r "$requirements"
  fi
  fingerprint "$requirements" >"$(stamp_of "$requirements")"
  # The longer list contains the shorter one, so having it is having both.
  if [ "$purpose" = test ]; then fingerprint requirements.txt >"$(stamp_of requirements.txt)"; fi
fi

# ---- what some pages and some tests want --------------------------------------------------------

has_chromium() { command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
  command -v google-chrome >/dev/null 2>&1; }
has_cjk_fonts() { [ -n "$(find /usr/share/fonts "${HOME:-/}/.fonts" "${HOME:-/}/.local/share/fonts" \
  -iname '*CJK*' -print -quit 2>/dev/null)" ]; }
has_pango() { [ -n "$(find /usr/lib /usr/local/lib /lib -name 'libpangoft2-1.0.so.0*' -print -quit 2>/dev/null)" ]; }
has_postgresql() { command -v initdb >/dev/null 2>&1 ||
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }

want() { # check, package, what is skipped without it
  "$1" && return 0
  if [ "$may_install" = yes ]; then
    say "installing the system package $2 (without it, $3)"
    if install_packages "$2" && "$1"; then return 0; fi
  fi
  say "no $2 here: $3. To have them: sudo apt-get install $2"
}

want has_cjk_fonts fonts-noto-cjk "bulletins can't be printed, and Chinese may show as boxes in browser tests"
want has_pango libpangoft2-1.0-0 "bulletins can't be printed as PDF"

[ "$purpose" = test ] || exit 0

# The shell without a window is lighter; where it is not packaged (Ubuntu), the whole browser does.
browser=chromium
apt-cache show chromium-headless-shell >/dev/null 2>&1 && browser=chromium-headless-shell
want has_chromium "$browser" "tests in a real browser are skipped"
want has_postgresql postgresql "tests on PostgreSQL are skipped"
