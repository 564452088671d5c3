"""Ring whom the queue passed by: first words that nobody queued, and calls that waited for a text no line can send."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | None = None
depends_on: str | None = None

RANKS = {"u1": 1, "u2": 2}
MATTER = sa.table(
    "matter",
    *(sa.column(name) for name in ("id", "standing", "state", "stage", "identity", "urgency", "round")),
    sa.column("stage_due_at", sa.DateTime(timezone=True)),
)
REPORTER = sa.table("reporter", sa.column("id"), sa.column("fingerprint", sa.LargeBinary()))
TRY = sa.table("caller_try", sa.column("matter_id"), sa.column("errand"))
TURN = sa.table(
    "caller_turn",
    *(sa.column(name) for name in ("errand", "matter_id", "reporter_id", "round", "rank", "tries")),
    sa.column("person", sa.LargeBinary()),
    sa.column("is_promised", sa.Boolean()),
    sa.column("needs_text", sa.Boolean()),
    sa.column("next_at", sa.DateTime(timezone=True)),
    sa.column("due_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Step forward."""
    catch_up(op.get_bind(), datetime.now(UTC))


def downgrade() -> None:
    """Step back: what was queued stays, as every turn of the queue does."""


def catch_up(connection: sa.Connection, now: datetime) -> None:
    """Queue whoever waits for the first word, and have those rung again for whom only a text was missing.

    The next call in vain sends the text, or says that a fixed line takes none; both end the waiting.
    """
    connection.execute(sa.update(TURN).where(TURN.c.needs_text).values(needs_text=False))
    known = [
        sa.exists().where(table.c.matter_id == MATTER.c.id, table.c.errand == "contact")
        for table in (TURN, TRY)
    ]
    waiting = sa.select(MATTER).where(
        MATTER.c.state == "in_hand",
        MATTER.c.stage == "first_contact",
        MATTER.c.identity != "open",
        ~sa.or_(*known),
    )
    for matter in connection.execute(waiting).mappings().all():
        callers = json.loads(matter["standing"]).get("callers", [])
        found = [c["id"] for c in callers if not c.get("is_anonymous") and not c.get("has_left")]
        if not found:
            continue
        person = connection.scalar(sa.select(REPORTER.c.fingerprint).where(REPORTER.c.id == found[0]))
        connection.execute(
            sa.insert(TURN).values(
                errand="contact",
                matter_id=matter["id"],
                reporter_id=found[0],
                person=person,
                round=matter["round"],
                rank=RANKS.get(matter["urgency"], 3),
                tries=0,
                is_promised=False,
                needs_text=False,
                next_at=now,
                due_at=matter["stage_due_at"],
            )
        )
