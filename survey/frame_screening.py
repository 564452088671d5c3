"""Screening a frame's file: each row can be taken, or goes to the list of rejected rows with its reason."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import secrets
from core.db import reading
from core.export import safe_cell
from core.places import Level, Place
from core.problems import Invalid
from core.terms import Words
from survey.frame import DoNotCall
from survey.frame_file import Column, FrameFile, check_mapping
from survey.frame_rows import FrameRow, Gazetteer, Rejected, RowReader

DUPLICATE = Words("与前面的行号码重复", "the same number as an earlier row")
DO_NOT_CALL = Words("号码在免打扰名单上", "the number is on the do-not-call list")


@dataclass
class ImportSummary:
    """What an import (or a dry run) found."""

    rows: int = 0
    accepted: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def rejected(self) -> int:
        """Rows that were not taken."""
        return self.rows - self.accepted

    def as_json(self) -> dict[str, object]:
        """Return the counts for storage."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "reasons": [{"zh": zh, "en": en, "rows": n} for (zh, en), n in self.reasons.most_common()],
            "kinds": dict(self.kinds),
        }


def gazetteer(session: Session) -> Gazetteer:
    """Collect the places by name and code."""
    counties: dict[str, int] = {}
    towns: dict[tuple[int, str], int] = {}
    for place in session.scalars(sa.select(Place).where(Place.level == Level.COUNTY, Place.is_current)):
        counties |= {place.name: place.id, place.code: place.id, place.name_en: place.id}
    for place in session.scalars(sa.select(Place).where(Place.level == Level.TOWNSHIP, Place.is_current)):
        for name in (place.name, place.code, place.name_en):
            towns[(place.parent_id or 0, name)] = place.id
    if not towns:
        raise Invalid(
            Words(
                "还没有县区和乡镇；请先由管理员导入地点",
                "There are no places yet; an administrator imports them first",
            )
        )
    return Gazetteer(counties, towns)


class Screening:
    """Goes through a file once: gives the rows that can be taken and writes the others to the reject file."""

    def __init__(self, file: FrameFile, mapping: dict[Column, int], reject_path: Path) -> None:
        head = file.head()
        check_mapping(mapping, head)
        self.file = file
        self.reject_path = reject_path
        self.number_column = mapping[Column.NUMBER]
        self.summary = ImportSummary()
        with reading() as session:
            self.reader = RowReader(mapping, gazetteer(session))
            self.forbidden = set(session.scalars(sa.select(DoNotCall.fingerprint)))

    def rows(self) -> Iterator[tuple[FrameRow, bytes]]:
        """Give each acceptable row with its number's fingerprint."""
        ring = secrets.keyring()
        seen: set[int] = set()
        summary = self.summary
        with self.reject_path.open("w", encoding="utf-8-sig", newline="") as out:
            rejects = csv.writer(out)
            rejects.writerow(["行号 row", "列 column", "内容 content", "原因", "reason"])
            rows = self.file.rows()
            next(rows, None)
            for line, row in enumerate(rows, start=2):
                if not any(row):
                    continue
                summary.rows += 1
                try:
                    read = self.reader.read(row)
                    fingerprint = ring.blind_index(read.e164)
                    short = int.from_bytes(fingerprint[:8], "big")  # 64 bits tell ten million numbers apart
                    if short in seen:
                        raise Rejected(Column.NUMBER, DUPLICATE)
                    if fingerprint in self.forbidden:
                        raise Rejected(Column.NUMBER, DO_NOT_CALL)
                except Rejected as error:
                    summary.reasons[(error.words.zh, error.words.en)] += 1
                    rejects.writerow([line, *self._shown(error, row), error.words.zh, error.words.en])
                    continue
                seen.add(short)
                summary.accepted += 1
                summary.kinds[read.kind.value] += 1
                yield read, fingerprint

    def _shown(self, error: Rejected, row: list[str]) -> tuple[str, object]:
        """Show the faulty content so that it can be found; a number only by its ends."""
        if error.column is None:
            return "", ""
        at = self.reader.at[error.column]
        text = row[at] if at < len(row) else ""
        if error.column is Column.NUMBER and len(text) > 6:
            text = f"{text[:3]}…{text[-2:]}"
        return f"{error.column.zh} {error.column.en}", safe_cell(text[:60])
