"""Doors: what a room offers in the top bar, and whose first page it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Permission, Role
from core.terms import Words

Count = Callable[[Session, Staff, datetime], int]


@dataclass(frozen=True)
class Door:
    """One entry of the top bar; without a permission it is open to residents."""

    endpoint: str
    words: Words
    permission: Permission | None
    order: int = 50
    first_for: frozenset[Role] = field(default_factory=frozenset)
    count: Count | None = None
    """How many things wait behind it: one quick query, shown beside the words."""
    about: Words | None = None
    """One sentence for the list of doors."""

    def opens_for(self, staff: Staff) -> bool:
        """Say whether this person may go through."""
        return self.permission is not None and staff.may(self.permission)


def first_door(doors: list[Door], roles: set[Role]) -> Door | None:
    """Return the door that opens first for these roles, in the order of the roles."""
    for role in Role:
        if role in roles:
            for door in sorted(doors, key=lambda d: d.order):
                if role in door.first_for:
                    return door
    return None
