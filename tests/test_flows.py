"""Every flow of the house can be walked from its start, and is drawn as the code says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.flow import FLOWS, Flow
from core.flow_drawings import flows_page, states
from tests.factories import all_models

ROOT = Path(__file__).resolve().parent.parent
all_models()


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_state_can_be_reached(flow: Flow[Any, Any]) -> None:
    unreachable = set(type(flow.start)) - set(states(flow))
    assert not unreachable, f"{flow.name}: no way leads to {unreachable}"


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_action_is_used_somewhere(flow: Flow[Any, Any]) -> None:
    actions = {action for _, action in flow.table}
    kinds = {type(action) for action in actions}
    assert len(kinds) == 1, f"{flow.name}: actions of several kinds"
    unused = set(kinds.pop()) - actions
    others = {action for other in FLOWS if other is not flow for _, action in other.table}
    assert not unused - others, f"{flow.name}: {unused} is never done"


def test_names_of_flows_are_their_own() -> None:
    names = [flow.name for flow in FLOWS]
    assert len(names) == len(set(names))


def test_the_drawings_are_what_the_code_says() -> None:
    path = ROOT / "docs" / "flows.md"
    assert path.exists(), "draw them: flask docs flows"
    assert path.read_text(encoding="utf-8") == flows_page(), "draw them anew: flask docs flows"
