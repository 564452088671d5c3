"""The door for the server: gunicorn wsgi:app, and the commands of `flask`."""

from __future__ import annotations

import gc
import os

# Before anything loads numpy: a page's sums are small, and threads for them only wait for each other.
_is_terminal = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
if not _is_terminal:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from flask import Flask  # noqa: E402

from core.settings import Settings  # noqa: E402
from survey.commands import survey  # noqa: E402
from web.app import create_app  # noqa: E402


def _without_a_house() -> Flask:
    """Offer the commands that need no installation: a statistician's desk has files, not a database."""
    desk = Flask("desk", static_folder=None)
    desk.cli.add_command(survey)
    return desk


_is_set_up = any(name.startswith("TINGMIN_") for name in os.environ)
# Only at the terminal, where a command says for itself what it lacks; a server without settings must not start.
app = create_app(Settings.from_env(os.environ)) if _is_set_up or not _is_terminal else _without_a_house()

if not _is_terminal:
    # What is loaded by now stays: searching it for garbage again and again would stop the server for half a second.
    gc.collect()
    gc.freeze()
