"""Screening: what makes an interview worth a second look, read from its times and patterns alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import median

from core.terms import Term


class Sign(Term):
    """Why an interview is worth a second look; a sign is a reason to listen, never a verdict."""

    SHORT = "short", "时长过短", "Too short"
    LONG = "long", "时长过长", "Very long"
    STRAIGHT = "straight", "答案一条线", "Straight-lining"
    EMPTY = "empty", "未答过多", "Much left unanswered"
    FAST = "fast", "读不完就作答", "Answered before it could be read"
    SAME_NUMBER = "same_number", "同号多份", "Two interviews on one number"
    NEWCOMER = "newcomer", "新访员前十份", "Newcomer's first ten"


@dataclass(frozen=True)
class Limits:
    """Where a sign begins."""

    short_z: float = -2.5
    long_z: float = 3.5
    least_peers: int = 20
    """A distribution of fewer interviews judges nobody."""
    straight_items: int = 5
    unanswered: float = 0.3
    fast_share: float = 0.25
    characters_per_second: float = 14.0
    """Twice the pace of a newsreader: whoever answers before that has not heard the question out."""
    newcomer: int = 10


STANDARD = Limits()
MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Given:
    """One answer as screening sees it."""

    value: str
    shown_ms: int | None
    characters: int
    """Length of the wording in the language read, in Chinese characters."""
    scale: str = ""
    """Name of the rating list where it is one of several ratings on the same list."""
    is_unanswered: bool = False


@dataclass(frozen=True)
class Talk:
    """One interview as screening sees it."""

    seconds: float
    answers: Sequence[Given]
    is_same_number: bool = False
    rank: int = 1_000_000
    """The how-manieth interview of its interviewer it is."""


@dataclass(frozen=True)
class Norm:
    """What interviews of one questionnaire usually last: centre and spread of the log of seconds."""

    centre: float
    spread: float


def norm(seconds: Sequence[float], limits: Limits = STANDARD) -> Norm | None:
    """Return the usual length, robustly (median and median absolute deviation); None with too few interviews."""
    logs = [log(s) for s in seconds if s > 0]
    if len(logs) < limits.least_peers:
        return None
    centre = median(logs)
    spread = MAD_TO_SD * median(abs(v - centre) for v in logs)
    return Norm(centre, spread) if spread > 0 else None


def distance(seconds: float, usual: Norm) -> float:
    """Return how many spreads a length lies from the usual one; a length of nought is as short as can be."""
    return (log(seconds) - usual.centre) / usual.spread if seconds > 0 else float("-inf")


def is_straight(answers: Sequence[Given], limits: Limits = STANDARD) -> bool:
    """Say whether every rating on one list got the very same answer."""
    ratings: dict[str, list[str]] = {}
    for given in answers:
        if given.scale and not given.is_unanswered:
            ratings.setdefault(given.scale, []).append(given.value)
    return any(len(v) >= limits.straight_items and len(set(v)) == 1 for v in ratings.values())


def share_unanswered(answers: Sequence[Given]) -> float:
    """Return the share of answers that say nothing: don't know, refused."""
    return sum(g.is_unanswered for g in answers) / len(answers) if answers else 0.0


def share_too_fast(answers: Sequence[Given], limits: Limits = STANDARD) -> float:
    """Return the share of timed answers given before the question could have been read aloud."""
    timed = [g for g in answers if g.shown_ms is not None and g.characters > 0]
    fast = [g for g in timed if (g.shown_ms or 0) < 1000 * g.characters / limits.characters_per_second]
    return len(fast) / len(timed) if timed else 0.0


def signs(talk: Talk, usual: Norm | None, limits: Limits = STANDARD) -> tuple[Sign, ...]:
    """Return every sign an interview shows, in the order of the list."""
    z = distance(talk.seconds, usual) if usual is not None else 0.0
    shown = {
        Sign.SHORT: z < limits.short_z,
        Sign.LONG: z > limits.long_z,
        Sign.STRAIGHT: is_straight(talk.answers, limits),
        Sign.EMPTY: share_unanswered(talk.answers) >= limits.unanswered,
        Sign.FAST: share_too_fast(talk.answers, limits) >= limits.fast_share,
        Sign.SAME_NUMBER: talk.is_same_number,
        Sign.NEWCOMER: talk.rank <= limits.newcomer,
    }
    return tuple(sign for sign in Sign if shown[sign])
