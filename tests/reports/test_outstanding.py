"""What is suspended, or unsolved after three rounds, stands in every weekly bulletin until it is done; no person does."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from core.db import Database, transaction
from matters.attributes import Conflict
from matters.flow import MatterAction
from matters.moving import act, keep, standing_of
from matters.outstanding import is_outstanding
from matters.policies import policy_of
from matters.states import MatterState
from reports.blocks import Prose
from reports.sections import supervision
from tests.matters.lives import in_hand, offices
from tests.reports.test_stood import MONDAY, context, table

A, S = MatterAction, MatterState


@pytest.mark.parametrize(
    ("state", "number", "stays"),
    [
        (S.SUSPENDED, 1, True),
        (S.IN_HAND, 3, False),
        (S.IN_HAND, 4, True),
        (S.TO_ROUTE, 5, True),
        (S.CLOSED_SOLVED, 4, False),
    ],
)
def test_who_stays_in_the_bulletin(state: MatterState, number: int, *, stays: bool) -> None:
    assert is_outstanding(state, number) is stays


def test_the_bulletin_lists_them_every_week(database: Database) -> None:
    """By topic, township, unit and day; a complaint about a unit counts and is not listed."""
    began = MONDAY - timedelta(days=30)
    with transaction() as session:
        county = offices(session)
        suspended, about_a_unit, often, done = (in_hand(session, county, began) for _ in range(4))
        facts = {"told": True, "review": (MONDAY + timedelta(days=30)).isoformat()}
        for matter in (suspended, about_a_unit, done):
            act(session, matter, A.SUSPEND, by=county.head, at=began, facts=facts, text="一、立项")
        act(session, done, A.RESUME_WORK, by=county.head, at=began + timedelta(days=1))
        for matter, changes in (
            (about_a_unit, {"conflict": Conflict.UNIT, "conflict_unit": county.units[1].id}),
            (often, {"round": 4}),
        ):
            standing = msgspec.structs.replace(standing_of(matter), **changes)
            keep(session, matter, standing, policy_of(session, matter.policy_id, at=began))
        session.flush()
        section = supervision.supervision(context(session))
        found = table(section, "outstanding")
        assert found is not None
        rows = [(row[3].zh, row[5]) for row in found.rows]  # type: ignore[union-attr]
        assert rows == [(S.SUSPENDED.zh, 1), (S.IN_HAND.zh, 4)]
        assert {str(column.key) for column in found.columns} == {
            "what",
            "where",
            "unit",
            "state",
            "since",
            "round",
        }
        told = [b.text.zh for b in section.blocks if isinstance(b, Prose)]
        assert any("3 件" in words for words in told)
        assert str(suspended.receipt) not in str(found.rows)
