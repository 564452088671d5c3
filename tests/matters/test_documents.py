"""Photos inside PDFs keep their picture and nothing else; what can't be cleaned is refused with a word that says so."""

from __future__ import annotations

import base64
import re
import zlib

import pytest

from core.problems import Invalid
from matters.file_documents import MOST_IN_ALL, MOST_UNPACKED
from matters.file_formats import CANT_CLEAN, HAS_MACROS, FileFormat, cleaned
from matters.file_pictures import clean_jpeg
from tests.matters.pictures import HIDDEN, a_jp2, a_jpeg, a_paper, a_stream

DCT = b"/Type /XObject /Subtype /Image /Filter /DCTDecode"
XMP = b"<?xpacket begin=''?><x:xmpmeta>" + HIDDEN + b"</x:xmpmeta>"


def bodies(paper: bytes) -> list[bytes]:
    """Return the streams of a paper."""
    return re.findall(rb"stream\n(.*?)\nendstream", paper, re.DOTALL)


def places(paper: bytes) -> list[int]:
    """Return where the table of contents says the objects are."""
    return [int(place) for place in re.findall(rb"(\d{10}) 00000 n", paper)]


@pytest.mark.parametrize("order", [">", "<"])
def test_a_photo_as_it_came_from_the_camera_is_blanked_where_it_stands(order: str) -> None:
    photo = a_jpeg(order=order)
    paper = a_paper(a_stream(DCT, photo), a_stream(b"", b"BT (text) Tj ET"), a_stream(DCT, a_jpeg()))
    kind, clean = cleaned(paper)
    assert kind is FileFormat.PDF
    assert HIDDEN in paper
    assert HIDDEN not in clean
    assert b"Exif\0\0" not in clean
    assert len(clean) == len(paper)
    assert all(clean[at:].startswith(b"9 0 obj") for at in places(clean))
    assert bodies(clean)[1] == b"BT (text) Tj ET"
    first = bodies(clean)[0]
    # The same picture: its tables, frame and data stand as they stood, byte for byte.
    for marker in (b"\xff\xdb", b"\xff\xc0", b"\xff\xc4", b"\xff\xda"):
        at = photo.index(marker)
        assert first[at : at + 14] == photo[at : at + 14]
    assert clean_jpeg(first).startswith(b"\xff\xd8\xff\xe0")
    assert cleaned(clean)[1] == clean


def test_a_photo_packed_once_more_is_unpacked_and_packed_again() -> None:
    head = b"/Subtype /Image /Filter [/FlateDecode /DCTDecode]"
    paper = a_paper(a_stream(head, zlib.compress(a_jpeg(), 0)), a_stream(DCT, a_jpeg()))
    clean = cleaned(paper)[1]
    assert len(clean) == len(paper)
    inside = zlib.decompressobj().decompress(bodies(clean)[0])
    assert inside.startswith(b"\xff\xd8\xff")
    assert HIDDEN not in inside
    assert len(inside) == len(a_jpeg())


def test_other_pictures_and_what_programs_wrote_are_emptied() -> None:
    meta = b"/Type /Metadata /Subtype /XML"
    paper = a_paper(
        a_stream(b"/Subtype /Image /Filter /JPXDecode", a_jp2(HIDDEN)),
        a_stream(meta, XMP),
        a_stream(meta + b" /Filter /FlateDecode", zlib.compress(XMP)),
        a_stream(b"/Filter /FlateDecode", zlib.compress(b"\0\1\2" * 5000)),
    )
    clean = cleaned(paper)[1]
    assert HIDDEN not in clean
    assert len(clean) == len(paper)
    jp2, plain, packed, raster = bodies(clean)
    assert jp2.count(b"free") == 2
    assert b"picture" in jp2
    assert plain.strip() == b""
    assert zlib.decompressobj().decompress(packed) == b""
    assert raster == bodies(paper)[3]


REFUSED = {
    "a photo written as letters": a_stream(
        b"/Filter [/ASCII85Decode /DCTDecode]", base64.a85encode(a_jpeg())
    ),
    "a photo in the page's own text": a_stream(
        b"/Filter /FlateDecode", zlib.compress(b"q BI /F /DCT ID " + a_jpeg() + b" EI Q")
    ),
    "a photo cut short": a_stream(DCT, a_jpeg()[:150]),
    "a photo behind something else": a_stream(DCT, b"\n\n" + a_jpeg()),
    "a photo in no object at all": b"% " + a_jpeg() + b"\n",
    "words in a packing of its own": a_stream(b"/Type /Metadata /Filter /LZWDecode", b"\x80\x0b\x60" * 9),
    "a photo that leaves no room": a_stream(b"/Filter [/FlateDecode /DCTDecode]", b"x\xda"),
}


@pytest.mark.parametrize("what", list(REFUSED))
def test_what_cant_be_cleaned_is_refused_and_says_so(what: str) -> None:
    with pytest.raises(Invalid) as refused:
        cleaned(a_paper(REFUSED[what]))
    assert refused.value.words == CANT_CLEAN


def test_a_paper_made_to_exhaust_its_reader_is_refused() -> None:
    bomb = zlib.compress(bytes(MOST_UNPACKED))
    many = [a_stream(b"/Filter [/FlateDecode /DCTDecode]", zlib.compress(a_jpeg() + bytes(MOST_UNPACKED)))]
    assert MOST_IN_ALL // MOST_UNPACKED < 10
    with pytest.raises(Invalid):
        cleaned(a_paper(*many * 10))
    with pytest.raises(Invalid) as refused:
        cleaned(a_paper(a_stream(b"/Type /ObjStm /Filter /FlateDecode", bomb)))
    assert refused.value.words == HAS_MACROS
