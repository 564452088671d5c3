"""When a composite index is fit to print: only where every one of its items is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from survey.methods.estimates import Estimate
from survey.methods.publication import Suppression


def with_items(found: Sequence[Estimate], parts: Mapping[str, Collection[str]]) -> list[Estimate]:
    """Withhold a composite wherever one of its items (by name, in `parts`) is missing or withheld in the same domain.

    A tiny item makes the composite's interval too narrow, as its own error is hardly known; and a withheld item would
    follow from the composite and the other items by subtraction. One item alone is the index itself.
    """
    printed = {(e.item, e.domain) for e in found if e.is_published}
    return [
        replace(e, suppression=Suppression.ITEM)
        if len(parts.get(e.item, ())) > 1 and any((name, e.domain) not in printed for name in parts[e.item])
        else e
        for e in found
    ]
