"""Luck in ranks: how far the house's own counties would move if nothing had changed at all, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from reports.blocks import Text
from reports.estimates import IndexEstimate
from survey.index_ranks import Z
from survey.methods.rank_luck import largest_climb

LEAST = 3
"""Of two counties there is no luckiest."""


def luck_of(shown: Sequence[IndexEstimate]) -> Text:
    """Say by how many places the luckiest of the counties printed would climb by chance; of few there is nothing to say."""
    if len(shown) < LEAST:
        return Text("", "")
    known = tuple(sorted((e.estimate or 0.0, _variance(e)) for e in shown))
    places, n = _climb(known), round(sum(e.n for e in shown) / len(shown))
    return Text(
        f"位次也有运气：{len(shown)} 个县（区）、平均每个 {n:,} 份访问，即使真实水平一点没变，两期之间运气最好的一个平均也会上升 "
        f"{places:.1f} 位。",
        f"Ranks are luck as well: of {len(shown)} counties with {n:,} interviews each on average, the luckiest climbs "
        f"{places:.1f} places between two periods though nothing has changed. ",
    )


def _variance(e: IndexEstimate) -> float:
    """Return a figure's variance; where all answered alike, its interval's length stands in, as for the places."""
    if e.standard_error or e.low is None or e.high is None:
        return (e.standard_error or 0.0) ** 2
    return ((e.high - e.low) / Z) ** 2


@lru_cache(maxsize=64)
def _climb(known: tuple[tuple[float, float], ...]) -> float:
    return largest_climb([value for value, _ in known], [variance for _, variance in known])
