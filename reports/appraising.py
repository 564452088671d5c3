"""Appraising: a round is drafted from one data cut, published, and corrected where an appeal is upheld."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff
from core.problems import Invalid, Refused
from core.terms import Words
from matters.limits import Span, end_of
from reports.appeal import AppealState, appeals_of
from reports.appraisal_counts import subjects
from reports.appraisal_round import KINDS, PUBLIC, ROUND_FLOW, AppraisalRound, RoundAction, RoundState
from reports.appraisal_scheme import AppraisalScheme, scheme_for
from reports.appraisal_scores import Count, Subject, scored
from reports.appraisal_snapshot import Appraisal, Correction, Row, frozen
from reports.appraisal_terms import Appraised, Indicator
from reports.blocks import digest
from reports.code_mark import code_version
from reports.periods import Period, PeriodKind

APPEAL = Span.of("5wd")
"""So long after publication an appeal may be filed."""
S, A = RoundState, RoundAction


class NoScheme(Refused):
    """Nothing was published in time for the period."""

    words = Words(
        "没有可用于这一期的考核办法：办法须在本期第一天之前公布满 10 天。没有任何改动",
        "No scheme judges that period: it must be published ten days before the period's first day. Nothing was changed",
    )


class RoundExists(Refused):
    """There is one of this period already."""

    words = Words("{title}已经有一份（{state}）", "There is one of {title} already ({state})")


def appraisal(session: Session, scheme: AppraisalScheme, period: Period, *, as_of: datetime) -> Appraisal:
    """Gather everything a round says from the data as they are; the same data give the same bytes."""
    since = clock.midnight(period.starts_on)
    until = clock.midnight(period.ends_on + timedelta(days=1))
    found = subjects(session, scheme.appraised, since=since, until=until, as_of=as_of)
    return _scored(scheme, period, as_of, found)


def _scored(
    scheme: AppraisalScheme,
    period: Period,
    as_of: datetime,
    found: Sequence[Subject],
    corrections: tuple[Correction, ...] = (),
) -> Appraisal:
    return Appraisal(
        appraised=scheme.appraised.value,
        kind=period.kind.value,
        starts_on=period.starts_on.isoformat(),
        ends_on=period.ends_on.isoformat(),
        as_of=as_of.isoformat(),
        code_version=code_version(),
        scheme=scheme.id,
        scheme_version=scheme.version,
        minimum=scheme.minimum,
        weights=tuple((i.value, w) for i, w in scheme.weights.items()),
        rows=scored(scheme.appraised, scheme.weights, scheme.minimum, found),
        corrections=corrections,
    )


def may_be_drafted(
    session: Session, appraised: Appraised, kind: PeriodKind, day: date, *, at: datetime
) -> tuple[Period, AppraisalScheme, AppraisalRound | None]:
    """Say by which scheme the period of a day is judged, and which round stands; refuse what can't be drafted.

    A round published before its period was over may be followed by a newer one; any other stands.
    """
    if kind not in KINDS:
        raise Invalid(Words("考核按季度或年度进行", "Appraisal goes by quarters and years"))
    period = Period.with_day(kind, day)
    if period.starts_on > clock.today(at):
        raise Invalid(Words("这一期还没有开始", "That period has not begun"))
    scheme = scheme_for(session, appraised, period.starts_on)
    if scheme is None:
        raise NoScheme
    there = _standing(session, appraised, period)
    if there is not None and (there.state is not S.PRELIMINARY or not there.is_interim):
        raise RoundExists(title=there.title, state=there.state)
    return period, scheme, there


def draft_round(
    session: Session, appraised: Appraised, kind: PeriodKind, day: date, *, by: Staff | None, at: datetime
) -> AppraisalRound:
    """Draft the round in whose period a day lies, by the scheme that was in force when it began."""
    period, scheme, there = may_be_drafted(session, appraised, kind, day, at=at)
    content = appraisal(session, scheme, period, as_of=at)
    made = _made(session, scheme, period, content, as_of=at, replaces=there)
    made.made_by, made.made_at = by.id if by else None, at
    session.add(made)
    session.flush()
    journal.write(session, "appraisal_round.draft", made, by=by, at=at, digest=made.digest[:12])
    return made


def _standing(session: Session, appraised: Appraised, period: Period) -> AppraisalRound | None:
    query = sa.select(AppraisalRound).where(
        AppraisalRound.appraised == appraised,
        AppraisalRound.kind == period.kind,
        AppraisalRound.starts_on == period.starts_on,
        AppraisalRound.state.in_([S.DRAFT, S.PRELIMINARY, S.FINAL]),
    )
    return session.scalars(query.order_by(AppraisalRound.edition.desc()).limit(1)).first()


def _made(
    session: Session,
    scheme: AppraisalScheme,
    period: Period,
    content: Appraisal,
    *,
    as_of: datetime,
    replaces: AppraisalRound | None,
) -> AppraisalRound:
    newest = session.scalar(
        sa.select(sa.func.max(AppraisalRound.edition)).where(
            AppraisalRound.appraised == scheme.appraised,
            AppraisalRound.kind == period.kind,
            AppraisalRound.starts_on == period.starts_on,
        )
    )
    body = frozen(content)
    return AppraisalRound(
        scheme_id=scheme.id,
        scheme=scheme,
        appraised=scheme.appraised,
        kind=period.kind,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        edition=(newest or 0) + 1,
        replaces_id=replaces.id if replaces else None,
        replaces=replaces,
        state=S.DRAFT,
        as_of=as_of,
        snapshot=body,
        digest=digest(body),
    )


def renew_round(session: Session, of: AppraisalRound, *, by: Staff, at: datetime) -> None:
    """Count a draft anew, up to now."""
    if of.state is not S.DRAFT:
        raise Refused(Words("只有草稿可以重新统计", "Only a draft can be counted anew"))
    body = frozen(appraisal(session, of.scheme, of.period, as_of=at))
    of.snapshot, of.digest, of.as_of = body, digest(body), at
    session.flush()
    journal.write(session, "appraisal_round.draft", of, by=by, at=at, digest=of.digest[:12])


def publish_round(session: Session, of: AppraisalRound, *, by: Staff, at: datetime) -> None:
    """Publish a draft; from now on it may be appealed against for five working days."""
    before = of.replaces
    if before is not None and any(a.state is AppealState.FILED for a in appeals_of(session, before)):
        raise Refused(
            Words(
                "上一版还有未裁定的申诉，请先裁定",
                "Appeals against the edition before wait: decide them first",
            )
        )
    if before is not None and before.state not in PUBLIC:
        raise Refused(
            Words(
                "这份草稿要替换的一版已被更正：请作废这份草稿，重新统计",
                "The edition that this draft would replace has been corrected since: discard it and count anew",
            )
        )
    of.published_by, of.published_at = by.id, at
    of.appeal_until = end_of(at, APPEAL, clock.zone()).due_at
    with session.no_autoflush:
        ROUND_FLOW.move(session, of, A.PUBLISH, by=by, at=at, digest=of.digest[:12])
    if before is not None and before.state is S.PRELIMINARY:
        ROUND_FLOW.move(session, before, A.CORRECT, by=by, at=at)


def discard_round(session: Session, of: AppraisalRound, *, by: Staff, at: datetime) -> None:
    """Throw a draft away."""
    ROUND_FLOW.move(session, of, A.DISCARD, by=by, at=at)


def corrected(
    session: Session,
    of: AppraisalRound,
    correction: Correction,
    *,
    by: Staff,
    at: datetime,
) -> AppraisalRound:
    """Make the next edition from the frozen counts with one put right; the edition before is kept as it was."""
    content = of.content
    put_right = [_put_right(row, correction) for row in content.rows]
    body = _scored(of.scheme, of.period, of.as_of, put_right, (*content.corrections, correction))
    made = _made(session, of.scheme, of.period, body, as_of=of.as_of, replaces=of)
    made.made_by, made.made_at = of.made_by, at
    made.published_by, made.published_at = of.published_by, at
    # One figure put right moves everybody's shrunk shares and places: the days to appeal begin anew.
    made.appeal_until = end_of(at, APPEAL, clock.zone()).due_at
    session.add(made)
    with session.no_autoflush:
        ROUND_FLOW.move(session, made, A.PUBLISH, by=by, at=at, digest=made.digest[:12])
        ROUND_FLOW.move(session, of, A.CORRECT, by=by, at=at, appeal=correction.appeal)
    return made


def _put_right(row: Row, correction: Correction) -> Subject:
    counts = {Indicator.of(m.indicator): Count(m.numerator, m.denominator) for m in row.measured}
    if row.subject == correction.subject:
        counts[Indicator.of(correction.indicator)] = Count(*correction.now)
    return Subject(row.subject, row.words, row.volume, counts)
