"""When a figure is fit to print, and the reason when it is not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Suppression(StrEnum):
    """Why a figure is not published."""

    NO_ANSWER = "no_answer"
    TOO_FEW = "too_few"  # respondents, or effective respondents
    NO_SPREAD = "no_spread"  # the error cannot be known
    TOO_UNCERTAIN = "too_uncertain"  # the interval is too wide
    COMPLEMENT = "complement"  # it would tell another group's few
    ITEM = "item"  # of a composite: one of its items is missing or withheld


@dataclass(frozen=True)
class Publication:
    """The rule (defaults after the standards for proportions of NCHS, Series 2 No. 175, 2017)."""

    min_n: int = 30
    min_effective_n: float = 30.0
    max_width: float = 0.30  # of the interval of a share
    narrow_width: float = 0.05  # up to this the relative width is not asked
    max_relative_width: float = 1.30


STANDARD = Publication()


def suppress(
    rule: Publication,
    *,
    estimate: float | None,
    low: float | None,
    high: float | None,
    n: int,
    effective_n: float | None,
    is_share: bool,
    has_spread: bool = True,
) -> Suppression | None:
    """Give the reason to withhold a figure, or None if it may be printed."""
    if estimate is None or low is None or high is None:
        return Suppression.NO_ANSWER
    if n < rule.min_n or (effective_n is not None and effective_n < rule.min_effective_n):
        return Suppression.TOO_FEW
    if not has_spread:
        return Suppression.NO_SPREAD
    width = high - low
    if is_share and width >= rule.max_width:
        return Suppression.TOO_UNCERTAIN
    if is_share and width > rule.narrow_width and width > rule.max_relative_width * estimate:
        return Suppression.TOO_UNCERTAIN
    return None
