"""The knowledge base: articles with an owner and a last valid day, from which enquiries are answered on the line."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.people import Staff, Unit
from core.problems import Invalid, Missing
from core.terms import Words, language

SOON = timedelta(days=14)
"""So long before its last day an article's owner is told to look at it."""


class KnowledgeArticle(Base):
    """One article as it reads now; every wording it had is kept as an edition."""

    __tablename__ = "knowledge_article"
    __table_args__ = (
        sa.CheckConstraint("title_zh <> '' OR title_en <> ''", name="has_title"),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    title_zh: Mapped[str] = mapped_column(sa.String(120), default="")
    title_en: Mapped[str] = mapped_column(sa.String(200), default="")
    body_zh: Mapped[str] = mapped_column(sa.Text, default="")
    body_en: Mapped[str] = mapped_column(sa.Text, default="")
    topics: Mapped[list[Any]] = mapped_column(default=list)
    """Codes of the topic list (matters.topics); none means that it is of use everywhere."""
    owner_unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    """The office that vouches for what it says."""
    owner_staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    """Who keeps it in order here and is told when it runs out."""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    words: Mapped[str] = mapped_column(sa.Text)
    """Title and body folded for searching, so that both databases find the same."""
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    changed_at: Mapped[datetime]

    owner_unit: Mapped[Unit] = relationship()
    owner_staff: Mapped[Staff] = relationship(foreign_keys=[owner_staff_id])

    @property
    def tongue(self) -> str:
        """The language in which it can be read out: the one spoken, else the only one there is."""
        wanted = language()
        return wanted if (self.title_en if wanted == "en" else self.title_zh) else self.other_tongue

    @property
    def other_tongue(self) -> str:
        """The language that is not spoken now."""
        return "zh" if language() == "en" else "en"

    @property
    def title(self) -> str:
        """The title, in the language spoken where there is one."""
        return self.title_en if self.tongue == "en" else self.title_zh

    @property
    def body(self) -> str:
        """The body, in the language of the title."""
        return self.body_en if self.tongue == "en" else self.body_zh

    label = title

    def is_valid(self, on: date) -> bool:
        """Say whether callers may be answered from it on a day."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)

    def has_ended(self, on: date) -> bool:
        """Say whether its last day is over."""
        return self.valid_until is not None and self.valid_until < on


class KnowledgeEdition(Base):
    """One wording of an article, with what was changed and by whom."""

    __tablename__ = "knowledge_edition"
    __table_args__ = (sa.UniqueConstraint("article_id", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("knowledge_article.id"))
    version: Mapped[int]
    title_zh: Mapped[str] = mapped_column(sa.String(120))
    title_en: Mapped[str] = mapped_column(sa.String(200))
    body_zh: Mapped[str] = mapped_column(sa.Text)
    body_en: Mapped[str] = mapped_column(sa.Text)
    topics: Mapped[list[Any]] = mapped_column(default=list)
    owner_unit_id: Mapped[int] = mapped_column(sa.ForeignKey("unit.id"))
    owner_staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    """Why it was changed, in a few words."""
    written_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    written_at: Mapped[datetime]

    writer: Mapped[Staff | None] = relationship(foreign_keys=[written_by])

    @property
    def title(self) -> str:
        """The title, in the language spoken where there is one."""
        first, second = (
            (self.title_en, self.title_zh) if language() == "en" else (self.title_zh, self.title_en)
        )
        return first or second


def folded(text: str) -> str:
    """Fold a text for searching: full width and case make no difference."""
    return unicodedata.normalize("NFKC", text).casefold()


def valid_on(on: date) -> sa.ColumnElement[bool]:
    """Choose the articles that hold on a day."""
    a = KnowledgeArticle
    return sa.and_(a.valid_from <= on, sa.or_(a.valid_until.is_(None), a.valid_until >= on))


def offered(session: Session, on: date, topic: str | None = None) -> list[KnowledgeArticle]:
    """List the articles that callers may be answered from on a day; those of a topic first, then of its field."""
    query = sa.select(KnowledgeArticle).where(valid_on(on)).order_by(KnowledgeArticle.id)
    return sorted(session.scalars(query), key=lambda article: -_nearness(article, topic))


def _nearness(article: KnowledgeArticle, topic: str | None) -> int:
    if not topic:
        return 0
    field = topic.partition(".")[0]
    return 2 if topic in article.topics else any(code.startswith(f"{field}.") for code in article.topics)


def must_be_offered(session: Session, article_id: int | None, on: date) -> KnowledgeArticle:
    """Find the article of an answer; refuse one that is not there or does not hold on that day."""
    article = session.get(KnowledgeArticle, article_id) if article_id else None
    if article is None:
        raise Invalid(fields={"article": Words("请选择知识库条目", "Choose the article")})
    if not article.is_valid(on):
        raise Invalid(
            fields={
                "article": Words(
                    "这个条目已失效或未生效，请另选，或提交分派",
                    "This article does not hold today: choose another",
                )
            }
        )
    return article


def find(session: Session, article_id: int) -> KnowledgeArticle:
    """Find an article."""
    article = session.get(KnowledgeArticle, article_id)
    if article is None:
        raise Missing(Words("没有这个条目", "There is no such article"))
    return article


def editions(session: Session, article: KnowledgeArticle) -> list[KnowledgeEdition]:
    """Return every wording of an article, the newest first."""
    query = sa.select(KnowledgeEdition).where(KnowledgeEdition.article_id == article.id)
    return list(session.scalars(query.order_by(KnowledgeEdition.version.desc())))


def running_out(session: Session, staff: Staff, on: date) -> list[KnowledgeArticle]:
    """List the articles of an owner that have run out or soon will, the longest over first."""
    a = KnowledgeArticle
    query = sa.select(a).where(a.owner_staff_id == staff.id, a.valid_until <= on + SOON)
    return list(session.scalars(query.order_by(a.valid_until, a.id)))


def count_running_out(session: Session, staff: Staff, at: datetime) -> int:
    """Count them for the top bar."""
    a = KnowledgeArticle
    query = sa.select(sa.func.count()).where(
        a.owner_staff_id == staff.id, a.valid_until <= clock.today(at) + SOON
    )
    return session.scalar(query) or 0
