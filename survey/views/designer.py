"""The designer's first page: every wave, how it stands and what is to be done next."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, render_template

from core.db import reading
from core.doors import Door
from core.permissions import Permission, Role, require
from core.places import Level, Place
from core.terms import Words
from survey import uploads
from survey.editions import Edition
from survey.frame import Frame, FrameState
from survey.wave_standing import standings

blueprint = Blueprint("designer", __name__, url_prefix="/design")
blueprint.record_once(lambda joining: uploads.use(joining.app.config["SETTINGS"].uploads))

DOORS = [
    Door(
        "designer.first",
        Words("调查方案", "Waves"),
        Permission.FIELD_WATCH,
        order=30,
        first_for=frozenset({Role.DESIGNER}),
        about=Words("各轮调查：进度、抽样、下一步", "Waves: progress, samples, what to do next"),
    ),
    Door(
        "designer_frames.listed",
        Words("抽样框", "Frames"),
        Permission.FRAME_IMPORT,
        order=31,
        about=Words("导入号码，看层与规模", "Import numbers, see strata and sizes"),
    ),
    Door(
        "designer_editions.listed",
        Words("问卷", "Questionnaires"),
        Permission.WAVE_DESIGN,
        order=32,
        about=Words("导入、预览、各版问卷", "Import, preview, versions"),
    ),
    Door(
        "designer_margins.listed",
        Words("人口边际", "Margins"),
        Permission.WEIGHT_MAKE,
        order=33,
        about=Words("加权所依据的人口数", "The population counts that weights rest on"),
    ),
    Door(
        "designer_weights.listed",
        Words("权数", "Weights"),
        Permission.WEIGHT_MAKE,
        order=33,
        about=Words("每套权数怎样做成，哪一套已公布", "How each weight set was made, and which is published"),
    ),
    Door(
        "designer_do_not_call.listed",
        Words("免打扰", "Do not call"),
        Permission.DONOTCALL_MANAGE,
        order=34,
        about=Words("永不再拨的号码", "Numbers never to be called again"),
    ),
]

TONES = {"draft": "", "open": "green", "held": "yellow", "closed": ""}


@blueprint.get("")
@require(Permission.FIELD_WATCH)
def first() -> str:
    """List the waves; where there are none, say in which order a survey is set up."""
    with reading() as session:
        rows = standings(session)
        steps: list[bool] = []
        if not rows:
            steps = [
                session.scalar(sa.select(Place.id).where(Place.level == Level.TOWNSHIP).limit(1)) is not None,
                session.scalar(sa.select(Frame.id).where(Frame.state == FrameState.READY).limit(1))
                is not None,
                session.scalar(sa.select(Edition.id).limit(1)) is not None,
            ]
        return render_template("designer/first.html", rows=rows, steps=steps, tones=TONES)
