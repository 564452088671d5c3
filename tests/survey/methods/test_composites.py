"""A composite is printed only where every one of its items is: else its error and the withheld item are told wrongly."""

from __future__ import annotations

import numpy as np

from survey.methods import declare
from survey.methods.composites import with_items
from survey.methods.estimands import Composite, proportion
from survey.methods.estimates import Estimate, domains, estimates
from survey.methods.publication import Suppression

ASKED = (200, 150, 60, 60, 60)


def _found(asked: tuple[int, ...]) -> dict[tuple[str, str], Estimate]:
    """Estimate five items, each answered by the first so many of 200, in two halves and together."""
    rng = np.random.default_rng(3)
    items = []
    for k, n in enumerate(asked):
        y = np.where(np.arange(200) < n, (rng.random(200) < 0.6).astype(float), np.nan)
        items.append(proportion(f"i{k}", y if n > 3 else np.where(np.isnan(y), y, 1.0)))
    whole = Composite("index", tuple(items))
    halves = domains(np.where(np.arange(200) % 2, "odd", "even"))
    found = estimates(declare(weights=np.ones(200)), [whole, *items], by=halves, whole="all")
    told = with_items(found, {"index": [i.name for i in items], "alone": ["i0"]})
    return {(e.item, e.domain): e for e in told}


def test_an_index_with_all_its_items_is_printed() -> None:
    assert _found(ASKED)["index", "all"].is_published


def test_a_tiny_item_in_which_all_agree_withholds_the_index() -> None:
    found = _found((200, 150, 60, 3, 60))
    assert found["i3", "all"].suppression is Suppression.TOO_FEW
    assert found["index", "all"].suppression is Suppression.ITEM
    assert found["i0", "all"].is_published


def test_an_item_withheld_in_one_half_withholds_the_index_there_alone() -> None:
    found = _found((200, 150, 60, 60, 50))
    assert found["index", "all"].is_published
    assert {found["index", half].suppression for half in ("odd", "even")} == {Suppression.ITEM}


def test_an_item_nobody_answered_leaves_the_index_without_a_value() -> None:
    index = _found((200, 150, 60, 0, 60))["index", "all"]
    assert index.estimate is None
    assert index.suppression is Suppression.ITEM
