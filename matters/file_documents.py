"""File documents: a PDF looked into before it is taken; nothing in it may act, and its photos keep nothing but the picture.

What a camera wrote is blanked where it stands, byte for byte, so that every object of the document stays where its table
of contents says it is. What can't be looked into can't be cleaned, and is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from matters.file_pictures import NotWhole, blanked_jpeg
from matters.file_workpapers import Unsafe

MOST_UNPACKED = 32 * 1024 * 1024
PEEK = 512 * 1024
"""So much of a packed stream that is no photo is looked through for what a camera wrote."""
MOST_IN_ALL = 8 * MOST_UNPACKED
"""Nobody's paper unpacks to more; what does is made to exhaust whoever opens it."""
_NAME = re.compile(rb"/[^\s/<>\[\](){}%]+")
_ACTIVE = {b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/EmbeddedFiles", b"/RichMedia", b"/XFA", b"/Encrypt"}  # fmt: skip
_STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
_END = re.compile(rb"\r?\n?endstream")
_HEAD = 4096
_PHOTO = b"\xff\xd8\xff"
_JP2, _J2K = b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51"
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/"
_UNTOLD = (b"/ASCIIHexDecode", b"/AHx", b"/ASCII85Decode", b"/A85", b"/LZWDecode", b"/LZW", b"/RunLengthDecode", b"/RL", b"/Crypt")  # fmt: skip
"""Ways of packing that are not undone here."""
_IN_PLACE = frozenset({b"xml ", b"uuid", b"uinf"})


class CantClean(Exception):
    """A photo in a document that is packed so that it can't be cleaned."""


@dataclass(frozen=True)
class _Stream:
    head: bytes
    start: int
    end: int


def clean_pdf(data: bytes) -> bytes:
    """Return a PDF with the same pages and photos, without what cameras and programs wrote into the photos."""
    if b"%%EOF" not in data[-2048:]:
        raise NotWhole
    streams = list(_streams(data))
    _refuse_active(data, streams)
    found, room = bytearray(data), _Room(MOST_IN_ALL)
    for stream in streams:
        try:
            found[stream.start : stream.end] = _clean_stream(
                stream.head, data[stream.start : stream.end], room
            )
        except NotWhole:
            raise CantClean from None
    if len(found) != len(data) or _EXIF in found:
        raise CantClean
    return bytes(found)


def _refuse_active(data: bytes, streams: list[_Stream]) -> None:
    """Refuse scripts, programs, embedded files and locks, also where they are packed or written with escapes."""
    room = _Room(MOST_UNPACKED)
    packed = [s for s in streams if b"/ObjStm" in s.head]
    parts = [data, *(room.unpacked(data[s.start : s.end], MOST_UNPACKED) or b"" for s in packed)]
    for part in parts:
        if any(_plain_name(name) in _ACTIVE for name in _NAME.findall(part)):
            raise Unsafe


def _streams(data: bytes) -> Iterator[_Stream]:
    """Give every stream with the words before it, by its beginning and its end."""
    at = 0
    while (begin := _STREAM.search(data, at)) is not None:
        end = _END.search(data, begin.end())
        if end is None:
            raise NotWhole
        head = data[max(at, begin.start() - _HEAD) : begin.start()]
        yield _Stream(head[head.rfind(b" obj") + 1 :], begin.end(), end.start())
        at = end.end()


def _clean_stream(head: bytes, body: bytes, room: _Room) -> bytes:
    """Return a stream of the same length without what a camera or a program wrote beside the picture."""
    if body.startswith(_PHOTO):
        return blanked_jpeg(body)
    if body.startswith(_JP2):
        return _blanked_jp2(body)
    is_picture = b"/DCTDecode" in head or b"/DCT" in head or b"/JPXDecode" in head
    if b"/Metadata" in head and re.search(rb"/Type\s*/Metadata\b", head):
        return _emptied(head, body)
    if is_picture and any(way in head for way in _UNTOLD):
        raise CantClean
    inside = room.unpacked(body, MOST_UNPACKED if is_picture else PEEK) or b""
    if inside.startswith((_PHOTO, _JP2)):
        return _packed_again(inside, len(body))
    is_known = (inside or body).startswith(_J2K) or not is_picture
    if not is_known or _EXIF in inside or _XMP in inside:
        raise CantClean
    return body


class _Room:
    """How much may still be unpacked."""

    def __init__(self, left: int) -> None:
        self.left = left

    def unpacked(self, body: bytes, most: int) -> bytes | None:
        """Undo the usual packing; None where it is packed in another way or not at all."""
        try:
            found = zlib.decompressobj().decompress(body, most)
        except zlib.error:
            return None
        self.left -= len(found)
        if self.left <= 0:
            raise Unsafe
        return found


def _packed_again(inside: bytes, length: int) -> bytes:
    """Pack a photo that is clean now into the room that it had; readers stop at the end of what is packed."""
    clean = blanked_jpeg(inside) if inside.startswith(_PHOTO) else _blanked_jp2(inside)
    packed = zlib.compress(clean, 9)
    if len(packed) > length:
        raise CantClean
    return packed + b"\0" * (length - len(packed))


def _emptied(head: bytes, body: bytes) -> bytes:
    """Empty what a program wrote about a document or a picture."""
    if b"/Filter" not in head:
        return b" " * len(body)
    empty = zlib.compress(b"")
    if b"/FlateDecode" not in head or any(way in head for way in _UNTOLD) or len(empty) > len(body):
        raise CantClean
    return empty + b"\0" * (len(body) - len(empty))


def _blanked_jp2(body: bytes) -> bytes:
    """Blank the boxes of a JPEG 2000 that hold texts and what a camera wrote."""
    found, at = bytearray(body), 0
    while at + 8 <= len(body):
        length, kind, skip = int.from_bytes(body[at : at + 4], "big"), body[at + 4 : at + 8], 8
        if length == 1:
            length, skip = int.from_bytes(body[at + 8 : at + 16], "big"), 16
        end = len(body) if length == 0 else at + length
        if (length not in (0, 1) and length < skip) or end > len(body):
            raise NotWhole
        if kind in _IN_PLACE:
            found[at + 4 : at + 8] = b"free"
            found[at + skip : end] = bytes(end - at - skip)
        at = end
    return bytes(found)


def _plain_name(name: bytes) -> bytes:
    """Write a name without the escapes in which a script could hide: /J#61vaScript."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda hit: bytes([int(hit[1], 16)]), name)
