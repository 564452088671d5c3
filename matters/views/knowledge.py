"""The knowledge base at the desk: finding an article while the caller waits, and keeping the articles in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Unit, acting
from core.permissions import Permission, require
from core.problems import Invalid, Problem
from core.terms import Words, labels, t
from matters import knowledge, knowledge_search, topics
from matters.knowledge import KnowledgeArticle, KnowledgeEdition
from matters.knowledge_writing import Wording, keepers, revise, write
from matters.topics import Field
from matters.views.where import topic_words

blueprint = Blueprint("knowledge", __name__, url_prefix="/knowledge")
DOORS = [
    Door(
        "knowledge.listed",
        Words("知识库", "Knowledge base"),
        Permission.MATTER_READ,
        order=32,
        count=knowledge.count_running_out,
        about=Words("当场答复用的条目；数字是您维护的条目中将到期的", "Articles to answer from; yours that run out are counted"),
    )
]  # fmt: skip
_TEXTS = ("title_zh", "title_en", "body_zh", "body_en", "reason")


@blueprint.get("/")
@require(Permission.MATTER_READ)
def listed() -> str:
    """Find articles; the best match first."""
    today, text = clock.today(), request.args.get("q", "")[: knowledge_search.LONGEST]
    field = Field.found(request.args.get("field"))
    with reading() as session:
        found = knowledge_search.search(
            session,
            text,
            on=today,
            topic=field.value if field else "",
            with_ended=request.args.get("show") == "all",
        )
        return render_template(
            "clerk/knowledge.html",
            found=found,
            asked=text,
            fields=labels(Field),
            mine=knowledge.running_out(session, acting(), today),
            on=today,
            may_write=acting().may(Permission.MATTER_DESK),
            topic_words=topic_words,
        )


@blueprint.get("/<int:article_id>")
@require(Permission.MATTER_READ)
def one(article_id: int) -> str:
    """Show an article with every wording it had."""
    with reading() as session:
        article = knowledge.find(session, article_id)
        return render_template(
            "clerk/knowledge_article.html",
            article=article,
            editions=knowledge.editions(session, article),
            on=clock.today(),
            may_write=acting().may(Permission.MATTER_DESK),
            topic_words=topic_words,
        )


@blueprint.get("/new")
@require(Permission.MATTER_DESK)
def new() -> str:
    """Show the empty form."""
    start = Wording(owner_staff_id=acting().id, valid_from=clock.today())
    with reading() as session:
        return _form(session, None, _typed(start))


@blueprint.post("/new")
@require(Permission.MATTER_DESK)
def add() -> ResponseReturnValue:
    """Write a new article, or show what is wrong with it."""
    return _save(None)


@blueprint.get("/<int:article_id>/change")
@require(Permission.MATTER_DESK)
def change(article_id: int) -> str:
    """Show the form with an article's present wording."""
    with reading() as session:
        article = knowledge.find(session, article_id)
        return _form(session, article, _typed(_wording_of(article)))


@blueprint.post("/<int:article_id>/change")
@require(Permission.MATTER_DESK)
def save(article_id: int) -> ResponseReturnValue:
    """Keep a new edition, or show what is wrong with it."""
    return _save(article_id)


def _save(article_id: int | None) -> ResponseReturnValue:
    by, at = acting(), clock.now()
    try:
        with transaction() as session:
            wording = _read()
            if article_id is None:
                article = write(session, wording, by=by, at=at)
            else:
                article = knowledge.find(session, article_id)
                revise(session, article, wording, by=by, at=at, seen=_id(request.form.get("seen")))
            kept = article.id
    except Problem as problem:
        with reading() as session:
            known = knowledge.find(session, article_id) if article_id is not None else None
            typed = {**request.form.to_dict(), "topics": request.form.getlist("topics")}
            errors = problem.fields if isinstance(problem, Invalid) else {}
            return _form(session, known, typed, errors=errors, problem=problem.words), problem.status
    flash(t("已保存。", "Saved."), "good")
    return redirect(url_for(".one", article_id=kept), 303)


def _read() -> Wording:
    form = request.form
    title_zh, title_en, body_zh, body_en, reason = (
        form.get(name, "").replace("\r\n", "\n") for name in _TEXTS
    )
    return Wording(
        title_zh,
        title_en,
        body_zh,
        body_en,
        topics=form.getlist("topics"),
        owner_unit_id=_id(form.get("owner_unit")),
        owner_staff_id=_id(form.get("owner_staff")),
        valid_from=_day("valid_from"),
        valid_until=_day("valid_until"),
        reason=reason,
    )


def _day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(fields={name: Words("请写成 2026-01-31 的样子", "Write it like 2026-01-31")}) from None


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def _wording_of(article: KnowledgeArticle | KnowledgeEdition) -> Wording:
    names = [name for name in Wording.__dataclass_fields__ if name != "reason"]
    return Wording(**{name: getattr(article, name) for name in names})


def _typed(wording: Wording) -> dict[str, object]:
    typed: dict[str, object] = {name: getattr(wording, name) for name in _TEXTS}
    typed |= {"topics": wording.topics, "valid_from": wording.valid_from, "valid_until": wording.valid_until}
    return typed | {"owner_unit": wording.owner_unit_id, "owner_staff": wording.owner_staff_id}


def _form(
    session: Session,
    article: KnowledgeArticle | None,
    typed: Mapping[str, object],
    *,
    errors: Mapping[str, Words] | None = None,
    problem: Words | None = None,
) -> str:
    units = session.scalars(sa.select(Unit).where(Unit.is_active).order_by(Unit.id))
    return render_template(
        "clerk/knowledge_form.html",
        article=article,
        typed=typed,
        errors=errors or {},
        problem=problem,
        fields=[(field, [each for each in topics.offered() if each.field is field]) for field in Field],
        units=[(unit.id, unit.label) for unit in units],
        keepers=[(staff.id, staff.name) for staff in keepers(session)],
        topic_words=topic_words,
    )
