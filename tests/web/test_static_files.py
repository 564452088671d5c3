"""Browsers keep styles and scripts, and get new ones as soon as a file changes."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask, url_for
from werkzeug.datastructures import Headers

from web.static_files import fingerprint


def asked(app: Flask, address: str, headers: dict[str, str] | None = None) -> tuple[int, Headers]:
    with app.test_client().get(address, headers=headers) as answer:
        return answer.status_code, answer.headers


def test_a_marked_address_is_kept_for_a_year(app: Flask) -> None:
    with app.test_request_context():
        address = url_for("static", filename="js/page.js")
    assert re.fullmatch(r"/static/[0-9a-f]{12}/js/page\.js", address)
    status, headers = asked(app, address)
    assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    status, _ = asked(app, address, {"If-None-Match": headers["ETag"]})
    assert status == 304


def test_other_addresses_are_asked_for_anew(app: Flask) -> None:
    for address in ("/static/js/page.js", "/static/0123456789ab/js/page.js"):
        status, headers = asked(app, address)
        assert (status, headers["Cache-Control"]) == (200, "no-cache")
    for nowhere in ("js/none.js", "../app.py"):
        assert asked(app, f"/static/0123456789ab/{nowhere}")[0] == 404


def test_the_mark_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    sheet = tmp_path / "css" / "base.css"
    sheet.write_text("p { margin: 0; }")
    before = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == before
    sheet.write_text("p { margin: 1px; }")
    changed = fingerprint(tmp_path)
    sheet.rename(tmp_path / "css" / "page.css")
    assert len({before, changed, fingerprint(tmp_path)}) == 3


def test_scripts_ask_for_their_neighbours_under_the_same_mark(app: Flask) -> None:
    folder = Path(app.static_folder or "")
    rooted = [f.name for f in (folder / "js").rglob("*.js") if '"/static/' in f.read_text(encoding="utf-8")]
    assert not rooted, f"these name an address without its mark: {rooted}"
