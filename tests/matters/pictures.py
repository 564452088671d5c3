"""Pictures and papers for tests, made byte by byte: with places and names hidden in them where cameras hide them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

HIDDEN = b"GPS 39.9042N 116.4074E by LINGHU"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def a_png(*, width: int = 4, hidden: bytes = b"") -> bytes:
    """Make a small picture, with a text in it where asked for."""
    rows = b"".join(b"\0" + bytes([40 * x % 256, 90, 160]) * width for x in range(width))
    more = _chunk(b"tEXt", b"Comment\0" + hidden) + _chunk(b"eXIf", b"MM\0*" + hidden) if hidden else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0))
        + more
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
        + hidden
    )


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int, *, order: str = ">") -> bytes:
    """Write what a camera writes: which way is up, and where it was."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    entries += struct.pack(order + "HHII", 0x010E, 2, len(HIDDEN), 38)
    return (
        b"Exif\0\0" + mark + struct.pack(order + "IH", 8, 2) + entries + struct.pack(order + "I", 0) + HIDDEN
    )


def a_jpeg(*, orientation: int = 6, order: str = ">") -> bytes:
    """Make the smallest grey JPEG with all that hides in a photo: place, thumbnail, comment, afterword."""
    quant = _segment(0xDB, b"\0" + bytes([16] * 64))
    frame = _segment(0xC0, struct.pack(">BHHBBBB", 8, 8, 8, 1, 1, 0x11, 0))
    direct = _segment(0xC4, b"\0" + bytes([0, 1] + [0] * 14) + b"\0")
    others = _segment(0xC4, b"\x10" + bytes([0, 1] + [0] * 14) + b"\0")
    scan = _segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x0f\xff\x00\x7f"
    return (
        b"\xff\xd8"
        + _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + _segment(0xE1, exif(orientation, order=order))
        + _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + HIDDEN)
        + _segment(0xED, b"Photoshop 3.0\0" + HIDDEN)
        + _segment(0xFE, HIDDEN)
        + quant
        + frame
        + direct
        + others
        + scan
        + b"\xff\xd9"
        + HIDDEN
    )


def a_pdf(*, inside: bytes = b"") -> bytes:
    """Make the frame of a PDF with something in it."""
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog "
        + inside
        + b" >>\nendobj\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n"
    )


def packed(inside: bytes) -> bytes:
    """Put objects into a packed stream, where a plain search does not find them."""
    body = zlib.compress(inside)
    return b">>\nendobj\n2 0 obj\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + body + b"\nendstream"


def a_workpaper(
    kind: str = "docx", types: bytes = b"<Types/>", parts: dict[str, bytes] | None = None, **more: bytes
) -> bytes:
    """Make a Word or Excel package with more parts; __ stands for a slash and _ for a dot in their names."""
    main = "word/document.xml" if kind == "docx" else "xl/workbook.xml"
    content = {"[Content_Types].xml": types, main: b"<x/>", **(parts or {})}
    content.update({name.replace("__", "/").replace("_", "."): body for name, body in more.items()})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in content.items():
            package.writestr(name, body)
    return out.getvalue()


def a_stream(head: bytes, body: bytes) -> bytes:
    """Make an object of a PDF that holds a stream."""
    return b"9 0 obj\n<< %b /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (head, len(body), body)


def a_paper(*objects: bytes) -> bytes:
    """Make a PDF of objects with a right table of contents."""
    found, places = b"%PDF-1.7\n", []
    for each in objects:
        places.append(len(found))
        found += each
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return found + b"xref\n0 %d\n%btrailer\n<<>>\nstartxref\n%d\n%%%%EOF\n" % (len(places), table, len(found))


def a_jp2(hidden: bytes) -> bytes:
    """Make the boxes of a JPEG 2000 picture, with texts in two of them."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body) + 8) + kind + body

    return b"".join(
        (
            box(b"jP  ", b"\r\n\x87\n"),
            box(b"xml ", b"<gps>" + hidden),
            box(b"uuid", b"JpgTiffExif->JP2" + hidden),
            box(b"jp2c", b"\xff\x4f\xff\x51 picture"),
        )
    )
