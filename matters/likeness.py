"""Likeness: matters that may be the same, the same words from many numbers, and answers copied from another matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from rapidfuzz import fuzz, process
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.places import Place
from matters.flow import MatterAction
from matters.keeping_away import within_sight
from matters.limits import Limit, end_of
from matters.log import MatterEvent
from matters.matter import Matter
from matters.policies import policy_of
from matters.reporters import Reporter
from matters.states import OPEN, MatterState
from matters.topics import topic

AT_LEAST = 0.45
"""Below it a suggestion would only cost time."""
COPIED_FROM = 0.9
LOOKED_BACK = timedelta(days=30)
MOST = 5
MOST_COMPARED = 500
MOST_ANSWERS = 5000
"""More than a county's units give in a month."""
_NOTHING = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Suggestion:
    """A matter that may be the same one, with what speaks for it."""

    matter: Matter
    score: float
    """Place, topic and words together, 0 to 1."""
    words: float
    """How alike the two narratives are, 0 to 1."""
    is_same_place: bool
    is_same_topic: bool


def bare(text: str) -> str:
    """Return a text without marks, spaces and differences of width and case, for comparing."""
    return _NOTHING.sub("", unicodedata.normalize("NFKC", text).casefold())


def alike(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1: the greater of the whole and of the order-free likeness."""
    first, second = bare(one), bare(other)
    if not first or not second:
        return 0.0
    whole = fuzz.ratio(first, second)
    return max(whole, fuzz.token_sort_ratio(_pairs(first), _pairs(second))) / 100


def _pairs(text: str) -> str:
    # Chinese is written without spaces: pairs of neighbouring characters stand for words.
    return " ".join(text[n : n + 2] for n in range(len(text) - 1)) or text


def suggestions(session: Session, matter: Matter, staff: Staff, *, at: datetime) -> list[Suggestion]:
    """Suggest matters that this one may be merged into, the likeliest first; a person decides."""
    began = matter.registered_at or matter.raised_at
    own = topic(matter.topic or "")
    if own is None or matter.place is None:
        return []
    query = (
        sa.select(Matter)
        .where(
            Matter.id != matter.id,
            Matter.state.in_([s for s in OPEN if s is not MatterState.DRAFT]),
            Matter.registered_at >= began - LOOKED_BACK,
            Matter.topic.startswith(own.field.value + ".", autoescape=True),
            Matter.place_id.in_(_neighbours(matter.place)),
        )
        .order_by(Matter.registered_at.desc())
        .limit(MOST_COMPARED)
    )
    found = []
    for other in session.scalars(within_sight(session, staff, query)):
        if is_in_time(session, matter, other, at=at):
            words = alike(matter.narrative, other.narrative)
            same_place, same_topic = is_same_place(matter, other), other.topic == matter.topic
            score = 0.6 * words + 0.25 * same_place + 0.15 * same_topic
            found.append(Suggestion(other, round(score, 3), round(words, 3), same_place, same_topic))
    likely = [each for each in found if each.score >= AT_LEAST]
    return sorted(likely, key=lambda s: (-s.score, s.matter.id))[:MOST]


def of_same_caller(session: Session, matter: Matter, staff: Staff) -> list[Matter]:
    """Return the open matters of the caller who has just spoken: one thing raised twice is one matter."""
    own = sa.select(Reporter.fingerprint).where(
        Reporter.receipt_of_id == matter.id, Reporter.fingerprint.is_not(None)
    )
    theirs = sa.select(Reporter.matter_id).where(Reporter.fingerprint.in_(own))
    query = (
        sa.select(Matter)
        .where(
            Matter.id.in_(theirs),
            Matter.id != matter.id,
            Matter.state.in_([s for s in OPEN if s is not MatterState.DRAFT]),
        )
        .order_by(Matter.registered_at.desc())
        .limit(MOST)
    )
    return list(session.scalars(within_sight(session, staff, query)))


def is_in_time(session: Session, matter: Matter, target: Matter, *, at: datetime) -> bool:
    """Say whether two matters lie near enough in time to be one."""
    if target.registered_at is None:
        return False
    policy = policy_of(session, matter.policy_id, at=at)
    span = policy.span(Limit.MERGE, matter.urgency)
    return at <= end_of(target.registered_at, span, clock.zone()).due_at


def _neighbours(place: Place) -> sa.Select[int]:
    """Return the ids of a place's township with all its villages."""
    town = _township(place)
    return sa.select(Place.id).where(sa.or_(Place.id == town, Place.parent_id == town))


def _township(place: Place) -> int:
    return place.parent_id if place.level.value == "village" and place.parent_id else place.id


def is_same_place(one: Matter, other: Matter) -> bool:
    """Say whether two matters are about one place: the same township, and no two different villages of it."""
    if one.place is None or other.place is None or _township(one.place) != _township(other.place):
        return False
    villages = {m.place_id for m in (one, other) if m.place and m.place.level.value == "village"}
    return len(villages) < 2


@dataclass(frozen=True)
class Given:
    """An answer that some unit gave."""

    matter_id: int
    at: datetime
    words: str
    """Bare, for comparing."""


def answers_since(session: Session, since: datetime) -> list[Given]:
    """Read the answers of every unit since a moment, the newest first, once for all that are held against them."""
    query = (
        sa.select(MatterEvent.matter_id, MatterEvent.at, MatterEvent.text)
        .where(
            MatterEvent.action == MatterAction.REPORT.value,
            MatterEvent.at >= since,
            MatterEvent.text.is_not(None),
        )
        .order_by(MatterEvent.at.desc())
        .limit(MOST_ANSWERS)
    )
    return [Given(row.matter_id, row.at, bare(row.text)) for row in session.execute(query)]


def repeated(answers: Sequence[Given], matter_id: int, text: str) -> tuple[int, float] | None:
    """Find the answer of another matter that a text repeats, the likest of them, with how alike they are."""
    others = [given for given in answers if given.matter_id != matter_id]
    found = process.extractOne(
        bare(text), [given.words for given in others], scorer=fuzz.ratio, score_cutoff=COPIED_FROM * 100
    )
    return (others[found[2]].matter_id, round(found[1] / 100, 3)) if found else None
