"""The top bar: which doors this person has, and which one they stand in."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, g, request, url_for
from werkzeug.exceptions import HTTPException

from core import clock
from core.db import reading
from core.doors import Door
from core.people import Staff, acting_or_none


@dataclass(frozen=True)
class OpenDoor:
    """A door as the top bar shows it."""

    door: Door
    url: str
    label: str
    count: int | None


def doors_of(staff: Staff) -> list[Door]:
    """Return the doors that open for a person, in order."""
    doors: list[Door] = current_app.config["DOORS"]
    return [door for door in doors if door.opens_for(staff)]


def doors_here() -> list[OpenDoor]:
    """Return the top bar of the person at the screen, with what waits behind each door."""
    staff = acting_or_none()
    if staff is None:
        return []
    if "open_doors" not in g:
        mine = doors_of(staff)
        counts: dict[str, int] = {}
        if any(door.count for door in mine):
            with reading() as session:
                counts = {d.endpoint: d.count(session, staff, clock.now()) for d in mine if d.count}
        g.open_doors = [
            OpenDoor(door, url_for(door.endpoint), str(door.words), counts.get(door.endpoint))
            for door in mine
        ]
    found: list[OpenDoor] = g.open_doors
    return found


def active_door() -> str | None:
    """Return the address of the door that the present page lies behind: the longest that fits."""
    fitting = [
        o.url
        for o in doors_here()
        if request.path == o.url or request.path.startswith(o.url.rstrip("/") + "/")
    ]
    return max(fitting, key=len, default=None)


def page_here() -> str:
    """Return the address of the present page, to come back to: after a form was refused, the form's own page."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    try:
        current_app.create_url_adapter(request).match(request.path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return url_for("home.first")
    return request.path


def public_doors() -> list[OpenDoor]:
    """Return the doors that residents may use without signing in."""
    doors: list[Door] = current_app.config["DOORS"]
    return [
        OpenDoor(door, url_for(door.endpoint), str(door.words), None)
        for door in doors
        if door.permission is None
    ]
