"""Editions: a questionnaire as it was read from its workbook, numbered, and frozen once used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Id
from core.terms import Term, coded, language


class EditionState(Term):
    """Whether an edition may still be thrown away."""

    DRAFT = "draft", "草稿", "Draft"
    FROZEN = "frozen", "已冻结", "Frozen"


class Edition(Base):
    """One version of one questionnaire."""

    __tablename__ = "edition"
    __table_args__ = (sa.UniqueConstraint("code", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(60))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    title_en: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[EditionState] = mapped_column(coded(EditionState), default=EditionState.DRAFT)
    definition: Mapped[dict[str, Any]]
    """The questionnaire as survey.questionnaire writes it."""
    workbook: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]

    @property
    def label(self) -> str:
        """The title in the language spoken, where it has one in English."""
        return self.title_en if language() == "en" and self.title_en else self.title
