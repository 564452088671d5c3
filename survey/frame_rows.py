"""The rows of a frame's file, read into numbers with their stratum, or rejected with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.phone import BadNumber, NumberKind, read_number
from core.terms import Words
from survey.frame import Residence
from survey.frame_file import Column

KIND_WORDS = {
    "": None,
    "移动": NumberKind.MOBILE,
    "手机": NumberKind.MOBILE,
    "mobile": NumberKind.MOBILE,
    "固话": NumberKind.LANDLINE,
    "座机": NumberKind.LANDLINE,
    "固定电话": NumberKind.LANDLINE,
    "landline": NumberKind.LANDLINE,
}
RESIDENCE_WORDS = {
    "": None,
    "城": Residence.URBAN,
    "城镇": Residence.URBAN,
    "城市": Residence.URBAN,
    "urban": Residence.URBAN,
    "1": Residence.URBAN,
    "乡": Residence.RURAL,
    "农村": Residence.RURAL,
    "乡村": Residence.RURAL,
    "rural": Residence.RURAL,
    "2": Residence.RURAL,
}


class FrameRow(NamedTuple):
    """One accepted row."""

    e164: str
    kind: NumberKind
    county_id: int
    township_id: int
    residence: Residence | None
    adults: int | None


class Rejected(Exception):
    """A row that can't be taken, with the column and the reason."""

    def __init__(self, column: Column | None, words: Words) -> None:
        self.column = column
        self.words = words
        super().__init__(words.en)


SHORT = Words("这一行的列数不够", "the row has too few columns")
NO_COUNTY = Words("没有这个县区", "no such county")
NO_TOWNSHIP = Words("该县区没有这个乡镇", "no such township in that county")
BAD_KIND = Words("号码类型应为 移动 或 固话", "the kind of line should be mobile or landline")
KIND_DIFFERS = Words("号码与类型不符", "the number is not of that kind")
BAD_RESIDENCE = Words("城乡应为 城镇 或 农村", "should be urban or rural")
BAD_ADULTS = Words("户内成年人数应为 1–20 的整数", "adults should be a whole number, 1–20")


@dataclass(frozen=True)
class Gazetteer:
    """The names and codes of counties and townships, for looking rows up."""

    counties: dict[str, int]
    townships: dict[tuple[int, str], int]


Said = tuple[int, int, NumberKind | None, Residence | None, int | None]
"""What a row says beside its number: county, township, kind as said, residence, adults."""
MOST_REMEMBERED = 100_000


class RowReader:
    """Reads rows by one mapping of columns; what neighbours share is read once."""

    def __init__(self, mapping: dict[Column, int], gazetteer: Gazetteer) -> None:
        self.places = gazetteer
        self.at = mapping
        self.number = mapping[Column.NUMBER]
        self.county = mapping[Column.COUNTY]
        self.township = mapping[Column.TOWNSHIP]
        self.needed = 1 + max(self.number, self.county, self.township)
        self.others = [mapping.get(c, -1) for c in (Column.KIND, Column.RESIDENCE, Column.ADULTS)]
        self.remembered: dict[tuple[str, ...], Said] = {}

    def read(self, row: Sequence[str]) -> FrameRow:
        """Read one row; raise Rejected with the first reason."""
        width = len(row)
        if width < self.needed:
            raise Rejected(None, SHORT)
        try:
            number = read_number(row[self.number])
        except BadNumber as error:
            raise Rejected(Column.NUMBER, error.words) from error
        kind, residence, adults = (row[at] if 0 <= at < width else "" for at in self.others)
        key = (row[self.county], row[self.township], kind, residence, adults)
        beside = self.remembered.get(key)
        if beside is None:
            beside = self._read_said(*key)
            if len(self.remembered) < MOST_REMEMBERED:
                self.remembered[key] = beside
        county_id, township_id, said, found, count = beside
        if said is not None and said is not number.kind:
            raise Rejected(Column.KIND, KIND_DIFFERS)
        return FrameRow(number.e164, number.kind, county_id, township_id, found, count)

    def _read_said(self, county: str, township: str, kind: str, residence: str, adults: str) -> Said:
        county_id = self.places.counties.get(county.strip())
        if county_id is None:
            raise Rejected(Column.COUNTY, NO_COUNTY)
        township_id = self.places.townships.get((county_id, township.strip()))
        if township_id is None:
            raise Rejected(Column.TOWNSHIP, NO_TOWNSHIP)
        kind, residence = kind.strip().lower(), residence.strip().lower()
        if kind not in KIND_WORDS:
            raise Rejected(Column.KIND, BAD_KIND)
        if residence not in RESIDENCE_WORDS:
            raise Rejected(Column.RESIDENCE, BAD_RESIDENCE)
        return county_id, township_id, KIND_WORDS[kind], RESIDENCE_WORDS[residence], _adults(adults.strip())


def _adults(text: str) -> int | None:
    if not text:
        return None
    if len(text) > 2 or not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 20:
        raise Rejected(Column.ADULTS, BAD_ADULTS)
    return int(text)
