"""Appraisals to look at: schemes published in time, the quarter's rounds of units and interviewers, an appeal to decide."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.people import Staff
from core.permissions import Role
from reports.appealing import file_appeal, own_subject
from reports.appraisal_round import AppraisalRound
from reports.appraisal_scheme import draft_scheme, publish_scheme
from reports.appraisal_terms import Appraised, Indicator
from reports.appraising import draft_round, publish_round
from reports.periods import Period, PeriodKind

K = Indicator
AHEAD = timedelta(days=20)
LOOKED_BACK = timedelta(days=14)
"""The quarter in which most of the demonstration's past days lie."""
MINIMUM = 5
"""A demonstration has few matters; a real scheme asks for thirty."""
NAMES = {
    Appraised.UNIT: "承办单位考核办法（演示虚构）",
    Appraised.INTERVIEWER: "访员考核办法（演示虚构）",
}
WEIGHTS = {
    Appraised.UNIT: {
        K.SIGNED: 10,
        K.RESPONSE: 20,
        K.ON_TIME: 20,
        K.ON_TIME_PLAIN: 10,
        K.SOLVED_LOW: 20,
        K.SATISFIED: 20,
    },
    Appraised.INTERVIEWER: {K.SOUND: 40, K.SPOKEN: 20, K.COMPLETES: 40},
}
MAKER = {Appraised.UNIT: Role.EDITOR, Appraised.INTERVIEWER: Role.SUPERVISOR}
GROUNDS = "有一件到期前一天就修好了，报送时系统正在维护，现场照片上有时间；请核对按时的件数。"


def appraise(today: date, now: datetime) -> None:
    """Publish schemes before the quarter begins, its rounds as of now, and file the handler's appeal."""
    quarter = Period.with_day(PeriodKind.QUARTER, today - LOOKED_BACK)
    ahead = datetime.combine(quarter.starts_on - AHEAD, time(9), tzinfo=clock.zone())
    for appraised in NAMES:
        with transaction() as session, clock.frozen(ahead):
            _publish_scheme(session, appraised, quarter.starts_on, ahead)
        with transaction() as session:
            maker = _who(session, MAKER[appraised])
            made = draft_round(session, appraised, PeriodKind.QUARTER, quarter.starts_on, by=maker, at=now)
            publish_round(session, made, by=maker, at=now)
            if appraised is Appraised.UNIT:
                _appeal(session, made, now)


def _publish_scheme(session: Session, appraised: Appraised, starts_on: date, at: datetime) -> None:
    maker = _who(session, MAKER[appraised])
    scheme = draft_scheme(
        session, appraised, NAMES[appraised], WEIGHTS[appraised], minimum=MINIMUM, valid_from=starts_on,
        by=maker, at=at,
    )  # fmt: skip
    publish_scheme(session, scheme, by=maker, at=at)


def _appeal(session: Session, made: AppraisalRound, now: datetime) -> None:
    handler = _who(session, Role.HANDLER)
    subject = own_subject(handler, Appraised.UNIT)
    if subject is not None and made.content.row(subject) is not None:
        file_appeal(session, made, K.ON_TIME, GROUNDS, by=handler, at=now)


def _who(session: Session, role: Role) -> Staff:
    return session.scalars(sa.select(Staff).where(Staff.username == role.value)).one()
