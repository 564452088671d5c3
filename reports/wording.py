"""What may be said of a difference: up, down, or no detectable change, never more than its interval allows."""

from __future__ import annotations

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


def change_words(
    change: Change | None, than: Words, *, unit: Words, scale: float = 100.0, digits: int = 1
) -> Words:
    """Say how a figure stands to another: the direction only where the interval leaves zero out.

    `scale` turns the figure's unit into the unit spoken of (shares into points).
    """
    if change is None:
        return Words("与{than}无从比较", "Can't be compared with {than}").filled(than=than)
    facts = {
        "than": than,
        "unit": unit,
        "size": f"{abs(change.difference) * scale:.{digits}f}",
        "low": signed(change.low * scale, digits),
        "high": signed(change.high * scale, digits),
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
