"""Panels: a room's page shown by itself, or bare within the operator's page beside the talk."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from core.problems import Invalid, Problem


def panel(page: str, token: str, wrong: Problem | None = None, **shown: Any) -> str:
    """Show a page of a talk: bare when it was asked for from within a page, with what is `wrong` said on it."""
    is_within = request.headers.get("X-Panel") == "1"
    return render_template(
        page,
        frame="hotline/bare.html" if is_within else "base.html",
        token=token,
        wrong=wrong.words if wrong else None,
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
        **shown,
    )
