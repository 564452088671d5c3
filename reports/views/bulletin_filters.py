"""What templates may say of a bulletin's blocks."""

from __future__ import annotations

from flask import Flask

from core.terms import language
from reports import cells
from reports.blocks import Block, Cell, Column, Figure, Text


def cell(value: Cell, column: Column) -> str:
    """Write one cell in the language spoken."""
    return cells.shown(value, column, language())


def corrected(value: object, kind: str = "") -> str:
    """Write one side of a correction in the language spoken."""
    return cells.told(value, kind, language())


def _is_own_words(value: Cell) -> bool:
    """Say whether a cell is what somebody wrote: it stands in their language alone."""
    return isinstance(value, Text) and value.zh == value.en and not value.zh.isascii()


def kind(block: Block) -> str:
    """Name the kind of a block."""
    return type(block).__name__.lower()


def prepare(app: Flask) -> None:
    """Teach the templates these words."""
    app.jinja_env.filters.update(
        block_kind=kind,
        cell=cell,
        corrected=corrected,
        figure_value=cells.value,
        figure_interval=cells.interval,
        verdict_sign=cells.sign,
        is_numeric=cells.is_number,
    )
    app.jinja_env.tests["own_words"] = _is_own_words
    app.jinja_env.tests["is_figure"] = lambda block: isinstance(block, Figure)
