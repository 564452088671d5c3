"""Drawings of the flows, written from their tables."""

from __future__ import annotations

from typing import Any

from core.flow import FLOWS, Flow


def flows_page() -> str:
    """Return docs/flows.md: every flow with its states, actions and drawing."""
    parts = [
        "# Flows",
        "",
        "Drawn from the tables in the code by `flask docs flows`; a test holds them together.",
        "",
    ]
    for flow in sorted(FLOWS, key=lambda f: f.name):
        parts += [f"## {flow.words.en} {flow.words.zh} (`{flow.name}`)", "", "```mermaid", flow.as_mermaid()]
        parts += ["```", "", "| State | 状态 | Actions |", "|---|---|---|"]
        parts += [
            f"| `{state.value}` {state.en} | {state.zh} | "
            + (", ".join(f"{action.en} {action.zh}" for action in flow.actions(state)) or "—")
            + " |"
            for state in states(flow)
        ]
        parts.append("")
    return "\n".join(parts)


def states(flow: Flow[Any, Any]) -> list[Any]:
    """Return the states a flow reaches from its start, in the order they are reached."""
    found = [flow.start]
    for state in found:
        for action in flow.actions(state):
            after = flow.table[state, action]
            if after not in found:
                found.append(after)
    return found
