"""Schemes of appraisal 考核办法: versioned data that say by which indicators, with which weights and from when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, journal
from core.db import Base, Id
from core.flow import Flow
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Term, Words, code_list, coded
from reports.appraisal_terms import OFFERED, Appraised, Indicator

WHOLE = 100
AHEAD = timedelta(days=10)
"""So long before it begins to count, a scheme is published."""
LEAST_VOLUME, MOST_VOLUME = 5, 10_000
LONGEST_NAME = 60


class SchemeState(Term):
    """Where a scheme stands."""

    DRAFT = "draft", "草稿", "Draft"
    PUBLISHED = "published", "已公布", "Published"
    DISCARDED = "discarded", "已作废", "Discarded"


class SchemeAction(Term):
    """What can be done with a scheme."""

    PUBLISH = "publish", "公布", "Publish"
    DISCARD = "discard", "作废", "Discard"


S, A = SchemeState, SchemeAction

SCHEME_FLOW: Flow[SchemeState, SchemeAction] = Flow(
    "appraisal_scheme",
    Words("考核办法", "scheme of appraisal"),
    S.DRAFT,
    {(S.DRAFT, A.PUBLISH): S.PUBLISHED, (S.DRAFT, A.DISCARD): S.DISCARDED},
)


class AppraisalScheme(Base):
    """One version of the scheme for one kind of appraised; a published one is never changed."""

    __tablename__ = "appraisal_scheme"
    __table_args__ = (
        sa.UniqueConstraint("appraised", "version"),
        sa.Index("ix_appraisal_scheme_appraised_valid_from", "appraised", "valid_from"),
        sa.CheckConstraint(
            f"(state IN {code_list(S.PUBLISHED)}) = (published_at IS NOT NULL)", name="published_has_time"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    appraised: Mapped[Appraised] = mapped_column(coded(Appraised))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(LONGEST_NAME))
    indicators: Mapped[list[Any]]
    """[[indicator, weight], …] in the order of the vocabulary."""
    minimum: Mapped[int]
    """Whoever has less is shown, but holds no place."""
    valid_from: Mapped[date]
    """The first day that it judges."""
    state: Mapped[SchemeState] = mapped_column(coded(SchemeState), default=S.DRAFT)
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    published_at: Mapped[datetime | None]

    @property
    def weights(self) -> dict[Indicator, int]:
        """The weight of each indicator, in the order of the vocabulary."""
        return {Indicator.of(code): int(weight) for code, weight in self.indicators}

    @property
    def is_writable(self) -> bool:
        """Say whether it may still change."""
        return self.state is S.DRAFT


def checked(
    appraised: Appraised,
    name: str,
    weights: Mapping[Indicator, int],
    minimum: int,
) -> None:
    """Refuse what is no scheme: a foreign indicator, weights that miss 100, a volume out of bounds."""
    wrong: dict[str, Words] = {}
    if not name.strip() or len(name) > LONGEST_NAME:
        wrong["name"] = Words("请写名称，不超过 60 个字", "Give it a name of at most 60 characters")
    if any(indicator not in OFFERED[appraised] for indicator in weights):
        wrong["weights"] = Words("有的指标不适用于这类对象", "An indicator can't be computed of these")
    elif any(not 0 < weight <= WHOLE for weight in weights.values()) or sum(weights.values()) != WHOLE:
        wrong["weights"] = Words(
            "权重之和应为 100，现在是 {n}", "The weights must add up to 100; they make {n}"
        ).filled(n=sum(weights.values()))
    if not LEAST_VOLUME <= minimum <= MOST_VOLUME:
        wrong["minimum"] = Words("最低件量为 5 至 10000", "The minimum lies between 5 and 10,000")
    if wrong:
        raise Invalid(fields=wrong)


def draft_scheme(
    session: Session,
    appraised: Appraised,
    name: str,
    weights: Mapping[Indicator, int],
    *,
    minimum: int,
    valid_from: date,
    by: Staff | None,
    at: datetime,
) -> AppraisalScheme:
    """Draft the next version for one kind of appraised; versions published before stay as they are."""
    checked(appraised, name, weights, minimum)
    newest = session.scalar(
        sa.select(sa.func.max(AppraisalScheme.version)).where(AppraisalScheme.appraised == appraised)
    )
    made = AppraisalScheme(
        appraised=appraised,
        version=(newest or 0) + 1,
        name=name.strip(),
        indicators=_listed(appraised, weights),
        minimum=minimum,
        valid_from=valid_from,
        state=S.DRAFT,
        made_by=by.id if by else None,
        made_at=at,
    )
    session.add(made)
    session.flush()
    journal.write(session, "appraisal_scheme.draft", made, by=by, at=at, version=made.version)
    return made


def change_scheme(
    session: Session,
    scheme: AppraisalScheme,
    name: str,
    weights: Mapping[Indicator, int],
    *,
    minimum: int,
    valid_from: date,
    by: Staff,
    at: datetime,
) -> None:
    """Change a draft; what is published stands as it was read."""
    if not scheme.is_writable:
        raise Refused(
            Words(
                "已公布的办法不能改动；请起草新的一版",
                "A published scheme is never changed; draft a new version",
            )
        )
    checked(scheme.appraised, name, weights, minimum)
    scheme.name, scheme.minimum, scheme.valid_from = name.strip(), minimum, valid_from
    scheme.indicators = _listed(scheme.appraised, weights)
    session.flush()
    journal.write(session, "appraisal_scheme.change", scheme, by=by, at=at, version=scheme.version)


def _listed(appraised: Appraised, weights: Mapping[Indicator, int]) -> list[Any]:
    return [[i.value, weights[i]] for i in OFFERED[appraised] if i in weights]


def publish_scheme(session: Session, scheme: AppraisalScheme, *, by: Staff, at: datetime) -> None:
    """Publish it, at least ten days before the first day that it judges."""
    earliest = clock.today(at) + AHEAD
    if scheme.is_writable and scheme.valid_from < earliest:
        raise Invalid(
            fields={
                "valid_from": Words(
                    "办法须在起算前 10 天公布：最早从 {on:%Y-%m-%d} 起算",
                    "A scheme is published ten days before it counts: from {on:%Y-%m-%d} at the earliest",
                ).filled(on=earliest)
            }
        )
    scheme.published_by, scheme.published_at = by.id, at
    with session.no_autoflush:
        SCHEME_FLOW.move(session, scheme, A.PUBLISH, by=by, at=at, version=scheme.version)


def discard_scheme(session: Session, scheme: AppraisalScheme, *, by: Staff, at: datetime) -> None:
    """Throw a draft away."""
    SCHEME_FLOW.move(session, scheme, A.DISCARD, by=by, at=at)


def scheme_for(session: Session, appraised: Appraised, starts_on: date) -> AppraisalScheme | None:
    """Return the published version that judges a period beginning on a day, None where none was in force."""
    query = (
        sa.select(AppraisalScheme)
        .where(
            AppraisalScheme.appraised == appraised,
            AppraisalScheme.state == S.PUBLISHED,
            AppraisalScheme.valid_from <= starts_on,
        )
        .order_by(AppraisalScheme.valid_from.desc(), AppraisalScheme.version.desc())
    )
    return session.scalars(query.limit(1)).first()


def schemes(session: Session, appraised: list[Appraised], *, with_drafts: bool) -> list[AppraisalScheme]:
    """Return the schemes that someone may know of, the newest version of each kind first."""
    query = sa.select(AppraisalScheme).where(AppraisalScheme.appraised.in_(appraised))
    shown = [S.DRAFT, S.PUBLISHED] if with_drafts else [S.PUBLISHED]
    query = query.where(AppraisalScheme.state.in_(shown))
    return list(session.scalars(query.order_by(AppraisalScheme.appraised, AppraisalScheme.version.desc())))
