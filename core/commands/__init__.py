"""The commands that keep the house: worker, database, people, keys, drawings, copies for safety."""

from __future__ import annotations

import click

from core.commands.database import alembic_config, db_group
from core.commands.people import staff_group
from core.commands.safekeeping import backup, restore
from core.commands.upkeep import docs_group, journal_group, keys_group, worker

COMMANDS: list[click.Command] = [
    worker,
    db_group,
    staff_group,
    keys_group,
    docs_group,
    journal_group,
    backup,
    restore,
]

__all__ = ["COMMANDS", "alembic_config"]
