"""Files of a matter: handed to whoever may open them, always as a download, never shown inside the house's pages."""

from __future__ import annotations

from flask import Blueprint, Response

from core import clock
from core.db import transaction
from core.people import acting
from core.permissions import Permission, require
from matters import attachments, desk, portal
from matters.keeping_away import in_sight
from matters.matter import Matter

blueprint = Blueprint("unit_files", __name__)


@blueprint.get("/handling/<receipt>/files/<int:file>")
@require(Permission.MATTER_HANDLE)
def own(receipt: str, file: int) -> Response:
    """Hand a unit one of its own files."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        matter = portal.one(session, staff, receipt)
        found, data = attachments.read(session, matter, file, by=staff, at=at)
        return _download(matter, found, data)


@blueprint.get("/matters/<receipt>/files/<int:file>")
@require(Permission.MATTER_READ)
def at_desk(receipt: str, file: int) -> Response:
    """Hand the centre or a supervision office a file of any unit."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        matter = in_sight(session, staff, desk.by_receipt(session, receipt))
        found, data = attachments.read(session, matter, file, by=staff, at=at)
        return _download(matter, found, data)


def _download(matter: Matter, found: attachments.MatterAttachment, data: bytes) -> Response:
    answer = Response(data, mimetype=found.format.mimetype)
    name = f"{matter.receipt}-{found.download_name}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
