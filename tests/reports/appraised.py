"""Units with matters behind them, and a scheme published in time, for tests of appraisal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Role
from matters.flow import MatterAction
from matters.matter import Matter
from matters.moving import act
from reports.appraisal_round import AppraisalRound
from reports.appraisal_scheme import AppraisalScheme, draft_scheme, publish_scheme
from reports.appraisal_terms import Appraised, Indicator
from reports.appraising import draft_round, publish_round
from reports.periods import PeriodKind
from tests.factories import a_staff
from tests.matters import lives

A, K = MatterAction, Indicator
MONDAY = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
QUARTER = date(2026, 10, 1)
BEFORE = datetime(2026, 9, 10, 2, tzinfo=UTC)
AFTER = datetime(2027, 1, 4, 2, tzinfo=UTC)
"""A Monday: the quarter is over."""
WEIGHTS = {K.SIGNED: 10, K.RESPONSE: 20, K.ON_TIME: 30, K.SOLVED_LOW: 20, K.SATISFIED: 20}


def a_scheme(
    session: Session,
    by: Staff,
    appraised: Appraised = Appraised.UNIT,
    weights: dict[Indicator, int] | None = None,
    *,
    minimum: int = 5,
) -> AppraisalScheme:
    """Publish a scheme in time for the quarter."""
    scheme = draft_scheme(
        session, appraised, "考核办法", weights or WEIGHTS, minimum=minimum, valid_from=QUARTER, by=by, at=BEFORE
    )  # fmt: skip
    publish_scheme(session, scheme, by=by, at=BEFORE)
    return scheme


def an_editor(session: Session) -> Staff:
    """Make an editor."""
    return a_staff(session, Role.EDITOR)


def worked_on(
    session: Session,
    county: lives.Offices,
    unit: int,
    *,
    at: datetime,
    judgement: str = "solved",
    mark: int = 5,
) -> Matter:
    """Have a unit sign, contact and report in time, and its caller say what came of it."""
    matter = lives.to_route(session, county, at)
    matter.redacted = "村口的路灯坏了"
    handler = county.handlers[unit]
    facts = {"lead": county.units[unit].id, "supporting": [], "redacted": True}
    act(session, matter, A.ASSIGN, by=county.head, at=at, facts=facts)
    act(session, matter, A.SIGN, by=handler, at=at)
    lives.contacted(session, county, matter, at + timedelta(hours=1))
    result = {"outcome": "solved", "points": True, "evidence": 1}
    act(session, matter, A.REPORT, by=handler, at=at + DAY, facts=result, text=f"已更换灯泡 {matter.receipt}")
    lives.accepted(session, county, matter, at + 2 * DAY)
    lives.told(session, county, matter, at + 2 * DAY)
    lives.revisited(session, county, matter, at + 8 * DAY, judgement, mark)
    return matter


def a_county_at_work(session: Session) -> lives.Offices:
    """Let three units work: seven, six and one matters, done unlike well."""
    county = lives.offices(session)
    for n in range(7):
        worked_on(session, county, 0, at=MONDAY, judgement="solved" if n < 6 else "not_solved")
    for n in range(6):
        solved = n < 4
        worked_on(
            session,
            county,
            1,
            at=MONDAY,
            judgement="solved" if solved else "not_solved",
            mark=5 if solved else 2,
        )
    worked_on(session, county, 2, at=MONDAY)
    return county


def a_round(
    session: Session, by: Staff, *, at: datetime = AFTER, is_published: bool = True
) -> AppraisalRound:
    """Make the quarter's round of the units."""
    made = draft_round(session, Appraised.UNIT, PeriodKind.QUARTER, QUARTER, by=by, at=at)
    if is_published:
        publish_round(session, made, by=by, at=at)
    return made
