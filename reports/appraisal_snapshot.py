"""What a round of appraisal says, frozen: counts, shrunk shares, points and places, with the scheme they follow."""

from __future__ import annotations

import msgspec

from reports.blocks import Text

FORMAT = 1


class Measured(msgspec.Struct, frozen=True):
    """One indicator of one subject: its counts, and the share after shrinking with its 95 % interval."""

    indicator: str
    numerator: float = 0.0
    denominator: float = 0.0
    share: float | None = None
    """After shrinking to the group; None where nothing was due. Of completes: observed over expected."""
    low: float | None = None
    high: float | None = None

    @property
    def raw(self) -> float | None:
        """The share as counted."""
        return self.numerator / self.denominator if self.denominator else None


class Row(msgspec.Struct, frozen=True):
    """One subject: a unit, a county or an interviewer by its id."""

    subject: int
    words: Text | None
    """Its name; an interviewer's is not in the snapshot."""
    group: int
    """The group of like volume that it is compared within."""
    volume: int
    measured: tuple[Measured, ...]
    points: float | None = None
    low: float | None = None
    high: float | None = None
    best: int | None = None
    """The best and the worst place that it may hold in its group; None: too little to hold one."""
    worst: int | None = None
    band: int | None = None
    """Subjects of one band can't be told apart."""

    def of(self, indicator: str) -> Measured:
        """Return one indicator of it."""
        return next((m for m in self.measured if m.indicator == indicator), Measured(indicator))


class Correction(msgspec.Struct, frozen=True):
    """What an upheld appeal changed: the counts that stood, and those that stand."""

    appeal: int
    subject: int
    indicator: str
    was: tuple[float, float]
    now: tuple[float, float]


class Appraisal(msgspec.Struct, frozen=True):
    """Everything that a round says: the same data give the same bytes."""

    appraised: str
    kind: str
    starts_on: str
    ends_on: str
    as_of: str
    code_version: str
    scheme: int
    scheme_version: int
    minimum: int
    weights: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    corrections: tuple[Correction, ...] = ()
    format: int = FORMAT

    def row(self, subject: int) -> Row | None:
        """Find one subject."""
        return next((r for r in self.rows if r.subject == subject), None)


def frozen(content: Appraisal) -> bytes:
    """Return the snapshot's bytes."""
    return msgspec.json.encode(content, order="deterministic")


def thawed(content: bytes) -> Appraisal:
    """Read a snapshot back; one of another format is refused by its types."""
    return msgspec.json.decode(content, type=Appraisal)
