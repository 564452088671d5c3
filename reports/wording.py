"""What may be said of a difference: up, down, or no detectable change, never more than its interval allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite, sqrt

from scipy import special, stats

from core.terms import Term, Words

LEVEL = 0.95
MINUS = "−"


class Verdict(Term):
    """What a difference amounts to."""

    UP = "up", "升", "Up"
    DOWN = "down", "降", "Down"
    NONE = "none", "无显著变化", "No detectable change"
    UNKNOWN = "unknown", "无从比较", "Can't be compared"


@dataclass(frozen=True)
class Change:
    """A difference, later − earlier or here − there, in the unit of the figures, with interval and p-value."""

    difference: float
    low: float
    high: float
    p: float | None

    @property
    def verdict(self) -> Verdict:
        """Say up or down only where the interval leaves zero out."""
        if self.low > 0:
            return Verdict.UP
        return Verdict.DOWN if self.high < 0 else Verdict.NONE


@dataclass(frozen=True)
class Measured:
    """An estimate with its standard error and degrees of freedom, in any unit."""

    estimate: float
    standard_error: float
    df: float


def apart(now: Measured, before: Measured, *, covariance: float = 0.0) -> Change | None:
    """Compare two figures; V = V₁ + V₂ − 2 C₁₂, t with Welch–Satterthwaite degrees of freedom.

    Periods that share no number are independent (C₁₂ = 0). None where an error is missing or 0: a figure of
    0 or 100 % has no symmetric error, and nothing is claimed from it. Source: Satterthwaite (1946), Welch (1947).
    """
    v1, v2 = now.standard_error**2, before.standard_error**2
    variance = v1 + v2 - 2 * covariance
    if not (isfinite(variance) and variance > 0 and v1 > 0 and v2 > 0):
        return None
    df = (v1 + v2) ** 2 / (v1**2 / max(now.df, 1) + v2**2 / max(before.df, 1))
    error = sqrt(variance)
    difference = now.estimate - before.estimate
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, df)) * error
    p = float(2 * special.stdtr(df, -abs(difference / error)))
    return Change(difference, difference - reach, difference + reach, p)


def signed(value: float, digits: int = 1) -> str:
    """Write a number with its sign: +2.1, −0.3, 0.0."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{MINUS if value < 0 else '+'}{text}"


def change_words(change: Change | None, than: Words, *, unit: Words, scale: float = 100.0) -> Words:
    """Say how a figure stands to another: the direction only where the interval leaves zero out.

    `scale` turns the figure's unit into the unit spoken of (shares into points).
    """
    if change is None:
        return Words("与{than}无从比较", "Can't be compared with {than}").filled(than=than)
    facts = {
        "than": than,
        "unit": unit,
        "size": f"{abs(change.difference) * scale:.1f}",
        "low": signed(change.low * scale),
        "high": signed(change.high * scale),
    }
    sentences = {
        Verdict.UP: Words(
            "比{than}升 {size} {unit}（{low} 至 {high}）", "Up {size} {unit} on {than} ({low} to {high})"
        ),
        Verdict.DOWN: Words(
            "比{than}降 {size} {unit}（{low} 至 {high}）", "Down {size} {unit} on {than} ({low} to {high})"
        ),
        Verdict.NONE: Words(
            "与{than}相比无显著变化（{low} 至 {high} {unit}）",
            "No detectable change on {than} ({low} to {high} {unit})",
        ),
    }
    return sentences[change.verdict].filled(**facts)


_RISING = "上升|上涨|升高|提高|提升|增长|攀升|好转|回升|改善|走高"
_FALLING = "下降|下跌|下滑|降低|回落|恶化|变差|走低|减少"
_UP = re.compile(
    rf"{_RISING}|\b(rose|risen|rises?|rising|increas\w*|improv\w*|grew|higher|climb\w*)\b", re.IGNORECASE
)
_DOWN = re.compile(
    rf"{_FALLING}|\b(fell|fallen|falls?|falling|drop\w*|declin\w*|decreas\w*|worse\w*|lower)\b", re.IGNORECASE
)
_DENIED = re.compile(
    rf"(没有|没|并未|未见|未|不再|无)(出现|有)?(明显|显著|任何)?(的)?({_RISING}|{_FALLING})"
    r"|\b(not|no|neither|nor|never)\b(\s+(a|any|have|has|clearly|detectably))*\s+\w+",
    re.IGNORECASE,
)
_UNSAID = re.compile(
    r"\s*((明显|显著|略有|有所|继续|持续|大幅|小幅|稳步|呈|均|都|也|又|再)|(and|but|it|they|has|have|also|slightly|clearly|then)\s+)*",
    re.IGNORECASE,
)
"""What may stand before a direction that has no subject of its own."""
_STEADY = ("无显著变化", "no detectable change")


def overclaims(text: str, named: dict[str, Verdict]) -> list[tuple[str, str]]:
    """Find where a text says more than the figures: (the figure's name, the word that it does not bear).

    `named` gives the verdict of every figure by the name under which a text speaks of it. A clause that gives a
    direction must have that direction found for the figures it names, or, where it has no subject of its own, for
    those of the clause before; one that says “no detectable change”, or denies a direction, is let be.
    """
    found = []
    for sentence in re.split(r"[。！？；;!?\n]|\.\s", text):
        spoken_of: list[str] = []
        for clause in re.split(r"[，,]", sentence):
            left = _DENIED.sub("", clause)
            up, down = _UP.search(left), _DOWN.search(left)
            mine = [name for name in named if name.lower() in clause.lower()]
            start = min((m.start() for m in (up, down) if m), default=0)
            if mine or not _UNSAID.fullmatch(left[:start]):
                spoken_of = mine
            if any(word in clause.lower() for word in _STEADY):
                continue
            for name in spoken_of:
                if up and named[name] is not Verdict.UP:
                    found.append((name, up[0]))
                elif down and named[name] is not Verdict.DOWN:
                    found.append((name, down[0]))
    return found
