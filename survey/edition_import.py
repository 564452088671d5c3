"""Editions come from workbooks: read, numbered, kept with their source, frozen once a wave uses them."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from survey.editions import Edition, EditionState
from survey.questionnaire import Questionnaire
from survey.waves import Wave
from survey.xlsform import read_xlsform


class InUse(Refused):
    """A frozen edition stays as it is."""

    words = Words(
        "这一版问卷已被调查使用，不能删除；请导入新的一版",
        "A wave uses this edition; import a new one instead",
    )


def import_edition(session: Session, workbook: bytes, *, by: Staff | None, at: datetime) -> Edition:
    """Read a workbook into the next version of its questionnaire; the very same file gives the same edition."""
    questionnaire = read_xlsform(workbook)
    digest = hashlib.sha256(workbook).hexdigest()
    same = session.scalars(sa.select(Edition).where(Edition.sha256 == digest)).first()
    if same is not None:
        return same
    code = questionnaire.form_id
    last = session.scalar(sa.select(sa.func.max(Edition.version)).where(Edition.code == code))
    edition = Edition(
        code=code,
        version=(last or 0) + 1,
        title=questionnaire.title.within("zh"),
        title_en=questionnaire.title.within("en"),
        definition=questionnaire.to_json(),
        workbook=workbook,
        sha256=digest,
        created_by=by.id if by else None,
        created_at=at,
    )
    session.add(edition)
    session.flush()
    journal.write(session, "edition.import", edition, by=by, at=at, questions=len(questionnaire.questions))
    return edition


def questionnaire_of(edition: Edition) -> Questionnaire:
    """Return the questionnaire an edition holds."""
    return Questionnaire.from_json(edition.definition)


def freeze(session: Session, edition: Edition, *, at: datetime) -> None:
    """Make an edition unchangeable, because a wave begins to use it."""
    if edition.state is EditionState.DRAFT:
        edition.state = EditionState.FROZEN
        edition.frozen_at = at
        session.flush()


def discard(session: Session, edition: Edition, *, by: Staff, at: datetime) -> None:
    """Throw a draft away."""
    is_used = session.scalar(sa.select(Wave.id).where(Wave.edition_id == edition.id).limit(1))
    if edition.state is EditionState.FROZEN or is_used:
        raise InUse
    journal.write(session, "edition.discard", edition, by=by, at=at)
    session.delete(edition)
    session.flush()
