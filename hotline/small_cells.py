"""Small cells: totals that could point at somebody are hidden, and so is what would give them away by subtraction."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

LEAST = 10
Key = TypeVar("Key", bound=Hashable)


def hidden(
    counts: Mapping[Key, int], *, least: int = LEAST, total_is_shown: bool = True
) -> dict[Key, int | None]:
    """Return the counts of one group with those from 1 to `least` − 1 as None.

    Where the group's total is shown beside them and the hidden ones together are fewer than `least`, or are
    one cell alone, the smallest of the others is hidden as well, so that nothing follows by subtraction.
    Zero stays zero. Source: complementary cell suppression, Hundepool et al., Statistical Disclosure Control
    (2012), chapter 4.
    """
    shown: dict[Key, int | None] = {key: None if 0 < n < least else n for key, n in counts.items()}
    if not total_is_shown:
        return shown
    secret = [key for key, n in shown.items() if n is None]
    while secret and (len(secret) == 1 or sum(counts[key] for key in secret) < least):
        others = [key for key, n in shown.items() if n]
        if not others:
            break
        smallest = min(others, key=lambda key: counts[key])
        shown[smallest] = None
        secret.append(smallest)
    return shown


def total_of(counts: Mapping[Key, int], *, least: int = LEAST) -> int | None:
    """Return a group's total, or None where it is small itself or would tell what was hidden."""
    total = sum(counts.values())
    if 0 < total < least:
        return None
    after = hidden(counts, least=least)
    secret = [key for key, n in after.items() if n is None]
    return None if len(secret) == 1 or 0 < sum(counts[key] for key in secret) < least else total
