"""Panels: a room's page shown by itself, or bare within the operator's page beside the talk."""

from __future__ import annotations

from flask import request


def frame() -> str:
    """Return the template that a panel extends: bare when it was asked for from within a page."""
    return "hotline/bare.html" if request.headers.get("X-Panel") == "1" else "base.html"
