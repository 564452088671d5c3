"""Root causes: what an editor takes up from the scan, to be remedied and measured."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.flow import Flow
from core.people import Staff, Unit
from core.places import Place
from core.problems import Invalid, Refused
from core.terms import Term, Words, code_list, coded
from matters.topics import topic
from reports.clusters import ClusterRow
from reports.prevented import Prevented, prevented
from reports.zones import Zone, ZoneKind

MEASURED_AFTER = 90
"""Days after a remedy, and before it, that are compared; the day itself belongs to neither."""
LONGEST_TITLE, LONGEST_REMEDY = 120, 2000


class CauseState(Term):
    """Where a root cause stands."""

    OPEN = "open", "待整改", "Open"
    REMEDIED = "remedied", "已整改", "Remedied"
    MEASURED = "measured", "已评估", "Measured"


class CauseAction(Term):
    """What can be done with a root cause."""

    REMEDY = "remedy", "登记整改", "Note the remedy"
    MEASURE = "measure", "评估成效", "Measure"


S, A = CauseState, CauseAction

ROOT_CAUSE_FLOW: Flow[CauseState, CauseAction] = Flow(
    "root_cause",
    Words("问题根源", "root cause"),
    S.OPEN,
    {(S.OPEN, A.REMEDY): S.REMEDIED, (S.REMEDIED, A.MEASURE): S.MEASURED},
)


class RootCause(Base):
    """One cause at one place: as the scan found it, what was done, and the counts that measure it."""

    __tablename__ = "root_cause"
    __table_args__ = (
        sa.CheckConstraint(
            f"state = '{S.OPEN.value}' OR (remedied_on IS NOT NULL AND unit_id IS NOT NULL AND remedy <> '')",
            name="remedied_has_remedy",
        ),
        sa.CheckConstraint(
            f"(state = '{S.MEASURED.value}') = (measured_at IS NOT NULL)", name="measured_has_time"
        ),
        sa.Index("ix_root_cause_state_remedied_on", "state", "remedied_on"),
        sa.Index(
            "uq_root_cause_one_open",
            "topic",
            "place_id",
            "zone",
            unique=True,
            sqlite_where=sa.text(f"state IN {code_list(S.OPEN)}"),
            postgresql_where=sa.text(f"state IN {code_list(S.OPEN)}"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(60))
    zone: Mapped[ZoneKind] = mapped_column(coded(ZoneKind))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)
    """The place around which the zone lies."""
    townships: Mapped[list[Any]]
    """The ids of the townships in it."""
    title: Mapped[str] = mapped_column(sa.String(LONGEST_TITLE))
    first_on: Mapped[date]
    last_on: Mapped[date]
    observed: Mapped[int]
    expected: Mapped[float] = mapped_column(sa.Float(53))
    p: Mapped[float] = mapped_column(sa.Float(53))
    state: Mapped[CauseState] = mapped_column(coded(CauseState), default=S.OPEN)
    opened_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    opened_at: Mapped[datetime]
    remedied_on: Mapped[date | None]
    remedy: Mapped[str] = mapped_column(sa.String(LONGEST_REMEDY), default="")
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    measured_at: Mapped[datetime | None]
    before: Mapped[int] = mapped_column(default=0)
    after: Mapped[int] = mapped_column(default=0)
    elsewhere_before: Mapped[int] = mapped_column(default=0)
    elsewhere_after: Mapped[int] = mapped_column(default=0)

    place: Mapped[Place] = relationship(lazy="joined")
    unit: Mapped[Unit | None] = relationship(lazy="joined")

    @property
    def where(self) -> Words:
        """Name the zone."""
        return Zone(self.zone, self.place, tuple(range(len(self.townships)))).words

    @property
    def what(self) -> Words:
        """Name the topic."""
        known = topic(self.topic)
        return Words(known.zh, known.en) if known else Words(self.topic, self.topic)

    @property
    def measured_on(self) -> date | None:
        """The day from which it can be measured: the last one compared is over."""
        return self.remedied_on + timedelta(days=MEASURED_AFTER + 1) if self.remedied_on else None

    @property
    def result(self) -> Prevented | None:
        """What the remedy prevented, once it is measured."""
        if self.state is not S.MEASURED:
            return None
        days = (MEASURED_AFTER, MEASURED_AFTER)
        return prevented(
            self.before, self.after, days=days, elsewhere=(self.elsewhere_before, self.elsewhere_after)
        )


def take_up(session: Session, row: ClusterRow, title: str, *, by: Staff, at: datetime) -> RootCause:
    """Take up a cluster as a cause to be remedied, as the scan shows it now."""
    title = title.strip()
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(
            Words("还没有记下，填写的内容都保留着", "Not taken up yet; what you typed is kept"),
            fields={"title": Words("请用一句话写明根源，最多 120 字", "Name the cause in a sentence, at most 120 characters")},
        )  # fmt: skip
    place = row.zone.place
    is_there = sa.select(RootCause.id).where(
        RootCause.topic == row.topic,
        RootCause.place_id == place.id,
        RootCause.zone == row.zone.kind,
        RootCause.state == S.OPEN,
    )
    if session.scalar(is_there) is not None:
        raise Refused(
            Words(
                "这个地方的这类问题已有一条待整改的根源，没有重复记下；请在它上面登记整改",
                "This cause is open at this place already, and was not taken up twice; note the remedy there",
            )
        )
    cause = RootCause(
        topic=row.topic, zone=row.zone.kind, place_id=place.id, place=place,
        townships=[town.id for town in row.townships], title=title,
        first_on=row.first_on, last_on=row.last_on, observed=row.observed, expected=row.expected, p=row.p,
        opened_by=by.id, opened_at=at,
    )  # fmt: skip
    session.add(cause)
    session.flush()
    journal.write(session, "root_cause.take_up", cause, by=by, at=at, topic=row.topic)
    return cause


def root_causes(session: Session) -> list[RootCause]:
    """Return every cause, the open ones first, then by the day they were taken up, newest first."""
    order = sa.case({S.OPEN: 0, S.REMEDIED: 1}, value=RootCause.state, else_=2)
    return list(session.scalars(sa.select(RootCause).order_by(order, RootCause.id.desc())))
