"""Schemes, rounds and appeals: published in time, frozen to the byte, corrected in the open, decided by somebody else."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from scipy.stats import beta
from sqlalchemy.orm import Session

from core.db import Database, transaction
from core.journal import Entry
from core.people import Staff
from core.permissions import Role
from core.problems import Forbidden, Invalid, Missing, Refused
from matters.shrinking import shrink
from reports.appeal import AppealState
from reports.appealing import file_appeal, reject_appeal, uphold_appeal
from reports.appraisal_round import AppraisalRound, RoundState, editions
from reports.appraisal_scheme import (
    AppraisalScheme,
    SchemeState,
    change_scheme,
    checked,
    draft_scheme,
    publish_scheme,
    scheme_for,
)
from reports.appraisal_scores import Count, Subject, scored
from reports.appraisal_settling import settle_round
from reports.appraisal_snapshot import frozen, thawed
from reports.appraisal_terms import HOW, OFFERED, QUERIES, Appraised, Indicator
from reports.appraising import (
    NoScheme,
    RoundExists,
    appraisal,
    discard_round,
    draft_round,
    publish_round,
    renew_round,
)
from reports.blocks import digest
from reports.periods import Period, PeriodKind
from tests import factories
from tests.factories import a_staff
from tests.matters.lives import Offices
from tests.reports.appraised import (
    AFTER,
    BEFORE,
    DAY,
    MONDAY,
    QUARTER,
    WEIGHTS,
    a_county_at_work,
    a_round,
    a_scheme,
    an_editor,
    worked_on,
)

K, S = Indicator, RoundState
BYTES: dict[str, bytes] = {}
PERIOD = Period.with_day(PeriodKind.QUARTER, QUARTER)
WRONG = "编号 2611-0001 已在期限内联系，记录在附件"
FOUND = "查通话记录，确已按时联系"


def test_the_vocabulary_says_of_everything_how_it_is_counted() -> None:
    assert set(HOW) == set(QUERIES) == set(Indicator) == {i for offered in OFFERED.values() for i in offered}


@pytest.mark.parametrize(
    ("weights", "minimum", "name", "field"),
    [
        ({K.SIGNED: 60, K.ON_TIME: 30}, 30, "办法", "weights"),
        ({K.SIGNED: 120, K.ON_TIME: -20}, 30, "办法", "weights"),
        ({}, 30, "办法", "weights"),
        ({K.COMPLETES: 100}, 30, "办法", "weights"),
        ({K.SIGNED: 100}, 4, "办法", "minimum"),
        ({K.SIGNED: 100}, 30, " ", "name"),
    ],
)
def test_what_is_no_scheme_is_refused(
    weights: dict[Indicator, int], minimum: int, name: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        checked(Appraised.UNIT, name, weights, minimum)
    assert set(refused.value.fields) == {field}
    checked(Appraised.UNIT, "办法", WEIGHTS, 30)


def test_a_scheme_is_published_ten_days_ahead_and_never_changed(database: Database) -> None:
    with transaction() as session:
        editor = an_editor(session)

        def made(valid_from: date) -> AppraisalScheme:
            return draft_scheme(
                session, Appraised.UNIT, "办法", WEIGHTS, minimum=30, valid_from=valid_from, by=editor, at=BEFORE
            )  # fmt: skip

        first = made(BEFORE.date() + timedelta(days=9))
        with pytest.raises(Invalid, match="Something") as refused:
            publish_scheme(session, first, by=editor, at=BEFORE)
        assert "valid_from" in refused.value.fields
        assert first.is_writable
        change_scheme(
            session, first, "办法", {K.SIGNED: 100}, minimum=30, valid_from=BEFORE.date() + timedelta(days=10),
            by=editor, at=BEFORE,
        )  # fmt: skip
        publish_scheme(session, first, by=editor, at=BEFORE)
        assert first.state is SchemeState.PUBLISHED
        with pytest.raises(Refused):
            change_scheme(session, first, "改", WEIGHTS, minimum=30, valid_from=QUARTER, by=editor, at=BEFORE)
        with pytest.raises(Refused):
            publish_scheme(session, first, by=editor, at=BEFORE)
        second = made(QUARTER)
        assert second.version == 2
        assert scheme_for(session, Appraised.UNIT, QUARTER) is first  # a draft judges nothing
        publish_scheme(session, second, by=editor, at=BEFORE)
        assert scheme_for(session, Appraised.UNIT, QUARTER) is second
        assert scheme_for(session, Appraised.UNIT, QUARTER - timedelta(days=1)) is first
        assert scheme_for(session, Appraised.UNIT, BEFORE.date()) is None
        assert scheme_for(session, Appraised.COUNTY, QUARTER) is None
        assert first.weights == {K.SIGNED: 100}


def test_the_same_data_give_the_same_bytes_on_both_databases(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factories, "_count", itertools.count(1))
    with transaction() as session:
        a_county_at_work(session)
        scheme = a_scheme(session, an_editor(session))
        first = frozen(appraisal(session, scheme, PERIOD, as_of=AFTER))
        again = frozen(appraisal(session, scheme, PERIOD, as_of=AFTER))
    assert first == again
    assert frozen(thawed(first)) == first
    BYTES[database.engine.dialect.name] = first
    assert len(set(BYTES.values())) == 1


def test_a_round_shrinks_in_groups_and_places_in_bands(sqlite: Database) -> None:
    with transaction() as session:
        county = a_county_at_work(session)
        editor = an_editor(session)
        a_scheme(session, editor)
        content = a_round(session, editor).content
        ids = [u.id for u in county.units]
        assert [row.subject for row in content.rows] == ids
        solved = [row.of("solved_low") for row in content.rows]
        assert [(m.numerator, m.denominator) for m in solved] == [(6, 7), (4, 6), (1, 1)]
        for m, s in zip(solved, shrink([6, 4, 1], [7, 6, 1]), strict=True):
            assert (m.share, m.low, m.high) == (s.share, s.low, s.high)
        best, worse, few = content.rows
        assert best.points is not None
        assert worse.points is not None
        assert best.points > worse.points
        assert best.low is not None
        assert best.high is not None
        assert best.low < best.points < best.high
        # Six and seven matters tell nobody apart: both may be first or second, in one band.
        assert (best.best, best.worst, worse.best, worse.worst) == (1, 2, 1, 2)
        assert best.band == worse.band == 1
        assert (few.volume, few.best, few.worst, few.band) == (1, None, None, None)  # shown, not placed


def test_points_are_worked_by_hand_and_missing_figures_leave_their_weight() -> None:
    counts = {K.SIGNED: Count(40, 50), K.SOLVED: Count(0, 0)}
    weights = {K.SIGNED: 40, K.SOLVED: 60}
    (one,) = scored(Appraised.UNIT, weights, 30, [Subject(1, None, 50, counts)])
    (shrunk,) = shrink([40], [50])
    assert one.points == pytest.approx(100 * shrunk.share)
    assert one.high is not None
    assert one.low is not None
    assert (one.high - one.low) / 2 == pytest.approx(100 * (shrunk.high - shrunk.low) / 2)
    nobody = scored(Appraised.UNIT, weights, 30, [Subject(1, None, 50, {K.SOLVED: Count(0, 0)})])
    assert nobody[0].points is None


def test_a_few_matters_that_all_went_well_are_no_certainty() -> None:
    """Twelve of twelve and three of three: prior mean 15.5/16, M = 15; Beta(14.53 + 12, 0.47) and Beta(14.53 + 3, 0.47)."""
    counts = [Subject(n, None, 12, {K.SIGNED: Count(x, x)}) for n, x in enumerate((12, 3))]
    for row, x in zip(scored(Appraised.UNIT, {K.SIGNED: 100}, 30, counts), (12, 3), strict=True):
        m = row.of("signed")
        law = beta(15 * 15.5 / 16 + x, 15 * 0.5 / 16)
        assert m.share == pytest.approx(law.mean())
        assert (m.low, m.high) == pytest.approx(tuple(law.ppf([0.025, 0.975])), rel=1e-9)
        assert m.low is not None
        assert m.low < 0.95


def test_clear_differences_are_told_apart_and_people_never_ordered() -> None:
    weights = {K.SOUND: 100}
    many = [Subject(i, None, 900, {K.SOUND: Count(x, 900)}) for i, x in enumerate((880, 870, 500, 490))]
    rows = scored(Appraised.COUNTY, weights, 30, many)
    assert [(r.best, r.worst, r.band) for r in rows] == [(1, 2, 1), (1, 2, 1), (3, 4, 2), (3, 4, 2)]
    people = scored(Appraised.INTERVIEWER, weights, 30, many)
    assert all((r.best, r.worst, r.band) == (None, None, None) for r in people)
    assert all(r.points is not None for r in people)


def test_a_round_needs_a_scheme_in_force_and_stands_alone(sqlite: Database) -> None:
    with transaction() as session:
        a_county_at_work(session)
        editor = an_editor(session)
        quarter = (Appraised.UNIT, PeriodKind.QUARTER, QUARTER)
        with pytest.raises(NoScheme):
            draft_round(session, *quarter, by=editor, at=AFTER)
        a_scheme(session, editor)
        with pytest.raises(NoScheme):  # it was not yet in force in July
            draft_round(session, Appraised.UNIT, PeriodKind.QUARTER, date(2026, 7, 1), by=editor, at=AFTER)
        with pytest.raises(NoScheme):  # nor when the year began
            draft_round(session, Appraised.UNIT, PeriodKind.YEAR, QUARTER, by=editor, at=AFTER)
        with pytest.raises(Invalid):
            draft_round(session, Appraised.UNIT, PeriodKind.WEEK, QUARTER, by=editor, at=AFTER)
        with pytest.raises(Invalid):
            draft_round(session, Appraised.UNIT, PeriodKind.QUARTER, date(2027, 4, 1), by=editor, at=AFTER)
        draft = draft_round(session, *quarter, by=editor, at=AFTER)
        with pytest.raises(RoundExists):
            draft_round(session, *quarter, by=editor, at=AFTER)
        discard_round(session, draft, by=editor, at=AFTER)
        again = draft_round(session, *quarter, by=editor, at=AFTER)
        assert again.edition == 2
        year = draft_round(session, Appraised.UNIT, PeriodKind.YEAR, date(2027, 1, 1), by=editor, at=AFTER)
        assert year.content.rows == ()
        renew_round(session, again, by=editor, at=AFTER + DAY)
        assert again.digest == digest(again.snapshot)
        publish_round(session, again, by=editor, at=AFTER + DAY)
        with pytest.raises(Refused):
            renew_round(session, again, by=editor, at=AFTER + DAY)


def test_an_interim_round_is_never_settled_and_gives_way_to_the_whole(sqlite: Database) -> None:
    with transaction() as session:
        a_county_at_work(session)
        editor = an_editor(session)
        a_scheme(session, editor)
        early = a_round(session, editor, at=MONDAY + 10 * DAY)
        assert early.is_interim
        with pytest.raises(Refused, match="end before"):
            settle_round(session, early, by=editor, at=AFTER + 30 * DAY)
        whole = a_round(session, editor)
        assert (whole.edition, whole.replaces_id) == (2, early.id)
        assert (early.state, whole.state) == (S.CORRECTED, S.PRELIMINARY)
        assert not whole.is_interim


def test_a_draft_gives_way_to_what_was_put_right_meanwhile(sqlite: Database) -> None:
    with transaction() as session:
        county = a_county_at_work(session)
        editor, head = an_editor(session), a_staff(session, Role.OFFICE_HEAD)
        a_scheme(session, editor)
        early = a_round(session, editor, at=MONDAY + 10 * DAY)
        draft = draft_round(
            session, Appraised.UNIT, PeriodKind.QUARTER, QUARTER, by=editor, at=MONDAY + 11 * DAY
        )
        appeal = file_appeal(session, early, K.SOLVED_LOW, WRONG, by=county.handlers[1], at=MONDAY + 11 * DAY)
        right = uphold_appeal(session, appeal, FOUND, Count(5, 6), by=head, at=MONDAY + 12 * DAY)
        with pytest.raises(Refused, match="corrected since"):
            publish_round(session, draft, by=editor, at=MONDAY + 12 * DAY)
        assert (right.state, draft.state) == (S.PRELIMINARY, S.DRAFT)


def appealed(session: Session) -> tuple[AppraisalRound, Offices, Staff]:
    """Publish a round against which the second unit may appeal."""
    county = a_county_at_work(session)
    editor = an_editor(session)
    a_scheme(session, editor)
    return a_round(session, editor), county, editor


def test_an_appeal_is_upheld_by_somebody_else_and_the_round_corrected(database: Database) -> None:
    with transaction() as session:
        made, county, editor = appealed(session)
        before = bytes(made.snapshot)
        handler, head = county.handlers[1], a_staff(session, Role.OFFICE_HEAD)
        appeal = file_appeal(session, made, K.SOLVED_LOW, WRONG, by=handler, at=AFTER + DAY)
        with pytest.raises(Refused):  # one at a time against one figure
            file_appeal(session, made, K.SOLVED_LOW, WRONG, by=handler, at=AFTER + DAY)
        for party in (editor, handler):
            with pytest.raises(Forbidden):
                uphold_appeal(session, appeal, FOUND, Count(5, 6), by=party, at=AFTER + DAY)
        for counts in (Count(7, 6), Count(-1, 6), Count(0, 0), Count(float("nan"), 6)):
            with pytest.raises(Invalid):
                uphold_appeal(session, appeal, FOUND, counts, by=head, at=AFTER + DAY)
        with pytest.raises(Invalid):
            uphold_appeal(session, appeal, " ", Count(5, 6), by=head, at=AFTER + DAY)
        with pytest.raises(Refused, match="until"):
            settle_round(session, made, by=editor, at=AFTER + DAY)
        after = uphold_appeal(session, appeal, FOUND, Count(5, 6), by=head, at=AFTER + DAY)
        assert appeal.state is AppealState.UPHELD
        assert (made.state, after.state, after.edition) == (S.CORRECTED, S.PRELIMINARY, 2)
        assert made.snapshot == before  # what stood is kept
        mine = after.content.row(county.units[1].id)
        assert mine is not None
        assert (mine.of("solved_low").numerator, mine.of("solved_low").denominator) == (5, 6)
        (correction,) = after.content.corrections
        assert (correction.was, correction.now) == ((4, 6), (5, 6))
        same = [row.of("signed") for row in after.content.rows]
        assert same == [row.of("signed") for row in made.content.rows]
        assert after.appeal_until is not None
        assert made.appeal_until is not None
        assert after.appeal_until > made.appeal_until, "others' places may have moved with it"
        assert [r.id for r in editions(session, made)] == [after.id, made.id]
        with pytest.raises(Refused):
            reject_appeal(session, appeal, FOUND, by=head, at=AFTER + DAY)
        settle_round(session, after, by=editor, at=AFTER + 11 * DAY)
        assert after.state is S.FINAL
        written = [e.action for e in session.scalars(sa.select(Entry).order_by(Entry.id))]
        for action in (
            "appraisal_appeal.file",
            "appraisal_appeal.uphold",
            "appraisal_round.correct",
            "appraisal_round.settle",
        ):
            assert action in written
        details = [str(e.details) for e in session.scalars(sa.select(Entry))]
        assert not any(WRONG[:10] in d or FOUND[:6] in d for d in details)


def test_two_appeals_are_decided_one_after_the_other_on_what_stands(sqlite: Database) -> None:
    with transaction() as session:
        made, county, _ = appealed(session)
        head = a_staff(session, Role.OFFICE_HEAD)
        first = file_appeal(session, made, K.SOLVED_LOW, WRONG, by=county.handlers[1], at=AFTER)
        second = file_appeal(session, made, K.SATISFIED, WRONG, by=county.handlers[1], at=AFTER)
        uphold_appeal(session, first, FOUND, Count(5, 6), by=head, at=AFTER)
        last = uphold_appeal(session, second, FOUND, Count(6, 6), by=head, at=AFTER)
        row = last.content.row(county.units[1].id)
        assert row is not None
        assert (row.of("solved_low").numerator, row.of("satisfied").numerator) == (5, 6)
        assert [c.appeal for c in last.content.corrections] == [first.id, second.id]


def test_an_appeal_is_in_time_about_ones_own_and_must_be_decided(sqlite: Database) -> None:
    with transaction() as session:
        made, county, editor = appealed(session)
        handler, head = county.handlers[0], a_staff(session, Role.OFFICE_HEAD)
        assert made.appeal_until is not None
        assert made.appeal_until.isoformat().startswith("2027-01-11T10:00")  # Monday a week later, 18:00 here
        with pytest.raises(Missing):
            file_appeal(session, made, K.SIGNED, WRONG, by=head, at=AFTER)  # nobody's figure
        for indicator, grounds in ((K.COVERAGE, WRONG), (K.SIGNED, " "), (K.SIGNED, "长" * 1001)):
            with pytest.raises(Invalid):
                file_appeal(session, made, indicator, grounds, by=handler, at=AFTER)
        with pytest.raises(Refused):
            file_appeal(session, made, K.SIGNED, WRONG, by=handler, at=made.appeal_until + DAY)
        appeal = file_appeal(session, made, K.SIGNED, WRONG, by=handler, at=made.appeal_until)
        late = made.appeal_until + DAY
        with pytest.raises(Refused, match="wait"):
            settle_round(session, made, by=editor, at=late)
        reject_appeal(session, appeal, FOUND, by=head, at=late)
        settle_round(session, made, by=editor, at=late)
        assert (appeal.state, made.state) == (AppealState.REJECTED, S.FINAL)
        with pytest.raises(Refused):
            file_appeal(session, made, K.SIGNED, WRONG, by=handler, at=late)


def test_what_happens_after_the_cut_is_not_in_a_round(sqlite: Database) -> None:
    with transaction() as session:
        county = a_county_at_work(session)
        editor = an_editor(session)
        a_scheme(session, editor)
        made = a_round(session, editor, is_published=False)
        stood = made.digest
        worked_on(session, county, 0, at=AFTER + 3 * DAY)
        assert digest(made.snapshot) == stood
        renew_round(session, made, by=editor, at=AFTER + 20 * DAY)
        row = made.content.row(county.units[0].id)
        assert row is not None
        assert row.of("on_time").denominator == 7  # January's matters belong to January's quarter
