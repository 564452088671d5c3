"""What a bulletin is made of: figures, tables, charts and sentences as data, in both languages, frozen as bytes."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import msgspec

from core.terms import Words, language

FORMAT = 1
CELLS = Literal["text", "count", "percent", "points", "score", "number", "rank", "date", "hours", "p"]


class Text(msgspec.Struct, frozen=True, array_like=True):
    """A sentence in both languages, finished: no places left to fill."""

    zh: str
    en: str

    @classmethod
    def of(cls, words: Words) -> Text:
        """Finish a sentence."""
        return cls(words.in_language("zh"), words.in_language("en"))

    def in_language(self, code: str) -> str:
        """Return the sentence in one language."""
        return self.en if code == "en" else self.zh

    def __str__(self) -> str:
        return self.in_language(language())


Cell = Text | str | int | float | None
"""None is no data, or withheld; a str is a name that is the same in both languages, such as a code."""


class Point(msgspec.Struct, frozen=True):
    """One main point, with the part of the bulletin that it comes from."""

    text: Text
    link: str = ""
    """The id of a block."""


class Points(msgspec.Struct, frozen=True, tag="points"):
    """A short list of sentences."""

    points: tuple[Point, ...]


class Prose(msgspec.Struct, frozen=True, tag="prose"):
    """A paragraph."""

    text: Text


class Comparison(msgspec.Struct, frozen=True):
    """A difference to another period or place, in the unit of the figure, with its 95 % interval."""

    words: Text
    """With what it is compared."""
    sentence: Text
    verdict: str
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


class Figure(msgspec.Struct, frozen=True, tag="figure"):
    """One index with everything a reader needs to judge it."""

    id: str
    words: Text
    source: str
    unit: Literal["percent", "score"] = "percent"
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    effective_n: float | None = None
    deff: float | None = None
    method: str = ""
    withheld: Text | None = None
    comparisons: tuple[Comparison, ...] = ()


class Column(msgspec.Struct, frozen=True):
    """One column of a table; `key` names it in files."""

    key: str
    words: Text
    kind: CELLS = "text"


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table; whatever a chart shows stands in one."""

    id: str
    words: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str
    note: Text | None = None
    is_annex: bool = False
    """Printed behind the two pages."""

    def column(self, key: str) -> int:
        """Return where a column stands."""
        return [c.key for c in self.columns].index(key)


class Chart(msgspec.Struct, frozen=True, tag="chart"):
    """A drawing of one table: which column goes where."""

    id: str
    words: Text
    kind: Literal["intervals", "lines", "bars", "map"]
    table: str
    label: str
    """The column along the axis: names, dates, or place codes for a map."""
    values: tuple[str, ...]
    low: str = ""
    high: str = ""
    is_annex: bool = False
    is_half: bool = False
    """Two of them stand side by side on paper."""


Block = Figure | Table | Chart | Points | Prose


class Section(msgspec.Struct, frozen=True):
    """One numbered part."""

    number: int
    key: str
    words: Text
    blocks: tuple[Block, ...] = ()


class Source(msgspec.Struct, frozen=True):
    """How a number was made: the query that it comes from and the method, in words."""

    id: str
    query: str
    words: Text


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that a bulletin says in numbers, frozen: the same snapshot gives the same bytes."""

    kind: str
    starts_on: str
    ends_on: str
    as_of: str
    """Data cut: what happened later is not in it."""
    code_version: str
    definition_version: int
    weight_sets: tuple[int, ...]
    place: Text
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    format: int = FORMAT

    def block(self, block_id: str) -> Figure | Table | Chart | None:
        """Find a block by its id."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Figure | Table | Chart) and block.id == block_id:
                    return block
        return None

    def tables(self) -> list[Table]:
        """Return every table in its order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Table)]

    def figures(self) -> list[Figure]:
        """Return every index in its order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Figure)]

    def numbers(self) -> list[Table | Figure]:
        """Return every part that has numbers of its own, in its order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Table | Figure)]

    def source(self, source_id: str) -> Source | None:
        """Find how a number was made."""
        return next((s for s in self.sources if s.id == source_id), None)


def frozen(snapshot: Snapshot) -> bytes:
    """Return the snapshot's bytes."""
    return msgspec.json.encode(snapshot, order="deterministic")


def thawed(content: bytes | str) -> Snapshot:
    """Read a snapshot back; one of another format is refused by its types."""
    return msgspec.json.decode(content, type=Snapshot)


def digest(content: bytes) -> str:
    """Return the mark by which two readers see that they hold the same snapshot."""
    return sha256(content).hexdigest()
