"""Searching articles: by pairs of characters in Chinese and by words elsewhere, the best match first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import log

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matters.knowledge import KnowledgeArticle, folded, valid_on

LONGEST = 60
MOST = 200
ENOUGH = 0.2
"""The share of what was asked that an article must contain."""
IN_TITLE = 3
_RUNS = re.compile(r"[\u3400-\u9fff]+|[^\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Found:
    """An article with how well it fits."""

    article: KnowledgeArticle
    score: float


def pieces(text: str) -> list[str]:
    """Cut a question into what is looked for: pairs of Chinese characters, whole words of other scripts."""
    found: list[str] = []
    for run in _RUNS.findall(folded(text[:LONGEST])):
        if _HAN.match(run) and len(run) > 1:
            found += [run[n : n + 2] for n in range(len(run) - 1)]
        else:
            found.append(run)
    return list(dict.fromkeys(found))


def weights(wanted: list[str], texts: list[str]) -> dict[str, float]:
    """Weigh the pieces: what stands in few articles tells more than what stands in all."""
    return {piece: log((len(texts) + 1) / max(1, sum(piece in text for text in texts))) for piece in wanted}


def score(title: str, words: str, weight: Mapping[str, float], whole: str) -> float:
    """Rank one article: the share of the pieces it holds by their weight, those in the title three times."""
    total = sum(weight.values())
    held = sum(each for piece, each in weight.items() if piece in words) / total if total else 0.0
    if held < ENOUGH:
        return 0.0
    named = sum(each for piece, each in weight.items() if piece in title) / total
    return held + IN_TITLE * named + (whole in words) + (whole in title)


def search(
    session: Session,
    text: str,
    *,
    on: date,
    topic: str = "",
    with_ended: bool = False,
) -> list[Found]:
    """Find articles; without a question all of them, the newest first."""
    query = sa.select(KnowledgeArticle)
    if not with_ended:
        query = query.where(valid_on(on))
    wanted = pieces(text)
    if wanted:
        held = (KnowledgeArticle.words.contains(piece, autoescape=True) for piece in wanted)
        query = query.where(sa.or_(*held))
    elif text.strip():
        return []
    query = query.order_by(KnowledgeArticle.changed_at.desc(), KnowledgeArticle.id.desc())
    articles = [a for a in session.scalars(query) if not topic or _is_about(a, topic)]
    if not wanted:
        return [Found(article, 0.0) for article in articles[:MOST]]
    whole = folded(text[:LONGEST]).strip()
    weight = weights(wanted, [article.words for article in articles])
    ranked = [
        Found(a, score(folded(f"{a.title_zh}\n{a.title_en}"), a.words, weight, whole)) for a in articles
    ]
    return sorted((f for f in ranked if f.score > 0), key=lambda f: -f.score)[:MOST]


def _is_about(article: KnowledgeArticle, topic: str) -> bool:
    return not article.topics or any(code == topic or code.startswith(f"{topic}.") for code in article.topics)
