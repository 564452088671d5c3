"""Flows: a table (state, action) → state; one mover applies it and journals in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Refused
from core.terms import Term, Words

S = TypeVar("S", bound=Term)
A = TypeVar("A", bound=Term)

FLOWS: list[Flow[Any, Any]] = []
"""Every flow of the house, so that the drawings come from the code."""


class Stateful(Protocol):
    """A record that stands somewhere in a flow."""

    state: Any


@dataclass(frozen=True)
class Flow(Generic[S, A]):
    """A named flow with its table of moves."""

    name: str
    words: Words
    start: S
    table: Mapping[tuple[S, A], S]

    def __post_init__(self) -> None:
        FLOWS.append(self)

    def allows(self, state: S, action: A) -> bool:
        """Say whether the action can be done in the state."""
        return (state, action) in self.table

    def actions(self, state: S) -> list[A]:
        """Return what can be done in a state."""
        return [action for (here, action) in self.table if here == state]

    def move(
        self,
        session: Session,
        record: Stateful,
        action: A,
        *,
        by: Staff | None,
        at: datetime,
        **details: Any,
    ) -> None:
        """Move the record along the table and journal it, or refuse in people's language."""
        before: S = record.state
        after = self.table.get((before, action))
        if after is None:
            raise Refused(
                Words(
                    "“{what}”现在是“{state}”，不能“{action}”。没有任何改动。",
                    "The {what} is “{state}” now, so “{action}” can't be done. Nothing was changed.",
                ),
                what=self.words,
                state=before,
                action=action,
            )
        record.state = after
        session.flush()
        journal.write(
            session,
            f"{self.name}.{action.value}",
            record,
            by=by,
            at=at,
            **{"from": before.value, "to": after.value, **details},
        )

    def as_mermaid(self) -> str:
        """Return the drawing of this flow."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start.value}"]
        lines += [
            f"    {a.value} --> {b.value}: {action.zh} {action.en}" for (a, action), b in self.table.items()
        ]
        targets = {here for here, _ in self.table}
        ends = {b for b in self.table.values() if b not in targets}
        lines += [f"    {end.value} --> [*]" for end in sorted(ends)]
        return "\n".join(lines)
