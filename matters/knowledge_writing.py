"""Writing articles: what one must have before it is kept, and every change as a new edition with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff, Unit
from core.permissions import Permission
from core.problems import Invalid, Refused
from core.terms import Words
from matters import topics
from matters.knowledge import KnowledgeArticle, KnowledgeEdition, folded

LONGEST_TITLE_ZH, LONGEST_TITLE_EN, LONGEST_BODY, LONGEST_REASON = 120, 200, 4000, 200
NOT_KEPT = Words("没有保存，填写的内容都在", "Not saved; what you typed is kept")


class ChangedMeanwhile(Refused):
    """Somebody saved the article after the form was opened."""

    words = Words(
        "刚刚有人改过这个条目（现在是第 {n} 版）。您填写的内容还在，请对照后再保存",
        "Somebody has just changed this article (edition {n} now). What you typed is kept: compare, then save",
    )


@dataclass(frozen=True)
class Wording:
    """What an article says and who answers for it."""

    title_zh: str = ""
    title_en: str = ""
    body_zh: str = ""
    body_en: str = ""
    topics: Sequence[str] = ()
    owner_unit_id: int | None = None
    owner_staff_id: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    reason: str = ""


def write(session: Session, wording: Wording, *, by: Staff | None, at: datetime) -> KnowledgeArticle:
    """Write a new article."""
    _check(session, wording)
    article = KnowledgeArticle(version=0, changed_at=at)
    _keep(article, wording, by=by, at=at)
    session.add(article)
    session.flush()
    _edition(session, article, wording, by=by, at=at)
    return article


def revise(
    session: Session,
    article: KnowledgeArticle,
    wording: Wording,
    *,
    by: Staff | None,
    at: datetime,
    seen: int | None = None,
) -> KnowledgeArticle:
    """Change an article; answers given from it before point to the edition of their day."""
    session.refresh(article, with_for_update=True)
    if seen is not None and seen != article.version:
        raise ChangedMeanwhile(n=article.version)
    _check(session, wording)
    if not wording.reason.strip():
        raise Invalid(
            NOT_KEPT, fields={"reason": Words("请写明改了什么、为什么", "Write what changed and why")}
        )
    _keep(article, wording, by=by, at=at)
    session.flush()
    _edition(session, article, wording, by=by, at=at)
    return article


def keepers(session: Session) -> list[Staff]:
    """List who may keep an article in order: the people of the desk."""
    query = sa.select(Staff).where(Staff.is_active).order_by(Staff.id)
    return [staff for staff in session.scalars(query).unique() if staff.may(Permission.MATTER_DESK)]


def _check(session: Session, wording: Wording) -> None:
    wrong: dict[str, Words] = {}
    pairs = {
        "zh": (wording.title_zh.strip(), wording.body_zh.strip(), LONGEST_TITLE_ZH),
        "en": (wording.title_en.strip(), wording.body_en.strip(), LONGEST_TITLE_EN),
    }
    for code, (title, body, longest) in pairs.items():
        if body and not title:
            wrong[f"title_{code}"] = Words("有正文就要有标题", "A body needs its title")
        if title and not body:
            wrong[f"body_{code}"] = Words("有标题就要有正文", "A title needs its body")
        if len(title) > longest:
            wrong[f"title_{code}"] = Words("标题太长", "The title is too long")
        if len(body) > LONGEST_BODY:
            wrong[f"body_{code}"] = Words("最多 4000 字", "At most 4,000 characters")
    if not any(title or body for title, body, _ in pairs.values()):
        wrong["title_zh"] = Words("中文、英文至少写一种", "Write it in Chinese or English at least")
    if any(topics.topic(code) is None for code in wording.topics):
        wrong["topics"] = Words("请从类别表中选择", "Choose from the topic list")
    unit = session.get(Unit, wording.owner_unit_id) if wording.owner_unit_id else None
    if unit is None or not unit.is_active:
        wrong["owner_unit"] = Words("请选择对内容负责的单位", "Choose the office that vouches for it")
    staff = session.get(Staff, wording.owner_staff_id) if wording.owner_staff_id else None
    if staff is None or not staff.is_active or not staff.may(Permission.MATTER_DESK):
        wrong["owner_staff"] = Words("请选择受理台的维护人", "Choose who of the desk keeps it in order")
    if wording.valid_from is None:
        wrong["valid_from"] = Words("请填写生效日期", "Give the day from which it holds")
    elif wording.valid_until is not None and wording.valid_until < wording.valid_from:
        wrong["valid_until"] = Words("失效日期早于生效日期", "It would end before it begins")
    if len(wording.reason.strip()) > LONGEST_REASON:
        wrong["reason"] = Words("最多 200 字", "At most 200 characters")
    if wrong:
        raise Invalid(NOT_KEPT, fields=wrong)


_TEXTS = ("title_zh", "title_en", "body_zh", "body_en")
_SAME = ("topics", "owner_unit_id", "owner_staff_id", "valid_from", "valid_until")


def _keep(article: KnowledgeArticle, wording: Wording, *, by: Staff | None, at: datetime) -> None:
    for name in _TEXTS:
        setattr(article, name, getattr(wording, name).strip())
    for name in _SAME:
        setattr(article, name, getattr(wording, name))
    article.topics = list(dict.fromkeys(wording.topics))
    article.words = folded("\n".join(getattr(article, name) for name in _TEXTS))
    article.version += 1
    article.changed_by, article.changed_at = by.id if by else None, at


def _edition(
    session: Session, article: KnowledgeArticle, wording: Wording, *, by: Staff | None, at: datetime
) -> None:
    kept = {name: getattr(article, name) for name in (*_TEXTS, *_SAME)}
    session.add(
        KnowledgeEdition(
            article_id=article.id,
            version=article.version,
            reason=wording.reason.strip(),
            written_by=by.id if by else None,
            written_at=at,
            **kept,
        )
    )
    session.flush()
    journal.write(session, "knowledge.write", article, by=by, at=at, version=article.version)
