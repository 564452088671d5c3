"""What is done with the lines at the keyboard."""

from __future__ import annotations

import click

from hotline.commands.lines import COMMANDS
from hotline.commands.records import retention, verify_reads


@click.group()
def hotline() -> None:
    """Look after the lines and their records."""


for _command in (verify_reads, retention, *COMMANDS):
    hotline.add_command(_command)

GROUPS = [hotline]
