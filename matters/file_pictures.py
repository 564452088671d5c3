"""File pictures: a JPEG or PNG rebuilt from its picture alone, without place, time, camera, thumbnail or afterword."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

LARGEST_SIDE = 20_000
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS, _EOI, _SOI = 0xDA, 0xD9, 0xD8
_SHOWN = frozenset({0xC4, 0xCC, 0xDB, 0xDD, _SOS}) | _SOF
_APP_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""What a picture needs to be shown right: its frame, its colours."""
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs", b"bKGD", b"iCCP"}  # fmt: skip
_ORIENTATION = 0x0112


class NotWhole(Exception):
    """A file that ends early or contradicts itself."""


def clean_jpeg(data: bytes) -> bytes:
    """Return a JPEG of the same picture with nothing else in it but which way is up."""
    kept: list[bytes] = []
    orientation = 1
    seen: set[int] = set()
    for marker, _, piece in _segments(data):
        if marker == 0xE1:
            orientation = _orientation(piece) or orientation
        elif marker in _SHOWN or (marker in _APP_KEPT and piece[4:].startswith(_APP_KEPT[marker])):
            kept.append(piece)
        if marker in _SOF:
            height, width = struct.unpack(">HH", piece[5:9])
            _check_size(width, height)
            marker = 0xC0
        seen.add(marker)
    if not {0xC0, _SOS, _EOI} <= seen:
        raise NotWhole
    upright = _upright(orientation) if orientation != 1 else b""
    at = 1 if kept and kept[0][1] == 0xE0 else 0
    return b"".join((b"\xff\xd8", *kept[:at], upright, *kept[at:], b"\xff\xd9"))


def blanked_jpeg(data: bytes) -> bytes:
    """Return a JPEG of the same length in which all but the picture and its colours is blank, where it stands."""
    found = bytearray(data)
    for marker, at, piece in _segments(data):
        is_kept = marker in _SHOWN or (marker in _APP_KEPT and piece[4:].startswith(_APP_KEPT[marker]))
        if marker == _EOI:
            found[at + 2 :] = bytes(len(data) - at - 2)
        elif not is_kept:
            found[at + 4 : at + len(piece)] = bytes(len(piece) - 4)
    return bytes(found)


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Give each part of a JPEG with its marker and place; the picture's own data go with their head, no afterword is given."""
    at = 2
    while at + 4 <= len(data) or data[at : at + 2] == b"\xff\xd9":
        if data[at] != 0xFF:
            raise NotWhole
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker == _EOI:
            yield marker, at, b"\xff\xd9"
            return
        end = at + 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
        if end > len(data) or end < at + 4:
            raise NotWhole
        if marker == _SOS:
            end = _end_of_scan(data, end)
        yield marker, at, data[at:end]
        at = end
    raise NotWhole


def _end_of_scan(data: bytes, at: int) -> int:
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotWhole
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at


def _orientation(piece: bytes) -> int | None:
    """Read which way is up from what the camera wrote; nothing else of it."""
    body = piece[4:]
    if not body.startswith(b"Exif\0\0") or len(body) < 20:
        return None
    tiff = body[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        first = struct.unpack(order + "I", tiff[4:8])[0]
        count = struct.unpack(order + "H", tiff[first : first + 2])[0]
        for n in range(min(count, 200)):
            entry = tiff[first + 2 + 12 * n : first + 14 + 12 * n]
            if struct.unpack(order + "H", entry[:2])[0] == _ORIENTATION:
                found = int(struct.unpack(order + "H", entry[8:10])[0])
                return found if 1 <= found <= 8 else None
    except struct.error:
        pass
    return None


def _upright(orientation: int) -> bytes:
    """Write the smallest note that says which way is up."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    body = b"Exif\0\0MM\0\x2a" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def clean_png(data: bytes) -> bytes:
    """Return a PNG of the same picture without its texts, times and afterwords."""
    kept = [data[:8]]
    kinds: list[bytes] = []
    at = 8
    while at + 12 <= len(data):
        length = int(struct.unpack(">I", data[at : at + 4])[0])
        end = at + 12 + length
        kind, body = data[at + 4 : at + 8], data[at + 8 : end - 4]
        if end > len(data) or zlib.crc32(kind + body) != struct.unpack(">I", data[end - 4 : end])[0]:
            raise NotWhole
        if not kinds:
            if kind != b"IHDR" or length != 13:
                raise NotWhole
            _check_size(*struct.unpack(">II", body[:8]))
        kinds.append(kind)
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        elif not kind[0] & 0x20:  # an unknown chunk that the picture can't be shown without
            raise NotWhole
        at = end
        if kind == b"IEND":
            break
    if b"IDAT" not in kinds or kinds[-1] != b"IEND":
        raise NotWhole
    return b"".join(kept)


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise NotWhole
