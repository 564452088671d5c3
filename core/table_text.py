"""The text of an uploaded table: UTF-8, or GB 18030 as older office programs write it."""

from __future__ import annotations

from core.problems import Invalid


def decoded(data: bytes, otherwise: Invalid) -> str:
    """Read the bytes of a spreadsheet's CSV; raise the given problem where they are no text."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise otherwise
