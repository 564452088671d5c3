"""Beside an action the journal's page says a flow's states in words, and names what else was kept."""

from __future__ import annotations

from core import journal_details, journal_words
from core.terms import speaking
from survey.cases import CaseState


def test_the_states_of_a_move_are_said_in_words() -> None:
    details = {"from": CaseState.CLAIMED.value, "to": CaseState.CLOSED.value, "code": "2.112"}
    assert journal_words.told("case.close", details) == "已领取 → 已结案；代码：2.112"
    with speaking("en"):
        assert journal_words.told("case.close", details) == "Claimed → Closed; code: 2.112"


def test_what_is_no_move_is_told_by_its_words() -> None:
    assert (
        journal_words.told("case.close", {"from": "nowhere", "to": "closed"})
        == "原状态：nowhere；新状态：closed"
    )
    assert journal_words.told("journal.read", {"page": 1}) == "页：1"
    assert journal_words.told("staff.signed_in", {}) == ""


def test_a_record_is_named_by_its_word_and_number() -> None:
    assert journal_details.record("case:2668") == "个案 2668"
    assert journal_details.record("journal:*") == "操作日志"
    assert journal_details.record("something_new:7") == "something_new:7"
    with speaking("en"):
        assert journal_details.record("case:2668") == "Case 2668"


def test_values_are_told_as_people_read_them_and_empty_ones_not_at_all() -> None:
    kept = {
        "personal": True,
        "lead": 12_000,
        "numbers": 200_000,
        "valid_from": "2026-11-07",
        "formats": ["sav", "dta"],
        "filters": {},
    }
    told = journal_words.told("x.y", kept)
    assert told == "约定本人：是；主办单位：12000；号码数：200,000；起用：11 月 7 日；格式：sav、dta"
    assert journal_words.told("x.y", {"code": "3.13", "odd": "as kept"}) == "代码：3.13；odd：as kept"


def test_codes_are_told_by_the_words_of_their_terms() -> None:
    journal_details.register({"state": [CaseState]})
    kept = {"roles": ["clerk", "leader"], "state": CaseState.CLAIMED.value}
    assert journal_words.told("x.y", kept) == "角色：受理员、领导；状态：已领取"
