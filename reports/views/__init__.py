"""The pages that leaders and editors read."""

from __future__ import annotations

from flask import Flask

from core.doors import Door
from core.permissions import Permission, Role
from core.terms import Words
from reports.views import (
    appeals,
    appraisal,
    appraisal_schemes,
    bulletin_filters,
    dark_figures,
    dashboards,
    definitions,
    distribution,
    editor,
    exports,
    index_groups,
    indices,
    leader,
    live,
    own_appraisal,
    place_outlines,
    root_causes,
    special_reports,
    townships,
)

BLUEPRINTS = [
    indices.blueprint,
    index_groups.blueprint,
    live.blueprint,
    leader.blueprint,
    editor.blueprint,
    definitions.blueprint,
    distribution.blueprint,
    special_reports.blueprint,
    place_outlines.blueprint,
    exports.blueprint,
    root_causes.blueprint,
    dark_figures.blueprint,
    appraisal.blueprint,
    appraisal_schemes.blueprint,
    appeals.blueprint,
    own_appraisal.of_unit,
    own_appraisal.of_interviewer,
    own_appraisal.of_centre,
    townships.blueprint,
    *dashboards.BLUEPRINTS,
]
DOORS = [
    *dashboards.DOORS,
    root_causes.DOOR,
    dark_figures.DOOR,
    exports.DOOR,
    definitions.DOOR,
    place_outlines.DOOR,
    appraisal.DOOR,
    *own_appraisal.DOORS,
    Door(
        "bulletins.latest",
        Words("简报", "Bulletin"),
        Permission.BULLETIN_READ,
        order=38,
        first_for=frozenset({Role.LEADER}),
        about=Words(
            "最新一期周报，各数字可点开看来源", "The newest weekly issue; every number opens to its source"
        ),
    ),
    Door(
        "editing.desk",
        Words("编辑台", "Editor's desk"),
        Permission.BULLETIN_EDIT,
        order=37,
        first_for=frozenset({Role.EDITOR}),
        about=Words("起草、核对、审定、签发", "Draft, check, approve, issue"),
    ),
    Door(
        "bulletins.advice",
        Words("建议与批示", "Advice"),
        Permission.BULLETIN_READ,
        order=39,
        about=Words("谁负责、到什么时候、办得怎样", "Whose it is, until when, and what became of it"),
    ),
    Door(
        "indices.latest",
        Words("指数", "Indices"),
        Permission.INDEX_READ,
        order=40,
        about=Words(
            "安全感与执法满意度，带置信区间", "Sense of security and satisfaction, with their intervals"
        ),
    ),
]


def register(app: Flask) -> None:
    """Let templates speak of bulletins."""
    bulletin_filters.prepare(app)
