"""What this installation is: version, line, database, licence."""

from __future__ import annotations

from importlib import metadata

from flask import Blueprint, current_app, render_template

from core.db import database
from core.doors import Door
from core.permissions import Permission, require

blueprint = Blueprint("about", __name__)
DOORS: list[Door] = []


def _version() -> str:
    try:
        return metadata.version("tingmin")
    except metadata.PackageNotFoundError:
        return "0.1.0"


@blueprint.get("/about")
@require(Permission.HOME)
def about() -> str:
    """Say what runs here."""
    return render_template(
        "web/about.html",
        version=_version(),
        settings=current_app.config["SETTINGS"],
        is_sqlite=database().is_sqlite,
    )
