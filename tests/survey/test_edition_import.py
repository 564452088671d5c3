"""Editions: one file is one edition, versions count up, used ones freeze, drafts can go."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import Database, transaction
from core.problems import Invalid
from survey.edition_import import InUse, discard, import_edition, questionnaire_of
from survey.editions import Edition, EditionState
from survey.questionnaire_preview import preview
from survey.xlsform_problem import XlsformError
from tests.factories import SECURITY_WORKBOOK, a_city, a_frame, a_staff, a_wave

FORMS = sorted((Path(__file__).resolve().parent.parent / "reference" / "xlsforms").glob("*.xlsx"))
REFUSED = {"bad_calculation", "phone_survey_form", "xlsform_spec"}


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_each_reference_form_is_kept_or_refused_by_cell(sqlite: Database, now: datetime, path: Path) -> None:
    with transaction() as session:
        if path.stem in REFUSED:
            with pytest.raises(XlsformError) as refusal:
                import_edition(session, path.read_bytes(), by=None, at=now)
            assert all(p.sheet and p.feature and p.words.zh and p.words.en for p in refusal.value.problems)
            assert any(p.row > 1 and p.column for p in refusal.value.problems)
            assert session.scalar(sa.select(sa.func.count()).select_from(Edition)) == 0
            return
        edition = import_edition(session, path.read_bytes(), by=None, at=now)
        session.expire_all()
        for language in ("zh", "en"):
            rows = preview(questionnaire_of(edition), language)
            assert any(row.wording for row in rows)


def test_the_same_file_is_the_same_edition(database: Database, now: datetime) -> None:
    content = SECURITY_WORKBOOK.read_bytes()
    with transaction() as session:
        one = import_edition(session, content, by=None, at=now)
        two = import_edition(session, content, by=None, at=now)
        assert one is two
        assert (one.version, one.state) == (1, EditionState.DRAFT)
        assert one.workbook == content


def test_an_edition_freezes_with_its_wave_and_stays(database: Database, now: datetime) -> None:
    with transaction() as session:
        by = a_staff(session)
        wave = a_wave(session, a_frame(session, a_city(session)))
        assert wave.edition is not None
        assert wave.edition.state is EditionState.FROZEN
        with pytest.raises(InUse):
            discard(session, wave.edition, by=by, at=now)


def test_a_draft_goes_unless_a_wave_has_chosen_it(sqlite: Database, now: datetime) -> None:
    with transaction() as session:
        by = a_staff(session)
        wave = a_wave(session, a_frame(session, a_city(session)), is_open=False)
        edition = session.scalars(sa.select(Edition)).one()
        with pytest.raises(InUse):
            discard(session, edition, by=by, at=now)
        wave.edition_id = None
        session.flush()
        discard(session, edition, by=by, at=now)
        assert session.scalar(sa.select(sa.func.count()).select_from(Edition)) == 0


@pytest.mark.parametrize("content", [b"", b"x", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_workbook_is_refused(sqlite: Database, now: datetime, content: bytes) -> None:
    with pytest.raises(Invalid), transaction() as session:
        import_edition(session, content, by=None, at=now)
