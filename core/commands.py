"""The commands that keep the house: worker, database, people, keys, drawings."""

from __future__ import annotations

import click

COMMANDS: list[click.Command] = []
