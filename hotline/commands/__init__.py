"""What is done with the lines at the keyboard."""

from __future__ import annotations

import click

from hotline.line_commands import COMMANDS
from hotline.record_commands import retention, verify_reads


@click.group()
def hotline() -> None:
    """Look after the lines and their records."""


for _command in (verify_reads, retention, *COMMANDS):
    hotline.add_command(_command)

GROUPS = [hotline]
