"""Nothing typed is lost: a form that could not be taken now comes back, ready to be sent again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

BIGGEST = 200_000
HOLDS = 24 * 3600
_CODE = re.compile(r"[a-z0-9_.:/-]{1,60}")
_DROPPED = ("csrf_token", "kept", "password", "code")


@dataclass(frozen=True)
class KeptForm:
    """A typed form: where it was going, and its fields."""

    path: str
    fields: list[tuple[str, str]]
    staff_id: int | None
    had_files: bool

    @property
    def written(self) -> list[str]:
        """What somebody wrote in their own words: the codes of choices would tell them nothing."""
        return [value for name, value in self.fields if is_written(name, value)]


def is_written(name: str, value: str) -> bool:
    """Say whether a field holds somebody's own words, and not a choice, or what stood there before (`seen`)."""
    return name != "seen" and bool(value.strip()) and not _CODE.fullmatch(value)


def _is_ours() -> bool:
    """Say whether our own page sent the form: another site's form must not be laundered here."""
    origin = request.headers.get("Origin")
    if origin:
        return urlsplit(origin).netloc == request.host
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def fields_typed() -> list[tuple[str, str]]:
    """Return the fields of the present form, without passwords and tokens."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not any(word in name for word in _DROPPED)
    ]


def keep_form() -> str | None:
    """Return the present form as a sealed text to hide in a page, or None when it must not be kept."""
    if request.mimetype not in ("application/x-www-form-urlencoded", "multipart/form-data") or not _is_ours():
        return None
    body = {
        "path": request.full_path.rstrip("?"),
        "fields": fields_typed(),
        "staff": g.get("former_staff_id"),
        "files": bool(request.files),
    }
    if not body["fields"] or len(json.dumps(body)) > BIGGEST:
        return None
    return _sealer().dumps(body)


def open_form(text: str) -> KeptForm | None:
    """Open a kept form; None when it is too old or was changed."""
    try:
        body = _sealer().loads(text, max_age=HOLDS)
    except BadSignature:
        return None
    fields = [(str(name), str(value)) for name, value in body["fields"]]
    return KeptForm(body["path"], fields, body["staff"], body["files"])


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="kept-form")
