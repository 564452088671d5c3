"""A crowd of open matters: made up, spread over every open state, with the people and units that hold them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.people import Staff, StaffRole, Unit, UnitKind
from core.permissions import Role
from core.places import Level, Place
from matters.attributes import IdentityClass, MatterKind, Origin, Urgency
from matters.receipts import receipt
from matters.standing import CallerStanding, Standing, as_json
from matters.states import MatterState
from matters.topics import TOPICS

AT = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
AT_ONCE = 5000
COUNTIES, TOWNS, UNITS = 10, 12, 60
S = MatterState
STATES = (
    (S.REGISTERED, 6),
    (S.TO_ROUTE, 8),
    (S.ASSIGNED, 10),
    (S.IN_HAND, 50),
    (S.RETURN_ASKED, 2),
    (S.WAIT_CALLER, 3),
    (S.RESULT_IN, 6),
    (S.FEEDBACK_DUE, 6),
    (S.REVISIT_DUE, 7),
    (S.SUSPENDED, 2),
)
URGENCIES = ((Urgency.U1, 1), (Urgency.U2, 9), (Urgency.U3, 75), (Urgency.U4, 15))


def standing(dice: random.Random, units: list[int], policy: int, serial: int) -> Standing:
    """Make up where one open matter stands."""
    state = dice.choices([s for s, _ in STATES], [n for _, n in STATES])[0]
    urgency = dice.choices([u for u, _ in URGENCIES], [n for _, n in URGENCIES])[0]
    registered = AT - timedelta(minutes=dice.randrange(60 * 24 * 12))
    has_lead = state not in (S.REGISTERED, S.TO_ROUTE)
    signed = registered + timedelta(hours=2) if has_lead and state is not S.ASSIGNED else None
    asked = state is S.IN_HAND and dice.random() < 0.01
    is_incident = dice.random() < 0.001
    return Standing(
        state,
        min(registered + timedelta(hours=dice.randrange(72)), AT),
        registered,
        urgency=urgency,
        policy=policy,
        registered_at=registered,
        round_began_at=registered,
        lead=dice.choice(units) if has_lead else None,
        assigned_at=registered + timedelta(hours=1) if has_lead else None,
        signed_at=signed,
        contacted_at=signed if dice.random() < 0.8 else None,
        extension_asked=AT + timedelta(days=9) if asked else None,
        callers=(CallerStanding(serial),),
        is_incident=is_incident,
        incident_at=registered if is_incident else None,
        escalated_at=registered if is_incident else None,
        review_at=AT + timedelta(days=dice.randrange(-5, 80)) if state is S.SUSPENDED else None,
    )


def rows(dice: random.Random, count: int, units: list[int], towns: list[int], policy: int) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Make up the records of open matters, with their clocks still blank."""
    topics = [topic.code for topic in TOPICS]
    for n in range(count):
        found = standing(dice, units, policy, n + 1)
        yield {
            "receipt": receipt(f"26{7 + n % 5:02}", n // 5 + 1),
            "pin_hash": "-",
            "kind": MatterKind.HELP,
            "topic": dice.choice(topics),
            "urgency": found.urgency,
            "identity": IdentityClass.PROTECTED,
            "origin": Origin.CITIZEN_LINE,
            "narrative": "村口的路灯坏了两个多月，晚上孩子放学看不见路",
            "redacted": "村口的路灯坏了两个多月，晚上孩子放学看不见路",
            "place_id": dice.choice(towns),
            "promised_on": (AT + timedelta(days=7)).date(),
            "raised_at": found.raised_at,
            "registered_at": found.registered_at,
            "state": found.state,
            "standing": as_json(found),
            "policy_id": policy,
            "is_incident": found.is_incident,
            "lead_unit_id": found.lead,
            "state_since": found.since,
        }


def caller(matter_id: int, row: dict[str, Any]) -> dict[str, Any]:
    """Make up who raised a matter; ids are alike, as the standing says."""
    return {
        "id": matter_id,
        "matter_id": matter_id,
        "receipt_of_id": matter_id,
        "identity": row["identity"],
        "origin": row["origin"],
        "joined_at": row["raised_at"],
    }


def furnish(session: Session) -> tuple[list[int], list[int], dict[Role, Staff]]:
    """Make units, places and whoever looks at the pages."""
    counties = [
        Place(level=Level.COUNTY, code=f"{n:02}", name=f"县{n}", name_en=f"County {n}")
        for n in range(COUNTIES)
    ]
    session.add_all(counties)
    session.flush()
    towns = [
        Place(
            level=Level.TOWNSHIP, code=f"{c.code}{n:02}", name=f"镇{n}", name_en=f"Town {n}", parent_id=c.id
        )
        for c in counties
        for n in range(TOWNS)
    ]
    units = [Unit(kind=UnitKind.HANDLING, name=f"单位{n}", name_en=f"Unit {n}") for n in range(UNITS)]
    office = Unit(kind=UnitKind.SUPERVISION, name="督查室", name_en="Office")
    session.add_all([*towns, *units, office])
    session.flush()
    people = {
        role: Staff(
            username=role.value,
            name=role.value,
            password_hash="!",
            created_at=AT,
            unit_id=unit.id,
            role_rows=[StaffRole(role=role)],
        )
        for role, unit in ((Role.SUPERVISION, office), (Role.HANDLER, units[0]))
    }
    session.add_all(people.values())
    session.flush()
    return [u.id for u in units], [p.id for p in towns], people
