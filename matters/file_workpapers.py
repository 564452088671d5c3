"""File workpapers: Word and Excel files looked into before they are taken; no macros, objects or outside templates."""

from __future__ import annotations

import io
import re
import zipfile

from matters.file_pictures import NotWhole, clean_jpeg, clean_png

MOST_PARTS = 2_000
MOST_UNPACKED = 100 * 1024 * 1024
_MAIN = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_ACTIVE_PART = re.compile(
    r"vba|macro|activex|/embeddings/|/ctrlprops/|/externallinks/|oleobject", re.IGNORECASE
)
_ACTIVE_TYPE = re.compile(rb"macroEnabled|vbaProject|activeX|oleObject", re.IGNORECASE)
_OUTSIDE = re.compile(
    rb"<[^>]*(?:attachedTemplate|oleObject|frame|externalLink)[^>]*TargetMode\s*=\s*[\"']External|"
    rb"<[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*(?:attachedTemplate|oleObject|frame|externalLink)",
    re.IGNORECASE,
)


class Unsafe(Exception):
    """A file that could do something, or, as a stranger, one of a kind that is not taken."""

    def __init__(self, *, is_stranger: bool = False) -> None:
        self.is_stranger = is_stranger
        super().__init__()


def clean_workpaper(data: bytes) -> tuple[str, bytes]:
    """Say which kind of workpaper a package is and return it with its pictures made clean."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            kind = _kind(parts)
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise Unsafe
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as clean:
                for part in parts:
                    clean.writestr(part.filename, _part(package, part))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError):
        raise NotWhole from None
    return kind, out.getvalue()


def _kind(parts: list[zipfile.ZipInfo]) -> str:
    names = {part.filename for part in parts}
    kinds = {_MAIN[name] for name in names & set(_MAIN)}
    if len(kinds) != 1 or "[Content_Types].xml" not in names:
        raise Unsafe(is_stranger=True)
    for part in parts:
        is_odd = part.filename.startswith("/") or ".." in part.filename.split("/") or part.flag_bits & 1
        if is_odd or _ACTIVE_PART.search("/" + part.filename):
            raise Unsafe
    return kinds.pop()


def _part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    with package.open(part) as opened:  # what a package says of its sizes need not be true
        body = opened.read(part.file_size + 1)
    if len(body) != part.file_size:
        raise NotWhole
    if part.filename == "[Content_Types].xml" and _ACTIVE_TYPE.search(body):
        raise Unsafe
    if part.filename.endswith(".rels") and _OUTSIDE.search(body):
        raise Unsafe
    if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in body[:4096]:
        raise Unsafe
    if body.startswith(b"\xff\xd8\xff"):
        return clean_jpeg(body)
    return clean_png(body) if body.startswith(b"\x89PNG\r\n\x1a\n") else body
