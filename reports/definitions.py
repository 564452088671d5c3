"""Index definitions as versioned data: which answers count, for whom, with which weights between agencies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid
from core.terms import Words
from reports.blocks import Text
from reports.bulletins import PUBLIC, WITHOUT_INDEX, Bulletin

SAFETY, ENFORCEMENT = "safety", "enforcement"


class Item(msgspec.Struct, frozen=True):
    """One question of an index: its own figure, and its share in the composite."""

    code: str
    words: Text
    question: str
    weight: float = 1.0
    contact: str = ""
    """The question that tells users from non-users; "" where nobody is asked."""


class Definition(msgspec.Struct, frozen=True):
    """What both indices are."""

    version: int
    valid_from: date
    safety: Item
    agencies: tuple[Item, ...]
    favourable: tuple[str, ...] = ("1", "2")
    """Top two of five."""
    legacy: tuple[str, ...] = ("1", "2", "3")
    """Top three: how older figures were counted, for comparison only."""
    scores: dict[str, float] = msgspec.field(
        default_factory=lambda: {"1": 100.0, "2": 75.0, "3": 50.0, "4": 25.0, "5": 0.0}
    )
    used: str = "1"
    """The answer to a contact question that makes a user."""
    breaks_series: bool = False
    """The scale changed: nothing before this version may be compared with it."""

    @property
    def questions(self) -> frozenset[str]:
        """The questions that both indices are made of."""
        return frozenset((self.safety.question, *(a.question for a in self.agencies)))


FIRST = Definition(
    version=1,
    valid_from=date(2020, 1, 1),
    safety=Item(SAFETY, Text("安全感指数", "Sense-of-security index"), "s1_safety"),
    agencies=tuple(
        Item(code, Text(zh, en), question, 1.0, f"{question}_contact")
        for code, zh, en, question in (
            ("police", "公安派出所和民警", "Police", "e1_police"),
            ("traffic", "交警", "Traffic police", "e2_traffic"),
            ("court", "法院", "Courts", "e3_court"),
            ("procuratorate", "检察院", "Procuratorates", "e4_procuratorate"),
            ("justice", "司法所", "Justice offices", "e5_justice"),
        )
    ),
)
"""What stands until somebody writes another version: every agency counts alike."""

ENFORCEMENT_WORDS = Text("执法满意度指数", "Enforcement-satisfaction index")


class IndexDefinition(Base):
    """One written version; never changed, only followed by another."""

    __tablename__ = "index_definition"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(unique=True)
    valid_from: Mapped[date]
    content: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]


def in_force(session: Session, on: date) -> Definition:
    """Return the definition that counts for a period beginning on a day."""
    query = (
        sa.select(IndexDefinition)
        .where(IndexDefinition.valid_from <= on)
        .order_by(IndexDefinition.valid_from.desc(), IndexDefinition.version.desc())
    )
    found = session.scalars(query.limit(1)).first()
    return msgspec.convert(found.content, Definition) if found else FIRST


def versions(session: Session) -> list[Definition]:
    """Return every version, newest first."""
    query = sa.select(IndexDefinition.content).order_by(IndexDefinition.version.desc())
    return [*(msgspec.convert(content, Definition) for content in session.scalars(query)), FIRST]


def written(session: Session) -> dict[int, IndexDefinition]:
    """Return what was written of each version: why, by whom, when; the first was there from the beginning."""
    return {row.version: row for row in session.scalars(sa.select(IndexDefinition))}


def series_since(session: Session, definition: Definition) -> date | None:
    """Return the day of the last break of scale up to a version: later versions stand behind it as well."""
    broken = [d.valid_from for d in versions(session) if d.breaks_series and d.version <= definition.version]
    return max(broken, default=None)


def counted_alike_since(found: Sequence[Definition], index: str, version: int) -> int:
    """Return the first version, of `found` newest first, since which an index is counted as under a version.

    A change of the agencies' weights makes the composite another number, and a change of scale both.
    """
    since = version
    for later, earlier in pairwise(d for d in found if d.version <= version):
        is_other = index == ENFORCEMENT and _shares(earlier) != _shares(later)
        if later.breaks_series or is_other:
            break
        since = earlier.version
    return since


def _shares(definition: Definition) -> dict[str, float]:
    total = sum(a.weight for a in definition.agencies)
    return {a.code: a.weight / total for a in definition.agencies}


def breaks(earlier: Definition, later: Definition) -> Words:
    """Say what a later version does to the series."""
    if later.breaks_series:
        return Words(
            "量表改变，序列从此断开：此前的数字不再与之后的比较",
            "The scale changed and the series breaks here: nothing earlier is compared with what follows",
        )
    if _shares(earlier) == _shares(later):
        return Words("与前一版的算法相同，序列不断", "Counted as before: the series goes on")
    return Words(
        "综合指数的权重改变，已公布的序列从此断开：简报里的比较都把两期按新版重算",
        "The composite's weights changed and the published series breaks here: bulletins compare both periods counted anew",
    )


def reweigh(
    session: Session,
    weights: dict[str, float],
    *,
    valid_from: date,
    reason: str,
    breaks_series: bool = False,
    by: Staff,
    at: datetime,
) -> Definition:
    """Write a version with other weights between the agencies; it counts for periods that begin from a day on.

    No period that has been published by the version before may fall to the new one. `breaks_series` where the scale changed
    as well, so that nothing earlier may be compared with it, not even counted anew.
    """
    before = versions(session)[0]
    published = sa.select(Bulletin.starts_on).where(
        Bulletin.state.in_(PUBLIC), Bulletin.kind.not_in(WITHOUT_INDEX), Bulletin.starts_on >= valid_from
    )
    last = session.scalars(published.order_by(Bulletin.starts_on.desc()).limit(1)).first()
    if last is not None:
        raise Invalid(
            Words(
                "{day} 开始的一期已按原定义公布，新版本要从它之后起",
                "The period from {day} on is published by the version before: the new one counts later",
            ),
            day=last.isoformat(),
        )
    if valid_from < before.valid_from:
        raise Invalid(
            Words(
                "新版本不能早于现行版本 {day} 生效",
                "A new version can't count earlier than the present one, {day}",
            ),
            day=before.valid_from.isoformat(),
        )
    if (
        set(weights) != {a.code for a in before.agencies}
        or not all(0 <= w < 1_000 for w in weights.values())
        or not sum(weights.values())
    ):
        raise Invalid(
            Words(
                "每个机关都要有不小于 0 的权重，且不能全为 0",
                "Every agency needs a weight of 0 or more, and not all 0",
            )
        )
    if not 0 < len(reason.strip()) <= 400:
        raise Invalid(
            Words("请写明改动的理由，不超过 400 字", "Say why it changes, in at most 400 characters")
        )
    agencies = tuple(msgspec.structs.replace(a, weight=weights[a.code]) for a in before.agencies)
    made = msgspec.structs.replace(
        before,
        version=before.version + 1,
        valid_from=valid_from,
        agencies=agencies,
        breaks_series=breaks_series,
    )
    record = IndexDefinition(
        version=made.version,
        valid_from=valid_from,
        content=msgspec.to_builtins(made),
        reason=reason.strip(),
        made_by=by.id,
        made_at=at,
    )
    session.add(record)
    session.flush()
    journal.write(session, "index_definition.write", record, by=by, at=at, version=made.version)
    return made
