"""The door for the server: gunicorn wsgi:app, and the commands of `flask`."""

from __future__ import annotations

import os

from core.settings import Settings
from web.app import create_app

app = create_app(Settings.from_env(os.environ))
