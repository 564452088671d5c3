"""Beside an action the journal's page says a flow's states in words, and all else as it was kept."""

from __future__ import annotations

from core import journal_words
from core.terms import speaking
from survey.cases import CaseState


def test_the_states_of_a_move_are_said_in_words() -> None:
    details = {"from": CaseState.CLAIMED.value, "to": CaseState.CLOSED.value, "code": "2.112"}
    assert journal_words.told("case.close", details) == "已领取 → 已结案，code=2.112"
    with speaking("en"):
        assert journal_words.told("case.close", details) == "Claimed → Closed, code=2.112"


def test_what_is_no_move_stands_as_it_was_kept() -> None:
    assert journal_words.told("case.close", {"from": "nowhere", "to": "closed"}) == "from=nowhere，to=closed"
    assert journal_words.told("journal.read", {"page": 1}) == "page=1"
    assert journal_words.told("staff.signed_in", {}) == ""
