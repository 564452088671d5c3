"""File formats: which files are taken, told by their content and never by their name, and made clean of hidden facts.

A photo keeps its picture, its colours and which way is up; where and when it was taken, and by what, is left behind.
"""

from __future__ import annotations

from collections.abc import Callable

from core.problems import Invalid
from core.terms import Term, Words
from matters.file_documents import CantClean, clean_pdf
from matters.file_pictures import NotWhole, clean_jpeg, clean_png
from matters.file_workpapers import Unsafe, clean_workpaper


class FileFormat(Term):
    """What kind of file it is."""

    JPEG = "jpg", "照片（JPEG）", "Photo (JPEG)"
    PNG = "png", "图片（PNG）", "Picture (PNG)"
    PDF = "pdf", "PDF 文件", "PDF document"
    DOCX = "docx", "Word 文档", "Word document"
    XLSX = "xlsx", "Excel 表格", "Excel workbook"

    @property
    def mimetype(self) -> str:
        """What a browser is told it is."""
        return _MIMETYPES[self]

    @property
    def is_picture(self) -> bool:
        """Say whether it is looked at rather than read."""
        return self in (FileFormat.JPEG, FileFormat.PNG)


_OFFICE = "application/vnd.openxmlformats-officedocument"
_MIMETYPES = {
    FileFormat.JPEG: "image/jpeg",
    FileFormat.PNG: "image/png",
    FileFormat.PDF: "application/pdf",
    FileFormat.DOCX: f"{_OFFICE}.wordprocessingml.document",
    FileFormat.XLSX: f"{_OFFICE}.spreadsheetml.sheet",
}

NOT_TAKEN = Words(
    "只收照片（JPG、PNG）、PDF、Word（docx）和 Excel（xlsx），这个文件没有收下",
    "Photos (JPG, PNG), PDF, Word (docx) and Excel (xlsx) are taken; this file was not",
)
DAMAGED = Words("文件不完整或已损坏，没有收下", "The file is damaged or not whole; it was not taken")
HAS_MACROS = Words(
    "文件里有宏、脚本、嵌入的程序或外部链接，没有收下。请另存为普通文件再传",
    "The file holds macros, scripts, embedded objects or outside links; it was not taken. Save it as a plain file",
)

CANT_CLEAN = Words(
    "PDF 里有照片，其中的拍摄信息（地点、时间）清除不掉，没有收下。请把照片单独上传，或重新打印成 PDF 再传",
    "The PDF holds photos whose hidden facts (place, time) can't be taken out; it was not taken. Send the photos by "
    "themselves, or print the paper to a new PDF",
)


def cleaned(data: bytes) -> tuple[FileFormat, bytes]:
    """Say what a file is and return it without hidden facts; refuse what is not taken or not safe."""
    try:
        for start, kind, clean in _KINDS:
            if data.startswith(start):
                return kind, clean(data)
        if data.startswith(b"PK\x03\x04"):
            name, data = clean_workpaper(data)
            return FileFormat.of(name), data
        raise Unsafe(is_stranger=True)
    except NotWhole:
        raise Invalid(DAMAGED) from None
    except CantClean:
        raise Invalid(CANT_CLEAN) from None
    except Unsafe as unsafe:
        raise Invalid(NOT_TAKEN if unsafe.is_stranger else HAS_MACROS) from None


_KINDS: tuple[tuple[bytes, FileFormat, Callable[[bytes], bytes]], ...] = (
    (b"\xff\xd8\xff", FileFormat.JPEG, clean_jpeg),
    (b"\x89PNG\r\n\x1a\n", FileFormat.PNG, clean_png),
    (b"%PDF-", FileFormat.PDF, clean_pdf),
)
