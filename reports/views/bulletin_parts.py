"""What every page of a bulletin needs: the one asked for if it may be known of, its charts, its sections."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from core.people import Staff
from core.permissions import Permission
from core.problems import Missing
from core.terms import language
from reports.blocks import Chart, Figure, Snapshot, Table
from reports.bulletins import PUBLIC, Bulletin, BulletinState
from reports.chart_cells import Plot
from reports.imprint import imprint_of
from reports.maps import Ring, outlines
from reports.web_charts import plot


def known(session: Session, bulletin_id: int, staff: Staff, *, to_change: bool = False) -> Bulletin:
    """Return a bulletin that someone may know of: readers those issued, editors all; else there is none.

    Whoever changes it holds it until the change is kept, so that two editors can't undo each other's.
    """
    found = session.get(Bulletin, bulletin_id, with_for_update=to_change or None, populate_existing=to_change)
    if found is None or (found.state not in PUBLIC and not staff.may(Permission.BULLETIN_EDIT)):
        raise Missing
    return found


def readable(session: Session, bulletin_id: int, staff: Staff, *, to_change: bool = False) -> Bulletin:
    """Return a bulletin whose numbers someone may see: of a withdrawn one nobody but editors may."""
    found = known(session, bulletin_id, staff, to_change=to_change)
    if found.state is BulletinState.WITHDRAWN and not staff.may(Permission.BULLETIN_EDIT):
        raise Missing
    return found


def shapes(session: Session, content: Snapshot) -> dict[str, list[Ring]]:
    """Return the outlines of all places that a bulletin's maps name."""
    codes: set[str] = set()
    for section in content.sections:
        for block in section.blocks:
            if isinstance(block, Chart) and block.kind == "map":
                table = content.block(block.table)
                if isinstance(table, Table):
                    at = table.column(block.label)
                    codes |= {str(row[at]) for row in table.rows}
    return outlines(session, sorted(codes)) if codes else {}


def plots(session: Session, content: Snapshot) -> dict[str, Plot]:
    """Draw every chart of a bulletin for the screen, by its id; one without numbers is left out."""
    found: dict[str, Plot] = {}
    rings = shapes(session, content)
    for section in content.sections:
        for block in section.blocks:
            if isinstance(block, Chart):
                table = content.block(block.table)
                drawn = plot(block, table, language(), rings) if isinstance(table, Table) else None
                if drawn is not None:
                    found[block.id] = drawn
    return found


def height(chart: Chart, content: Snapshot) -> int:
    """Return how high a chart stands on the page, in pixels: a line for every row."""
    table = content.block(chart.table)
    rows = len(table.rows) if isinstance(table, Table) else 0
    if chart.kind == "map":
        return 460
    return (
        300
        if chart.kind == "lines"
        else min(max(160, 70 + rows * (26 if chart.kind == "intervals" else 44)), 900)
    )


def how(bulletin: Bulletin, block: Table | Figure) -> dict[str, Any]:
    """Return how a block of a bulletin was made, as the page of its numbers tells it."""
    content = bulletin.content
    source = content.source(block.source)
    is_figure = isinstance(block, Figure)
    return {
        "words": source.words if source else None,
        "query": source.query if source else "",
        "as_of": bulletin.as_of,
        "definition_version": content.definition_version,
        "weight_sets": content.weight_sets,
        "code_version": content.code_version,
        "snapshot": bulletin.digest[:16],
        **({k: getattr(block, k) for k in ("n", "effective_n", "deff")} if is_figure else {}),
        "interval": block.method if isinstance(block, Figure) else "",
    }


def page(session: Session, bulletin: Bulletin) -> dict[str, Any]:
    """Return what the template of a whole bulletin needs."""
    content = bulletin.content
    return {
        "bulletin": bulletin, "content": content, "plots": plots(session, content), "height": height,
        "imprint": imprint_of(session, bulletin),
    }  # fmt: skip
