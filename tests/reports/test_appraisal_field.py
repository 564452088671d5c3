"""Fieldwork is appraised by outcomes and reviews alone: without a single answer in the database all stays the same."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Database, transaction
from core.permissions import Role
from reports import appraisal_field
from reports.appraisal_counts import counties, subjects
from reports.appraisal_field import SPOKE, interviewers
from reports.appraisal_scores import Count
from reports.appraisal_snapshot import frozen
from reports.appraisal_terms import Appraised, Indicator
from reports.appraising import appraisal
from reports.periods import Period, PeriodKind
from survey.attempts import Attempt
from survey.cases import Case, CaseState
from survey.disposition import DISPOSITION
from survey.interviews import Answer, Interview, InterviewState
from survey.reviews import InterviewReview, Purpose, Verdict
from tests.factories import a_staff
from tests.reports.appraised import AFTER, QUARTER, a_scheme, an_editor
from tests.survey.field import NOON, a_field
from tests.survey.weighed import a_worked_wave

K = Indicator
BEGIN, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
WINDOW = {"since": BEGIN, "until": END, "as_of": AFTER}
ROOT = Path(appraisal_field.__file__).parent


def tries(session: Session) -> dict[str, int]:
    """Let Anna dial easy numbers and Ben hard ones: 12 in one county, 12 in the other, with unlike outcomes."""
    field = a_field(session, each=6)
    cases = list(session.scalars(sa.select(Case).order_by(Case.county_id, Case.id)))
    easy = [c for c in cases if c.county_id == cases[0].county_id]
    hard = [c for c in cases if c.county_id != cases[0].county_id]
    told = {
        # in the easy county both complete half, in the hard one a sixth: alike, but for the numbers handed to them
        field.anna.id: [(easy[:8], 4), (hard[:6], 1)],
        field.ben.id: [(easy[8:], 2), (hard[6:], 1)],
    }
    for staff, shares in told.items():
        for mine, completes in shares:
            for n, case in enumerate(mine):
                code = "1.1" if n < completes else "3.13" if n % 2 else "2.112"
                session.add(
                    Attempt(
                        case_id=case.id, staff_id=staff, number=1, started_at=NOON, ended_at=NOON,
                        disposition=code, note=None, before=None,
                    )
                )  # fmt: skip
                case.disposition = code
                if code == "1.1":
                    case.state, case.closed_at = CaseState.CLOSED, NOON
    session.flush()
    return {"anna": field.anna.id, "ben": field.ben.id}


def test_completes_are_held_against_what_the_same_numbers_give_anybody(database: Database) -> None:
    with transaction() as session:
        who = tries(session)
        found = {s.id: s for s in interviewers(session, **WINDOW)}
        anna, ben = found[who["anna"]].counts[K.COMPLETES], found[who["ben"]].counts[K.COMPLETES]
        # Anna: 8·6/12 + 6·2/12 = 5, Ben 4·6/12 + 6·2/12 = 3: raw rates of 36 % and 30 %, yet both just as expected.
        assert (anna.numerator, ben.numerator) == (5, 3)
        assert [anna.denominator, ben.denominator] == pytest.approx([5, 3])
        assert found[who["anna"]].volume == 14
        spoken = found[who["anna"]].counts[K.SPOKEN]
        assert spoken.numerator == 5 + 2 + 2  # completes, and refusals


def test_somebody_spoke_says_what_the_codes_say() -> None:
    assert {"1.1", "1.2", "2.112", "2.12", "2.21", "4.70"} <= SPOKE
    assert not {"3.11", "3.12", "3.13", "3.14", "3.15", "3.16", "2.22", "4.31"} & SPOKE
    assert set(DISPOSITION) >= SPOKE


def a_reviewed_wave(session: Session) -> None:
    """Interview, let some be judged, and let each interviewer's dials stand beside their interviews."""
    a_worked_wave(session, each=60, interviews=60)
    reviewer = a_staff(session, Role.SUPERVISOR)
    for n, interview in enumerate(session.scalars(sa.select(Interview).order_by(Interview.id))):
        if n % 5 == 0:
            session.add(
                InterviewReview(
                    interview_id=interview.id, reviewer_id=reviewer.id, purpose=Purpose.ROUTINE, opened_at=NOON,
                    verdict=Verdict.GOOD if n % 10 else Verdict.COACH, decided_at=NOON, note=None,
                )
            )  # fmt: skip
        session.add(
            Attempt(
                case_id=interview.case_id, staff_id=interview.staff_id, number=1, started_at=NOON, ended_at=NOON,
                disposition="1.1", note=None, before=None,
            )
        )  # fmt: skip
    session.flush()


@pytest.mark.parametrize("appraised", [Appraised.INTERVIEWER, Appraised.COUNTY])
def test_the_figures_are_the_same_without_any_answer(sqlite: Database, appraised: Appraised) -> None:
    weights = {
        Appraised.INTERVIEWER: {K.SOUND: 40, K.SPOKEN: 20, K.COMPLETES: 40},
        Appraised.COUNTY: {K.COVERAGE: 20, K.ANSWERED: 20, K.CHECKED: 30, K.SOUND: 30},
    }[appraised]
    period = Period.with_day(PeriodKind.QUARTER, QUARTER)
    with transaction() as session:
        a_reviewed_wave(session)
        scheme = a_scheme(session, an_editor(session), appraised, weights)
        before = frozen(appraisal(session, scheme, period, as_of=AFTER))
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer))
        session.execute(sa.text("ALTER TABLE answer RENAME TO out_of_reach"))
        session.expire_all()
        with pytest.raises(sa.exc.OperationalError):
            session.execute(sa.select(Answer.value).limit(1))
        assert frozen(appraisal(session, scheme, period, as_of=AFTER)) == before


def test_no_module_of_appraisal_names_an_answer() -> None:
    modules = [*ROOT.glob("apprais*.py"), *ROOT.glob("appeal*.py")]
    assert len(modules) >= 10
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in ("survey.answers", "survey.cubes", "survey.period_data"), path
                assert not {"Answer", "answers"} & {alias.name for alias in node.names}, path
            if isinstance(node, ast.Name | ast.Attribute):
                named = node.id if isinstance(node, ast.Name) else node.attr
                assert named not in ("Answer", "answers"), path


def test_an_interviewers_snapshot_has_no_name(sqlite: Database) -> None:
    with transaction() as session:
        who = tries(session)
        scheme = a_scheme(session, an_editor(session), Appraised.INTERVIEWER, {K.SPOKEN: 50, K.COMPLETES: 50})
        content = appraisal(session, scheme, Period.with_day(PeriodKind.QUARTER, QUARTER), as_of=AFTER)
        assert {row.subject for row in content.rows} == set(who.values())
        assert all(row.words is None and row.band is None for row in content.rows)


def test_county_centres_by_fieldwork(database: Database) -> None:
    with transaction() as session:
        tries(session)
        found = [s for s in counties(session, **WINDOW) if s.counts[K.ANSWERED].denominator]
        easy, hard = found
        assert (easy.counts[K.ANSWERED], hard.counts[K.ANSWERED]) == (Count(6, 12), Count(2, 12))
        assert easy.counts[K.COOPERATION] == Count(6, 9)  # 6 I, 3 R
        assert easy.counts[K.REACHED] == Count(9, 12)
        assert easy.counts[K.COVERAGE].denominator == 2
        assert 0 < easy.counts[K.COVERAGE].numerator <= 2
        assert easy.counts[K.REVISITED] == Count(0, 0)


def test_a_tenth_is_to_be_reviewed_and_the_last_verdict_stands(database: Database) -> None:
    with transaction() as session:
        a_reviewed_wave(session)
        first = session.scalars(sa.select(Interview).order_by(Interview.id)).first()
        assert first is not None
        reviewer = a_staff(session, Role.SUPERVISOR)
        session.add(
            InterviewReview(
                interview_id=first.id, reviewer_id=reviewer.id, purpose=Purpose.SIGNS,
                opened_at=NOON + timedelta(hours=1), verdict=Verdict.FABRICATED,
                decided_at=NOON + timedelta(hours=1), note=None,
            )
        )  # fmt: skip
        first.state = InterviewState.REPLACED
        session.flush()
        found = subjects(session, Appraised.COUNTY, **WINDOW)
        checked = [s.counts[K.CHECKED] for s in found if s.counts[K.SOUND].denominator]
        assert sum(c.denominator for c in checked) in (6, 7)  # a tenth of sixty, rounded up by county
        assert all(c.numerator <= c.denominator for c in checked)
        judged = sum(s.counts[K.SOUND].denominator for s in found)
        good = sum(s.counts[K.SOUND].numerator for s in found)
        assert (good, judged) == (6, 12)  # every fifth of sixty, every second of these good
